package solid

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Activity is what happened to a resource.
type Activity string

// The activities. Add and Remove are about a child of the topic, a container.
const (
	Create Activity = "Create"
	Update Activity = "Update"
	Delete Activity = "Delete"
	Add    Activity = "Add"
	Remove Activity = "Remove"
	// Resync: there may have been changes that are not told of. Read the topic
	// again; what changes from now on is told.
	Resync Activity = "Resync"
)

// Notification tells of a change.
type Notification struct {
	// ID is the same when the same change is told again. It is empty when the
	// client itself asks for a Resync.
	ID       string
	Activity Activity
	Object   string // URL of what changed
	Target   string // URL of the container that it was added to or removed from
	// State is that of the topic after the change, as its entity tag has it; empty
	// when there is none.
	State     string
	Published time.Time
}

// parseNotification reads a message of the Solid Notifications Protocol, which is
// JSON-LD of a shape that plain JSON readers understand.
func parseNotification(text []byte) (Notification, error) {
	var message struct {
		ID        string    `json:"id"`
		Type      names     `json:"type"`
		Summary   string    `json:"summary"`
		Object    names     `json:"object"`
		Target    names     `json:"target"`
		State     string    `json:"state"`
		Published time.Time `json:"published"`
	}
	if err := json.Unmarshal(text, &message); err != nil {
		return Notification{}, fmt.Errorf("notification: %w", err)
	}
	n := Notification{
		ID: message.ID, Object: message.Object.first(), Target: message.Target.first(),
		State: message.State, Published: message.Published,
	}
	for _, name := range message.Type {
		name = name[strings.LastIndexAny(name, "#/:")+1:]
		switch activity := Activity(name); activity {
		case Create, Update, Delete, Add, Remove:
			n.Activity = activity
		}
	}
	if message.Summary == "resync" { // Domicile's way to say it
		n.Activity = Resync
	}
	if n.Activity == "" || n.Object == "" {
		return n, fmt.Errorf("notification: no activity and object in %.200q", text)
	}
	return n, nil
}

// names are what JSON-LD may write as one string or object, or as a list of them.
type names []string

func (n names) first() string {
	if len(n) == 0 {
		return ""
	}
	return n[0]
}

// UnmarshalJSON takes each of these forms.
func (n *names) UnmarshalJSON(text []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		list = []json.RawMessage{text}
	}
	for _, item := range list {
		var name string
		if json.Unmarshal(item, &name) != nil {
			var node struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(item, &node); err != nil {
				return err
			}
			name = node.ID
		}
		*n = append(*n, name)
	}
	return nil
}
