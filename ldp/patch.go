package ldp

import (
	"context"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/n3"
	"domicile/rdfstore/patch"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/rdfstore/sparql"
)

// patchParsers are the patch languages by media type (SP-N3-01, SP-SPU-01).
var patchParsers = map[string]func(ctx context.Context, r io.Reader, base string) (*patch.Patch, error){
	"text/n3":                   n3.ParsePatch,
	"application/sparql-update": sparql.ParseUpdate,
}

func (h *Handler) patch(w http.ResponseWriter, q *request) error {
	return h.change(w, q, &patchChange{Handler: h, request: q})
}

// patchChange changes the triples of an RDF document, or makes it of none
// (SP-N3-*, SP-SPU-*). What changes is worked out in a snapshot and holds when
// the document is the same at its turn to be written.
//
// The first patch of a document has its content staged as quads; what follows
// edits those, at the cost of what it touches. So when the document has changed
// meanwhile an edit is simply worked out again at its turn, and patches of one
// document do not fail each other.
type patchChange struct {
	*Handler
	request *request
	parser  func(ctx context.Context, r io.Reader, base string) (*patch.Patch, error)
	patch   *patch.Patch
	whole   bool // stage all of the content, whatever it is now
	ready   *patched
}

// patched is what a patch comes to for one state of its document.
type patched struct {
	exists    bool
	revision  uint64
	delta     patch.Delta
	mediaType string
	staged    rdfstore.Staged // nil: the delta is edited, if there is one
}

// errStale: the document has been changed meanwhile, and what the patch comes
// to now is too much to be worked out while all other writers wait.
var errStale = errors.New("the document was changed while the patch was worked out")

// stepsAtTurn is how much of that is not too much.
const stepsAtTurn = 20_000

func (c *patchChange) admit(ctx context.Context, s *session) (*target, error) {
	t, err := s.admitWrite(ctx, c.request, c.need)
	if err != nil {
		return nil, err
	}
	declared := c.request.Header.Get("Content-Type")
	if declared == "" {
		return nil, refuse(Invalid, "The patch has no Content-Type.").by("SP-HTTP-06")
	}
	mediaType, _, err := mime.ParseMediaType(declared)
	if err != nil {
		return nil, refuse(Invalid, "The Content-Type is malformed.")
	}
	known := false
	if c.parser, known = patchParsers[mediaType]; !known {
		return nil, refuse(UnsupportedMediaType, "Patches are in N3 or SPARQL Update.").by("SP-N3-02").with("Accept-Patch", patchTypes)
	}
	if t.shape == binary {
		return nil, refuse(UnsupportedMediaType, "Only RDF documents can be patched.").by("SP-N3-02").with("Accept-Patch", patchTypes)
	}
	if err := c.checkLength(c.request, true); err != nil {
		return nil, err
	}
	return t, s.precondition(c.request, t)
}

// need is what the patch takes; while it has not been read, what every patch
// takes (SP-N3-13).
func (c *patchChange) need(t *target) need {
	n := needs[opPatch]
	if !t.exists {
		n = n.and(needs[opPatchCreates])
	}
	if c.patch != nil && c.patch.Reads() {
		n = n.and(needs[opPatchReads])
	}
	if c.patch != nil && c.patch.Deletes() {
		n = n.and(needs[opPatchDeletes])
	}
	return n
}

func (c *patchChange) receive(ctx context.Context) (err error) {
	if c.patch == nil {
		content := http.MaxBytesReader(nil, c.request.Body, c.limit(c.request, true))
		if c.patch, err = c.parser(ctx, content, c.space.URL(c.request.id)); err != nil {
			return err
		}
	}
	return c.view(ctx, c.request.agent, func(s *session) error {
		t, err := c.admit(ctx, s)
		if err != nil {
			return err
		}
		return c.prepare(ctx, s, t)
	})
}

// again has all of the content staged when an edit was too large for a commit.
func (c *patchChange) again(err error) bool {
	tooLarge := errors.Is(err, rdfstore.ErrTooLarge) && !c.whole && c.ready != nil && c.ready.staged == nil
	c.whole = c.whole || tooLarge
	return tooLarge || errors.Is(err, errStale)
}

func (c *patchChange) apply(ctx context.Context, s *session, tx rdfstore.Tx, t *target) (outcome, error) {
	if c.ready.exists != t.exists || c.ready.revision != t.record.Revision {
		if !t.record.IsQuads || c.whole || c.ready.delta.Steps > stepsAtTurn {
			return outcome{}, errStale
		}
		if err := c.prepare(ctx, s, t); err != nil {
			return outcome{}, err
		}
	}
	done := outcome{id: t.id}
	if c.ready.delta.IsEmpty() {
		done.nothing = true
		return done, nil // and nothing is made of nothing (SP-N3-16)
	}
	done.created = !t.exists
	write := func() error { return c.write(tx, t) }
	if t.id.Aux() == resource.ACL {
		graph, err := c.patchedGraph(ctx, s, t)
		if err != nil {
			return outcome{}, err
		}
		return done, s.writeACL(ctx, t, graph, write)
	}
	if err := s.checkCardPatch(t, c.ready.delta); err != nil {
		return outcome{}, err
	}
	return done, write()
}

// patchedGraph is all of what a patch makes, for documents that are small.
func (c *patchChange) patchedGraph(ctx context.Context, s *session, t *target) (*rdf.Graph, error) {
	document := rdf.NewDocument()
	if t.exists {
		var err error
		if document, err = s.document(ctx, s.Reader, t.record); err != nil {
			return nil, err
		}
	}
	c.ready.delta.ApplyTo(document.Default)
	return document.Default, nil
}

func (c *patchChange) write(tx rdfstore.Tx, t *target) error {
	id := storedAt(t.id)
	if c.ready.staged == nil {
		var edit rdfstore.Edit
		for _, removed := range c.ready.delta.Removed {
			edit.Removed = append(edit.Removed, rdf.Quad{S: removed.S, P: removed.P, O: removed.O})
		}
		for _, added := range c.ready.delta.Added {
			edit.Added = append(edit.Added, rdf.Quad{S: added.S, P: added.P, O: added.O})
		}
		_, err := tx.Edit(id, edit, c.documentLimit(id))
		return fromContent(err)
	}
	content := rdfstore.Content{Kind: rdfstore.Document, MediaType: c.ready.mediaType, Body: c.ready.staged}
	if describesContainer(t.id) {
		content.Kind = rdfstore.Container
	}
	return putWithAncestors(tx, id, content)
}

// prepare works the patch out for the target as it is in the session.
func (c *patchChange) prepare(ctx context.Context, s *session, t *target) error {
	c.discard()
	if err := s.checkPatch(t, c.patch); err != nil {
		return err
	}
	var document *rdf.Document // nil when it is edited
	var source patch.Source
	switch {
	case !t.exists:
		document = rdf.NewDocument()
	case t.record.IsQuads && !c.whole:
		quads, err := s.Quads(t.record.ID)
		if err != nil {
			return err
		}
		source = defaultGraph{quads}
	default:
		done, err := c.Handler.parser.hold(ctx, t.record.Size)
		if err != nil {
			return err
		}
		defer done()
		if document, err = s.document(ctx, s.Reader, t.record); err != nil {
			return err
		}
	}
	if document != nil {
		source = patch.Of(document.Default)
	}
	ready := &patched{exists: t.exists, revision: t.record.Revision, mediaType: codec.Turtle}
	if t.exists && t.record.Kind == rdfstore.Document {
		ready.mediaType = essenceOf(t.record.MediaType) // SP-N3-15
	}
	var err error
	if ready.delta, err = c.patch.Apply(ctx, source); err != nil {
		return err
	}
	if ready.delta.Added, err = s.withoutTruths(t, ready.delta.Added); err != nil {
		return err
	}
	if document != nil && !ready.delta.IsEmpty() {
		ready.delta.ApplyTo(document.Default)
		if ready.staged, err = s.stageQuads(ctx, document, ready.mediaType, storedAt(t.id)); err != nil {
			return err
		}
	}
	c.ready = ready
	return nil
}

func (c *patchChange) discard() {
	if c.ready != nil && c.ready.staged != nil {
		c.ready.staged.Discard()
	}
	c.ready = nil
}

// defaultGraph is the default graph of a stored document as a [patch.Source].
type defaultGraph struct{ rdfstore.Quads }

func (g defaultGraph) Has(t rdf.Triple) (bool, error) {
	return g.Quads.Has(rdf.Quad{S: t.S, P: t.P, O: t.O})
}

func (g defaultGraph) Match(s, p, o rdf.Term) iter.Seq2[rdf.Triple, error] {
	return func(yield func(rdf.Triple, error) bool) {
		for q, err := range g.Quads.Match(rdf.Term{}, s, p, o) {
			if !yield(q.Triple(), err) {
				return
			}
		}
	}
}
