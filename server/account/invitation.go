package account

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"domicile/rdfstore"
)

// invitations let people sign up where not everybody may, by the hash of their
// code. Each is good for one account.
const invitations rdfstore.Bucket[invitation] = "account-invitations"

type invitation struct{ Created, Expires time.Time }

// CreateInvitation makes an invitation on the operator's behalf and returns the
// address that she passes on: whoever opens it first may make an account.
func (s *Service) CreateInvitation(ctx context.Context, lifetime time.Duration) (address string, expires time.Time, err error) {
	if s.registration == Closed {
		return "", time.Time{}, errors.New("nobody signs up here: registration is closed")
	}
	code := newID()
	made := invitation{Created: s.clock(), Expires: s.clock().Add(lifetime)}
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		return invitations.Set(tx, hashToken(code), made, made.Expires)
	})
	return s.url("login", "password", "register") + "?" + url.Values{invitationParameter: {code}}.Encode(), made.Expires, err
}

const invitationParameter = "invitation"

var invitationFields = []field{{name: invitationParameter, kind: "string"}}

// invitation is the code that the caller has brought, or "".
func (c *call) invitation() string {
	if code := c.input.text(invitationParameter); code != "" {
		return code
	}
	return strings.TrimSpace(c.r.FormValue(invitationParameter))
}

// mayRegister refuses callers who may not make an account.
func (s *Service) mayRegister(c *call) error {
	if s.registration == Open {
		return nil
	}
	return s.store.View(c.r.Context(), func(r rdfstore.Reader) error { return s.checkInvitation(r, c) })
}

func (s *Service) checkInvitation(r rdfstore.StateReader, c *call) error {
	code := c.invitation()
	if s.registration != Invite || code == "" {
		return errRegistration
	}
	found, err := invitations.Get(r, hashToken(code))
	if errors.Is(err, rdfstore.ErrNotFound) || err == nil && !s.clock().Before(found.Expires) {
		return errInvitation
	}
	return err
}

// useInvitation spends the invitation that an account is made by, if it takes
// one.
func (s *Service) useInvitation(tx rdfstore.Tx, c *call) error {
	if s.registration == Open {
		return nil
	}
	if err := s.checkInvitation(tx, c); err != nil {
		return err
	}
	return invitations.Delete(tx, hashToken(c.invitation()))
}
