// Package memstore is the store in memory: a sorted map under package
// kvstore. It keeps what package rdfstore promises except outliving its
// process; it is for trying out, for tests, and the model of what an engine
// does.
package memstore

import (
	"bytes"
	"fmt"
	"iter"
	"sync"

	"github.com/google/btree"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/kvstore"
)

const treeDegree = 32

// New returns an empty store.
func New() rdfstore.Store {
	store, err := kvstore.Open(newSortedMap(), &blob.Memory{}, kvstore.Options{})
	if err != nil {
		panic(fmt.Sprintf("memstore: %v", err)) // an empty map cannot fail to be read
	}
	return store
}

type tree = btree.BTreeG[kvstore.Entry]

// sortedMap is a [kvstore.Engine]. Snapshots are clones that share what did
// not change.
type sortedMap struct {
	mu      sync.Mutex
	entries *tree
	version uint64
}

func newSortedMap() *sortedMap {
	return &sortedMap{entries: btree.NewG(treeDegree, func(a, b kvstore.Entry) bool {
		return bytes.Compare(a.Key, b.Key) < 0
	})}
}

// Snapshot implements [kvstore.Engine].
func (m *sortedMap) Snapshot() (kvstore.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return snapshot{m.entries.Clone(), m.version}, nil
}

// Apply implements [kvstore.Engine].
func (m *sortedMap) Apply(changes []kvstore.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range changes {
		entry := kvstore.Entry{Key: c.Key, Value: c.Value}
		if c.Delete {
			m.entries.Delete(entry)
		} else {
			m.entries.ReplaceOrInsert(entry)
		}
	}
	m.version++
	return nil
}

// Close implements [kvstore.Engine].
func (m *sortedMap) Close() error { return nil }

type snapshot struct {
	entries *tree
	version uint64
}

// Get implements [kvstore.Reads].
func (s snapshot) Get(key []byte) ([]byte, bool, error) {
	entry, found := s.entries.Get(kvstore.Entry{Key: key})
	return entry.Value, found, nil
}

// Scan implements [kvstore.Reads].
func (s snapshot) Scan(prefix, after []byte) iter.Seq2[kvstore.Entry, error] {
	return func(yield func(kvstore.Entry, error) bool) {
		from := prefix
		if bytes.Compare(after, prefix) > 0 {
			from = after
		}
		s.entries.AscendGreaterOrEqual(kvstore.Entry{Key: from}, func(entry kvstore.Entry) bool {
			if !bytes.HasPrefix(entry.Key, prefix) {
				return false
			}
			if after != nil && bytes.Equal(entry.Key, after) {
				return true
			}
			return yield(entry, nil)
		})
	}
}

// Version implements [kvstore.Snapshot].
func (s snapshot) Version() uint64 { return s.version }

// Close implements [kvstore.Snapshot].
func (snapshot) Close() {}
