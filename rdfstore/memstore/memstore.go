// Package memstore is the store on a plain sorted map in memory. It keeps
// nothing after it is closed. It serves --memory and tests, and is the second
// backend that shows that nothing above depends on the first.
package memstore

import (
	"bytes"
	"io"
	"sync"

	"github.com/google/btree"

	"domicile/rdfstore"
	"domicile/rdfstore/kvstore"
)

// New returns an empty store.
func New() rdfstore.Store { return Open(kvstore.Options{}) }

// Open returns an empty store with options.
func Open(options kvstore.Options) rdfstore.Store {
	store, err := kvstore.Open(&engine{tree: btree.NewG(32, less)}, &blobs{bodies: map[string][]byte{}}, options)
	if err != nil {
		panic("an empty map cannot be opened: " + err.Error())
	}
	return store
}

type item struct{ key, value []byte }

func less(a, b item) bool { return bytes.Compare(a.key, b.key) < 0 }

// engine is a copy-on-write B-tree: a snapshot is a clone.
type engine struct {
	mu   sync.Mutex
	tree *btree.BTreeG[item]
}

func (e *engine) Snapshot() kvstore.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return &snapshot{e.tree.Clone()}
}

func (e *engine) Apply(changes []kvstore.Change) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range changes {
		if c.Value == nil {
			e.tree.Delete(item{key: c.Key})
			continue
		}
		e.tree.ReplaceOrInsert(item{bytes.Clone(c.Key), bytes.Clone(c.Value)})
	}
	return nil
}

func (e *engine) MaxBatch() int { return 8 << 20 }
func (e *engine) Close() error  { return nil }

type snapshot struct{ tree *btree.BTreeG[item] }

func (s *snapshot) Get(key []byte) ([]byte, bool, error) {
	found, ok := s.tree.Get(item{key: key})
	return found.value, ok, nil
}

func (s *snapshot) Scan(prefix, from []byte, visit func(key, value []byte) bool) error {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	s.tree.AscendGreaterOrEqual(item{key: from}, func(i item) bool {
		return bytes.HasPrefix(i.key, prefix) && visit(i.key, i.value)
	})
	return nil
}

func (s *snapshot) Close() {}

// blobs keeps bodies in memory.
type blobs struct {
	mu     sync.Mutex
	bodies map[string][]byte
}

func (b *blobs) Write(name string, body io.Reader) error {
	all, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bodies[name] = all
	return nil
}

func (b *blobs) Open(name string) (io.ReadSeekCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, ok := b.bodies[name]
	if !ok {
		return nil, rdfstore.ErrNotFound
	}
	return reader{bytes.NewReader(body)}, nil
}

func (b *blobs) Remove(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.bodies, name)
	return nil
}

func (b *blobs) Names(func(string) bool) error { return nil } // nothing survives to be an orphan
func (b *blobs) Close() error                  { return nil }

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }
