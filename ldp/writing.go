package ldp

import (
	"context"
	"errors"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// errUnexamined: the document has become one that is examined since it was read.
var errUnexamined = errors.New("the document became the owner's profile while it was received")

// writing is content on its way to become a resource's.
type writing struct {
	sent     rdfstore.Staged // as it came
	examined bool            // what it says decides whether it may be stored
	document *rdf.Document   // of RDF that is examined; nil otherwise
	kind     rdfstore.Kind
	// What will be stored: for documents and binaries what was sent, for a
	// container its description in Turtle, without what the server says itself.
	mediaType string
	body      rdfstore.Staged
	claims    []rdf.Triple // what a container's content says of the server's part
}

// receive stages the content and reads it when it is RDF. Called again, for
// another id, it reads what has been staged.
func (w *writing) receive(ctx context.Context, h *Handler, q *request, d declaration, id resource.ID) (err error) {
	if w.sent == nil {
		if w.sent, err = h.receive(ctx, q, d.isRDF); err != nil {
			return err
		}
	}
	w.kind, w.mediaType, w.body = rdfstore.Binary, d.mediaType, w.sent
	if !d.isRDF {
		return nil
	}
	w.kind = rdfstore.Document
	w.document = nil
	if !w.examined {
		return h.check(ctx, w.sent, d.mediaType, id)
	}
	if w.document, err = h.parse(ctx, w.sent, d.mediaType, id); err != nil {
		return err
	}
	if container := id.Subject(); describesContainer(id) {
		w.discardBody()
		w.kind, w.mediaType = rdfstore.Container, codec.Turtle
		w.claims, err = h.separateClaims(w.document, container)
		if err == nil {
			w.body, err = h.stageDocument(ctx, w.document, codec.Turtle, container)
		}
	}
	return err
}

// isExamined reports whether what a document at id says decides whether it may
// be stored there: an ACL, what describes a container, the owner's profile.
func (s *session) isExamined(storage rdfstore.Storage, id resource.ID) bool {
	card, ok := s.card(storage)
	return id.Aux() == resource.ACL || describesContainer(id) || ok && card == id
}

// store makes the content the target's, if nothing forbids it.
func (w *writing) store(ctx context.Context, s *session, tx rdfstore.Tx, t *target) error {
	if w.kind != rdfstore.Binary && w.document == nil && s.isExamined(t.storage, t.id) {
		return errUnexamined
	}
	if err := s.checkClaims(t, w.claims); err != nil {
		return err
	}
	content := rdfstore.Content{Kind: w.kind, MediaType: w.mediaType, Body: w.body}
	return s.putChecked(ctx, tx, t, content, w.document)
}

// putChecked writes a resource with its missing ancestors, after the checks of
// what its content may say. The document is the content, nil when it is no RDF.
func (s *session) putChecked(ctx context.Context, tx rdfstore.Tx, t *target, content rdfstore.Content, document *rdf.Document) error {
	write := func() error { return putWithAncestors(tx, storedAt(t.id), content) }
	if t.id.Aux() == resource.ACL {
		return s.writeACL(ctx, t, document.Default, write)
	}
	if err := s.checkCard(ctx, t, document); err != nil {
		return err
	}
	return write()
}

// discardBody gives up a rendered body; what was sent stays.
func (w *writing) discardBody() {
	if w.body != nil && w.body != w.sent {
		w.body.Discard()
	}
	w.body = nil
}

func (w *writing) discard() {
	w.discardBody()
	if w.sent != nil {
		w.sent.Discard()
	}
}
