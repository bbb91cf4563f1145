package ldp

import (
	"context"
	"io"
	"mime"
	"net/http"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/n3"
	"domicile/rdfstore/patch"
	"domicile/rdfstore/rdf"
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
// (SP-N3-*, SP-SPU-*). The new document is worked out and staged in a snapshot
// and holds when the document is the same at its turn to be written; else it is
// worked out again there. So patches of one document never fail each other.
type patchChange struct {
	*Handler
	request *request
	parser  func(ctx context.Context, r io.Reader, base string) (*patch.Patch, error)
	patch   *patch.Patch
	ready   *patched
}

// patched is the outcome of a patch for one state of its document.
type patched struct {
	exists    bool
	revision  uint64
	unchanged bool
	document  *rdf.Document
	mediaType string
	staged    rdfstore.Staged
}

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
	content := http.MaxBytesReader(nil, c.request.Body, c.maxDocument)
	if c.patch, err = c.parser(ctx, content, c.space.URL(c.request.id)); err != nil {
		return err
	}
	return c.view(ctx, c.request.agent, func(s *session) error {
		t, err := c.admit(ctx, s)
		if err != nil {
			return err
		}
		return c.prepare(ctx, s, t)
	})
}

func (c *patchChange) apply(ctx context.Context, s *session, tx rdfstore.Tx, t *target) (outcome, error) {
	if c.ready == nil || c.ready.exists != t.exists || c.ready.revision != t.record.Revision {
		if err := c.prepare(ctx, s, t); err != nil {
			return outcome{}, err
		}
	}
	done := outcome{id: t.id}
	if c.ready.unchanged {
		done.nothing = true
		return done, nil // and nothing is made of nothing (SP-N3-16)
	}
	done.created = !t.exists
	content := rdfstore.Content{Kind: rdfstore.Document, MediaType: c.ready.mediaType, Body: c.ready.staged}
	if describesContainer(t.id) {
		content.Kind = rdfstore.Container
	}
	return done, s.putChecked(ctx, tx, t, content, c.ready.document)
}

// prepare works the patch out for the target as it is in the session.
func (c *patchChange) prepare(ctx context.Context, s *session, t *target) error {
	c.discard()
	document := rdf.NewDocument()
	if t.exists {
		var err error
		if document, err = s.document(ctx, s.Reader, t.record); err != nil {
			return err
		}
	}
	if err := s.checkPatch(t, c.patch); err != nil {
		return err
	}
	delta, err := c.patch.Apply(ctx, document.Default)
	if err != nil {
		return err
	}
	added, err := s.withoutTruths(t, document.Default, delta.Added)
	if err != nil {
		return err
	}
	ready := &patched{exists: t.exists, revision: t.record.Revision, document: document, mediaType: codec.Turtle}
	ready.unchanged = added == 0 && len(delta.Removed) == 0
	if t.exists && t.record.Kind == rdfstore.Document {
		ready.mediaType = essenceOf(t.record.MediaType) // SP-N3-15
	}
	if !ready.unchanged {
		if ready.staged, err = s.stageDocument(ctx, document, ready.mediaType, storedAt(t.id)); err != nil {
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
