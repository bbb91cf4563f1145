// Package kvstore is the store over any ordered map of bytes to bytes: an
// [Engine] keeps keys and values, a [Blobs] keeps large bodies, and what
// package rdfstore promises is built here, once for all engines.
//
// Invariants:
//
//   - Write functions run one at a time, in the goroutine of the writer that
//     leads (committer.go). Those that come together form a group and see each other's changes in an overlay over
//     one snapshot; the group is applied as one durable batch, and only then
//     are its writers answered. A function that fails leaves the overlay as it
//     found it; a batch that fails leaves nothing of the whole group.
//   - A blob is written and synced before the write function that refers to it
//     runs, and removed after the batch that dropped it, when the views that
//     began before have ended. What a crash leaves between those steps no key
//     refers to; it is collected after the next start.
//   - What changes a resource counts it first ([tx.charge]) and puts it into the
//     feed ([tx.append]), in the same overlay: usage and feed are never behind.
//   - The quads of a document are blocks in order under a generation (blocks.go).
//     A generation belongs to one resource, whose record names it and which its
//     head names, or it waits: its blocks are staged, dropped or left by a crash,
//     and are collected unless they are staged. What the record says of quads,
//     blocks and bytes is their count, and its hash the sum of theirs.
//   - What one kind of key says of another [Store.Check] compares; whoever adds
//     a kind adds its passes there and decides what an increment leaves out
//     ([Store.Backup]).
//   - Records begin with the version of their encoding; the whole has the
//     version of its layout (keys.go).
//
// It does not know which engine it stands on, what bodies mean, or who may
// see them.
package kvstore
