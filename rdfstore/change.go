package rdfstore

import (
	"errors"
	"time"

	"domicile/rdfstore/resource"
)

// ErrTrimmed: changes behind the revision asked for have been forgotten.
// Whoever follows the feed reads the state anew and goes on behind the
// revision of that state.
var ErrTrimmed = errors.New("the changes since then are no longer known")

// Actor is who makes changes; the zero Actor is the server itself, or the
// public.
type Actor struct {
	Agent  string // WebID
	Client string // client identifier, "" when unknown
}

// Action is what happened to a resource.
type Action uint8

// The actions. Values are stored; do not reorder.
const (
	Created Action = iota + 1
	Updated
	Deleted
)

// Change is an entry of the change feed: one resource was created, updated or
// deleted. A deletion includes the auxiliary resources of what is deleted,
// which have no entries of their own.
//
// What is created or deleted, unless it is auxiliary, changes the membership
// of its parent, whose [Resource.Membership] is then the change's revision; so
// does each change of a description resource with that of its container.
type Change struct {
	// Revision is the revision that the change gave the resource.
	Revision uint64
	Time     time.Time // UTC, whole milliseconds
	Action   Action
	ID       resource.ID
	Kind     Kind // of the resource; when deleted, what it was
	Actor
}
