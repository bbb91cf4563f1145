package notify

import (
	"testing"

	"domicile/rdfstore/resource"
)

// TestWatchWhileTheFeedIsRead: whoever begins to watch while the feed is being
// read has it read anew as far as that, and hears nothing of it twice.
func TestWatchWhileTheFeedIsRead(t *testing.T) {
	h := newHub()
	id := resource.Root("alice")
	event := func(position uint64) *Event { return &Event{ID: ID{"e", position, Update}, Topic: id} }
	h.publish(nil, 10)
	h.begin(20) // here the reader may pass over what nobody watches
	topic, part := h.watch(id)
	if v := h.look(topic, part, 10); !v.behind {
		t.Error("events between 10 and 20 may have been passed over")
	}
	h.publish([]*Event{event(15)}, 20)
	if v := h.look(topic, part, 20); v.behind || len(v.events) > 0 {
		t.Errorf("behind 20: %+v", v)
	}
	h.publish([]*Event{event(21), event(23)}, 30)
	for position, want := range map[uint64]int{20: 2, 21: 1, 22: 1, 23: 0, 30: 0} {
		if v := h.look(topic, part, position); v.behind || len(v.events) != want {
			t.Errorf("behind %d: %+v, want %d events", position, v, want)
		}
	}
	if len(topic.recent) != 2 {
		t.Errorf("%d events are kept, one of which is of before", len(topic.recent))
	}
	h.unwatch(topic)
	if h.isWatched("alice") {
		t.Error("nobody watches any more")
	}
}

// TestEventsArePushedOut: the latest events are kept, of all topics together.
func TestEventsArePushedOut(t *testing.T) {
	h := newHub()
	busy, quiet := resource.Root("alice"), resource.Root("bob")
	ofBusy, part := h.watch(busy)
	ofQuiet, _ := h.watch(quiet)
	h.publish([]*Event{{ID: ID{"e", 1, Update}, Topic: quiet}}, 1)
	for position := uint64(2); position <= maxRecent+1; position++ {
		h.publish([]*Event{{ID: ID{"e", position, Update}, Topic: busy}}, position)
	}
	for _, c := range []struct {
		topic    *topic
		position uint64
		behind   bool
		events   int
	}{
		{ofQuiet, 0, true, 0}, {ofQuiet, 1, false, 0},
		{ofBusy, 0, false, maxRecent}, {ofBusy, maxRecent, false, 1},
	} {
		if v := h.look(c.topic, part, c.position); v.behind != c.behind || len(v.events) != c.events {
			t.Errorf("%v behind %d: %v, %d events", c.topic.id, c.position, v.behind, len(v.events))
		}
	}
	h.skip(maxRecent + 100)
	if v := h.look(ofBusy, part, maxRecent+1); !v.behind || len(v.events) > 0 {
		t.Errorf("after a gap in the feed: %+v", v)
	}
}
