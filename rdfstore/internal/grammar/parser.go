package grammar

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"domicile/rdfstore/internal/iri"
	"domicile/rdfstore/internal/lex"
	"domicile/rdfstore/rdf"
)

var (
	first = rdf.IRI(rdf.RDFFirst)
	rest  = rdf.IRI(rdf.RDFRest)
	empty = rdf.IRI(rdf.RDFNil)
)

// Parser reads one document. Its lexer stands on the first token that no
// production has taken yet.
type Parser struct {
	*lex.Lexer
	// Emit receives the triples. A quad's graph is the graph or formula that it
	// stands in, or zero. An error of Emit ends the parse.
	Emit func(rdf.Quad) error
	// Place is what may stand where the parser is.
	Place Place
	// Formulae are the names of the formulae read so far.
	Formulae map[rdf.Term]bool

	dialect    Dialect
	limits     Limits
	base       iri.Base
	prefixes   []rdf.Prefix
	namespaces map[string]string

	references, names map[string]string   // IRIs by how they were written
	labels            map[string]rdf.Term // parsed labels that look generated; nil when none is
	generated         int

	graph          rdf.Term
	depth, triples int
}

// NewParser returns a parser whose lexer stands on the first token. The base is
// an absolute IRI, or "" when relative ones are errors.
func NewParser(ctx context.Context, in io.Reader, base string, dialect Dialect, limits Limits) (*Parser, error) {
	resolved, err := iri.NewBase(base)
	if err != nil {
		return nil, fmt.Errorf("base IRI: %w", err)
	}
	p := &Parser{
		Lexer:      lex.New(ctx, in, limits.Bytes, limits.LiteralBytes),
		Formulae:   map[rdf.Term]bool{},
		Place:      dialect.Place,
		dialect:    dialect,
		limits:     limits,
		base:       resolved,
		namespaces: map[string]string{},
		references: map[string]string{},
		names:      map[string]string{},
		labels:     map[string]rdf.Term{},
	}
	return p, p.Next()
}

// Prefixes returns the declarations so far, each name once.
func (p *Parser) Prefixes() []rdf.Prefix { return p.prefixes }

// Document reads statements to the end of the input: turtleDoc.
func (p *Parser) Document() error {
	for p.Kind != lex.EOF {
		if err := p.statement(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Parser) statement() error {
	switch p.Kind {
	case lex.AtWord:
		if err := p.atDirective(); err != nil {
			return err
		}
	case lex.Word:
		if done, err := p.Directive(); done || err != nil {
			return err
		}
		return p.unexpected("a statement")
	default:
		if err := p.subjectTriples(); err != nil {
			return err
		}
	}
	return p.take('.')
}

// take moves over the punctuation that must stand here.
func (p *Parser) take(kind lex.Kind) error {
	if p.Kind != kind {
		return p.Expected(kind.String())
	}
	return p.Next()
}

// Block reads triples to the closing brace and over it. The opening one has
// been taken.
func (p *Parser) Block() error {
	for p.Kind != '}' {
		if err := p.subjectTriples(); err != nil {
			return err
		}
		switch p.Kind {
		case '.':
			if err := p.Next(); err != nil {
				return err
			}
		case '}':
		default:
			return p.unexpected(`"." or "}"`)
		}
	}
	return p.Next()
}

// subjectTriples reads a subject and its predicate-object list.
func (p *Parser) subjectTriples() error {
	subject, err := p.subject()
	if err != nil {
		return err
	}
	return p.about(subject)
}

// subject is the beginning of a statement.
type subject struct {
	node    rdf.Term
	opening lex.Kind // of its first token
	said    bool     // it came with triples of its own
}

// mayNameGraph tells an IRI, a label and [] from a property list and a
// collection.
func (s subject) mayNameGraph() bool { return !s.said && s.opening != '(' }

func (p *Parser) subject() (subject, error) {
	s := subject{opening: p.Kind}
	before := p.triples
	var err error
	if s.node, err = p.node(rdf.Term{}, rdf.Term{}); err != nil {
		return s, err
	}
	if s.node.IsLiteral() {
		if p.dialect.Formulae {
			return s, &Unsupported{"a literal as subject"}
		}
		return s, p.Fail("a literal cannot be a subject")
	}
	s.said = p.triples > before
	return s, nil
}

// about reads the predicate-object list of a subject, which a property list
// that says something can do without.
func (p *Parser) about(s subject) error {
	mayEnd := s.opening == '[' || s.opening == '(' && p.dialect.BareCollections
	if mayEnd && s.said && p.listEnds() {
		return nil
	}
	return p.predicateObjectList(s.node)
}

// listEnds reports whether no further predicate stands here.
func (p *Parser) listEnds() bool {
	switch p.Kind {
	case '.', ']', '}', lex.EOF:
		return true
	}
	return false
}

func (p *Parser) predicateObjectList(subject rdf.Term) error {
	for {
		predicate, err := p.verb()
		if err != nil {
			return err
		}
		for {
			if _, err := p.node(subject, predicate); err != nil {
				return err
			}
			if p.Kind != ',' {
				break
			}
			if err := p.Next(); err != nil {
				return err
			}
		}
		if p.Kind != ';' {
			return nil
		}
		for p.Kind == ';' {
			if err := p.Next(); err != nil {
				return err
			}
		}
		if p.listEnds() {
			return nil
		}
	}
}

func (p *Parser) verb() (rdf.Term, error) {
	predicate, err := p.predicate()
	if err == nil && p.Place.Patterns && isPathOperator(p.Kind) {
		err = &Unsupported{"a property path"}
	}
	return predicate, err
}

// isPathOperator reports whether kind continues a property path.
func isPathOperator(kind lex.Kind) bool {
	switch kind {
	case '/', '|', '*', '+', '?':
		return true
	}
	return false
}

func (p *Parser) predicate() (rdf.Term, error) {
	switch p.Kind {
	case lex.IRIRef, lex.PrefixedName:
		return p.Term()
	case lex.VariableName:
		if p.Place.Variables {
			return p.Term()
		}
	case lex.Word:
		if string(p.Text) == "a" {
			return rdf.Type, p.Next()
		}
		return rdf.Term{}, p.unexpected("a predicate")
	case '^', '!', '(':
		if p.Place.Patterns {
			return rdf.Term{}, &Unsupported{"a property path"}
		}
	}
	if p.dialect.Formulae {
		switch p.Kind {
		case lex.Implies, lex.ImpliedBy, '=':
			return rdf.Term{}, &Unsupported{"a rule or equation"}
		case lex.BlankLabel, lex.QuotedString, lex.Integer, lex.Decimal, lex.Double, '[', '(', '{':
			return rdf.Term{}, &Unsupported{"a predicate that is no IRI and no variable"}
		}
	}
	return rdf.Term{}, p.Expected("a predicate")
}

// node reads a term, a property list, a collection or a formula. When
// predicate is given, the triple whose object the node is goes out before the
// triples inside it.
func (p *Parser) node(subject, predicate rdf.Term) (rdf.Term, error) {
	var node rdf.Term
	var err error
	switch {
	case !p.Place.BlankNodes && (p.Kind == '[' || p.Kind == lex.BlankLabel):
		err = p.noBlankNode()
	case p.Kind == '[':
		node, err = p.nested(subject, predicate, p.propertyList)
	case p.Kind == '(':
		node, err = p.nested(subject, predicate, p.collection)
	case p.Kind == '{' && p.dialect.Formulae:
		node, err = p.nested(subject, predicate, p.formula)
	default:
		if node, err = p.Term(); err == nil {
			err = p.add(subject, predicate, node)
		}
	}
	if err == nil && p.dialect.Formulae && (p.Kind == '!' || p.Kind == '^') {
		err = &Unsupported{"a path"}
	}
	return node, err
}

func (p *Parser) noBlankNode() error { return p.Fail("a blank node cannot stand here") }

func (p *Parser) nested(subject, predicate rdf.Term, read func(subject, predicate rdf.Term) (rdf.Term, error)) (rdf.Term, error) {
	if p.depth++; p.depth > p.limits.Depth {
		return rdf.Term{}, fmt.Errorf("%w: brackets nested more than %d deep", rdf.ErrLimit, p.limits.Depth)
	}
	if err := p.Next(); err != nil {
		return rdf.Term{}, err
	}
	node, err := read(subject, predicate)
	p.depth--
	return node, err
}

// propertyList reads what follows "[".
func (p *Parser) propertyList(subject, predicate rdf.Term) (rdf.Term, error) {
	node := p.generate()
	if err := p.add(subject, predicate, node); err != nil {
		return node, err
	}
	if p.Kind != ']' {
		if err := p.predicateObjectList(node); err != nil {
			return node, err
		}
	}
	return node, p.take(']')
}

// collection reads what follows "(".
func (p *Parser) collection(subject, predicate rdf.Term) (rdf.Term, error) {
	if p.Kind == ')' {
		if err := p.add(subject, predicate, empty); err != nil {
			return empty, err
		}
		return empty, p.Next()
	}
	if !p.Place.BlankNodes {
		return empty, p.noBlankNode()
	}
	head := p.generate()
	if err := p.add(subject, predicate, head); err != nil {
		return head, err
	}
	for cell := head; ; {
		if _, err := p.node(cell, first); err != nil {
			return head, err
		}
		if p.Kind == ')' {
			if err := p.add(cell, rest, empty); err != nil {
				return head, err
			}
			return head, p.Next()
		}
		next := p.generate()
		if err := p.add(cell, rest, next); err != nil {
			return head, err
		}
		cell = next
	}
}

// formula reads what follows "{".
func (p *Parser) formula(subject, predicate rdf.Term) (rdf.Term, error) {
	name := p.generate()
	p.Formulae[name] = true
	if err := p.add(subject, predicate, name); err != nil {
		return name, err
	}
	outer := p.graph
	p.graph = name
	err := p.Block()
	p.graph = outer
	return name, err
}

// add emits a triple; without a predicate there is none to emit.
func (p *Parser) add(subject, predicate, object rdf.Term) error {
	if predicate.IsZero() {
		return nil
	}
	if p.triples++; p.triples > p.limits.Triples {
		return fmt.Errorf("%w: more than %d triples", rdf.ErrLimit, p.limits.Triples)
	}
	return p.Emit(rdf.Quad{S: subject, P: predicate, O: object, G: p.graph})
}

// generatedLabel begins the labels of blank nodes that have none of their own.
const generatedLabel = "b"

func (p *Parser) generate() rdf.Term {
	for {
		p.generated++
		label := generatedLabel + strconv.Itoa(p.generated)
		if _, taken := p.labels[label]; !taken {
			return rdf.Blank(label)
		}
	}
}

// labelled returns the blank node of a label of the document. It keeps its
// label unless a generated one was given out before it turned up.
func (p *Parser) labelled(label string) rdf.Term {
	if p.labels == nil {
		return rdf.Blank(label)
	}
	digits, ok := strings.CutPrefix(label, generatedLabel)
	number, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return rdf.Blank(label)
	}
	node, known := p.labels[label]
	switch {
	case known:
		return node
	case number <= p.generated:
		node = p.generate()
	default:
		node = rdf.Blank(label)
	}
	p.labels[label] = node
	return node
}
