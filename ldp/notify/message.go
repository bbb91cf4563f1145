package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/resource"
)

const (
	namespace = "http://www.w3.org/ns/solid/notifications#"
	// Two contexts of the same content and two spellings of the namespace
	// circulate; whatever a client uses it gets back.
	contextV1       = "https://www.w3.org/ns/solid/notifications-context/v1"
	contextDrafts   = "https://www.w3.org/ns/solid/notification/v1"
	namespaceDrafts = "http://www.w3.org/ns/solid/notification#"
	activityStreams = "https://www.w3.org/ns/activitystreams"
)

// resyncSummary is the summary of a [Resync] message.
const resyncSummary = "resync"

// Format is how a subscriber wants messages.
type Format struct {
	MediaType string // of package codec
	Context   string `json:",omitempty"` // that JSON-LD names besides Activity Streams
}

// message is the JSON-LD of an event (NOT-MSG-01, NOT-MSG-02).
type message struct {
	Context   [2]string `json:"@context"`
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Summary   string    `json:"summary,omitempty"`
	Object    string    `json:"object"`
	Target    string    `json:"target,omitempty"`
	State     string    `json:"state,omitempty"`
	Published string    `json:"published"`
}

// render writes an event in a format, once for all who want that.
func (e *Event) render(space *resource.Space, f Format) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if text, ok := e.rendered[f]; ok {
		return text, nil
	}
	m := message{
		Context: [2]string{activityStreams, f.Context},
		ID:      e.ID.String(), Type: activities[e.Activity],
		Object: space.URL(e.Object), State: e.State,
		Published: e.Time.UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	switch e.Activity {
	case Add, Remove:
		m.Target = space.URL(e.Topic)
	case Resync:
		m.Summary = resyncSummary
		if e.State == "" {
			m.Type = activities[Delete]
		}
	}
	text, err := marshal(m, f.MediaType)
	if err != nil {
		return nil, err
	}
	if e.rendered == nil {
		e.rendered = map[Format][]byte{}
	}
	e.rendered[f] = text
	return text, nil
}

// marshal writes a JSON-LD document in an RDF media type.
func marshal(document any, mediaType string) ([]byte, error) {
	text, err := json.Marshal(document)
	if err != nil || mediaType == codec.JSONLD {
		return text, err
	}
	parsed, err := codec.Parse(context.Background(), codec.JSONLD, bytes.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = codec.Write(&out, mediaType, parsed, "")
	return out.Bytes(), err
}

// newResync is the message that stands for all events of a topic up to a
// position.
func newResync(topic resource.ID, epoch string, position uint64, state string, now time.Time) *Event {
	return &Event{ID: ID{epoch, position, Resync}, Topic: topic, Object: topic, State: state, Time: now}
}
