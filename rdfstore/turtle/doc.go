// Package turtle reads and writes the Turtle family: Turtle and its plain form
// N-Triples, and the same with named graphs, TriG and N-Quads.
//
// Reading streams, takes the whole grammar, resolves IRIs as RFC 3986 §5 says,
// and answers any input, hostile ones included, with triples or an error in
// bounded time and memory: a [*rdf.SyntaxError] with line and column, an error
// that wraps [rdf.ErrLimit], or the reader's own.
//
// Writing gives what a person would write: the document's own prefixes,
// triples grouped by subject in their order, nested blank nodes and lists. What
// [Write] wrote, [Parse] reads back as an isomorphic graph. Named graphs have
// no place in Turtle and N-Triples and are left out; TriG and N-Quads have them
// (SP-CN-05), but not those without triples.
//
// Documents that are too large to be held are written by [WriteStream] and its
// kin, quad by quad as they come sorted by graph, subject, predicate and
// object: grouped and with prefixes, but without nesting.
//
// Specs: https://www.w3.org/TR/turtle/, https://www.w3.org/TR/trig/,
// https://www.w3.org/TR/n-triples/, https://www.w3.org/TR/n-quads/
package turtle
