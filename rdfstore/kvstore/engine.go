package kvstore

import (
	"errors"
	"io"
	"iter"

	"domicile/rdfstore/blob"
)

// ErrNotApplied is wrapped by errors of [Engine.Apply] that changed nothing.
var ErrNotApplied = errors.New("nothing was applied")

// Engine is an ordered map of bytes to bytes. Its methods may be called from
// any number of goroutines, Apply from one at a time.
type Engine interface {
	// Snapshot returns the state after the last Apply that returned; later
	// ones do not change it.
	Snapshot() (Snapshot, error)
	// Apply makes all changes or none, and returns nil only when they are
	// durable. Keys differ and come in order. It keeps the slices: the caller
	// does not change them any more. An error that wraps [ErrNotApplied] says
	// that nothing changed; after any other it is unknown.
	Apply(changes []Change) error
	// Close releases the engine. No snapshot is open then.
	Close() error
}

// Reads is what can be asked of a state.
type Reads interface {
	// Get returns the value of a key and whether it is there. The value is
	// the caller's to keep and not to change.
	Get(key []byte) (value []byte, found bool, err error)
	// Scan yields the entries whose keys begin with prefix and come after the
	// key after (nil: all of them), in the order of bytes. An entry is valid
	// until the next step. After an error nothing follows.
	Scan(prefix, after []byte) iter.Seq2[Entry, error]
}

// Snapshot is one state of an engine, for one goroutine.
type Snapshot interface {
	Reads
	// Version counts what has been applied: each Apply that succeeds adds one.
	Version() uint64
	// Close releases the snapshot. No scan of it is under way then.
	Close()
}

// Entry is a key with its value.
type Entry struct{ Key, Value []byte }

// Change sets a key or deletes it.
type Change struct {
	Key, Value []byte
	Delete     bool
}

// Blobs keeps large bodies; see [blob.Files] for the contract of each method.
type Blobs interface {
	Write(id blob.ID, body io.Reader) error
	Open(id blob.ID) (io.ReadSeekCloser, error)
	Remove(id blob.ID) error
	All() iter.Seq2[blob.ID, error]
}

// Limits bounds what one Apply is given.
type Limits struct {
	Keys  int
	Bytes int // keys and values together
}

// DefaultLimits suits engines that set none of their own.
var DefaultLimits = Limits{Keys: 50_000, Bytes: 8 << 20}
