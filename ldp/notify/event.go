package notify

import (
	"errors"
	"sync"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// Activity is the type of a message. Values are part of message identifiers; do
// not reorder.
type Activity uint8

// The activities.
const (
	// Resync stands for events that are not told one by one: the topic has to
	// be read again.
	Resync Activity = iota
	Create
	Update
	Delete
	Add
	Remove
)

// activities are the types in Activity Streams. To a client that does not know
// it, a resync is an update of the topic.
var activities = [...]string{Resync: "Update", Create: "Create", Update: "Update", Delete: "Delete", Add: "Add", Remove: "Remove"}

// Event is what happened to one topic in one change.
type Event struct {
	ID
	Topic resource.ID
	// Object is the topic or, when it came or went, a member of it.
	Object resource.ID
	// State is that of the topic behind the event; "" when it is gone.
	State string
	Time  time.Time

	// aclChanged is the revision of the last change of an ACL in the storage
	// that was known before the event.
	aclChanged uint64

	mu       sync.Mutex
	rendered map[Format][]byte
}

// eventsOf says what a change means for which topics (NOT-MSG-03). A topic has
// at most one event of a change.
func eventsOf(r rdfstore.Reader, epoch string, c rdfstore.Change) (events []*Event, err error) {
	tell := func(topic resource.ID, activity Activity, object resource.ID, state string) {
		events = append(events, &Event{ID: ID{epoch, c.Revision, activity}, Topic: topic, Object: object, State: state, Time: c.Time})
	}
	own := map[rdfstore.Action]Activity{rdfstore.Created: Create, rdfstore.Updated: Update, rdfstore.Deleted: Delete}[c.Action]
	state := ldp.State(epoch, c.Revision)
	if own == Delete {
		state = ""
	}
	switch c.ID.Aux() {
	case resource.ACL: // nothing of the content
		return nil, nil
	case resource.Description:
		tell(c.ID, own, c.ID, state)
		subject := c.ID.Subject()
		now, err := stateOf(r, epoch, subject)
		if now != "" {
			tell(subject, Update, subject, now)
		}
		return events, err
	}
	tell(c.ID, own, c.ID, state)
	if c.Kind == rdfstore.Container || own == Delete {
		// A container and its description are one; what is deleted takes its
		// description along.
		tell(c.ID.Description(), own, c.ID.Description(), state)
	}
	parent, ok := c.ID.Parent()
	if !ok || own == Update {
		return events, nil
	}
	membership := Add
	if own == Delete {
		membership = Remove
	}
	tell(parent, membership, c.ID, ldp.State(epoch, c.Revision))
	return events, nil
}

// stateOf names the state that a topic has now; "" when nothing is there.
func stateOf(r rdfstore.Reader, epoch string, topic resource.ID) (string, error) {
	if topic.Aux() == resource.Description && topic.Subject().IsContainer() {
		topic = topic.Subject()
	}
	record, err := r.Resource(topic)
	switch {
	case errors.Is(err, rdfstore.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case record.Kind == rdfstore.Container:
		return ldp.State(epoch, record.Membership), nil
	}
	return ldp.State(epoch, record.Revision), nil
}

// isState reports whether a client's text names the state of a topic.
func isState(r rdfstore.Reader, epoch string, topic resource.ID, text string) (bool, error) {
	state, err := stateOf(r, epoch, topic)
	return state != "" && ldp.IsState(text, state), err
}
