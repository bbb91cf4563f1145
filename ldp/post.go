package ldp

import (
	"context"
	"errors"
	"net/http"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

func (h *Handler) post(w http.ResponseWriter, q *request) error {
	return h.change(w, q, &postChange{Handler: h, request: q, slug: parseSlug(q.Header.Get("Slug"))})
}

// errNameTaken: the name that was chosen for a new member has been given to
// another in the meantime.
var errNameTaken = errors.New("the name chosen for the new resource has been taken")

// postChange makes a new member of a container under a name that the server
// gives (SP-POST-*). It never replaces a resource and makes no ancestors.
type postChange struct {
	*Handler
	request  *request
	slug     string
	declared declaration
	member   resource.ID // zero until a name has been chosen
	// receivedFor is the member that the content was read for; its URL is the
	// content's base (SP-URI-08).
	receivedFor resource.ID
	writing     writing
}

func (c *postChange) admit(ctx context.Context, s *session) (*target, error) {
	t, err := s.admitWrite(ctx, c.request, func(*target) need { return needs[opAppend] })
	if err != nil {
		return nil, err
	}
	if c.declared, err = c.request.declare(); err != nil {
		return nil, err
	}
	if c.declared.wantsContainer() {
		c.declared = c.declared.orEmptyRDF(c.request)
		if !c.declared.isRDF {
			return nil, refuse(UnsupportedMediaType, "A container is described in RDF.").by("SP-PUT-04").with("Accept-Post", anyType)
		}
	}
	if err := c.checkLength(c.request, c.declared.isRDF); err != nil {
		return nil, err
	}
	if err := s.precondition(c.request, t); err != nil {
		return nil, err
	}
	if err := s.checkRoom(c.request, t, c.declared.wantsContainer()); err != nil {
		return nil, err
	}
	err = c.chooseName(s, t.id)
	c.writing.examined = s.isExamined(t.storage, c.member)
	return t, err
}

// chooseName keeps the name chosen before while it is free, else takes another:
// the slug's first, then random ones (SP-URI-04). Only a Link makes a container,
// a slash in the Slug does not (SP-POST-04).
func (c *postChange) chooseName(s *session, container resource.ID) error {
	if c.member.IsZero() {
		c.member = nameMember(container, c.slug, c.declared.mediaType, c.declared.wantsContainer(), 0)
	}
	for {
		taken, err := s.found(c.member)
		if err == nil && !taken {
			err = s.mayExist(c.member)
		}
		switch {
		case errors.Is(err, rdfstore.ErrTwin), taken:
			c.member = nameMember(container, c.slug, c.declared.mediaType, c.declared.wantsContainer(), 1)
		default:
			return err
		}
	}
}

func (c *postChange) receive(ctx context.Context) error {
	c.receivedFor = c.member
	return c.writing.receive(ctx, c.Handler, c.request, c.declared, c.member)
}

func (c *postChange) apply(ctx context.Context, s *session, tx rdfstore.Tx, _ *target) (outcome, error) {
	if c.receivedFor != c.member {
		return outcome{}, errNameTaken
	}
	t, err := s.target(ctx, c.member)
	if err != nil {
		return outcome{}, err
	}
	return outcome{id: c.member, created: true}, c.writing.store(ctx, s, tx, t)
}

// again takes another name for the one that was given away; from the second on
// they are random.
func (c *postChange) again(err error) bool {
	return errors.Is(err, errNameTaken) || errors.Is(err, errUnexamined)
}

func (c *postChange) discard() { c.writing.discard() }
