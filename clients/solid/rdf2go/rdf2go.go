// Package rdf2go lets programs that hold graphs of github.com/deiu/rdf2go use the
// client: it turns their graphs into ours and back.
//
//	mine := upstream.NewGraph("https://pods.example/alice/notes.ttl")
//	…
//	document := solid.NewDocument(mine.URI())
//	document.Graph, err = rdf2go.ToGraph(mine)
//	…
//	err = client.Save(ctx, document)
//
// It converts terms and leaves the rest of that library alone: its parser does
// not end on some valid Turtle and ends the process on some input, and its writer
// of JSON-LD changes what it writes. Read and write with the client instead.
package rdf2go

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	upstream "github.com/deiu/rdf2go"

	"domicile/rdfstore/rdf"
)

// ToGraph returns the triples of a graph, each once, in an order that depends on
// nothing else. What RDF does not allow, or has a relative IRI, is an error.
func ToGraph(from *upstream.Graph) (*rdf.Graph, error) {
	var triples []rdf.Triple
	for triple := range from.IterTriples() {
		t, err := toTriple(triple)
		if err != nil {
			return nil, err
		}
		triples = append(triples, t)
	}
	slices.SortFunc(triples, func(a, b rdf.Triple) int { return strings.Compare(a.String(), b.String()) })
	return rdf.NewGraph(triples...), nil
}

func toTriple(triple *upstream.Triple) (t rdf.Triple, err error) {
	for _, place := range []struct {
		name string
		from upstream.Term
		to   *rdf.Term
		fits func(rdf.Term) bool
	}{
		{"subject", triple.Subject, &t.S, func(t rdf.Term) bool { return t.IsIRI() || t.IsBlank() }},
		{"predicate", triple.Predicate, &t.P, rdf.Term.IsIRI},
		{"object", triple.Object, &t.O, func(rdf.Term) bool { return true }},
	} {
		if *place.to, err = toTerm(place.from); err != nil {
			return t, err
		}
		if !place.fits(*place.to) {
			return t, fmt.Errorf("%s can't be the %s of a triple", *place.to, place.name)
		}
	}
	return t, nil
}

func toTerm(term upstream.Term) (rdf.Term, error) {
	switch t := term.(type) {
	case *upstream.Resource:
		return toIRI(t.URI)
	case *upstream.BlankNode:
		if t.ID == "" || strings.ContainsFunc(t.ID, isNoLabel) {
			return rdf.Term{}, fmt.Errorf("%q is no label of a blank node", t.ID)
		}
		return rdf.Blank(t.ID), nil
	case *upstream.Literal:
		switch {
		case t.Language != "":
			return rdf.LangString(t.Value, t.Language), nil
		case t.Datatype == nil:
			return rdf.String(t.Value), nil
		}
		datatype, err := toIRI(t.Datatype.RawValue())
		if err != nil {
			return rdf.Term{}, err
		}
		return rdf.Typed(t.Value, datatype.Value()), nil
	}
	return rdf.Term{}, fmt.Errorf("%T is no term", term)
}

func toIRI(text string) (rdf.Term, error) {
	parsed, err := url.Parse(text)
	if err != nil || !parsed.IsAbs() || strings.ContainsAny(text, "<>\"{}|^`\\ ") {
		return rdf.Term{}, fmt.Errorf("%q is no absolute IRI", text)
	}
	return rdf.IRI(text), nil
}

// isNoLabel is narrower than Turtle, so that a label is written as it is.
func isNoLabel(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
}

// FromGraph returns a graph with the same triples and a URI.
func FromGraph(from *rdf.Graph, uri string) *upstream.Graph {
	to := upstream.NewGraph(uri)
	for t := range from.All() {
		to.AddTriple(fromTerm(t.S), fromTerm(t.P), fromTerm(t.O))
	}
	return to
}

func fromTerm(term rdf.Term) upstream.Term {
	switch {
	case term.IsIRI():
		return upstream.NewResource(term.Value())
	case term.IsBlank():
		return upstream.NewBlankNode(term.Value())
	case term.Lang() != "":
		return upstream.NewLiteralWithLanguage(term.Value(), term.Lang())
	case term.Datatype() == rdf.XSDString:
		return upstream.NewLiteral(term.Value())
	}
	return upstream.NewLiteralWithDatatype(term.Value(), upstream.NewResource(term.Datatype()))
}
