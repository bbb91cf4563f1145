package grammar

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"domicile/rdfstore/internal/iri"
	"domicile/rdfstore/internal/lex"
	"domicile/rdfstore/rdf"
)

// remembered bounds how many IRIs are kept by how they were written, so that a
// document without end takes no memory without end.
const remembered = 4096

// Term reads an IRI, a labelled blank node, a literal, or a variable where they
// may stand.
func (p *Parser) Term() (rdf.Term, error) {
	var term rdf.Term
	switch p.Kind {
	case lex.IRIRef:
		return p.iriReference()
	case lex.PrefixedName:
		return p.prefixedName()
	case lex.BlankLabel:
		term = p.labelled(string(p.Text))
	case lex.QuotedString:
		return p.literal()
	case lex.Integer:
		term = rdf.Typed(string(p.Text), rdf.XSDInteger)
	case lex.Decimal:
		term = rdf.Typed(string(p.Text), rdf.XSDDecimal)
	case lex.Double:
		term = rdf.Typed(string(p.Text), rdf.XSDDouble)
	case lex.Word:
		switch word := p.boolean(); word {
		case "true", "false":
			term = rdf.Typed(word, rdf.XSDBoolean)
		default:
			return term, p.unexpected("a term")
		}
	case lex.VariableName:
		return p.variable()
	default:
		return term, p.unexpected("a term")
	}
	return term, p.Next()
}

func (p *Parser) boolean() string {
	if p.dialect.FoldedBooleans {
		return strings.ToLower(string(p.Text))
	}
	return string(p.Text)
}

// unexpected returns the error for a token that no production wants here.
func (p *Parser) unexpected(expected string) error {
	switch {
	case p.Kind == '{' && p.Place.Patterns:
		return &Unsupported{"a nested group"}
	case p.Kind == lex.Word:
		if word := strings.ToUpper(string(p.Text)); p.dialect.Keywords[word] {
			return &Unsupported{word}
		}
	}
	return p.Expected(expected)
}

func (p *Parser) variable() (rdf.Term, error) {
	switch {
	case !p.Place.Variables:
		return rdf.Term{}, p.Expected("a term")
	case !p.dialect.Formulae && bytes.IndexByte(p.Text, '-') >= 0:
		return rdf.Term{}, p.Fail(`a variable's name cannot contain "-"`)
	}
	term := rdf.Variable(string(p.Text))
	return term, p.Next()
}

func (p *Parser) iriReference() (rdf.Term, error) {
	absolute, ok := p.references[string(p.Text)]
	if !ok {
		text := string(p.Text)
		var err error
		if absolute, err = p.base.Resolve(text); err != nil {
			return rdf.Term{}, p.badIRI(err)
		}
		remember(p.references, text, absolute)
	}
	return rdf.IRI(absolute), p.Next()
}

func (p *Parser) badIRI(err error) error {
	if errors.Is(err, iri.ErrRelative) {
		return p.Fail("the IRI is relative, and there is no base to resolve it against")
	}
	return p.Fail("the IRI %s", err)
}

func (p *Parser) prefixedName() (rdf.Term, error) {
	absolute, ok := p.names[string(p.Text)]
	if !ok {
		prefix, local := p.Text[:p.Colon], p.Text[p.Colon+1:]
		namespace, declared := p.namespaces[string(prefix)]
		if !declared {
			return rdf.Term{}, p.Fail("the prefix %q is not declared", string(prefix)+":")
		}
		var usual [128]byte
		absolute = string(lex.Unescape(append(usual[:0], namespace...), local))
		remember(p.names, string(p.Text), absolute)
	}
	return rdf.IRI(absolute), p.Next()
}

func remember(iris map[string]string, written, iri string) {
	if len(iris) == remembered {
		clear(iris)
	}
	iris[written] = iri
}

func (p *Parser) literal() (rdf.Term, error) {
	if len(p.Text) > p.limits.LiteralBytes {
		return rdf.Term{}, fmt.Errorf("%w: a literal of more than %d bytes", rdf.ErrLimit, p.limits.LiteralBytes)
	}
	lexical := string(p.Text)
	if err := p.Next(); err != nil {
		return rdf.Term{}, err
	}
	switch p.Kind {
	case lex.AtWord:
		tag := string(p.Text)
		return rdf.LangString(lexical, tag), p.Next()
	case lex.DatatypeMark:
		if err := p.Next(); err != nil {
			return rdf.Term{}, err
		}
		if p.Kind != lex.IRIRef && p.Kind != lex.PrefixedName {
			return rdf.Term{}, p.Expected("a datatype IRI")
		}
		datatype, err := p.Term()
		return rdf.Typed(lexical, datatype.Value()), err
	}
	return rdf.String(lexical), nil
}
