package kvstore

import "sync"

// viewings knows which views are open, and keeps the blobs that a commit
// dropped until every view that began before it has ended.
type viewings struct {
	mu      sync.Mutex
	closed  bool
	idle    sync.Cond
	moment  uint64         // counts retirements
	open    map[uint64]int // views by the moment they began at
	retired []retirement   // oldest first
}

type retirement struct {
	moment uint64
	names  []string
}

// begin registers a view; false when the store is closed.
func (v *viewings) begin() (moment uint64, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return 0, false
	}
	if v.open == nil {
		v.open = map[uint64]int{}
	}
	v.open[v.moment]++
	return v.moment, true
}

// end ends a view and returns the blobs that nobody can know any more.
func (v *viewings) end(moment uint64) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open[moment]--; v.open[moment] == 0 {
		delete(v.open, moment)
	}
	if len(v.open) == 0 && v.idle.L != nil {
		v.idle.Broadcast()
	}
	return v.due()
}

// retire takes blobs that a commit dropped, and returns those that can go now.
func (v *viewings) retire(names []string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.retired = append(v.retired, retirement{v.moment, names})
	v.moment++
	return v.due()
}

// close refuses new views, waits for open ones and returns what is left.
func (v *viewings) close() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
	v.idle.L = &v.mu
	for len(v.open) > 0 {
		v.idle.Wait()
	}
	return v.due()
}

func (v *viewings) due() []string {
	oldest := v.moment
	for moment := range v.open {
		oldest = min(oldest, moment)
	}
	var names []string
	for len(v.retired) > 0 && v.retired[0].moment < oldest {
		names = append(names, v.retired[0].names...)
		v.retired = v.retired[1:]
	}
	return names
}
