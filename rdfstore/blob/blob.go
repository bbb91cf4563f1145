// Package blob keeps large bodies outside the key-value engine: each is
// written once under an opaque random name, read any number of times and
// removed when nothing refers to it.
//
// Invariants: when [Files.Write] returns nil, the bytes and the name that
// leads to them are synced; a name that [Files.All] yields has all its bytes.
// Which blobs are in use, and when one may be removed, is for package kvstore
// to know.
package blob

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
)

// ErrNotFound: there is no blob of that name.
var ErrNotFound = errors.New("blob not found")

// ID is the random name of a blob. It tells nothing about its content, so that
// two residents who keep the same bytes cannot learn of each other.
type ID [16]byte

// NewID returns a name that no blob has.
func NewID() ID {
	var id ID
	rand.Read(id[:]) // never fails, see crypto/rand
	return id
}

// String returns the name in hexadecimal, as in the file system.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// parseID is the inverse of String; false for a name that is no blob's.
func parseID(name string) (ID, bool) {
	var id ID
	if len(name) != 2*len(id) {
		return ID{}, false
	}
	if _, err := hex.Decode(id[:], []byte(name)); err != nil || id.String() != name {
		return ID{}, false
	}
	return id, true
}
