package grant

import (
	"context"
	"errors"
	"sync"
	"time"

	"domicile/rdfstore"
)

// Uses remembers when grants were last used and writes it down from time to
// time: a request is not kept waiting, and a crash loses the time since.
// It is safe for concurrent use.
type Uses struct {
	mu   sync.Mutex
	seen map[string]time.Time // since the last [Uses.Write]
}

// Note remembers that a grant was used.
func (u *Uses) Note(id string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.seen == nil {
		u.seen = map[string]time.Time{}
	}
	u.seen[id] = at
}

// Write writes down what was noted. Grants that were withdrawn are passed
// over. After an error the uses are noted still.
func (u *Uses) Write(ctx context.Context, store rdfstore.Store) error {
	u.mu.Lock()
	seen := u.seen
	u.seen = nil
	u.mu.Unlock()
	if len(seen) == 0 {
		return nil
	}
	err := store.Update(ctx, func(tx rdfstore.Tx) error {
		for id, at := range seen {
			g, err := ByID(tx, id)
			if errors.Is(err, rdfstore.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if err := uses.Set(tx, id, at, g.Expires); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		u.restore(seen)
	}
	return err
}

func (u *Uses) restore(seen map[string]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, at := range u.seen {
		seen[id] = at
	}
	u.seen = seen
}

// LastUse returns when a grant was last used; zero for never.
func LastUse(r rdfstore.StateReader, id string) (time.Time, error) {
	at, err := uses.Get(r, id)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return time.Time{}, nil
	}
	return at, err
}
