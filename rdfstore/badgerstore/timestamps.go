package badgerstore

import (
	"slices"
	"sync"
)

// timestamps numbers the commits and remembers which of them snapshots read,
// so that Badger keeps their versions of keys. (Badger can do that itself, but
// with a goroutine that every snapshot has to wake, twice.)
type timestamps struct {
	mu     sync.Mutex
	latest uint64    // of the last commit that is durable
	reads  []reading // in order; the first is under way
}

// reading is how many snapshots are of one commit.
type reading struct {
	timestamp uint64
	snapshots int
}

// enter begins a snapshot of the last commit.
func (t *timestamps) enter() (timestamp uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := len(t.reads) - 1; last >= 0 && t.reads[last].timestamp == t.latest {
		t.reads[last].snapshots++
	} else {
		t.reads = append(t.reads, reading{t.latest, 1})
	}
	return t.latest
}

// leave ends a snapshot.
func (t *timestamps) leave(timestamp uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.reads, func(r reading) bool { return r.timestamp == timestamp })
	t.reads[i].snapshots--
	ended := slices.IndexFunc(t.reads, func(r reading) bool { return r.snapshots > 0 })
	if ended < 0 {
		ended = len(t.reads)
	}
	t.reads = slices.Delete(t.reads, 0, ended)
}

// advance makes a commit the last and returns the oldest that is read.
func (t *timestamps) advance(timestamp uint64) (oldest uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest = timestamp
	if len(t.reads) > 0 {
		return t.reads[0].timestamp
	}
	return timestamp
}
