package account

import (
	"cmp"
	"time"

	"domicile/rdfstore"
)

// presence is how long a proof that the person herself is there is good for
// what cannot be undone or lets others in for long.
const presence = 10 * time.Minute

// isPresent reports whether the session's person has proven herself lately.
func (c *call) isPresent() bool {
	return c.service.clock().Sub(c.session.proven()) < presence
}

// provePresence asks whoever sits at a browser for the password again, in the
// form or the JSON itself, when she has not typed it for a while: [errPresence]
// when there is none in it. Programs prove themselves with each call, by their
// token; the cookie of a session that began at a browser is no such token. There
// is nothing to prove for an account that nobody can sign in to yet.
func (s *Service) provePresence(c *call) error {
	if !c.cookie && !c.session.Browser || c.isPresent() {
		return nil
	}
	ctx, typed := c.r.Context(), cmp.Or(c.r.PostFormValue("presence"), c.input.secret("presence"))
	account := c.session.Account
	var known []passwordLogin
	err := s.store.View(ctx, func(r rdfstore.Reader) (err error) {
		known, err = loginsOf(r, account)
		return err
	})
	if err != nil || len(known) == 0 {
		return err
	}
	if typed == "" {
		return errPresence
	}
	if wait := s.byEmail.Begin("account " + account); wait > 0 {
		return tooManyAttempts(wait)
	}
	for _, login := range known {
		fits, err := s.passwords.Verify(ctx, login.Hash, typed[:min(len(typed), maxPassword)])
		if err != nil {
			return err
		}
		if fits {
			s.byEmail.Forget("account " + account)
			return s.store.Update(ctx, func(tx rdfstore.Tx) (err error) {
				// It may have ended meanwhile, and the password with it.
				if c.session, err = s.sessions.lookup(tx, c.token); err != nil {
					return errSignedOut
				}
				c.session.Proven = s.clock()
				return s.sessions.set(tx, hashToken(c.token), c.session)
			})
		}
	}
	s.event(ctx, "password asked again and refused", account)
	return errWrongPresence
}
