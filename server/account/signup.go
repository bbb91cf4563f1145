package account

import (
	"cmp"
	"crypto/hmac"
	"log/slog"
	"time"

	"domicile/rdfstore"
)

// newcomer is somebody who signs up: what she chose.
type newcomer struct{ Email, Hash, Name string }

// checkSignUp returns all that is wrong with what a newcomer typed. Whether the
// address is taken is no part of it: to ask that counts as an attempt.
func (s *Service) checkSignUp(c *call, email, typed, name string) (normalised string, err error) {
	normalised, wrongEmail := normaliseEmail(email)
	return normalised, s.together(c.r, wrongEmail, checkPassword(typed, normalised), s.checkName(c.r.Context(), name))
}

// hashNew hashes the password of a new login. Attempts are counted; unless
// addresses are confirmed first they tell which have an account, and one that is
// taken is refused before the work.
func (s *Service) hashNew(c *call, email, typed string) (hash string, err error) {
	if wait := s.signUps.Begin(c.address()); wait > 0 {
		return "", tooManyAttempts(wait)
	}
	if s.confirmFirst {
		if wait := s.letters.Begin(email); wait > 0 {
			return "", tooManyAttempts(wait)
		}
	} else {
		err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
			taken, err := isTaken(r, email)
			if taken {
				err = errEmailTaken
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	hash, err = s.passwords.Hash(c.r.Context(), typed)
	if err != nil {
		s.signUps.Forgive(c.address()) // nothing was made
	}
	return hash, err
}

func isTaken(r rdfstore.StateReader, email string) (bool, error) {
	_, err := emails.Get(r, email)
	return err == nil, ignoreMissing(err)
}

// introduce stores what a new address may do once it is confirmed and returns a
// function that sends a letter there: a message with the link or, when the
// address is taken, that there is an account. The work is the same.
func (s *Service) introduce(c *call, tx rdfstore.Tx, message string, asked claim, page ...string) (send func(), err error) {
	taken, err := isTaken(tx, asked.Email)
	if err != nil {
		return nil, err
	}
	secret, err := makeClaim(tx, asked)
	link := s.linkURL(secret, c.carried(), page...)
	if taken {
		message, link = "taken", s.pageURL(c, "login", "password")
	}
	return func() { s.letter(s.language(c), asked.Email, message, link) }, err
}

// settle makes the account, login, pod and WebID of a newcomer, all at once or
// nothing, and signs her in.
func (s *Service) settle(c *call, tx rdfstore.Tx, n newcomer, confirmed time.Time) (account, login, token string, err error) {
	if err = s.useInvitation(tx, c); err != nil {
		return "", "", "", err
	}
	if account, err = addAccount(tx, s.clock()); err != nil {
		return "", "", "", err
	}
	added, err := addLogin(tx, account, passwordLogin{Email: n.Email, Hash: n.Hash, Confirmed: confirmed}, s.quota, s.clock())
	if err != nil {
		return "", "", "", err
	}
	if _, _, err = s.addPod(c.r.Context(), tx, account, podName(n.Name), ""); err != nil {
		return "", "", "", err
	}
	token, err = c.signIn(tx, account, true)
	return account, added.ID, token, err
}

// signUpData fills the pages "signup" and "finish".
type signUpData struct {
	loginData
	Sent    bool   // a letter is on its way
	Secret  string // of the link in it
	Unknown bool   // the link was opened in another browser: she has to say the password
}

func (s *Service) signUpScreen(c *call) screen {
	data := signUpData{loginData: s.loginData(c)}
	data.Action, data.Other = s.pageURL(c, "login", "password", "register"), data.Action
	return screen{page: "signup", choosesName: true, data: data}
}

func (s *Service) showSignUp(c *call) (screen, error) {
	if err := s.mayRegister(c); err != nil {
		return screen{}, err
	}
	if s.alreadySignedIn(c) {
		return screen{location: s.next(c)}, nil
	}
	return s.signUpScreen(c), nil
}

// submitSignUp makes account, login, pod and WebID; where addresses are
// confirmed first, it sends the letter that leads to the page for that.
func (s *Service) submitSignUp(c *call) (screen, error) {
	shown := s.signUpScreen(c)
	refused := func(err error) (screen, error) {
		shown.problem = s.refusal(c.r, err)
		return shown, nil
	}
	if err := s.mayRegister(c); err != nil {
		return refused(err)
	}
	typed := c.r.PostFormValue("password")
	n := newcomer{Name: c.r.PostFormValue("name")}
	var err error
	if n.Email, err = s.checkSignUp(c, c.r.PostFormValue("email"), typed, n.Name); err != nil {
		return refused(err)
	}
	if n.Hash, err = s.hashNew(c, n.Email, typed); err != nil {
		return refused(err)
	}
	if s.confirmFirst {
		if err := s.invite(c, n); err != nil {
			return refused(err)
		}
		return screen{page: "signup", title: "signup-sent.title", data: signUpData{loginData: loginData{Email: n.Email}, Sent: true}}, nil
	}
	var account, login, token string
	err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) (err error) {
		account, login, token, err = s.settle(c, tx, n, time.Time{})
		return err
	})
	if err != nil {
		return refused(err)
	}
	s.settled(c, account)
	if err := s.sendConfirmation(c, account, login, n.Email); err != nil {
		s.logger.LogAttrs(c.r.Context(), slog.LevelWarn, "no letter to confirm the address", slog.String("account", account), slog.String("error", err.Error()))
	}
	return s.enter(c, token, false)
}

func (s *Service) settled(c *call, account string) {
	s.event(c.r.Context(), "account created", account)
	s.event(c.r.Context(), "pod created", account)
}

// invite asks the reader of an address to finish signing up.
func (s *Service) invite(c *call, n newcomer) error {
	asked := claim{Purpose: purposeSignUp, Email: n.Email, Expires: s.clock().Add(signUpLifetime), Newcomer: n, Browser: c.browser()}
	var send func()
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) (err error) {
		send, err = s.introduce(c, tx, "sign-up", asked, "login", "password", "register", "finish")
		return err
	})
	if err == nil {
		send()
	}
	return err
}

// browser tells the browser apart that a form is sent from.
func (c *call) browser() string {
	cookie, err := c.r.Cookie(c.formCookie())
	if err != nil {
		return ""
	}
	return hashToken(cookie.Value)
}

// showFinish lets who reads the mail of a newcomer go through with it. Whoever
// signed up may have been somebody else, who would know the password then: in
// another browser it has to be typed.
func (s *Service) showFinish(c *call) (screen, error) {
	shown, _, err := s.finishing(c)
	return shown, err
}

func (s *Service) finishing(c *call) (shown screen, asked claim, err error) {
	data := signUpData{loginData: loginData{Action: s.pageURL(c, "login", "password", "register", "finish")}, Secret: secretOf(c)}
	err = s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		asked, err = s.claimed(r, data.Secret, purposeSignUp)
		return err
	})
	data.Email, data.Name = asked.Email, cmp.Or(c.r.PostFormValue("name"), asked.Newcomer.Name)
	data.Unknown = !hmac.Equal([]byte(c.browser()), []byte(asked.Browser))
	return screen{page: "finish", choosesName: true, data: data}, asked, err
}

func (s *Service) submitFinish(c *call) (screen, error) {
	shown, asked, err := s.finishing(c)
	if err != nil {
		return screen{}, err
	}
	data := shown.data.(signUpData)
	if data.Unknown {
		err = s.proveChosen(c, asked)
	}
	var account, token string
	if err == nil {
		err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) (err error) {
			if asked, err = s.claimed(tx, data.Secret, purposeSignUp); err != nil {
				return err
			}
			asked.Newcomer.Name = data.Name
			if account, _, token, err = s.settle(c, tx, asked.Newcomer, s.clock()); err != nil {
				return err
			}
			return claims.Delete(tx, hashToken(data.Secret))
		})
	}
	if err != nil {
		shown.problem = s.refusal(c.r, err)
		return shown, nil
	}
	s.settled(c, account)
	if data.Unknown { // the app waits in the other one
		s.sessions.setCookie(c.w, token, false)
		return screen{location: s.url("account", account)}, nil
	}
	return s.enter(c, token, false)
}

// proveChosen asks for the password that a newcomer chose.
func (s *Service) proveChosen(c *call, asked claim) error {
	if wait := s.byEmail.Begin(asked.Email); wait > 0 {
		return tooManyAttempts(wait)
	}
	typed := c.r.PostFormValue("password")
	fits, err := s.passwords.Verify(c.r.Context(), asked.Newcomer.Hash, typed[:min(len(typed), maxPassword)])
	if err != nil {
		return err
	}
	if !fits {
		return errWrongChosen
	}
	s.byEmail.Forget(asked.Email)
	return nil
}
