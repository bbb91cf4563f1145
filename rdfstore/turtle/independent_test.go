package turtle

import (
	"bytes"
	"io"
	"testing"

	knakk "github.com/knakk/rdf"
	"pgregory.net/rapid"

	"domicile/rdfstore/rdf"
)

// Another implementation reads in our N-Triples and N-Quads what we wrote.
func TestIndependentReader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc, triples := rdf.NewDocument(), rdf.NewDocument()
		for range rapid.IntRange(0, 15).Draw(t, "quads") {
			q := rdf.Quad{S: drawSubject(t), P: drawPredicate(t), O: drawObject(t)}
			if rapid.Bool().Draw(t, "named") {
				q.G = drawSubject(t)
			} else {
				triples.Add(q)
			}
			doc.Add(q)
		}
		check := func(text []byte, want *rdf.Document, decode func(io.Reader) (*rdf.Document, error)) {
			got, err := decode(bytes.NewReader(text))
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if !rdf.Isomorphic(want.Dataset, got.Dataset) {
				t.Fatalf("reads\n%sin\n%s", nQuads(got), text)
			}
		}
		var lines bytes.Buffer
		if err := WriteNQuads(&lines, doc); err != nil {
			t.Fatal(err)
		}
		check(lines.Bytes(), doc, knakkQuads)
		lines.Reset()
		if err := WriteNTriples(&lines, doc); err != nil {
			t.Fatal(err)
		}
		check(lines.Bytes(), triples, knakkTriples)
	})
}

// knakkDefaultGraph is what the default graph is called there.
const knakkDefaultGraph = "_:defaultGraph"

func knakkQuads(r io.Reader) (*rdf.Document, error) {
	quads, err := knakk.NewQuadDecoder(r, knakk.NQuads).DecodeAll()
	doc := rdf.NewDocument()
	for _, q := range quads {
		converted := convert(q.Triple)
		if q.Ctx.Serialize(knakk.NQuads) != knakkDefaultGraph {
			converted.G = convertTerm(q.Ctx)
		}
		doc.Add(converted)
	}
	return doc, err
}

func knakkTriples(r io.Reader) (*rdf.Document, error) {
	triples, err := knakk.NewTripleDecoder(r, knakk.NTriples).DecodeAll()
	doc := rdf.NewDocument()
	for _, t := range triples {
		doc.Add(convert(t))
	}
	return doc, err
}

func convert(t knakk.Triple) rdf.Quad {
	return rdf.Quad{S: convertTerm(t.Subj), P: convertTerm(t.Pred), O: convertTerm(t.Obj)}
}

func convertTerm(t knakk.Term) rdf.Term {
	switch t := t.(type) {
	case knakk.IRI:
		return rdf.IRI(t.String())
	case knakk.Blank:
		return rdf.Blank(t.String())
	case knakk.Literal:
		if t.Lang() != "" {
			return rdf.LangString(t.String(), t.Lang())
		}
		return rdf.Typed(t.String(), t.DataType.String())
	}
	return rdf.Term{}
}
