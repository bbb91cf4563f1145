package turtle

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

// streamOf hands out the quads of a document as they stand in it.
func streamOf(doc *rdf.Document) rdf.Stream {
	return rdf.Stream{Prefixes: doc.Prefixes, Quads: func(yield func(rdf.Quad, error) bool) {
		for q := range doc.Quads() {
			if !yield(q, nil) {
				return
			}
		}
	}}
}

func TestStreams(t *testing.T) {
	const text = `@prefix : <#> . :a :p 1, 2, 3, 4, 5, 6 ; a :C, [] . :b :l ( "x" ) . :g { :a :p () } [] { :c :p :d . <> :q "y" }`
	const prefix, defaultGraph = "@prefix : <#> .\n\n", `:a :p 1, 2, 3, 4,
        5, 6 ;
    a :C, _:b1 .

:b :l _:b2 .

_:b2 <RDF#first> "x" ;
    <RDF#rest> () .
`
	doc, err := ParseTriG(context.Background(), strings.NewReader(text), base, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		write func(io.Writer, rdf.Stream, string) error
		want  string
	}{
		{"Turtle", WriteStream, prefix + defaultGraph},
		{"TriG", WriteTriGStream, prefix + defaultGraph + `
:g {
    :a :p () .
}

_:b3 {
    :c :p :d .

    <> :q "y" .
}
`},
		{"N-Triples", func(w io.Writer, doc rdf.Stream, _ string) error { return WriteNTriplesStream(w, doc) }, nTriples(doc)},
		{"N-Quads", func(w io.Writer, doc rdf.Stream, _ string) error { return WriteNQuadsStream(w, doc) }, nQuads(doc)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := c.write(&b, streamOf(doc), base); err != nil || b.String() != short.Replace(c.want) {
				t.Errorf("error %v, written\n%s", err, b.String())
			}
			b.Reset()
			if err := c.write(&b, rdf.Stream{Quads: func(func(rdf.Quad, error) bool) {}}, base); err != nil || b.Len() > 0 {
				t.Errorf("nothing: error %v, written %q", err, b.String())
			}
			broken := errors.New("the disk is gone")
			failing := func(yield func(rdf.Quad, error) bool) { yield(rdf.Quad{}, broken) }
			if err := c.write(io.Discard, rdf.Stream{Quads: failing}, base); !errors.Is(err, broken) {
				t.Errorf("the error of what is read: %v", err)
			}
			for _, bad := range []rdf.Quad{
				{S: rdf.String("x"), P: rdf.Type, O: listEnd}, {S: listEnd, P: rdf.Blank("x"), O: listEnd},
				{S: listEnd, P: rdf.Type, O: rdf.Blank("a b")}, {S: rdf.Blank(""), P: rdf.Type, O: listEnd},
			} {
				badDoc := rdf.NewDocument()
				badDoc.Add(bad)
				if err := c.write(io.Discard, streamOf(badDoc), base); err == nil {
					t.Errorf("wrote %v", bad)
				}
			}
		})
	}
}
