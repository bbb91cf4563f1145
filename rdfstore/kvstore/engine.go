package kvstore

// Engine keeps ordered keys and values. What it promises is little: snapshots
// that do not change, and batches that are atomic and durable. It is called by
// one writer at a time and any number of readers.
type Engine interface {
	// Snapshot returns the present state. The caller closes it.
	Snapshot() Snapshot
	// Apply makes all changes or none, and returns nil only when they would
	// survive a power cut.
	Apply(changes []Change) error
	// MaxBatch is the size in bytes, keys and values, up to which Apply surely
	// takes a batch.
	MaxBatch() int
	Close() error
}

// Snapshot is one state of an engine.
type Snapshot interface {
	// Get returns the value, which the caller must not change, and whether
	// there is one. It is valid until Close.
	Get(key []byte) (value []byte, found bool, err error)
	// Scan calls visit with the keys that begin with prefix and are not less
	// than from, in order, until visit returns false. Keys and values are
	// valid during the call only.
	Scan(prefix, from []byte, visit func(key, value []byte) bool) error
	Close()
}

// Change sets a key, or deletes it when Value is nil.
type Change struct{ Key, Value []byte }
