package account

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
	"domicile/server/account/pages"
	"domicile/server/mail"
)

// Post takes letters to people; package mail implements it.
type Post interface{ Post(mail.Letter) }

// Links in letters are good for a while, and once.
const (
	resetLifetime   = time.Hour
	signUpLifetime  = 24 * time.Hour
	confirmLifetime = 3 * 24 * time.Hour
)

// claims are what the links in letters stand for, by the hash of their secret.
const claims rdfstore.Bucket[claim] = "account-email-claims"

// claim says what whoever reads the mail of an address may do.
type claim struct {
	Purpose        string // one of the purposes below
	Account, Login string
	Email          string
	Expires        time.Time
	// Replaces is the hash of the password that there was: a link to choose one
	// is over when somebody has.
	Replaces string `json:",omitempty"`
	// Newcomer is who signs up, Browser the hash of what her browser keeps.
	Newcomer newcomer `json:",omitzero"`
	Browser  string   `json:",omitempty"`
}

const (
	purposeReset   = "reset"
	purposeConfirm = "confirm"
	purposeSignUp  = "sign-up"
	purposeEnrol   = "enrol" // resets no password: there is none yet
)

var (
	forgotFields = []field{{name: "email", kind: "string", required: true}}
	resetFields  = []field{
		{name: "recordId", kind: "string", required: true},
		{name: "password", kind: "string", required: true},
	}
)

// makeClaim stores a claim and returns the secret of its link.
func makeClaim(tx rdfstore.Tx, c claim) (secret string, err error) {
	secret = newID()
	return secret, claims.Set(tx, hashToken(secret), c, c.Expires)
}

// claimed returns what a link for one of the purposes stands for, or
// [errLinkOver].
func (s *Service) claimed(r rdfstore.StateReader, secret string, purposes ...string) (claim, error) {
	found, err := claims.Get(r, hashToken(secret))
	if errors.Is(err, rdfstore.ErrNotFound) || err == nil && (!slices.Contains(purposes, found.Purpose) || !s.clock().Before(found.Expires)) {
		return claim{}, errLinkOver
	}
	return found, err
}

// letter posts a message of the catalogue with a link in it.
func (s *Service) letter(lang, to, message, link string) {
	s.post.Post(mail.Letter{
		To: to, Subject: pages.Text(lang, "mail."+message+"-subject"), Text: pages.Text(lang, "mail."+message, link),
	})
}

// hasPost refuses what takes letters when there is nobody to take them.
func (s *Service) hasPost() error {
	if s.post == nil {
		return errNotFound
	}
	return nil
}

// sendReset sends a link for a new password, if the address has a login. Who
// asks cannot tell: the answer and the work are the same.
func (s *Service) sendReset(c *call, email string) error {
	if err := s.hasPost(); err != nil {
		return err
	}
	email, err := normaliseEmail(email)
	if err != nil {
		return err
	}
	if wait := max(s.byAddress.Begin(c.address()), s.letters.Begin(email)); wait > 0 {
		return tooManyAttempts(wait)
	}
	var to, secret string
	err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) (err error) {
		account, login, err := loginByEmail(tx, email)
		if err == nil {
			to = login.Email
		}
		if ignoreMissing(err) != nil {
			return err
		}
		secret, err = makeClaim(tx, claim{Purpose: purposeReset, Account: account, Login: login.ID, Email: login.Email, Replaces: login.Hash, Expires: s.clock().Add(resetLifetime)})
		return err
	})
	if err != nil || to == "" {
		return err
	}
	s.letter(s.language(c), to, "reset", s.linkURL(secret, nil, "login", "password", "reset"))
	return nil
}

func (s *Service) forgot(c *call) (answer, error) {
	return answer{}, s.sendReset(c, c.input.text("email"))
}

// resetPassword sets a new password, or the first, by the link of a letter.
// Everybody who was signed in is out, and so are the apps that stayed signed in.
func (s *Service) resetPassword(ctx context.Context, secret, chosen string) error {
	var asked claim
	err := s.store.View(ctx, func(r rdfstore.Reader) (err error) {
		asked, err = s.claimed(r, secret, purposeReset, purposeEnrol)
		return err
	})
	if err != nil {
		return err
	}
	if err := checkPassword(chosen, asked.Email); err != nil {
		return err
	}
	hash, err := s.passwords.Hash(ctx, chosen)
	if err != nil {
		return err
	}
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		if asked, err = s.claimed(tx, secret, purposeReset, purposeEnrol); err != nil {
			return err
		}
		login, err := logins.Get(tx, key(asked.Account, asked.Login))
		if err != nil || login.Email != asked.Email || login.Hash != asked.Replaces {
			return errLinkOver // the login has gone since, or changed
		}
		login.Hash, login.Confirmed = hash, s.clock()
		if err := logins.Set(tx, key(asked.Account, asked.Login), login, time.Time{}); err != nil {
			return err
		}
		if err := claims.Delete(tx, hashToken(secret)); err != nil {
			return err
		}
		return s.endSessions(tx, asked.Account, "")
	})
	if err == nil {
		s.byEmail.Forget(asked.Email)
		s.event(ctx, "password reset", asked.Account)
	}
	return err
}

func (s *Service) reset(c *call) (answer, error) {
	return answer{}, s.resetPassword(c.r.Context(), c.input.text("recordId"), c.input.secret("password"))
}

// sendConfirmation asks the reader of an address whether the login is hers;
// email is what the login has or is to get.
func (s *Service) sendConfirmation(c *call, account, login, email string) error {
	if s.post == nil {
		return nil
	}
	if wait := s.letters.Begin(email); wait > 0 {
		return tooManyAttempts(wait)
	}
	var secret string
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) (err error) {
		secret, err = makeClaim(tx, s.confirmation(account, login, email))
		return err
	})
	if err == nil {
		s.letter(s.language(c), email, "confirm", s.linkURL(secret, nil, "login", "password", "confirm"))
	}
	return err
}

func (s *Service) confirmation(account, login, email string) claim {
	return claim{Purpose: purposeConfirm, Account: account, Login: login, Email: email, Expires: s.clock().Add(confirmLifetime)}
}

// linkURL is the URL of a link in a letter: of a page, with the secret of a
// claim and what else the page takes.
func (s *Service) linkURL(secret string, query url.Values, segments ...string) string {
	values := url.Values{"rid": {secret}}
	maps.Copy(values, query)
	return s.url(segments...) + "?" + values.Encode()
}

// confirmEmail notes that the address of a login is its owner's, and gives the
// login the address when it is a new one.
func (s *Service) confirmEmail(ctx context.Context, secret string) error {
	var asked claim
	err := s.store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		if asked, err = s.claimed(tx, secret, purposeConfirm); err != nil {
			return err
		}
		login, err := logins.Get(tx, key(asked.Account, asked.Login))
		if err != nil {
			return errLinkOver
		}
		if err := takeEmail(tx, asked.Account, login, asked.Email); err != nil {
			return err
		}
		login.Email, login.Confirmed = asked.Email, s.clock()
		if err := logins.Set(tx, key(asked.Account, asked.Login), login, time.Time{}); err != nil {
			return err
		}
		return claims.Delete(tx, hashToken(secret))
	})
	if err == nil {
		s.event(ctx, "e-mail address confirmed", asked.Account)
	}
	return err
}

// secretOf is the secret of the link that a page was opened by, or that somebody
// typed from paper, in groups and in capitals.
func secretOf(c *call) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(c.r.FormValue("rid")))
}
