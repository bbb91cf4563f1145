package grammar

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

var limits = Limits{Bytes: 1 << 20, Triples: 100_000, LiteralBytes: 1000, Depth: 10, Prefixes: 10}

func read(t *testing.T, text string, dialect Dialect) ([]rdf.Quad, *Parser, error) {
	t.Helper()
	p, err := NewParser(context.Background(), strings.NewReader(text), "https://pod.example/doc", dialect, limits)
	if err != nil {
		t.Fatal(err)
	}
	var quads []rdf.Quad
	p.Emit = func(q rdf.Quad) error {
		quads = append(quads, q)
		return nil
	}
	err = p.Document()
	return quads, p, err
}

func TestFormulaeAreNamedGraphs(t *testing.T) {
	quads, p, err := read(t, `<a> <b> { ?x <c> [ <d> {} ] } . <e> <f> <g> .`, N3)
	if err != nil {
		t.Fatal(err)
	}
	outer, blank, inner := rdf.Blank("b1"), rdf.Blank("b2"), rdf.Blank("b3")
	iri := func(s string) rdf.Term { return rdf.IRI("https://pod.example/" + s) }
	want := []rdf.Quad{
		{S: iri("a"), P: iri("b"), O: outer},
		{S: rdf.Variable("x"), P: iri("c"), O: blank, G: outer},
		{S: blank, P: iri("d"), O: inner, G: outer},
		{S: iri("e"), P: iri("f"), O: iri("g")},
	}
	if fmt.Sprint(quads) != fmt.Sprint(want) {
		t.Errorf("quads %v", quads)
	}
	if len(p.Formulae) != 2 || !p.Formulae[outer] || !p.Formulae[inner] {
		t.Errorf("formulae %v", p.Formulae)
	}
}

func TestUnsupportedNamesTheFeature(t *testing.T) {
	_, _, err := read(t, `<a> => <b> .`, N3)
	var unsupported *Unsupported
	if !errors.As(err, &unsupported) || err.Error() != "a rule or equation is not supported" {
		t.Error(err)
	}
}

// What is remembered of a document is bounded and never wrong.
func TestManyNames(t *testing.T) {
	var doc strings.Builder
	doc.WriteString("@prefix p: <https://p.example/> .\n")
	const n = 3 * remembered
	for i := range n {
		fmt.Fprintf(&doc, "<s%d> p:p%d p:same .\n", i, i)
	}
	quads, p, err := read(t, doc.String(), Turtle)
	if err != nil || len(quads) != n {
		t.Fatalf("%d quads, error %v", len(quads), err)
	}
	for i, q := range quads {
		if q.S.Value() != fmt.Sprintf("https://pod.example/s%d", i) || q.P.Value() != fmt.Sprintf("https://p.example/p%d", i) || q.O.Value() != "https://p.example/same" {
			t.Fatalf("quad %d: %v", i, q)
		}
	}
	if len(p.names) > remembered || len(p.references) > remembered {
		t.Errorf("%d names and %d references kept", len(p.names), len(p.references))
	}
}

// A label of the document and a generated one never name the same node.
func TestLabelsNeverClash(t *testing.T) {
	quads, _, err := read(t, `_:b2 <p> [] . [] <p> _:b1 . [] <p> _:b3 . _:b007 <p> _:b4 . _:b1 <p> _:b2 . [] <p> _:b99999999999999999999 .`, Turtle)
	if err != nil {
		t.Fatal(err)
	}
	distinct := map[rdf.Term]bool{}
	for _, q := range quads {
		distinct[q.S], distinct[q.O] = true, true
	}
	// _:b2 _:b1 _:b3 _:b007 _:b4 _:b99999999999999999999 and four that have no label.
	if len(distinct) != 10 || quads[0].S != quads[4].O || quads[1].O != quads[4].S {
		t.Errorf("%d nodes: %v", len(distinct), quads)
	}
}
