package grammar

import (
	"bytes"
	"slices"

	"domicile/rdfstore/internal/lex"
	"domicile/rdfstore/rdf"
)

// NTriples reads a document of one triple per line (N-Triples §7). It is
// stricter than Turtle: whole IRIs, double quotation marks, no line end inside
// a triple and one after it.
func (p *Parser) NTriples() error { return p.lines(false) }

// NQuads reads a document of one quad per line (N-Quads §6): N-Triples with the
// graph's name, if it has one, before the dot.
func (p *Parser) NQuads() error { return p.lines(true) }

func (p *Parser) lines(named bool) error {
	p.labels = nil // no node is without a label of its own
	for started := false; p.Kind != lex.EOF; started = true {
		if started && !p.NewLine {
			return p.Expected("a line end after the dot")
		}
		if err := p.line(named); err != nil {
			return err
		}
	}
	return nil
}

func (p *Parser) line(named bool) error {
	subject, err := p.plainTerm("an IRI or a blank node", lex.IRIRef, lex.BlankLabel)
	if err != nil {
		return err
	}
	predicate, err := p.lineTerm("an IRI", lex.IRIRef)
	if err != nil {
		return err
	}
	object, err := p.lineTerm("an IRI, a blank node or a quoted string", lex.IRIRef, lex.BlankLabel, lex.QuotedString)
	if err != nil {
		return err
	}
	if p.graph = (rdf.Term{}); named && p.Kind != '.' {
		if p.graph, err = p.lineTerm(`the name of a graph or "."`, lex.IRIRef, lex.BlankLabel); err != nil {
			return err
		}
	}
	if p.NewLine {
		return p.Fail("the dot stands on the line of its terms")
	}
	if err := p.take('.'); err != nil {
		return err
	}
	return p.add(subject, predicate, object)
}

// lineTerm reads a term that stands on the same line as the token before it.
func (p *Parser) lineTerm(expected string, kinds ...lex.Kind) (rdf.Term, error) {
	if p.NewLine && p.Kind != lex.EOF {
		return rdf.Term{}, p.Fail("a statement stands on one line")
	}
	return p.plainTerm(expected, kinds...)
}

func (p *Parser) plainTerm(expected string, kinds ...lex.Kind) (rdf.Term, error) {
	if !slices.Contains(kinds, p.Kind) {
		return rdf.Term{}, p.Expected(expected)
	}
	if p.Kind == lex.QuotedString {
		if raw := p.Raw(); raw[0] != '"' || bytes.HasPrefix(raw, []byte(`"""`)) {
			return rdf.Term{}, p.Fail("expected a string in one pair of double quotation marks")
		}
	}
	return p.Term()
}
