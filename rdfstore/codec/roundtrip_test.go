package codec

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"domicile/rdfstore/rdf"
)

// What is written is read back as the same dataset, whatever the dataset, and
// whether it is at hand or comes in pieces.
func TestWriteThenParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, alone := rdf.NewDocument(), rdf.NewDocument()
		whole.Prefixes = []rdf.Prefix{{Name: "", IRI: base + "#"}, {Name: "u", IRI: "urn:x:"}}
		for range rapid.IntRange(0, 20).Draw(t, "quads") {
			q := drawQuad(t)
			if whole.Add(q); q.G.IsZero() {
				alone.Add(q)
			}
		}
		for _, mediaType := range Writable() {
			want := whole
			if mediaType == Turtle || mediaType == NTriples {
				want = alone // SP-CN-05
			}
			checkRoundTrip(t, mediaType, want, func(w io.Writer) error { return Write(w, mediaType, whole, base) })
			checkRoundTrip(t, mediaType, want, func(w io.Writer) error { return WriteStream(w, mediaType, sorted(whole), base) })
		}
	})
}

func drawQuad(t *rapid.T) rdf.Quad {
	nodes := []rdf.Term{rdf.IRI(base), rdf.IRI(base + "#me"), rdf.IRI("urn:x:%20é"), rdf.Blank("a"), rdf.Blank("b1"), rdf.Blank("c.0"), rdf.IRI(rdf.RDFNil)}
	predicates := []rdf.Term{rdf.IRI("urn:p"), rdf.IRI(base + "#p"), rdf.Type, rdf.IRI(rdf.RDFFirst), rdf.IRI(rdf.RDFRest)}
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"1", "01", "+.5e1", "true", "TRUE", ""}))
	object := rapid.OneOf(rapid.SampledFrom(nodes),
		rapid.Map(text, func(s string) rdf.Term { return rdf.LangString(s, "de-ch") }),
		rapid.Custom(func(t *rapid.T) rdf.Term {
			datatype := rapid.SampledFrom([]string{rdf.XSDString, rdf.XSDInteger, rdf.XSDDecimal, rdf.XSDDouble, rdf.XSDBoolean, "urn:t"})
			return rdf.Typed(text.Draw(t, "text"), datatype.Draw(t, "datatype"))
		}))
	graphs := append([]rdf.Term{{}, {}, {}}, nodes...)
	return rdf.Quad{
		S: rapid.SampledFrom(nodes).Draw(t, "subject"), P: rapid.SampledFrom(predicates).Draw(t, "predicate"),
		O: object.Draw(t, "object"), G: rapid.SampledFrom(graphs).Draw(t, "graph"),
	}
}

func checkRoundTrip(t *rapid.T, mediaType string, want *rdf.Document, write func(io.Writer) error) {
	var body bytes.Buffer
	if err := write(&body); err != nil {
		t.Fatalf("write %s: %v", mediaType, err)
	}
	read, err := Parse(context.Background(), mediaType, bytes.NewReader(body.Bytes()), base)
	if err != nil {
		t.Fatalf("read %s: %v\n%s", mediaType, err, body.Bytes())
	}
	if !rdf.Isomorphic(want.Dataset, read.Dataset) {
		t.Fatalf("%s changes the document:\n%s", mediaType, body.Bytes())
	}
}

// sorted hands out the quads of a document by graph, subject, predicate and
// object.
func sorted(doc *rdf.Document) rdf.Stream {
	key := func(q rdf.Quad) string { return fmt.Sprintf("%s %s", q.G, q.Triple()) }
	quads := slices.SortedFunc(doc.Quads(), func(a, b rdf.Quad) int { return strings.Compare(key(a), key(b)) })
	return rdf.Stream{Prefixes: doc.Prefixes, Quads: func(yield func(rdf.Quad, error) bool) {
		for _, q := range quads {
			if !yield(q, nil) {
				return
			}
		}
	}}
}
