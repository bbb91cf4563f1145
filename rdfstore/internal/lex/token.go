// Package lex cuts Turtle, TriG, N-Triples, N-Quads, N3 Patch and SPARQL Update
// into tokens. They share their terminals (Turtle §6.5, SPARQL 1.1 §19.8), so
// one lexer serves all; which tokens a language has no use for is its parser's
// business.
//
// The lexer streams: it keeps one buffer, no larger than the longest token, and
// checks the input for well-formed UTF-8 as it arrives. Escapes in IRIs and
// strings are resolved and checked here, those of local names by [Unescape].
// Positions are computed only when an error asks for one.
//
// Spec: https://www.w3.org/TR/turtle/#sec-grammar-grammar
package lex

import "fmt"

// Kind tells what a token is. Punctuation is its own character.
type Kind uint8

// The tokens that are not one punctuation character.
const (
	EOF          Kind = iota
	IRIRef            // Text is the reference, unescaped, without its angle brackets
	PrefixedName      // Text is the name as written; Colon is the index of its colon
	BlankLabel        // Text is the label without "_:"
	QuotedString      // Text is the lexical form, unescaped
	AtWord            // Text is a language tag or directive without its "@"
	Integer           // Text is the number as written
	Decimal           // likewise
	Double            // likewise
	Word              // Text is a bare word: a keyword, or "a"
	VariableName      // Text is the name without "?" or "$"
	DatatypeMark      // ^^
	Implies           // => of N3
	ImpliedBy         // <= of N3
)

var kindNames = [...]string{
	EOF: "the end of the document", IRIRef: "IRI", PrefixedName: "prefixed name", BlankLabel: "blank node", QuotedString: "string",
	AtWord: "word", Integer: "number", Decimal: "number", Double: "number", Word: "word", VariableName: "variable",
	DatatypeMark: `"^^"`, Implies: `"=>"`, ImpliedBy: `"<="`,
}

// String names the kind as error messages do.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("%q", string(rune(k)))
}
