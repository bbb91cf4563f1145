package rdf

import (
	"errors"
	"fmt"
	"testing"
)

func TestTermEquality(t *testing.T) {
	for _, c := range []struct {
		a, b  Term
		equal bool
	}{
		{IRI("x:a"), IRI("x:a"), true},
		{IRI("x:a"), IRI("x:A"), false},
		{IRI("x:a"), String("x:a"), false},
		{IRI("a"), Blank("a"), false},
		{Blank("a"), Variable("a"), false},
		{String("a"), Typed("a", XSDString), true},
		{String("a"), LangString("a", "en"), false},
		{LangString("a", "en-GB"), LangString("a", "EN-gb"), true},
		{LangString("a", "en"), Typed("a", RDFLangString), false},
		{Typed("1", XSDInteger), Typed("01", XSDInteger), false},
		{Typed("1", XSDInteger), Typed("1", XSDDecimal), false},
	} {
		if (c.a == c.b) != c.equal {
			t.Errorf("%s == %s is %v", c.a, c.b, !c.equal)
		}
	}
}

func TestTermParts(t *testing.T) {
	for _, c := range []struct {
		term                          Term
		text, value, datatype, lang   string
		iri, blank, literal, variable bool
	}{
		{term: Term{}},
		{term: IRI("x:a"), text: "<x:a>", value: "x:a", iri: true},
		{term: IRI("x: a>"), text: `<x:\u0020a\u003E>`, value: "x: a>", iri: true},
		{term: Blank("b1"), text: "_:b1", value: "b1", blank: true},
		{term: Variable("x"), text: "?x", value: "x", variable: true},
		{term: String("a\"\\\n\r\t\b\f"), text: `"a\"\\\n\r\t\b\f"`, value: "a\"\\\n\r\t\b\f", datatype: XSDString, literal: true},
		{term: LangString("a", "de-CH"), text: `"a"@de-ch`, value: "a", datatype: RDFLangString, lang: "de-ch", literal: true},
		{term: Typed("1", XSDInteger), text: `"1"^^<` + XSDInteger + `>`, value: "1", datatype: XSDInteger, literal: true},
	} {
		if c.term.String() != c.text || c.term.Value() != c.value || c.term.Datatype() != c.datatype || c.term.Lang() != c.lang {
			t.Errorf("%s: value %q, datatype %q, language %q", c.term, c.term.Value(), c.term.Datatype(), c.term.Lang())
		}
		if c.term.IsIRI() != c.iri || c.term.IsBlank() != c.blank || c.term.IsLiteral() != c.literal ||
			c.term.IsVariable() != c.variable || c.term.IsZero() != (c.term.Kind() == NoTerm) {
			t.Errorf("%s has kind %d", c.term, c.term.Kind())
		}
	}
}

func TestSyntaxErrorText(t *testing.T) {
	err := fmt.Errorf("body: %w", &SyntaxError{Line: 3, Column: 7, Message: "expected a term"})
	if err.Error() != "body: line 3, column 7: expected a term" {
		t.Error(err)
	}
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || (&SyntaxError{Message: "no JSON"}).Error() != "no JSON" {
		t.Error(err)
	}
}
