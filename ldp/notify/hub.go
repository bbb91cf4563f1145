package notify

import (
	"slices"
	"sync"

	"domicile/rdfstore/resource"
)

// maxRecent is how many events are kept for those who watch. Who is further
// behind reads the feed itself.
const maxRecent = 4096

// hub has the topics that somebody watches, and their latest events.
type hub struct {
	mu       sync.Mutex
	position uint64 // up to which the feed has been read
	// horizon is up to where it is being read: whoever begins to watch
	// meanwhile may have been overlooked.
	horizon uint64
	// topics are by storage, because an ACL is the matter of all below it.
	topics map[string]map[resource.ID]*topic
	recent []*Event // all that topics have, the oldest first
	// beats wake watchers so that connections show that they live, a part of
	// them at a time.
	beats   [beatParts]chan struct{}
	watched int // how often somebody began to watch
	beaten  int // how often a part was woken
}

// beatParts is how many parts of all watchers are woken by turns.
const beatParts = 16

// topic is what a hub has of a watched resource.
type topic struct {
	id       resource.ID
	watchers int
	floor    uint64        // later events are all in recent
	recent   []*Event      // the oldest first
	moved    chan struct{} // closed, and replaced, when something happened
	// aclChanged is the revision of the last change of an ACL in the storage.
	aclChanged uint64
}

func newHub() *hub {
	h := &hub{topics: map[string]map[resource.ID]*topic{}}
	for i := range h.beats {
		h.beats[i] = make(chan struct{})
	}
	return h
}

// watch begins to collect events of a resource, for as long as somebody does.
// The watcher belongs to a part for beats.
func (h *hub) watch(id resource.ID) (t *topic, part int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	in := h.topics[id.Storage()]
	if in == nil {
		in = map[resource.ID]*topic{}
		h.topics[id.Storage()] = in
	}
	if t = in[id]; t == nil {
		t = &topic{id: id, floor: h.horizon, moved: make(chan struct{})}
		in[id] = t
	}
	t.watchers++
	h.watched++
	return t, h.watched % beatParts
}

// unwatch ends what watch began.
func (h *hub) unwatch(t *topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.watchers--; t.watchers > 0 {
		return
	}
	in := h.topics[t.id.Storage()]
	delete(in, t.id)
	if len(in) == 0 {
		delete(h.topics, t.id.Storage())
	}
}

// begin notes that the feed will be read up to a revision, or not as far.
func (h *hub) begin(revision uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.horizon = revision
}

// isWatched reports whether somebody watches anything in a storage.
func (h *hub) isWatched(storage string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.topics[storage] != nil
}

// publish hands over the events of changes up to a position.
func (h *hub) publish(events []*Event, position uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	moved := map[*topic]bool{}
	for _, e := range events {
		t := h.topics[e.Topic.Storage()][e.Topic]
		if t == nil || e.Position <= t.floor {
			continue
		}
		e.aclChanged = t.aclChanged
		t.recent, h.recent = append(t.recent, e), append(h.recent, e)
		moved[t] = true
	}
	if more := len(h.recent) - maxRecent; more > 0 {
		for _, e := range h.recent[:more] {
			// Of a topic that nobody watched in between, e is none.
			if t := h.topics[e.Topic.Storage()][e.Topic]; t != nil && len(t.recent) > 0 && t.recent[0] == e {
				t.recent, t.floor = t.recent[1:], e.Position
			}
		}
		h.recent = slices.Clone(h.recent[more:])
	}
	h.position = max(h.position, position)
	for t := range moved {
		t.wake()
	}
}

// changeACL notes that an ACL in a storage changed and lets all who watch
// something there see whether they still may.
func (h *hub) changeACL(storage string, revision uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.topics[storage] {
		t.aclChanged = revision
		t.wake()
	}
}

// skip goes to a position without the events before it, for which everybody
// has to look elsewhere.
func (h *hub) skip(position uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position, h.horizon = position, max(h.horizon, position)
	for _, in := range h.topics {
		for _, t := range in {
			t.recent, t.floor = nil, position
			t.wake()
		}
	}
	h.recent = nil
}

// beat wakes the next part of all watchers.
func (h *hub) beat() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.beaten++
	part := &h.beats[h.beaten%beatParts]
	close(*part)
	*part = make(chan struct{})
}

// view is what a watcher at a position finds.
type view struct {
	events     []*Event // behind the position
	behind     bool     // some of them are gone
	position   uint64   // of the hub
	aclChanged uint64
	moved      <-chan struct{}
	beat       <-chan struct{}
}

// look returns what a watcher of a topic finds, who belongs to a part.
func (h *hub) look(t *topic, part int, position uint64) view {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := view{behind: position < t.floor, position: h.position, aclChanged: t.aclChanged, moved: t.moved, beat: h.beats[part]}
	if !v.behind {
		i, _ := slices.BinarySearchFunc(t.recent, position, func(e *Event, position uint64) int {
			if e.Position <= position {
				return -1
			}
			return 1
		})
		v.events = slices.Clone(t.recent[i:])
	}
	return v
}

func (t *topic) wake() {
	close(t.moved)
	t.moved = make(chan struct{})
}
