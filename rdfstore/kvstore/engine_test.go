package kvstore

import (
	"bytes"
	"crypto/rand"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mapEngine is an engine that is too slow for use and too simple to be wrong.
// Tests make it fail.
type mapEngine struct {
	mu      sync.Mutex
	entries map[string][]byte // replaced, never changed
	version uint64
	batches []int         // how many changes each had
	failure error         // of the next batches
	gate    chan struct{} // Apply receives from it; nil: none
	// beforeSnapshot and beforeRead are run once, when they are set.
	beforeSnapshot, beforeRead func()
	badRead                    int // which read from now on fails, from 1; 0: none
}

func (e *mapEngine) Snapshot() (Snapshot, error) {
	e.runOnce(&e.beforeSnapshot)
	e.mu.Lock()
	defer e.mu.Unlock()
	return mapSnapshot{e.entries, e, e.version}, nil
}

var errRead = errors.New("input/output error while reading")

func (e *mapEngine) runOnce(hook *func()) {
	e.mu.Lock()
	run := *hook
	*hook = nil
	e.mu.Unlock()
	if run != nil {
		run()
	}
}

// read counts a read and fails the one that is to fail.
func (e *mapEngine) read() error {
	e.runOnce(&e.beforeRead)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.badRead--
	if e.badRead == 0 {
		return errRead
	}
	return nil
}

func (e *mapEngine) Apply(changes []Change) error {
	if e.gate != nil {
		<-e.gate
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.batches = append(e.batches, len(changes))
	if e.failure != nil {
		return e.failure
	}
	next := maps.Clone(e.entries)
	if next == nil {
		next = make(map[string][]byte)
	}
	for _, c := range changes {
		if c.Delete {
			delete(next, string(c.Key))
		} else {
			next[string(c.Key)] = c.Value
		}
	}
	e.entries = next
	e.version++
	return nil
}

func (e *mapEngine) Close() error { return nil }

type mapSnapshot struct {
	entries map[string][]byte
	engine  *mapEngine
	version uint64
}

func (s mapSnapshot) Version() uint64 { return s.version }

func (s mapSnapshot) Get(key []byte) ([]byte, bool, error) {
	if err := s.engine.read(); err != nil {
		return nil, false, err
	}
	value, found := s.entries[string(key)]
	return value, found, nil
}

func (s mapSnapshot) Scan(prefix, after []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := s.engine.read(); err != nil {
			yield(Entry{}, err)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(s.entries)) {
			if !bytes.HasPrefix([]byte(key), prefix) || (after != nil && key <= string(after)) {
				continue
			}
			if !yield(Entry{[]byte(key), s.entries[key]}, nil) {
				return
			}
		}
	}
}

func (s mapSnapshot) Close() {}

// bench is a store on a mapEngine with a clock that stands still.
type bench struct {
	*Store
	engine *mapEngine
	blobs  *blob.Memory
	now    time.Time
}

// alone ends what the store does in the background, which reads the engine too.
func (b *bench) alone() {
	b.stopCollecting()
	b.collecting.Wait()
}

func newBench(t *testing.T, options Options) *bench {
	t.Helper()
	b := &bench{engine: &mapEngine{}, blobs: &blob.Memory{}, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	options.Clock = func() time.Time { return b.now }
	b.open(t, options)
	b.update(t, func(tx rdfstore.Tx) error { return tx.CreateStorage(rdfstore.Storage{Name: "alice"}) })
	return b
}

func (b *bench) open(t *testing.T, options Options) {
	t.Helper()
	store, err := Open(b.engine, b.blobs, options)
	if err != nil {
		t.Fatal(err)
	}
	b.Store = store
	t.Cleanup(func() { store.Close() })
}

func (b *bench) update(t *testing.T, write func(rdfstore.Tx) error) {
	t.Helper()
	if err := b.Update(t.Context(), write); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) view(t *testing.T, read func(rdfstore.Reader) error) {
	t.Helper()
	if err := b.View(t.Context(), read); err != nil {
		t.Fatal(err)
	}
}

// stage stages a body like no other.
func (b *bench) stage(t *testing.T, size int) rdfstore.Staged {
	t.Helper()
	body := make([]byte, size)
	rand.Read(body)
	return b.stageBody(t, body)
}

func (b *bench) stageBody(t *testing.T, body []byte) rdfstore.Staged {
	t.Helper()
	staged, err := b.Stage(t.Context(), bytes.NewReader(body), -1)
	if err != nil {
		t.Fatal(err)
	}
	return staged
}

func (b *bench) blobCount(t *testing.T) (count int) {
	t.Helper()
	for _, err := range b.blobs.All() {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	return count
}

func member(t *testing.T, name string) resource.ID {
	t.Helper()
	id, err := resource.Root("alice").Member(name, false)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
