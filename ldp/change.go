package ldp

import (
	"context"
	"errors"
	"net/http"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// change is a write, step by step. The steps are the same for all methods and
// [Handler.change] takes them.
type change interface {
	// admit refuses what can be refused without the content. It runs in a
	// snapshot before the content is read, and again inside the write
	// function, where its verdict counts.
	admit(ctx context.Context, s *session) (*target, error)
	// receive reads the content, outside of any transaction.
	receive(ctx context.Context) error
	// apply makes the change. Nothing has happened since admit.
	apply(ctx context.Context, s *session, tx rdfstore.Tx, t *target) (outcome, error)
	// again reports whether another attempt may end better than with err.
	again(err error) bool
	// discard gives up what was staged.
	discard()
}

// outcome is what a change did.
type outcome struct {
	id      resource.ID // of the resource that was made or changed
	created bool
	deleted bool
	nothing bool // because it was so already
}

// maxAttempts bounds how often a change is begun anew because of what others
// did meanwhile.
const maxAttempts = 5

func (h *Handler) change(w http.ResponseWriter, q *request, c change) error {
	defer c.discard()
	ctx := q.Context()
	var done outcome
	var answer http.Header
	var warnings []advice
	attempt := func() error {
		err := h.view(ctx, q.agent, func(s *session) error {
			_, err := c.admit(ctx, s)
			return err
		})
		if err != nil {
			return err
		}
		if err := c.receive(ctx); err != nil {
			return fromContent(err)
		}
		return h.update(ctx, q.agent, func(s *session, tx rdfstore.Tx) error {
			t, err := c.admit(ctx, s)
			if err != nil {
				return err
			}
			if done, err = c.apply(ctx, s, tx, t); err != nil {
				return err
			}
			if err = s.audit(tx, done); err != nil {
				return err
			}
			answer = http.Header{}
			if err = s.describeOutcome(ctx, answer, done); err != nil {
				return err
			}
			warnings, err = s.adviceOn(ctx, done.id)
			return err
		})
	}
	err := attempt()
	for n := 1; err != nil && n < maxAttempts && c.again(err); n++ {
		err = attempt()
	}
	if err != nil {
		return err
	}
	header := w.Header()
	for name, values := range answer {
		header[name] = append(header[name], values...)
	}
	status := http.StatusNoContent
	if done.created {
		status = http.StatusCreated
	}
	sendAdvice(w, status, warnings)
	return nil
}

// describeOutcome sets the headers of the answer to a write (SP-PUT-06): of the
// resource's new state, and nothing of its content. Who may not read what was
// there is not told by the validators whether a patch found its triples there
// already.
func (s *session) describeOutcome(ctx context.Context, header http.Header, done outcome) error {
	header.Set("Cache-Control", "private, no-cache")
	if done.deleted {
		return nil
	}
	t, err := s.target(ctx, done.id)
	if err != nil {
		return err
	}
	t.shape.setMethods(header)
	if err := s.setLinks(ctx, header, t); err != nil {
		return err
	}
	if done.created {
		header.Set("Location", s.space.URL(done.id))
	}
	if v := s.validators(t); v != nil && (done.created || t.decision.Allows(wac.Read)) {
		v.variant = variants[essenceOf(t.mediaType())]
		v.set(header, s.now)
	}
	return nil
}

// knownSize is the size of the stored content, about which a representation has;
// < 0 when that says nothing, as of a container, whose members count too.
func (t *target) knownSize() int64 {
	if t.shape == storageDescription || t.record.Kind == rdfstore.Container || t.record.IsQuads {
		return -1
	}
	return t.record.Size
}

// mediaType is the media type that a target has when the client does not ask
// for another.
func (t *target) mediaType() string {
	if t.record.Kind == rdfstore.Container {
		return "text/turtle"
	}
	return t.record.MediaType
}

// admitWrite finds the target of a write and refuses what its existence, access
// and shape forbid. What it needs depends on what is there.
func (s *session) admitWrite(ctx context.Context, q *request, what func(*target) need) (*target, error) {
	t, err := s.target(ctx, q.id)
	if err != nil {
		return nil, err
	}
	if t.shape == storageDescription {
		return nil, notAllowed(t) // for everyone, and everyone may read it (SP-STO-05)
	}
	if !t.exists && q.Method == http.MethodDelete && !t.decision.Allows(wac.Read) {
		return nil, s.denied(t.id, t.decision, wac.Read) // as if it existed (WAC-EXIST-02)
	}
	if t.exists || q.Method != http.MethodDelete {
		if err := s.authorize(ctx, t, what(t)); err != nil {
			return nil, err
		}
	}
	if !t.exists && (q.Method == http.MethodDelete || q.Method == http.MethodPost) {
		return nil, refuse(NotFound, "")
	}
	if !t.shape.allows(q.Method) && q.Method != http.MethodPatch {
		return nil, notAllowed(t)
	}
	if !t.exists {
		return t, s.mayExist(t.id)
	}
	return t, nil
}

// mayExist refuses a new resource whose twin exists (SP-URI-02) and an auxiliary
// resource of nothing (SP-AUX-02).
func (s *session) mayExist(id resource.ID) error {
	if id.IsAuxiliary() {
		found, err := s.found(id.Subject())
		if err == nil && !found {
			err = rdfstore.ErrNoSubject
		}
		return err
	}
	twin, ok := id.Twin()
	if !ok {
		return nil
	}
	found, err := s.found(twin)
	if err == nil && found {
		err = rdfstore.ErrTwin
	}
	return err
}

// precondition evaluates the request's preconditions, after everything else
// that can be known before the content (SP-ETAG-05).
func (s *session) precondition(q *request, t *target) error {
	if q.conditions.check(q.Method, s.validators(t)) != proceed {
		return refuse(PreconditionFailed, "")
	}
	return nil
}

func notAllowed(t *target) error {
	if t.shape == storageRoot || t.shape == rootACL {
		return constrained(MethodNotAllowed, "SP-DEL-04", "").with("Allow", shapes[t.shape].allow)
	}
	return refuse(MethodNotAllowed, "").with("Allow", shapes[t.shape].allow)
}

// describesContainer reports whether what is written at id is the description
// of a container, at its own URL or at that of its description resource: they
// are one graph (SP-AUX-05).
func describesContainer(id resource.ID) bool {
	return id.IsContainer() || id.Aux() == resource.Description && id.Subject().IsContainer()
}

// storedAt is where the store keeps what is written at id.
func storedAt(id resource.ID) resource.ID {
	if describesContainer(id) {
		return id.Subject()
	}
	return id
}

// putWithAncestors writes a resource and the containers above it that are missing
// (SP-PUT-02).
func putWithAncestors(tx rdfstore.Tx, id resource.ID, content rdfstore.Content) error {
	if !id.IsAuxiliary() {
		if err := makeAncestors(tx, id); err != nil {
			return err
		}
	}
	_, err := tx.Put(id, content)
	return err
}

func makeAncestors(tx rdfstore.Tx, id resource.ID) error {
	parent, ok := id.Parent()
	if !ok {
		return nil
	}
	_, err := tx.Resource(parent)
	if !errors.Is(err, rdfstore.ErrNotFound) {
		return err
	}
	if err := makeAncestors(tx, parent); err != nil {
		return err
	}
	_, err = tx.Put(parent, rdfstore.Content{Kind: rdfstore.Container, MediaType: "text/turtle"})
	return err
}
