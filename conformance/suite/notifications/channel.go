package notifications

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/coder/websocket"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// description reads what the storage says of itself.
func description(t *suite.T) *suite.Answer {
	at := t.Alice.Head(t.Container()).WantLink(rdf.Solid + "storageDescription")
	return t.Alice.Get(at, suite.Accept(jsonLD))
}

// service returns the URL of the subscription service for a channel type, which
// the server need not have.
func service(t *suite.T, channelType string) string {
	for found := range description(t).WantSuccess().Graph().Match(rdf.Term{}, rdf.IRI(namespace+"channelType"), rdf.IRI(namespace+channelType)) {
		return found.S.Value()
	}
	t.NotApplicable("there is no subscription service for %s", channelType)
	return ""
}

// request is the content of a subscription request; members may be changed, a
// nil one is left out.
func request(channelType, topic string, change map[string]any) suite.Part {
	content := map[string]any{"@context": []string{contexts[0]}, "type": namespace + channelType, "topic": topic}
	for name, value := range change {
		if content[name] = value; value == nil {
			delete(content, name)
		}
	}
	raw, err := json.Marshal(content)
	if err != nil {
		panic(err) // strings and lists of them
	}
	return suite.Body(jsonLD, string(raw))
}

// channel is what a subscription gave.
type channel struct {
	ID, Type, Topic, ReceiveFrom, SendTo, Sender string
}

func subscribe(who *suite.Agent, at, channelType, topic string, change map[string]any) (channel, *suite.Answer) {
	answer := who.Post(at, request(channelType, topic, change)).WantSuccess()
	var made struct {
		channel
		Topic any
	}
	if err := json.Unmarshal([]byte(answer.Body), &made); err != nil {
		answer.Failf("the content is no JSON: %v", err)
	}
	switch topics := made.Topic.(type) {
	case string:
		made.channel.Topic = topics
	case []any:
		if len(topics) == 1 {
			made.channel.Topic, _ = topics[0].(string)
		}
	}
	return made.channel, answer
}

// message is a notification.
type message struct {
	ID, Object, Target, State, Published string
	Type                                 any
	Summary                              string
}

// is tells whether the message is of a type, alone or among others.
func (m message) is(activity string) bool {
	types, ok := m.Type.([]any)
	if !ok {
		types = []any{m.Type}
	}
	for _, one := range types {
		if name, ok := one.(string); ok && name[strings.LastIndexAny(name, "#/:")+1:] == activity {
			return true
		}
	}
	return false
}

// patience is how long a message may take. Where none is to come, a change is
// made that is told afterwards, so that nothing waits for nothing.
const patience = 20 * time.Second

// listener receives the messages of a channel.
type listener struct {
	t    *suite.T
	got  chan string // closed when the connection ends
	last string
}

// listen subscribes by WebSocket and connects.
func listen(t *suite.T, who *suite.Agent, topic string, change map[string]any) *listener {
	made, answer := subscribe(who, service(t, webSocket), webSocket, topic, change)
	if made.ReceiveFrom == "" {
		answer.Failf("receiveFrom is missing")
	}
	return connect(t, made.ReceiveFrom)
}

func connect(t *suite.T, receiveFrom string) *listener {
	connection, _, err := websocket.Dial(t.Context(), receiveFrom, nil)
	if err != nil {
		t.Failf("nobody answers at receiveFrom: %v", err)
	}
	t.Cleanup(func(context.Context) { _ = connection.CloseNow() })
	l := &listener{t: t, got: make(chan string, 100)}
	go func() {
		defer close(l.got)
		for {
			_, content, err := connection.Read(t.Context())
			if err != nil {
				return
			}
			l.got <- string(content)
		}
	}()
	return l
}

// next returns the next message.
func (l *listener) next() message {
	select {
	case text, open := <-l.got:
		var m message
		if l.last = text; !open {
			l.t.Failf("the server ended the connection instead of telling")
		}
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			l.t.Failf("the message %q is no JSON", text)
		}
		return m
	case <-time.After(patience):
		l.t.Failf("nothing is told")
		return message{}
	}
}

// want wants the next message to be about an activity on an object.
func (l *listener) want(activity, object string) message {
	m := l.next()
	if !m.is(activity) || m.Object != object {
		l.t.Failf("told is %s, want %s of %s", l.last, activity, object)
	}
	return m
}

// ends wants the connection to end without a notification. It may be told in
// words why.
func (l *listener) ends() {
	for {
		select {
		case text, open := <-l.got:
			if !open {
				return
			}
			if json.Valid([]byte(text)) {
				l.t.Failf("told is %s, want the connection to end", text)
			}
		case <-time.After(patience):
			l.t.Failf("the connection stays")
		}
	}
}
