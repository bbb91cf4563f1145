package account

import (
	"context"
	"time"

	"domicile/rdfstore"
)

// Summary is what an operator sees of an account.
type Summary struct {
	ID      string
	Created time.Time
	Emails  []string
	Pods    []string // names
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
	summary := Summary{ID: id, Created: account.Created}
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
