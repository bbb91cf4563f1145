// Package sparql reads the part of SPARQL 1.1 Update that Solid clients send:
// INSERT DATA, DELETE DATA, DELETE WHERE and DELETE/INSERT … WHERE with basic
// graph patterns, any number of them joined by ";" (SP-SPU-01). It reads it by
// the grammar: prologues between operations, "[ … ]", "( … )", "a", and the
// rules about where variables and blank nodes may stand.
//
// What the grammar has beyond that (graph management, named graphs, FILTER,
// OPTIONAL, property paths, …) gives [*Unsupported]; what it does not have, a
// [*rdf.SyntaxError]. Code point escapes are taken in IRIs and strings only.
//
// Spec: https://www.w3.org/TR/sparql11-update/,
// grammar: https://www.w3.org/TR/sparql11-query/#sparqlGrammar
package sparql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"domicile/rdfstore/internal/grammar"
	"domicile/rdfstore/internal/lex"
	"domicile/rdfstore/patch"
	"domicile/rdfstore/rdf"
)

// Unsupported is the error for a form of SPARQL Update that is not executed.
type Unsupported struct{ Feature string }

func (e *Unsupported) Error() string {
	return fmt.Sprintf("SPARQL Update: %s is not supported", e.Feature)
}

var limits = grammar.Limits{Bytes: 10 << 20, Triples: 200_000, LiteralBytes: 10 << 20, Depth: 200, Prefixes: 1000}

var dialect = grammar.Dialect{
	BareCollections: true,
	FoldedBooleans:  true,
	Keywords: map[string]bool{
		"LOAD": true, "CLEAR": true, "DROP": true, "CREATE": true, "COPY": true, "MOVE": true, "ADD": true,
		"WITH": true, "USING": true, "GRAPH": true, "SERVICE": true, "FILTER": true, "OPTIONAL": true, "UNION": true,
		"MINUS": true, "BIND": true, "VALUES": true, "SELECT": true,
	},
}

// What may stand in the blocks of an operation (SPARQL 1.1 §19.8, notes 7 to 9
// and 12).
var (
	insertData     = grammar.Place{BlankNodes: true}
	deleteData     = grammar.Place{}
	insertTemplate = grammar.Place{BlankNodes: true, Variables: true}
	deleteTemplate = grammar.Place{Variables: true}
	wherePattern   = grammar.Place{BlankNodes: true, Variables: true, Patterns: true}
)

// ParseUpdate reads a request. The base is the absolute IRI of the resource to
// be patched.
func ParseUpdate(ctx context.Context, r io.Reader, base string) (*patch.Patch, error) {
	p, err := grammar.NewParser(ctx, r, base, dialect, limits)
	if err != nil {
		return nil, err
	}
	request := &request{Parser: p, labels: map[rdf.Term]int{}}
	err = request.read()
	if unsupported := (*grammar.Unsupported)(nil); errors.As(err, &unsupported) {
		return nil, &Unsupported{unsupported.Feature}
	}
	if err != nil {
		return nil, err
	}
	return &patch.Patch{Operations: request.operations}, nil
}

type request struct {
	*grammar.Parser
	operations []patch.Operation
	// labels tells the operation that a blank node was first seen in.
	labels map[rdf.Term]int
}

// read is the production Update.
func (r *request) read() error {
	for {
		if err := r.prologue(); err != nil || r.Kind == lex.EOF {
			return err
		}
		op, err := r.operation()
		if err != nil {
			return err
		}
		if err := r.checkLabels(op); err != nil {
			return err
		}
		r.operations = append(r.operations, op)
		switch r.Kind {
		case lex.EOF:
			return nil
		case ';':
			if err := r.Next(); err != nil {
				return err
			}
		default:
			return r.Expected(`";" or the end of the request`)
		}
	}
}

func (r *request) prologue() error {
	for {
		if done, err := r.Directive(); err != nil || !done {
			return err
		}
	}
}

// operation is the production Update1.
func (r *request) operation() (op patch.Operation, err error) {
	word := ""
	if r.Kind == lex.Word {
		word = strings.ToUpper(string(r.Text))
	}
	switch {
	case dialect.Keywords[word]:
		return op, &Unsupported{word}
	case word == "INSERT":
		return r.insert()
	case word == "DELETE":
		return r.delete()
	}
	return op, r.Expected("INSERT or DELETE")
}

// insert reads INSERT DATA, or INSERT … WHERE.
func (r *request) insert() (op patch.Operation, err error) {
	if err := r.Next(); err != nil {
		return op, err
	}
	if r.isWord("DATA") {
		op.Inserts, err = r.blockBehindWord(insertData)
		return op, err
	}
	if op.Inserts, err = r.block(insertTemplate); err != nil {
		return op, err
	}
	op.Where, err = r.where()
	return op, err
}

// delete reads DELETE DATA, DELETE WHERE, or DELETE … INSERT … WHERE.
func (r *request) delete() (op patch.Operation, err error) {
	if err := r.Next(); err != nil {
		return op, err
	}
	switch {
	case r.isWord("DATA"):
		op.Deletes, err = r.blockBehindWord(deleteData)
		return op, err
	case r.isWord("WHERE"):
		op.Deletes, err = r.blockBehindWord(deleteTemplate)
		op.Where = op.Deletes
		return op, err
	}
	if op.Deletes, err = r.block(deleteTemplate); err != nil {
		return op, err
	}
	if r.isWord("INSERT") {
		if op.Inserts, err = r.blockBehindWord(insertTemplate); err != nil {
			return op, err
		}
	}
	op.Where, err = r.where()
	return op, err
}

func (r *request) where() ([]rdf.Triple, error) {
	switch {
	case r.isWord("USING"):
		return nil, &Unsupported{"USING"}
	case !r.isWord("WHERE"):
		return nil, r.Expected("WHERE")
	}
	return r.blockBehindWord(wherePattern)
}

func (r *request) isWord(word string) bool {
	return r.Kind == lex.Word && strings.EqualFold(string(r.Text), word)
}

func (r *request) blockBehindWord(place grammar.Place) ([]rdf.Triple, error) {
	if err := r.Next(); err != nil {
		return nil, err
	}
	return r.block(place)
}

// block reads triples in braces.
func (r *request) block(place grammar.Place) ([]rdf.Triple, error) {
	if r.Kind != '{' {
		return nil, r.Expected(`"{"`)
	}
	if err := r.Next(); err != nil {
		return nil, err
	}
	var triples []rdf.Triple
	r.Emit = func(q rdf.Quad) error {
		triples = append(triples, q.Triple())
		return nil
	}
	r.Place = place
	err := r.Block()
	return triples, err
}

// checkLabels refuses a blank node label that an earlier operation used: it
// would seem to name the same node and cannot (SPARQL 1.1 §19.6).
func (r *request) checkLabels(op patch.Operation) error {
	number := len(r.operations)
	for _, triples := range [...][]rdf.Triple{op.Inserts, op.Where} {
		for _, t := range triples {
			for _, term := range [...]rdf.Term{t.S, t.O} {
				if !term.IsBlank() {
					continue
				}
				if first, known := r.labels[term]; known && first != number {
					return r.Fail("a blank node label of this operation was used in an earlier one")
				}
				r.labels[term] = number
			}
		}
	}
	return nil
}
