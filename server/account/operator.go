package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
	"domicile/server/grant"
)

// Summary is what an operator sees of an account.
type Summary struct {
	ID      string
	Created time.Time
	Emails  []string
	Pods    []string // names
	// Disabled and Erased are when it was disabled and when it will be erased;
	// zero for never.
	Disabled, Erased time.Time
}

// List calls yield for each account, ordered by id, until it returns an error.
func (s *Service) List(ctx context.Context, yield func(Summary) error) error {
	return s.store.View(ctx, func(r rdfstore.Reader) error {
		for entry, err := range accounts.All(r, "") {
			if err != nil {
				return err
			}
			summary, err := summarise(r, entry.Key, entry.Value)
			if err != nil {
				return err
			}
			if err := yield(summary); err != nil {
				return err
			}
		}
		return nil
	})
}

func summarise(r rdfstore.StateReader, id string, account record) (Summary, error) {
	summary := Summary{ID: id, Created: account.Created, Disabled: account.Disabled}
	var err error
	if summary.Erased, err = deletionOf(r, id); err != nil {
		return Summary{}, err
	}
	all, err := loginsOf(r, id)
	if err != nil {
		return Summary{}, err
	}
	for _, login := range all {
		summary.Emails = append(summary.Emails, login.Email)
	}
	made, err := podsOf(r, id)
	for _, pod := range made {
		summary.Pods = append(summary.Pods, pod.Name)
	}
	return summary, err
}

// Find returns the id of the account with an e-mail address or an id, or
// [rdfstore.ErrNotFound].
func (s *Service) Find(ctx context.Context, emailOrID string) (account string, err error) {
	if strings.Contains(emailOrID, "@") {
		return s.AccountByEmail(ctx, emailOrID)
	}
	return emailOrID, s.store.View(ctx, func(r rdfstore.Reader) error {
		_, err := accounts.Get(r, emailOrID)
		return err
	})
}

// Disable closes an account until it is enabled: nobody signs in to it, all
// sessions end, what clients may do for it does not hold, its pods are closed.
// Nothing that it keeps is lost.
func (s *Service) Disable(ctx context.Context, account string) error {
	return s.setDisabled(ctx, account, s.clock())
}

// Enable takes Disable back.
func (s *Service) Enable(ctx context.Context, account string) error {
	return s.setDisabled(ctx, account, time.Time{})
}

func (s *Service) setDisabled(ctx context.Context, account string, at time.Time) error {
	disabled := !at.IsZero()
	err := s.store.Update(ctx, func(tx rdfstore.Tx) error {
		holder, err := accounts.Get(tx, account)
		if err != nil {
			return err
		}
		erased, err := deletionOf(tx, account)
		if err != nil {
			return err
		}
		if err := closePods(tx, account, disabled || !erased.IsZero()); err != nil {
			return err
		}
		if err := grant.Suspend(tx, account, disabled); err != nil {
			return err
		}
		if disabled {
			if err := s.endSessions(tx, account, ""); err != nil {
				return err
			}
		}
		if !holder.HasLogin {
			return errNeedsLogin // it goes by itself
		}
		holder.Disabled = at
		return accounts.Set(tx, account, holder, time.Time{})
	})
	if err == nil {
		s.event(ctx, map[bool]string{true: "account disabled", false: "account enabled"}[disabled], account)
	}
	return err
}

// signOutBatch is how many accounts are signed out in one commit.
const signOutBatch = 100

// SignEverybodyOut ends all sessions of all accounts and what applications got in
// them. Client credentials stay.
func (s *Service) SignEverybodyOut(ctx context.Context) error {
	var all []string
	err := s.store.View(ctx, func(r rdfstore.Reader) error {
		for entry, err := range accounts.All(r, "") {
			if err != nil {
				return err
			}
			all = append(all, entry.Key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(all, signOutBatch) {
		err := s.store.Update(ctx, func(tx rdfstore.Tx) error {
			for _, account := range some {
				if err := s.endSessions(tx, account, ""); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	s.logger.InfoContext(ctx, "everybody was signed out", "accounts", len(all))
	return nil
}

// Delete closes an account for good, as its person can: it is erased at the time
// that is returned, unless she signs in before and keeps it; or, with now,
// before Delete returns.
func (s *Service) Delete(ctx context.Context, account string, now bool) (erased time.Time, err error) {
	if erased, err = s.close(ctx, account, ""); err != nil || !now {
		return erased, err
	}
	return s.clock(), s.erase(ctx, account)
}

// CreatePod makes a pod for an account on the operator's behalf, with a WebID
// in it. Errors: [ErrNameTaken], [ErrNameInvalid], wrapped or not.
func (s *Service) CreatePod(ctx context.Context, account, name string) (made Pod, err error) {
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		p, _, err := s.addPod(ctx, tx, account, name, "")
		made = Pod{URL: p.URL, WebID: p.WebID}
		return err
	})
	if err != nil {
		return Pod{}, err
	}
	s.event(ctx, "pod created", account)
	return made, nil
}
