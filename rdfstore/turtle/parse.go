package turtle

import (
	"context"
	"io"

	"domicile/rdfstore/internal/grammar"
	"domicile/rdfstore/rdf"
)

// Limits bound what a reader accepts. What goes beyond gives an error that
// wraps [rdf.ErrLimit].
type Limits struct {
	Bytes        int64 // of input
	Triples      int
	LiteralBytes int // of one literal
	Depth        int // of nested brackets
	Prefixes     int
}

// DefaultLimits suit documents that come over HTTP.
var DefaultLimits = Limits{Bytes: 64 << 20, Triples: 5_000_000, LiteralBytes: 16 << 20, Depth: 1000, Prefixes: 10_000}

// Parse reads a Turtle document. The base is the absolute IRI of the document;
// with "" a relative IRI is an error.
func Parse(ctx context.Context, r io.Reader, base string, limits Limits) (*rdf.Document, error) {
	return collect(func(emit func(rdf.Quad) error) ([]rdf.Prefix, error) {
		return Each(ctx, r, base, limits, emit)
	})
}

// Each reads a Turtle document and calls emit for each triple as it comes; its
// memory grows with nothing but the document's prefixes and those of its labels
// that look like the ones given to nodes without: b1, b2, … An error of emit ends the reading
// and is returned. The prefixes are those declared up to the end.
func Each(ctx context.Context, r io.Reader, base string, limits Limits, emit func(rdf.Quad) error) ([]rdf.Prefix, error) {
	return each(ctx, r, base, limits, emit, (*grammar.Parser).Document)
}

// ParseTriG is [Parse] for TriG: Turtle with named graphs.
func ParseTriG(ctx context.Context, r io.Reader, base string, limits Limits) (*rdf.Document, error) {
	return collect(func(emit func(rdf.Quad) error) ([]rdf.Prefix, error) {
		return EachTriG(ctx, r, base, limits, emit)
	})
}

// EachTriG is [Each] for TriG.
func EachTriG(ctx context.Context, r io.Reader, base string, limits Limits, emit func(rdf.Quad) error) ([]rdf.Prefix, error) {
	return each(ctx, r, base, limits, emit, (*grammar.Parser).TriG)
}

// ParseNTriples reads an N-Triples document, refusing what only Turtle allows.
func ParseNTriples(ctx context.Context, r io.Reader, limits Limits) (*rdf.Document, error) {
	return collect(func(emit func(rdf.Quad) error) ([]rdf.Prefix, error) {
		return nil, EachNTriples(ctx, r, limits, emit)
	})
}

// EachNTriples is [Each] for N-Triples, in constant memory.
func EachNTriples(ctx context.Context, r io.Reader, limits Limits, emit func(rdf.Quad) error) error {
	_, err := each(ctx, r, "", limits, emit, (*grammar.Parser).NTriples)
	return err
}

// ParseNQuads reads an N-Quads document, refusing what only TriG allows.
func ParseNQuads(ctx context.Context, r io.Reader, limits Limits) (*rdf.Document, error) {
	return collect(func(emit func(rdf.Quad) error) ([]rdf.Prefix, error) {
		return nil, EachNQuads(ctx, r, limits, emit)
	})
}

// EachNQuads is [Each] for N-Quads, in constant memory.
func EachNQuads(ctx context.Context, r io.Reader, limits Limits, emit func(rdf.Quad) error) error {
	_, err := each(ctx, r, "", limits, emit, (*grammar.Parser).NQuads)
	return err
}

func each(ctx context.Context, r io.Reader, base string, limits Limits, emit func(rdf.Quad) error, read func(*grammar.Parser) error) ([]rdf.Prefix, error) {
	p, err := grammar.NewParser(ctx, r, base, grammar.Turtle, grammar.Limits(limits))
	if err != nil {
		return nil, err
	}
	p.Emit = emit
	if err := read(p); err != nil {
		return nil, err
	}
	return p.Prefixes(), nil
}

func collect(read func(emit func(rdf.Quad) error) ([]rdf.Prefix, error)) (*rdf.Document, error) {
	doc := rdf.NewDocument()
	prefixes, err := read(func(q rdf.Quad) error {
		doc.Add(q)
		return nil
	})
	if err != nil {
		return nil, err
	}
	doc.Prefixes = prefixes
	return doc, nil
}
