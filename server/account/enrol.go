package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"domicile/rdfstore"
)

// Enrolment is an account with a pod that is made before its resident comes:
// instead of a password it gets a code with which she chooses one, once.
type Enrolment struct {
	Email, Pod string
	Code       string // of [NewCode]
	Expires    time.Time
}

// Enrolled is what an enrolment made or found. Link has the code in it and is
// good until Until; it is "" when the account was there before with no or
// another code.
type Enrolled struct {
	URL, WebID, Link string
	Until            time.Time
}

// NewCode returns a code for one enrolment, of 130 bits.
func NewCode() string { return newID() }

// Enrol makes an account and its pod, all of it or nothing, or the pod only when
// the address has an account. Done again it changes nothing, and says the same
// when the code is the same. Errors: an [*Error] for the address, those that
// wrap [ErrNameTaken] or [ErrNameInvalid] for the name.
func (s *Service) Enrol(ctx context.Context, e Enrolment) (made Enrolled, err error) {
	email, err := normaliseEmail(e.Email)
	if err != nil {
		return Enrolled{}, err
	}
	account, fresh, added := "", false, false
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		made = Enrolled{}
		var login passwordLogin
		account, login, err = loginByEmail(tx, email)
		fresh, added = errors.Is(err, rdfstore.ErrNotFound), false
		switch {
		case fresh:
			if account, login, err = s.enrolAccount(tx, email, e); err != nil {
				return err
			}
		case err != nil:
			return err
		}
		known, err := s.claimed(tx, e.Code, purposeEnrol)
		if ignoreOver(err) != nil {
			return err
		}
		if known.Account == account && known.Login == login.ID {
			made.Until = known.Expires
			made.Link = s.linkURL(e.Code, nil, "login", "password", "reset")
		}
		p, err := podNamed(tx, account, e.Pod)
		if errors.Is(err, rdfstore.ErrNotFound) {
			added = true
			p, _, err = s.addPod(ctx, tx, account, e.Pod, "")
		}
		made.URL, made.WebID = p.URL, p.WebID
		return err
	})
	if err != nil {
		return Enrolled{}, err
	}
	if fresh {
		s.event(ctx, "account created", account)
	}
	if added {
		s.event(ctx, "pod created", account)
	}
	return made, nil
}

// enrolAccount makes the account and the claim that the code stands for.
func (s *Service) enrolAccount(tx rdfstore.Tx, email string, e Enrolment) (account string, login passwordLogin, err error) {
	now := s.clock()
	if account, err = addAccount(tx, now); err != nil {
		return "", passwordLogin{}, err
	}
	if login, err = addLogin(tx, account, passwordLogin{Email: email, Hash: noPassword}, s.quota, now); err != nil {
		return "", passwordLogin{}, err
	}
	return account, login, claims.Set(tx, hashToken(e.Code), claim{Purpose: purposeEnrol, Account: account, Login: login.ID, Email: email, Expires: e.Expires}, e.Expires)
}

// podNamed returns the pod of an account that has the name, or
// [rdfstore.ErrNotFound].
func podNamed(r rdfstore.StateReader, account, name string) (pod, error) {
	all, err := podsOf(r, account)
	if err != nil {
		return pod{}, err
	}
	if i := slices.IndexFunc(all, func(p pod) bool { return p.Name == name }); i >= 0 {
		return all[i], nil
	}
	return pod{}, rdfstore.ErrNotFound
}

func ignoreOver(err error) error {
	if errors.Is(err, errLinkOver) {
		return nil
	}
	return err
}
