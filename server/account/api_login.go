package account

import (
	"net/http"
	"time"

	"domicile/rdfstore"
)

var (
	loginFields = []field{
		{name: "email", kind: "string", required: true},
		{name: "password", kind: "string", required: true},
		{name: "remember", kind: "boolean"},
	}
	newLoginFields = []field{
		{name: "email", kind: "string", required: true},
		{name: "password", kind: "string", required: true},
	}
	passwordFields = []field{
		{name: "oldPassword", kind: "string", required: true},
		{name: "newPassword", kind: "string", required: true},
	}
)

// getIndex answers with the controls alone.
func (s *Service) getIndex(*call) (answer, error) { return answer{}, nil }

// getLogins lists the ways to sign in.
func (s *Service) getLogins(*call) (answer, error) {
	return answer{"logins": map[string]string{"Email/password combination": s.url("login", "password")}}, nil
}

func (s *Service) getCreateAccount(c *call) (answer, error) { return answer{}, s.mayRegister(c) }

// createAccount makes an account without a login and signs the caller in.
func (s *Service) createAccount(c *call) (answer, error) {
	if err := s.mayRegister(c); err != nil {
		return nil, err
	}
	if wait := s.signUps.Begin(c.address()); wait > 0 {
		return nil, tooManyAttempts(wait)
	}
	var id, token string
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) (err error) {
		if err = s.useInvitation(tx, c); err != nil {
			return err
		}
		if id, err = addAccount(tx, s.clock()); err != nil {
			return err
		}
		token, err = c.signIn(tx, id, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.event(c.r.Context(), "account created", id)
	return c.authorization(token, false), nil
}

// authorization answers with a session's token, as body and as cookie. Pages
// of other origins get no cookie: they could sign a person in as somebody
// else without her knowing.
func (c *call) authorization(token string, remember bool) answer {
	if !c.crossOrigin() {
		c.service.sessions.setCookie(c.w, token, remember)
	}
	return answer{"authorization": token}
}

// signIn proves a login and signs the caller in.
func (s *Service) signIn(c *call) (answer, error) {
	token, err := s.proveAndSignIn(c, c.input.text("email"), c.input.secret("password"))
	if err != nil {
		return nil, err
	}
	return c.authorization(token, c.input.flag("remember")), nil
}

func (s *Service) proveAndSignIn(c *call, email, typed string) (token string, err error) {
	ctx := c.r.Context()
	account, login, err := s.proveLogin(ctx, c.address(), email, typed)
	if err != nil {
		return "", err
	}
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		// The login may have gone, or its password changed, since it was proven.
		current, err := logins.Get(tx, key(account, login.ID))
		if err != nil || current.Hash != login.Hash {
			return errBadLogin
		}
		token, err = c.signIn(tx, account, true)
		return err
	})
	if err != nil {
		return "", err
	}
	s.renewHash(ctx, account, login, typed)
	s.event(ctx, "signed in", account)
	return token, nil
}

// signOut ends the session of the caller.
func (s *Service) signOut(c *call) (answer, error) {
	return answer{}, s.endSession(c)
}

func (s *Service) endSession(c *call) error {
	if err := s.store.Update(c.r.Context(), c.end); err != nil {
		return err
	}
	s.event(c.r.Context(), "signed out", c.session.Account)
	if c.cookie {
		s.sessions.clearCookie(c.w)
	}
	c.session, c.token = session{}, ""
	return nil
}

// getPasswordLogins lists the e-mail addresses that sign in to the account.
func (s *Service) getPasswordLogins(c *call) (answer, error) {
	found := map[string]string{}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		all, err := loginsOf(r, c.session.Account)
		for _, login := range all {
			found[login.Email] = s.loginURL(c, login.ID)
		}
		return err
	})
	return answer{"passwordLogins": found}, err
}

func (s *Service) loginURL(c *call, login string) string {
	return s.url("account", c.session.Account, "login", "password", login)
}

// addPasswordLogin gives the account an e-mail address and password to sign
// in with. Where addresses are confirmed first it works from then on, and the
// answer does not tell whether another account has the address.
func (s *Service) addPasswordLogin(c *call) (answer, error) {
	email, err := normaliseEmail(c.input.text("email"))
	if err == nil {
		err = checkPassword(c.input.secret("password"), email)
	}
	if err == nil {
		err = s.provePresence(c) // it lets somebody in for good
	}
	if err != nil {
		return nil, err
	}
	login := passwordLogin{Email: email}
	if login.Hash, err = s.hashNew(c, email, c.input.secret("password")); err != nil {
		return nil, err
	}
	account := c.session.Account
	var send func()
	err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) (err error) {
		if s.confirmFirst {
			if login, err = addWaitingLogin(tx, account, login, s.quota, s.clock()); err == nil {
				send, err = s.introduce(c, tx, "confirm", s.confirmation(account, login.ID, email), "login", "password", "confirm")
			}
		} else {
			login, err = addLogin(tx, account, login, s.quota, s.clock())
		}
		if err != nil {
			return err
		}
		return s.sessions.prolong(tx, c.token)
	})
	if err != nil {
		return nil, err
	}
	if send != nil {
		send()
	}
	s.event(c.r.Context(), "login added", account)
	return answer{"resource": s.loginURL(c, login.ID)}, nil
}

// ownLogin returns the login that the path names.
func (s *Service) ownLogin(c *call) (login passwordLogin, err error) {
	err = s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		login, err = logins.Get(r, key(c.session.Account, c.r.PathValue("login")))
		return err
	})
	return login, err
}

func (s *Service) getPasswordLogin(c *call) (answer, error) {
	_, err := s.ownLogin(c)
	return answer{}, err
}

func (s *Service) changePassword(c *call) (answer, error) {
	login, err := s.ownLogin(c)
	if err != nil {
		return nil, err
	}
	if err := s.setPassword(c, login, c.input.secret("oldPassword"), c.input.secret("newPassword")); err != nil {
		return nil, err
	}
	return answer{}, nil
}

// setPassword changes the password of a login and ends all other sessions of
// the account: whoever knew the old one is out.
func (s *Service) setPassword(c *call, login passwordLogin, old, chosen string) error {
	ctx := c.r.Context()
	if wait := s.byEmail.Begin(login.Email); wait > 0 {
		return tooManyAttempts(wait)
	}
	if len(old) > maxPassword {
		return errOldPassword
	}
	fits, err := s.passwords.Verify(ctx, login.Hash, old)
	if err != nil {
		return err
	}
	if !fits {
		s.event(ctx, "password change refused", c.session.Account)
		return errOldPassword
	}
	s.byEmail.Forget(login.Email)
	if err := checkPassword(chosen, login.Email); err != nil {
		return err
	}
	hash, err := s.passwords.Hash(ctx, chosen)
	if err != nil {
		return err
	}
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		if err := replaceHash(tx, c.session.Account, login, hash); err != nil {
			return err
		}
		return c.endOthers(tx)
	})
	if err == nil {
		s.event(ctx, "password changed", c.session.Account)
	}
	return err
}

// removePasswordLogin takes a login away and ends all other sessions of the
// account: whoever signed in by it is out.
func (s *Service) removePasswordLogin(c *call) (answer, error) {
	if err := s.provePresence(c); err != nil {
		return nil, err
	}
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		if err := removeLogin(tx, c.session.Account, c.r.PathValue("login")); err != nil {
			return err
		}
		return c.endOthers(tx)
	})
	if err != nil {
		return nil, err
	}
	s.event(c.r.Context(), "login removed", c.session.Account)
	return answer{}, nil
}

// getStyle serves the style sheet of the pages.
func (s *Service) getStyle(c *call) (answer, error) {
	c.w.Header().Set("Content-Type", "text/css; charset=utf-8")
	c.w.Header().Set("Cache-Control", "public, max-age=3600")
	http.ServeContent(c.w, c.r, "style.css", time.Time{}, s.pages.Style())
	return nil, nil
}
