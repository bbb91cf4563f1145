package notifications

import (
	"context"
	"strings"

	"github.com/coder/websocket"

	"domicile/conformance/suite"
)

// olderClients are about the protocol solid-0.1.
var olderClients = []suite.Case{
	suite.Decision("NOT-OLD-01", "resources name the socket of older clients", func(t *suite.T) {
		t.Alice.Get(document(t, "doc")).WantHeader("Updates-Via")
		t.Alice.Head(t.Container()).WantHeader("Updates-Via")
	}),
	suite.May("NOT-OLD-01", "older clients are acknowledged, and told of changes of what is public", func(t *suite.T) {
		topic := public(t, "doc")
		older := connectOlder(t, topic)
		older.follow(topic)
		update(t, topic)
		older.wantLine("pub " + topic)
	}).Needing(suite.WebAccessControl),
	suite.Decision("NOT-OLD-01", "older clients do not follow what is private, nor what is not there", func(t *suite.T) {
		topic, private := public(t, "doc"), document(t, "private")
		older := connectOlder(t, topic)
		for _, hidden := range []string{private, t.URL("none"), "https://elsewhere.example/doc"} {
			older.say("sub " + hidden)
			older.wantLine("warning ")
		}
		older.follow(topic)
		update(t, private)
		update(t, topic)
		older.wantLine("pub " + topic)
	}).Needing(suite.WebAccessControl),
	suite.Decision("NOT-OLD-01", "older clients are not told of what has become private", func(t *suite.T) {
		topic, other := public(t, "doc"), public(t, "other")
		older := connectOlder(t, topic)
		older.follow(topic)
		older.follow(other)
		t.SetACL(topic)
		update(t, topic)
		update(t, other)
		older.wantLine("pub " + other)
		t.SetACL(topic, readableBy(everybody, topic))
		update(t, topic)
		older.wantLine("pub " + topic)
	}).Needing(suite.WebAccessControl),
	suite.Decision("NOT-OLD-01 NOT-MSG-03", "older clients are told when a container gains and loses members, not when these change", func(t *suite.T) {
		container, other := t.URL("c/"), public(t, "other")
		t.Alice.Put(container, suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).WantSuccess()
		t.SetACL(container, readableBy(everybody, container))
		older := connectOlder(t, other)
		older.follow(container)
		older.follow(other)
		member := document(t, "c/doc")
		older.wantLine("pub " + container)
		update(t, member)
		update(t, other)
		older.wantLine("pub " + other)
		t.Alice.Delete(member).WantSuccess()
		older.wantLine("pub " + container)
	}).Needing(suite.WebAccessControl),
	suite.Decision("NOT-OLD-01", "who speaks another protocol is told so and follows nothing", func(t *suite.T) {
		topic := public(t, "doc")
		older := dialOlder(t, topic, "solid-99")
		if err := older.connection.Write(t.Context(), websocket.MessageText, []byte("sub "+topic)); err != nil {
			return
		}
		refused := false
		for line, open := older.line(); open; line, open = older.line() {
			if refused = refused || strings.HasPrefix(line, "error "); strings.HasPrefix(line, "ack ") {
				t.Failf("told is %q", line)
			}
		}
		if !refused {
			t.Failf("it is not told why the socket ends")
		}
	}).Needing(suite.WebAccessControl),
}

// public puts a document that everybody may read.
func public(t *suite.T, name string) string {
	topic := document(t, name)
	t.SetACL(topic, readableBy(everybody, topic))
	return topic
}

// older is a client of the protocol solid-0.1.
type older struct {
	t          *suite.T
	connection *websocket.Conn
}

// connectOlder connects to the socket that a resource names, which it need not.
func connectOlder(t *suite.T, resource string) *older {
	o := dialOlder(t, resource, "solid-0.1")
	o.wantLine("protocol ")
	return o
}

func dialOlder(t *suite.T, resource, protocol string) *older {
	at := t.Alice.Get(resource).List("Updates-Via")
	if at == "" {
		t.NotApplicable("there is no header Updates-Via")
	}
	at = "ws" + strings.TrimPrefix(strings.TrimPrefix(at, "ws"), "http")
	connection, _, err := websocket.Dial(t.Context(), at, &websocket.DialOptions{Subprotocols: []string{protocol}})
	if err != nil {
		t.Failf("nobody answers at %s: %v", at, err)
	}
	t.Cleanup(func(context.Context) { _ = connection.CloseNow() })
	return &older{t, connection}
}

func (o *older) follow(topic string) {
	o.say("sub " + topic)
	o.wantLine("ack " + topic)
}

func (o *older) say(line string) {
	if err := o.connection.Write(o.t.Context(), websocket.MessageText, []byte(line)); err != nil {
		o.t.Failf("%v", err)
	}
}

// line returns the next line, unless the server has ended the connection.
func (o *older) line() (line string, open bool) {
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	_, text, err := o.connection.Read(ctx)
	if ctx.Err() != nil {
		o.t.Failf("nothing is told")
	}
	return string(text), err == nil
}

func (o *older) wantLine(beginning string) {
	if line, _ := o.line(); !strings.HasPrefix(line, beginning) {
		o.t.Failf("told is %q, want %q", line, beginning)
	}
}
