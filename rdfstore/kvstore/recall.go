package kvstore

import (
	"hash/maphash"
	"sync"
)

const (
	// maxRecalled is the largest value that is remembered, in bytes.
	maxRecalled = 512
	// recallBytes bounds what is remembered.
	recallBytes    = 8 << 20
	recallShards   = 64
	recallOverhead = 100 // of an entry
)

// recall remembers small values, and keys that have none, as they are since a
// version of the engine. Nearly every request asks for the same few (the storage,
// its ACLs, the container), and engines look for a key in all of their tables.
//
// An entry is of its version and all later ones until a change forgets it, which
// happens before the change can be seen: whoever reads an older version asks the
// engine, and adds nothing that would be old.
type recall struct {
	seed   maphash.Seed
	shards [recallShards]recallShard
}

type recallShard struct {
	mu      sync.RWMutex
	entries map[string]recalled
	bytes   int
	changed uint64 // the last version in which a key of the shard changed
}

// recalled is what a key has since a version.
type recalled struct {
	value []byte
	found bool
	since uint64
}

func newRecall() *recall { return &recall{seed: maphash.MakeSeed()} }

func (r *recall) shard(key []byte) *recallShard {
	return &r.shards[maphash.Bytes(r.seed, key)%recallShards]
}

// over returns a snapshot that reads through what is remembered.
func (r *recall) over(s Snapshot) Snapshot { return recalling{s, r, s.Version()} }

type recalling struct {
	Snapshot
	recall  *recall
	version uint64
}

// Get implements [Reads].
func (s recalling) Get(key []byte) (value []byte, found bool, err error) {
	shard := s.recall.shard(key)
	if e, ok := shard.get(key); ok && e.since <= s.version {
		return e.value, e.found, nil
	}
	if value, found, err = s.Snapshot.Get(key); err == nil {
		shard.add(key, recalled{value, found, s.version})
	}
	return value, found, err
}

func (s *recallShard) get(key []byte) (recalled, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.entries[string(key)]
	return e, ok
}

// add remembers what was read, unless it is old by now.
func (s *recallShard) add(key []byte, e recalled) {
	if len(e.value) > maxRecalled {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.since < s.changed {
		return
	}
	if s.bytes > recallBytes/recallShards || s.entries == nil {
		s.entries, s.bytes = make(map[string]recalled), 0
	}
	s.entries[string(key)] = e
	s.bytes += len(key) + len(e.value) + recallOverhead
}

// clear forgets everything.
func (r *recall) clear() {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		s.entries, s.bytes = nil, 0
		s.mu.Unlock()
	}
}

// change makes what is remembered fit a batch, which will be the given version.
// It is called before the batch is applied.
func (r *recall) change(batch []Change, version uint64) {
	for _, c := range batch {
		shard := r.shard(c.Key)
		shard.mu.Lock()
		shard.changed = version
		if _, ok := shard.entries[string(c.Key)]; ok {
			if len(c.Value) > maxRecalled {
				delete(shard.entries, string(c.Key))
			} else {
				shard.entries[string(c.Key)] = recalled{c.Value, !c.Delete, version}
			}
		}
		shard.mu.Unlock()
	}
}

// forget undoes change for a batch that was not applied.
func (r *recall) forget(batch []Change) {
	for _, c := range batch {
		shard := r.shard(c.Key)
		shard.mu.Lock()
		delete(shard.entries, string(c.Key))
		shard.mu.Unlock()
	}
}
