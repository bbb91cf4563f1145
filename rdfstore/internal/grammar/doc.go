// Package grammar holds the productions that Turtle, TriG, N-Triples, N-Quads,
// N3 Patch and SPARQL Update have in common: prologue, terms, predicate-object
// lists, blank node property lists, collections and blocks in braces. A
// [Dialect] says what a language has beyond Turtle.
//
// Triples are handed out as they are read, an outer one before those inside its
// brackets, so that a document keeps its order. Nesting is bounded by
// [Limits.Depth]; everything else is a loop, so no input exhausts the stack.
//
// A formula of N3 becomes a named graph: the triples inside carry its name, a
// blank node made for it, and the formula's place in the outer triple is taken
// by that name.
//
// Specs: https://www.w3.org/TR/turtle/#sec-grammar-grammar,
// https://www.w3.org/TR/trig/#sec-grammar-grammar,
// https://www.w3.org/TR/n-triples/#n-triples-grammar,
// https://www.w3.org/TR/n-quads/#sec-grammar,
// https://www.w3.org/TR/sparql11-query/#sparqlGrammar
package grammar

import "fmt"

// Limits bound what a reader accepts. What goes beyond gives an error that
// wraps [rdf.ErrLimit].
type Limits struct {
	Bytes        int64 // of input
	Triples      int
	LiteralBytes int // of one literal
	Depth        int // of nested brackets
	Prefixes     int
}

// Dialect says what a language has beyond Turtle.
type Dialect struct {
	Formulae bool // { … } as a term, and the other operators of N3
	// BareCollections lets a collection be a statement of its own.
	BareCollections bool
	// FoldedBooleans lets true and false be written in any case.
	FoldedBooleans bool
	// Keywords are words in upper case that begin what the reader knows of and
	// refuses with [Unsupported].
	Keywords map[string]bool
	// Place is what may stand in the document itself.
	Place
}

// Place says what may stand in a part of a document.
type Place struct {
	Variables  bool
	BlankNodes bool
	// Patterns tells that the language allows property paths and nested groups
	// here, which the reader refuses with [Unsupported].
	Patterns bool
}

// The dialects whose parts are all alike.
var (
	Turtle = Dialect{Place: Place{BlankNodes: true}}
	N3     = Dialect{
		Formulae: true, BareCollections: true, Place: Place{BlankNodes: true, Variables: true},
		Keywords: map[string]bool{"IS": true, "OF": true, "HAS": true, "FORALL": true, "FORSOME": true},
	}
)

// Unsupported is the error for what the language has and its reader here
// refuses.
type Unsupported struct{ Feature string }

func (e *Unsupported) Error() string { return fmt.Sprintf("%s is not supported", e.Feature) }
