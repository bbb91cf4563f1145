package rdf2go

import (
	"context"
	"strings"
	"testing"

	upstream "github.com/deiu/rdf2go"

	"domicile/rdfstore/codec"
)

func TestThereAndBack(t *testing.T) {
	const turtle = `<https://pod.example/a> <urn:p> "plain", "één"@nl, "1"^^<http://www.w3.org/2001/XMLSchema#integer>, "\"\\\n" .
<https://pod.example/a> <urn:knows> _:b1, <https://pod.example/caf%C3%A9?q#é> . _:b1 a <urn:Friend> .`
	parsed, err := codec.Parse(context.Background(), codec.Turtle, strings.NewReader(turtle), "")
	if err != nil {
		t.Fatal(err)
	}
	there := FromGraph(parsed.Default, "https://pod.example/a")
	if there.URI() != "https://pod.example/a" || there.Len() != parsed.Default.Len() {
		t.Errorf("%s has %d triples, want %d", there.URI(), there.Len(), parsed.Default.Len())
	}
	if there.One(upstream.NewResource("https://pod.example/a"), upstream.NewResource("urn:p"), upstream.NewLiteralWithLanguage("één", "nl")) == nil {
		t.Errorf("a triple is not found:\n%s", there)
	}
	back, err := ToGraph(there)
	if err != nil {
		t.Fatal(err)
	}
	if back.Len() != parsed.Default.Len() {
		t.Errorf("%d of %d triples came back", back.Len(), parsed.Default.Len())
	}
	for triple := range parsed.Default.All() {
		if !back.Has(triple) {
			t.Errorf("lost %s", triple)
		}
	}
}

// TestGraphsAreSets: there a graph can hold the same triple twice.
func TestGraphsAreSets(t *testing.T) {
	from := upstream.NewGraph("https://pod.example/a")
	for range 3 {
		from.AddTriple(upstream.NewResource("urn:s"), upstream.NewResource("urn:p"), upstream.NewLiteral("o"))
	}
	if to, err := ToGraph(from); err != nil || to.Len() != 1 {
		t.Errorf("%d triples, %v", to.Len(), err)
	}
}

func TestNoRDF(t *testing.T) {
	iri, literal, blank := upstream.NewResource("urn:x"), upstream.NewLiteral("x"), upstream.NewBlankNode("x")
	for name, triple := range map[string][3]upstream.Term{
		"literal as subject":      {literal, iri, iri},
		"blank node as predicate": {iri, blank, iri},
		"nothing":                 {iri, iri, nil},
		"relative IRI":            {upstream.NewResource("#me"), iri, iri},
		"more than an IRI":        {upstream.NewResource("urn:a> <urn:b"), iri, iri},
		"datatype":                {iri, iri, upstream.NewLiteralWithDatatype("1", upstream.NewResource("int"))},
		"label":                   {iri, iri, upstream.NewBlankNode("a . <urn:b>")},
	} {
		from := upstream.NewGraph("https://pod.example/a")
		from.AddTriple(triple[0], triple[1], triple[2])
		if to, err := ToGraph(from); err == nil {
			t.Errorf("%s: became %v", name, to)
		}
	}
}
