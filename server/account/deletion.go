package account

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"domicile/ldp/notify"
	"domicile/rdfstore"
	"domicile/server/grant"
)

// regret is how long an account that its person deletes can be kept after all.
// Meanwhile its pods are closed, so that nobody sees them any more.
const regret = 7 * 24 * time.Hour

// deletions has when an account is to be erased, by account.
const deletions rdfstore.Bucket[time.Time] = "account-deletions"

// deletionOf returns when an account is to be erased; zero for never.
func deletionOf(r rdfstore.StateReader, account string) (time.Time, error) {
	at, err := deletions.Get(r, account)
	return at, ignoreMissing(err)
}

// staysOpen refuses what makes no sense for an account that is to be erased.
func staysOpen(r rdfstore.StateReader, account string) error {
	at, err := deletionOf(r, account)
	if err == nil && !at.IsZero() {
		return errDeleting
	}
	return err
}

// delete closes an account: its pods are closed, all apps and credentials lose
// their access for good, all other sessions end. It is erased after [regret],
// unless [Service.keep] comes first.
func (s *Service) delete(c *call) (at time.Time, err error) {
	return s.close(c.r.Context(), c.session.Account, c.session.ID)
}

// close does so for all sessions of the account but keep.
func (s *Service) close(ctx context.Context, account, keep string) (at time.Time, err error) {
	at = s.clock().Add(regret).UTC().Truncate(time.Second)
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		if standing, err := deletionOf(tx, account); err != nil || !standing.IsZero() {
			at = standing
			return err
		}
		if err := deletions.Set(tx, account, at, time.Time{}); err != nil {
			return err
		}
		if err := closePods(tx, account, true); err != nil {
			return err
		}
		if err := s.endAccess(tx, account); err != nil {
			return err
		}
		if err := s.endShares(ctx, tx, account); err != nil {
			return err
		}
		return s.endSessions(tx, account, keep)
	})
	if err == nil {
		s.event(ctx, "account deletion asked for", account)
	}
	return at, err
}

// keep takes a deletion back.
func (s *Service) keep(c *call) error {
	account := c.session.Account
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		if _, err := deletions.Take(tx, account); err != nil {
			return err
		}
		return closePods(tx, account, false)
	})
	if err == nil {
		s.event(c.r.Context(), "account deletion taken back", account)
	}
	return err
}

func closePods(tx rdfstore.Tx, account string, closed bool) error {
	all, err := podsOf(tx, account)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := ignoreMissing(tx.CloseStorage(p.Name, closed)); err != nil {
			return err
		}
	}
	return nil
}

// endAccess takes away what clients may do for an account.
func (s *Service) endAccess(tx rdfstore.Tx, account string) error {
	if err := grant.WithdrawAll(tx, account, func(grant.Grant) bool { return true }); err != nil {
		return err
	}
	credentials, err := s.oidc.Credentials(tx, account)
	if err != nil {
		return err
	}
	for _, one := range credentials {
		if err := s.oidc.DeleteCredentials(tx, account, one.ID); err != nil {
			return err
		}
	}
	links, err := webIDsOf(tx, account)
	if err != nil {
		return err
	}
	for _, link := range links {
		if err := s.oidc.RevokeWebID(tx, account, link.WebID); err != nil {
			return err
		}
	}
	return nil
}

// EraseDue erases the accounts whose time has come, with their pods and all
// that is kept of them. What goes wrong with one is logged and tried again the
// next time.
func (s *Service) EraseDue(ctx context.Context) error {
	var due []string
	err := s.store.View(ctx, func(r rdfstore.Reader) error {
		for entry, err := range deletions.All(r, "") {
			if err != nil {
				return err
			}
			if !s.clock().Before(entry.Value) {
				due = append(due, entry.Key)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, account := range due {
		if err := s.erase(ctx, account); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.logger.LogAttrs(ctx, slog.LevelError, "account not erased", slog.String("account", account), slog.String("error", err.Error()))
		}
	}
	return nil
}

// erase retires the names of the pods, then removes these, and the record that
// the account is to be erased last, so that it can be begun again.
func (s *Service) erase(ctx context.Context, account string) error {
	var owned []pod
	var links []webIDLink
	err := s.store.View(ctx, func(r rdfstore.Reader) (err error) {
		if owned, err = podsOf(r, account); err == nil {
			links, err = webIDsOf(r, account)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		for _, p := range owned {
			if err := retiredNames.Set(tx, hashToken(p.Name), struct{}{}, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, link := range links {
		if err := notify.EraseAgent(ctx, s.store, link.WebID); err != nil {
			return err
		}
	}
	for _, p := range owned {
		if err := notify.EraseStorage(ctx, s.store, p.Name); err != nil {
			return err
		}
		if _, err := rdfstore.Erase(ctx, s.store, p.Name); ignoreMissing(err) != nil {
			return err
		}
	}
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		if err := s.endSessions(tx, account, ""); err != nil {
			return err
		}
		if err := s.endAccess(tx, account); err != nil {
			return err
		}
		all, err := loginsOf(tx, account)
		if err != nil {
			return err
		}
		for _, login := range all {
			if err := dropEmail(tx, account, login); err != nil {
				return err
			}
		}
		for _, bucket := range []string{string(logins), string(pods), string(webIDs), string(challenges)} {
			if err := deleteAll(tx, bucket, key(account, "")); err != nil {
				return err
			}
		}
		// Without pods, what it keeps is nothing but its quota.
		if err := tx.SetQuota(rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: account}, 0); err != nil {
			return err
		}
		return errors.Join(accounts.Delete(tx, account), deletions.Delete(tx, account))
	})
	if err == nil {
		s.event(ctx, "account erased", account)
	}
	return err
}

func deleteAll(tx rdfstore.Tx, bucket, prefix string) error {
	for record, err := range tx.Records(bucket, prefix, "") {
		if err != nil {
			return err
		}
		if err := tx.DeleteRecord(bucket, record.Key); err != nil {
			return err
		}
	}
	return nil
}

// deleteAccount asks for the deletion of the caller's account.
func (s *Service) deleteAccount(c *call) (answer, error) {
	if err := s.provePresence(c); err != nil {
		return nil, err
	}
	at, err := s.delete(c)
	return answer{"erased": at}, err
}

// deletionData fills the page "delete".
type deletionData struct {
	At     time.Time // when it is erased; zero when that is not asked for
	Pods   []podLink
	Action string // URL of the form
}

func (s *Service) showDeletion(c *call) (screen, error) {
	data := deletionData{Action: s.url("account", c.session.Account, "delete")}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) (err error) {
		if data.Pods, err = s.podLinks(c, r); err != nil {
			return err
		}
		data.At, err = deletionOf(r, c.session.Account)
		return err
	})
	return screen{page: "delete", data: data}, err
}

func (s *Service) submitDeletion(c *call) (screen, error) {
	var err error
	switch c.r.PostFormValue("decision") {
	case "keep":
		err = s.keep(c)
	case "delete":
		if err = s.provePresence(c); err == nil && c.r.PostFormValue("sure") == "" {
			err = errNotSure
		}
		if err == nil {
			_, err = s.delete(c)
		}
	default:
		err = errNotSure
	}
	shown, failure := s.showDeletion(c)
	if failure != nil {
		return screen{}, failure
	}
	if err != nil {
		shown.problem = s.refusal(c.r, err)
	}
	return shown, nil
}
