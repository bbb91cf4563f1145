package ldp

import (
	"context"
	"errors"
	"net/http"

	"domicile/rdfstore"
)

func (h *Handler) put(w http.ResponseWriter, q *request) error {
	return h.change(w, q, &putChange{Handler: h, request: q})
}

// putChange creates or replaces the resource at the request's URL (SP-PUT-*).
type putChange struct {
	*Handler
	request  *request
	declared declaration
	writing  writing
}

func (c *putChange) admit(ctx context.Context, s *session) (*target, error) {
	t, err := s.admitWrite(ctx, c.request, func(t *target) need {
		if t.exists {
			return needs[opReplace]
		}
		return needs[opCreate]
	})
	if err != nil {
		return nil, err
	}
	if c.declared, err = c.request.declare(); err != nil {
		return nil, err
	}
	if t.shape.hasRDF() {
		c.declared = c.declared.orEmptyRDF(c.request)
	}
	if err := c.checkTypes(t); err != nil {
		return nil, err
	}
	if err := c.checkLength(c.request, c.declared.isRDF); err != nil {
		return nil, err
	}
	if err := s.precondition(c.request, t); err != nil {
		return nil, err
	}
	c.writing.examined = s.isExamined(t.storage, t.id)
	return t, s.checkRoom(c.request, t, false)
}

// checkTypes compares what the client says it sends with what its URL can be.
func (c *putChange) checkTypes(t *target) error {
	isContainer := t.id.IsContainer()
	switch {
	case c.declared.wantsContainer() && !isContainer:
		return refuse(Conflict, "The URL of a container ends in a slash.").by("SP-PUT-05")
	case isContainer && c.declared.types[typeNonRDFSource]:
		return refuse(Conflict, "A container is an RDF source.").by("SP-PUT-04")
	case t.shape.hasRDF() && !c.declared.isRDF:
		return refuse(UnsupportedMediaType, "Only RDF can be written here.").with("Accept-Put", rdfTypes)
	}
	return nil
}

func (c *putChange) receive(ctx context.Context) error {
	return c.writing.receive(ctx, c.Handler, c.request, c.declared, c.request.id)
}

func (c *putChange) apply(ctx context.Context, s *session, tx rdfstore.Tx, t *target) (outcome, error) {
	return outcome{id: t.id, created: !t.exists}, c.writing.store(ctx, s, tx, t)
}

func (c *putChange) again(err error) bool { return errors.Is(err, errUnexamined) }

func (c *putChange) discard() { c.writing.discard() }
