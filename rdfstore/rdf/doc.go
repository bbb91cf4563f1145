// Package rdf holds RDF 1.1 terms, triples, graphs and datasets.
//
// Values are small and comparable: a [Term] can be a map key and two terms are
// equal exactly when RDF says so (RDF 1.1 Concepts, §3). Terms are made by
// constructors only, so a Term that exists is well formed; whether an IRI is
// absolute is the business of the parser that read it.
//
// The package imports the standard library only. Parsers and writers live in
// the codec packages beside it.
//
// Spec: https://www.w3.org/TR/rdf11-concepts/
package rdf
