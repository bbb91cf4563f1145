package grammar

import (
	"fmt"
	"strings"

	"domicile/rdfstore/internal/iri"
	"domicile/rdfstore/internal/lex"
	"domicile/rdfstore/rdf"
)

// atDirective reads @prefix or @base up to its dot.
func (p *Parser) atDirective() error {
	switch word := string(p.Text); {
	case word == "prefix":
		return p.prefixDeclaration()
	case word == "base":
		return p.baseDeclaration()
	case p.dialect.Keywords[strings.ToUpper(word)]:
		return &Unsupported{"@" + word}
	}
	return p.Expected(`a statement, "@prefix" or "@base"`)
}

// Directive reads PREFIX or BASE, if one stands here, and tells whether it did.
func (p *Parser) Directive() (bool, error) {
	if p.Kind != lex.Word {
		return false, nil
	}
	switch word := string(p.Text); {
	case strings.EqualFold(word, "prefix"):
		return true, p.prefixDeclaration()
	case strings.EqualFold(word, "base"):
		return true, p.baseDeclaration()
	}
	return false, nil
}

func (p *Parser) prefixDeclaration() error {
	if err := p.Next(); err != nil {
		return err
	}
	if p.Kind != lex.PrefixedName || p.Colon != len(p.Text)-1 {
		return p.Expected("a prefix and its colon")
	}
	name := string(p.Text[:p.Colon])
	if err := p.Next(); err != nil {
		return err
	}
	namespace, err := p.directiveIRI()
	if err != nil {
		return err
	}
	return p.declare(rdf.Prefix{Name: name, IRI: namespace})
}

func (p *Parser) baseDeclaration() error {
	if err := p.Next(); err != nil {
		return err
	}
	base, err := p.directiveIRI()
	if err != nil {
		return err
	}
	p.references = map[string]string{}
	p.base, err = iri.NewBase(base)
	return err
}

func (p *Parser) directiveIRI() (string, error) {
	if p.Kind != lex.IRIRef {
		return "", p.Expected("an IRI in angle brackets")
	}
	term, err := p.iriReference()
	return term.Value(), err
}

func (p *Parser) declare(prefix rdf.Prefix) error {
	_, again := p.namespaces[prefix.Name]
	p.namespaces[prefix.Name] = prefix.IRI
	if !again {
		if len(p.prefixes) == p.limits.Prefixes {
			return fmt.Errorf("%w: more than %d prefixes", rdf.ErrLimit, p.limits.Prefixes)
		}
		p.prefixes = append(p.prefixes, prefix)
		return nil
	}
	p.names = map[string]string{} // clear would cost what the map once held
	for i := range p.prefixes {
		if p.prefixes[i].Name == prefix.Name {
			p.prefixes[i] = prefix
		}
	}
	return nil
}
