package grammar

import (
	"strings"

	"domicile/rdfstore/internal/lex"
	"domicile/rdfstore/rdf"
)

// TriG reads triples and graphs to the end of the input: trigDoc (TriG §4.5).
// A graph without triples leaves no trace.
func (p *Parser) TriG() error {
	for p.Kind != lex.EOF {
		if err := p.block(); err != nil {
			return err
		}
	}
	return nil
}

// block reads a directive, a graph, or triples of the default graph.
func (p *Parser) block() error {
	switch {
	case p.Kind == '{':
		return p.wrappedGraph(rdf.Term{})
	case p.Kind == lex.Word && strings.EqualFold(string(p.Text), "graph"):
		return p.graphBlock()
	case p.Kind == lex.AtWord, p.Kind == lex.Word:
		return p.statement()
	}
	subject, err := p.subject()
	switch {
	case err != nil:
		return err
	case p.Kind == '{' && subject.mayNameGraph():
		return p.wrappedGraph(subject.node)
	}
	if err := p.about(subject); err != nil {
		return err
	}
	return p.take('.')
}

// graphBlock reads what begins with the keyword GRAPH.
func (p *Parser) graphBlock() error {
	if err := p.Next(); err != nil {
		return err
	}
	switch p.Kind {
	case lex.IRIRef, lex.PrefixedName, lex.BlankLabel, '[':
	default:
		return p.Expected("the name of a graph")
	}
	name, err := p.subject()
	switch {
	case err != nil:
		return err
	case !name.mayNameGraph():
		return p.Expected("the name of a graph and its \"{\"")
	}
	return p.wrappedGraph(name.node)
}

// wrappedGraph reads triples in braces.
func (p *Parser) wrappedGraph(name rdf.Term) error {
	if err := p.take('{'); err != nil {
		return err
	}
	p.graph = name
	err := p.Block()
	p.graph = rdf.Term{}
	return err
}
