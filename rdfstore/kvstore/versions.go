package kvstore

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"
)

// versions counts the commits that changed a storage. A count is odd while one
// is under way, when some see the state before it and some the one after.
// Storages share counts, so that there is a bounded number of them: a count that
// moves may be another storage's.
type versions struct {
	seed   maphash.Seed
	counts [1 << 14]atomic.Uint64
}

func newVersions() *versions { return &versions{seed: maphash.MakeSeed()} }

func (v *versions) of(storage []byte) *atomic.Uint64 {
	return &v.counts[maphash.Bytes(v.seed, storage)%uint64(len(v.counts))]
}

// begin makes the counts of the storages in a batch odd.
func (v *versions) begin(batch []Change) (moving []*atomic.Uint64) {
	var last []byte
	for _, change := range batch {
		storage, ok := storageOfKey(change.Key)
		if !ok || bytes.Equal(storage, last) {
			continue
		}
		last = storage
		if count := v.of(storage); count.Load()%2 == 0 { // only the committer counts
			count.Add(1)
			moving = append(moving, count)
		}
	}
	return moving
}

// end makes them even again, once every view sees the batch.
func end(moving []*atomic.Uint64) {
	for _, count := range moving {
		count.Add(1)
	}
}

// Version implements [rdfstore.Store].
func (s *Store) Version(storage string) (version uint64, settled bool) {
	version = s.versions.of([]byte(storage)).Load()
	return version, version%2 == 0
}

// storageOfKey returns the storage that a key says something of: its record, its
// usage, a resource, a small body or a member. What else there is of a storage
// changes with one of these.
func storageOfKey(key []byte) (storage []byte, ok bool) {
	switch key[0] {
	case storagePrefix, storageUsagePrefix, resourcePrefix, inlinePrefix, memberPrefix:
		storage, _, _ = bytes.Cut(key[1:], []byte{0})
		return storage, true
	}
	return nil, false
}
