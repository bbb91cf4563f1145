package solid

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
)

// acceptRDF asks for Turtle, of which reading is fastest.
const acceptRDF = codec.Turtle + ", " + codec.JSONLD + ";q=0.9, " + codec.NTriples + ";q=0.8"

// attempts is how often [Client.Update] tries while others keep changing the
// same document.
const attempts = 10

// Document is an RDF document: what was read, with what is needed to write it
// back only if nobody else did.
type Document struct {
	Info
	*rdf.Graph
	Prefixes []rdf.Prefix
}

// NewDocument returns an empty document that is not on a server yet.
func NewDocument(resource string) *Document {
	return &Document{Info: Info{URL: resource, Size: -1}, Graph: rdf.NewGraph()}
}

// Read reads an RDF document in whatever syntax the server has. Named graphs
// are left out.
func (c *Client) Read(ctx context.Context, resource string, options ...Option) (*Document, error) {
	source, err := c.Get(ctx, resource, slices.Insert(slices.Clone(options), 0, WithHeader("Accept", acceptRDF))...)
	if err != nil {
		return nil, err
	}
	defer source.Body.Close()
	parsed, err := codec.Parse(ctx, source.MediaType, source.Body, source.URL)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", resource, err)
	}
	return &Document{Info: source.Info, Graph: parsed.Default, Prefixes: parsed.Prefixes}, nil
}

// Save writes the document as Turtle if it has not changed since it was read or
// saved; one that is not from a server, if nothing is there. Otherwise it fails
// with [ErrPreconditionFailed]. A server that tells no entity tag after a write
// makes the document one to be read again.
func (c *Client) Save(ctx context.Context, d *Document) error {
	var body bytes.Buffer
	whole := &rdf.Document{Dataset: rdf.NewDataset(), Prefixes: d.Prefixes}
	whole.Default = d.Graph
	if err := codec.Write(&body, codec.Turtle, whole, d.URL); err != nil {
		return err
	}
	condition := IfAbsent()
	if d.ETag != "" {
		condition = IfMatch(d.ETag)
	}
	info, err := c.Put(ctx, d.URL, codec.Turtle, &body, condition)
	if err != nil {
		return err
	}
	d.Info = info
	return nil
}

// Update changes a document safely: it reads it, lets edit change it, and
// saves it if its triples are others then. When somebody else changed the document
// meanwhile, it starts again, so edit may run several times. A document that is
// not there is an empty one. An error of edit ends it and is returned.
func (c *Client) Update(ctx context.Context, resource string, edit func(*Document) error) error {
	return c.update(ctx, func() (*Document, error) {
		document, err := c.Read(ctx, resource)
		if errors.Is(err, ErrNotFound) {
			return NewDocument(resource), nil
		}
		return document, err
	}, edit)
}

func (c *Client) update(ctx context.Context, read func() (*Document, error), edit func(*Document) error) error {
	for attempt := 1; ; attempt++ {
		document, err := read()
		if err != nil {
			return err
		}
		before := document.Graph.Clone()
		if err := edit(document); err != nil {
			return err
		}
		if equal(before, document.Graph) {
			return nil
		}
		err = c.Save(ctx, document)
		if !errors.Is(err, ErrPreconditionFailed) || attempt == attempts {
			return err
		}
	}
}

// equal reports whether two graphs have the same triples, blank nodes by label.
func equal(a, b *rdf.Graph) bool {
	if a.Len() != b.Len() {
		return false
	}
	for t := range a.All() {
		if !b.Has(t) {
			return false
		}
	}
	return true
}

// Patch is a change of a document that leaves the rest of it alone. Terms may be
// variables ([rdf.Variable]), which Where binds; it has to match the document in
// exactly one way, and all that Deletes says has to be there, or else the patch
// fails with [ErrConflict] and changes nothing.
type Patch struct{ Where, Deletes, Inserts []rdf.Triple }

// String returns the patch as an N3 Patch (https://solidproject.org/TR/protocol#n3-patch).
func (p Patch) String() string {
	var text bytes.Buffer
	text.WriteString("@prefix solid: <" + rdf.Solid + ">.\n<> a solid:InsertDeletePatch")
	for _, part := range []struct {
		name    string
		triples []rdf.Triple
	}{{"where", p.Where}, {"deletes", p.Deletes}, {"inserts", p.Inserts}} {
		if len(part.triples) == 0 {
			continue
		}
		fmt.Fprintf(&text, ";\n  solid:%s {\n", part.name)
		for _, t := range part.triples {
			fmt.Fprintf(&text, "    %s %s %s.\n", t.S, t.P, t.O)
		}
		text.WriteString("  }")
	}
	text.WriteString(".\n")
	return text.String()
}

// Patch applies a patch to a document. When there is no document and the patch
// only inserts, that makes it.
func (c *Client) Patch(ctx context.Context, resource string, patch Patch, options ...Option) (Info, error) {
	return c.do(ctx, http.MethodPatch, resource, "text/n3", bytes.NewReader([]byte(patch.String())), options)
}
