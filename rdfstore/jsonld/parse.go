package jsonld

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/piprate/json-gold/ld"

	"domicile/rdfstore/internal/iri"
	"domicile/rdfstore/rdf"
)

// Limits of what is read. Expansion builds trees in memory, so they are tighter
// than Turtle's.
const (
	maxBytes  = 10 << 20  // SP-CN-08
	maxDepth  = 500       // of nested arrays and objects
	maxValues = 1_000_000 // arrays, objects, strings, numbers, booleans and nulls
	maxName   = 2048      // bytes of the name of a member, looked at for each of its values
)

// ErrRemoteContext is wrapped by the error for a document that names a context
// which is not one of those known here (422, SP-CN-08).
var ErrRemoteContext = errors.New("the JSON-LD context is not known to this server, and contexts are not fetched")

// Parse reads a JSON-LD document. The base is the absolute IRI of the
// document; with "" relative IRIs are dropped, as the standard says of IRIs
// that stay relative.
func Parse(ctx context.Context, r io.Reader, base string) (*rdf.Document, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%w: JSON-LD is read up to %d MiB", rdf.ErrLimit, maxBytes>>20)
	}
	documentBase, err := iri.NewBase(base)
	if err != nil {
		return nil, fmt.Errorf("base IRI: %w", err)
	}
	value, err := decode(data)
	if err != nil {
		return nil, err
	}
	if err := checkContexts(value); err != nil {
		return nil, err
	}
	d := &deserializer{ctx: ctx, doc: rdf.NewDocument(), labels: map[string]rdf.Term{}}
	if err := parseTop(d, value, documentBase); err != nil {
		return nil, err
	}
	return d.doc, nil
}

// parseTop expands and deserializes each outermost object with its own base.
func parseTop(d *deserializer, value any, documentBase iri.Base) error {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if isScalar(item) {
				continue // a value that nothing points to (JSON-LD API §5.1.2, 18)
			}
			if err := parseTop(d, item, documentBase); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		base, err := liftBase(v, documentBase)
		if err != nil {
			return err
		}
		if err := d.ctx.Err(); err != nil {
			return err
		}
		expanded, err := expand(normalize(v, false))
		if err != nil {
			return err
		}
		d.base = base
		return d.nodes(expanded, rdf.Term{})
	}
	return &rdf.SyntaxError{Message: "a JSON-LD document is an object or an array of objects"}
}

// expand runs json-gold without a base: its resolver re-encodes what it
// resolves, so that relative IRIs come out untouched and are resolved here.
func expand(value any) (expanded []any, err error) {
	loader := &bundledContexts{}
	defer func() {
		// The library panics on some invalid documents, and it passes over
		// errors inside @list; neither may lose data.
		if recover() != nil {
			expanded, err = nil, &rdf.SyntaxError{Message: "not a valid JSON-LD document"}
		}
		if loader.err != nil {
			expanded, err = nil, loader.err
		}
	}()
	expanded, err = ld.NewJsonLdProcessor().Expand(value, &ld.JsonLdOptions{
		ProcessingMode: ld.JsonLd_1_1,
		DocumentLoader: loader,
	})
	if err != nil {
		return nil, syntaxError(err)
	}
	return expanded, nil
}

// syntaxError words an error of the library without repeating more of the
// document than a short token.
func syntaxError(err error) error {
	var library *ld.JsonLdError
	if !errors.As(err, &library) {
		return &rdf.SyntaxError{Message: "not a valid JSON-LD document"}
	}
	message := string(library.Code)
	if detail, ok := library.Details.(string); ok && len(detail) <= 200 {
		message += ": " + detail
	}
	return &rdf.SyntaxError{Message: "JSON-LD: " + message}
}

func isScalar(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}
