package kvstore

import (
	"sync"

	"domicile/rdfstore/blob"
)

// retirement delays the removal of dropped blobs until the views that may
// still open them have ended. Views belong to the generation in which they
// began; a batch that drops blobs ends a generation.
type retirement struct {
	mu             sync.Mutex
	oldest, newest *generation
}

type generation struct {
	views   int
	dropped []blob.ID // by the batch that ended this generation
	next    *generation
}

func newRetirement() *retirement {
	first := &generation{}
	return &retirement{oldest: first, newest: first}
}

// enter counts a view. It is called before the view takes its snapshot.
func (r *retirement) enter() *generation {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest.views++
	return r.newest
}

// leave ends a view and returns the blobs that can be removed since.
func (r *retirement) leave(g *generation) []blob.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	g.views--
	return r.removable()
}

// drop takes the blobs that a batch dropped, after it was applied, and returns
// those that can be removed at once.
func (r *retirement) drop(ids []blob.ID) []blob.ID {
	if len(ids) == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest.dropped = ids
	r.newest.next = &generation{}
	r.newest = r.newest.next
	return r.removable()
}

func (r *retirement) removable() (ids []blob.ID) {
	for r.oldest != r.newest && r.oldest.views == 0 {
		ids = append(ids, r.oldest.dropped...)
		r.oldest = r.oldest.next
	}
	return ids
}

// holdings are what no key refers to, yet or any more, and what is not an
// orphan: bodies and generations that are staged or wait for a view's end.
type holdings[K comparable] struct {
	mu  sync.Mutex
	ids map[K]struct{}
}

func (h *holdings[K]) add(ids ...K) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ids == nil {
		h.ids = make(map[K]struct{})
	}
	for _, id := range ids {
		h.ids[id] = struct{}{}
	}
}

func (h *holdings[K]) remove(ids ...K) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		delete(h.ids, id)
	}
}

func (h *holdings[K]) has(id K) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.ids[id]
	return ok
}
