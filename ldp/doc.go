// Package ldp is the resource server: what the Solid Protocol says over HTTP
// about the resources of storages. It reads and writes containers, RDF
// documents and binaries, and their auxiliary resources.
//
// The way of a request has no step back: URL → CORS → who asks → is the method
// known → what is there and may she → does the target allow it → preconditions
// → body → change → answer. A read happens in one snapshot of the store. A
// write is admitted once in a snapshot, before its body is read, and again
// inside the store's one write function, where it is decided; nothing happens
// between that decision and the change.
//
// Invariants:
//
//   - One decision of package wac serves the answer's status and its WAC-Allow.
//   - An agent without Read learns nothing about existence from a read or a
//     DELETE (WAC-EXIST-*).
//   - An RDF document answers with the bytes that were written, in their media
//     type, until it is patched.
//   - Errors are made where they are found and rendered in one place.
//
// Three tables say most of it: shapes (which methods and headers a resource
// has), needs (which access modes an operation takes) and kinds (which status
// an error has).
//
// The package does not verify credentials, knows no accounts and no storage
// keys.
//
// Specs: https://solidproject.org/TR/protocol (requirement IDs SP-*),
// https://www.w3.org/TR/ldp/, RFC 9110.
package ldp
