// Package jsonld reads and writes JSON-LD 1.1.
//
// Reading leaves context processing and expansion to json-gold and keeps the
// rest: strict JSON with positions, limits, contexts (never fetched: a few
// well-known ones are part of the program), IRI resolution by RFC 3986 and the
// making of triples. Any input, hostile ones included, gives a document or an
// error: a [*rdf.SyntaxError], one that wraps [rdf.ErrLimit] or
// [ErrRemoteContext], or the reader's own.
//
// Two things of JSON-LD are refused rather than misread: JSON literals
// (@json), and @base or a relative @vocab elsewhere than in the outermost
// context. The tests list what the suites of the W3C have of that. What the standard says to drop, such as properties that no context
// defines and text directions, is dropped.
//
// Writing gives expanded form, which needs no context to be understood; of a
// document about one subject, one object that is compacted by the document's
// prefixes. What [Write] wrote, [Parse] reads back as an isomorphic dataset, named graphs
// included (SP-CN-05). [WriteStream] does the same for documents that are too
// large to be held.
//
// Specs: https://www.w3.org/TR/json-ld11/, https://www.w3.org/TR/json-ld11-api/
package jsonld
