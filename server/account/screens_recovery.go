package account

import (
	"time"

	"domicile/rdfstore"
)

// recoveryData fills the pages "forgot", "reset", "confirm" and "email".
type recoveryData struct {
	Email  string
	Action string
	Secret string // of the link in the letter
	First  bool   // there is no password yet
	Done   bool
	Next   string // where to go on
}

// showForgot asks for the address to send a link for a new password to.
func (s *Service) showForgot(c *call) (screen, error) {
	data := recoveryData{Email: c.r.PostFormValue("email"), Action: s.pageURL(c, "login", "password", "forgot"), Next: s.pageURL(c, "login", "password")}
	return screen{page: "forgot", data: data}, s.hasPost()
}

func (s *Service) submitForgot(c *call) (screen, error) {
	shown, err := s.showForgot(c)
	if err != nil {
		return screen{}, err
	}
	data := shown.data.(recoveryData)
	if err := s.sendReset(c, data.Email); err != nil {
		shown.problem = s.refusal(c.r, err)
		return shown, nil
	}
	data.Done = true
	shown.data = data
	return shown, nil
}

// showReset asks for a new password, or for the code of a letter on paper when
// nobody followed a link.
func (s *Service) showReset(c *call) (screen, error) {
	data := recoveryData{Secret: secretOf(c), Action: s.url("login", "password", "reset"), Next: s.url("login", "password")}
	if data.Secret == "" {
		return screen{page: "reset", title: "enrol.title", data: data}, nil
	}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		asked, err := s.claimed(r, data.Secret, purposeReset, purposeEnrol)
		data.Email, data.First = asked.Email, asked.Purpose == purposeEnrol
		return err
	})
	shown := screen{page: "reset", data: data}
	if data.First {
		shown.title = "enrol.title"
	}
	return shown, err
}

func (s *Service) submitReset(c *call) (screen, error) {
	shown, err := s.showReset(c)
	if err != nil {
		return screen{}, err
	}
	data := shown.data.(recoveryData)
	if err := s.resetPassword(c.r.Context(), data.Secret, c.r.PostFormValue("password")); err != nil {
		shown.problem = s.refusal(c.r, err)
		return shown, nil
	}
	data.Done = true
	return screen{page: "reset", title: "password-changed.title", data: data}, nil
}

// showConfirm has the reader of a letter press a button: programs that look
// through mail follow links, and would confirm what nobody read.
func (s *Service) showConfirm(c *call) (screen, error) {
	data := recoveryData{Secret: secretOf(c), Action: s.url("login", "password", "confirm"), Next: s.url()}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		asked, err := s.claimed(r, data.Secret, purposeConfirm)
		data.Email = asked.Email
		return err
	})
	return screen{page: "confirm", data: data}, err
}

func (s *Service) submitConfirm(c *call) (screen, error) {
	shown, err := s.showConfirm(c)
	if err != nil {
		return screen{}, err
	}
	data := shown.data.(recoveryData)
	if err := s.confirmEmail(c.r.Context(), data.Secret); err != nil {
		return screen{}, err
	}
	data.Done = true
	shown.data = data
	return shown, nil
}

// showEmail asks for another address of a login.
func (s *Service) showEmail(c *call) (screen, error) {
	login, err := s.ownLogin(c)
	data := recoveryData{Email: login.Email, Action: s.loginURL(c, login.ID) + "email/", Next: s.url("account", c.session.Account)}
	return screen{page: "email", data: data}, err
}

// submitEmail sends a letter to the address that a login is to have, its
// present one to be asked again; the login gets it when the letter is answered.
// Without a mail server it does at once.
func (s *Service) submitEmail(c *call) (screen, error) {
	shown, err := s.showEmail(c)
	if err != nil {
		return screen{}, err
	}
	data := shown.data.(recoveryData)
	if err := s.changeEmail(c, data.Email, c.r.PostFormValue("email")); err != nil {
		shown.problem = s.refusal(c.r, err)
		return shown, nil
	}
	if s.post == nil {
		return screen{location: data.Next}, nil
	}
	data.Done = true
	shown.data = data
	return shown, nil
}

func (s *Service) changeEmail(c *call, present, wanted string) error {
	wanted, err := normaliseEmail(wanted)
	if err != nil {
		return err
	}
	if wanted != present {
		if err := s.provePresence(c); err != nil {
			return err
		}
	}
	account, login := c.session.Account, c.r.PathValue("login")
	if s.post != nil {
		return s.sendConfirmation(c, account, login, wanted)
	}
	return s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		current, err := logins.Get(tx, key(account, login))
		if err != nil || current.Email == wanted {
			return err
		}
		if err := takeEmail(tx, account, current, wanted); err != nil {
			return err
		}
		current.Email = wanted
		return logins.Set(tx, key(account, login), current, time.Time{})
	})
}
