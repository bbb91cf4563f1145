package ldp

import (
	"context"
	"net/http"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

func (h *Handler) delete(w http.ResponseWriter, q *request) error {
	return h.change(w, q, &deleteChange{request: q})
}

// deleteChange removes a resource and its auxiliary resources (SP-DEL-*).
type deleteChange struct{ request *request }

func (c *deleteChange) admit(ctx context.Context, s *session) (*target, error) {
	t, err := s.admitWrite(ctx, c.request, func(t *target) need {
		switch {
		case t.id.IsAuxiliary():
			return needs[opDeleteAuxiliary]
		case t.id.IsContainer():
			return needs[opDeleteContainer]
		}
		return needs[opDelete]
	})
	if err != nil {
		return nil, err
	}
	if s.isCard(t) {
		return nil, constrained(Conflict, "ECO-WID-06", "The profile belongs to the account: it goes with it.")
	}
	return t, s.precondition(c.request, t)
}

func (c *deleteChange) receive(context.Context) error { return nil }

func (c *deleteChange) apply(ctx context.Context, s *session, tx rdfstore.Tx, t *target) (outcome, error) {
	done := outcome{id: t.id, deleted: true}
	switch {
	case t.shape == containerDescription:
		// The description is the container's own body: without it, it is empty.
		_, err := tx.Put(t.id.Subject(), rdfstore.Content{Kind: rdfstore.Container, MediaType: "text/turtle"})
		return done, err
	case t.id.Aux() == resource.ACL:
		return done, s.keepCardPublic(ctx, t, func() error { return tx.Delete(t.id) })
	}
	return done, tx.Delete(t.id)
}

func (c *deleteChange) again(error) bool { return false }

func (c *deleteChange) discard() {}
