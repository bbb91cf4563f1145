package updatesvia

import (
	"context"
	"errors"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

const (
	// batch is how many changes are read in one view of the store.
	batch = 1000
	// pause is how long the feed rests after a fault of the store.
	pause = time.Second
)

// Run tells those who follow a resource that it changed, until ctx is done; then
// it ends all sockets.
func (h *Handler) Run(ctx context.Context) {
	for {
		err := h.awaitChange(ctx)
		if err == nil {
			err = h.tellMore(ctx)
		}
		if err != nil && ctx.Err() == nil {
			h.config.Logger.Error("changes not told to sockets", "error", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			h.dropAll(true)
			h.working.Wait()
			return
		}
	}
}

// awaitChange waits until somebody follows something and there may be more to
// tell: while nobody does, no commit wakes this goroutine.
func (h *Handler) awaitChange(ctx context.Context) error {
	h.mu.Lock()
	told, followed := h.told, h.followed
	h.mu.Unlock()
	select {
	case <-followed:
		return h.config.Store.AwaitChange(ctx, told)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// advance notes that there is nothing more to tell up to a revision.
func (h *Handler) advance(revision uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = max(h.told, revision)
}

// tellMore tells the next changes, a batch at most.
func (h *Handler) tellMore(ctx context.Context) error {
	h.mu.Lock()
	told, nobody := h.told, len(h.topics) == 0
	h.mu.Unlock()
	if nobody {
		return nil
	}
	var changes []rdfstore.Change
	var revision uint64
	err := h.config.Store.View(ctx, func(r rdfstore.Reader) (err error) {
		for change, err := range r.Changes(told) {
			if err != nil {
				return err
			}
			if changes = append(changes, change); len(changes) == batch {
				return nil
			}
		}
		revision, err = r.Revision()
		return err
	})
	if errors.Is(err, rdfstore.ErrTrimmed) {
		// Nobody knows what they missed. They connect again and look.
		revision, err = currentRevision(ctx, h.config.Store)
		h.dropAll(false)
	}
	if err != nil {
		return err
	}
	for _, change := range changes {
		for _, id := range concerned(change) {
			if err := h.tell(ctx, id, change.Revision); err != nil {
				return err
			}
		}
		h.advance(change.Revision)
	}
	h.advance(revision) // revisions need not all have a change
	return nil
}

// concerned returns the resources whose followers learn of a change
// (NOT-MSG-03): the resource itself, with a container its description, which is
// the same graph (SP-AUX-05), and the container that gained or lost it.
func concerned(change rdfstore.Change) []resource.ID {
	ids := []resource.ID{change.ID}
	if change.ID.IsContainer() {
		ids = append(ids, change.ID.Description())
	}
	if parent, ok := change.ID.Parent(); ok && change.Action != rdfstore.Updated && !change.ID.IsAuxiliary() {
		ids = append(ids, parent)
	}
	return ids
}

// tell tells the followers of a resource, if it may still be followed.
func (h *Handler) tell(ctx context.Context, id resource.ID, revision uint64) error {
	h.mu.Lock()
	followed := len(h.topics[id]) > 0
	h.mu.Unlock()
	if !followed {
		return nil
	}
	_, allowed, err := h.config.MayFollow(ctx, id)
	if err != nil || !allowed {
		return err
	}
	url := h.config.Space.URL(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	for s, since := range h.topics[id] {
		if revision > since {
			s.say(verbPublished, url)
		}
	}
	return nil
}

// dropAll ends all sockets; for good, no others come.
func (h *Handler) dropAll(forGood bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = forGood
	for s := range h.sockets {
		s.drop()
	}
}

func currentRevision(ctx context.Context, store rdfstore.Store) (revision uint64, err error) {
	err = store.View(ctx, func(r rdfstore.Reader) error {
		revision, err = r.Revision()
		return err
	})
	return revision, err
}
