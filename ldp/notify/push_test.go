package notify_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/ldp/notify"
)

// pushType is a channel type that a server sends by itself, for those who are
// signed in.
func pushType(opened chan<- notify.Channel) notify.Type {
	return notify.Type{
		Name: "TestChannel",
		Complete: func(_ context.Context, q *notify.Request, c *notify.Channel) error {
			if c.Agent.IsPublic() {
				return &ldp.Error{Kind: ldp.Unauthenticated, Detail: "not for everybody"}
			}
			c.SendTo, c.Sender = q.SendTo, "https://sender.example/"
			return nil
		},
		Opened: func(c notify.Channel) { opened <- c },
	}
}

// TestPushType: another package adds a type, gives up a channel, and its
// subscriber, nobody else, can read why.
func TestPushType(t *testing.T) {
	opened := make(chan notify.Channel, 1)
	w := newWorld(t, func(c *notify.Config) { c.Types = []notify.Type{pushType(opened)} })
	wanted := subscription{"topic": w.url("public/doc"), "sendTo": "https://receiver.example/"}
	a := w.ask(public, "TestChannel", wanted)
	if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" || !strings.Contains(a.body, "not for everybody") {
		t.Errorf("NOT-WH-01: %d %v %s", a.status, a.header, a.body)
	}
	made := w.subscribe(bob, "TestChannel", "public/doc", wanted)
	c := <-opened
	if c.SendTo != "https://receiver.example/" || made.ReceiveFrom != "" || !strings.HasSuffix(made.ID, c.ID) {
		t.Errorf("%+v of %+v", made, c)
	}
	stream, err := w.service.Open(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	const reason = "The receiver is no more."
	if err := w.service.GiveUp(t.Context(), c.ID, reason); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Next(t.Context()); err != notify.ErrEnded {
		t.Errorf("the stream goes on: %v", err)
	}
	if _, err := w.service.Open(t.Context(), c, ""); err != notify.ErrEnded {
		t.Errorf("a stream begins: %v", err)
	}
	for as, want := range map[string]int{bob: http.StatusGone, alice: http.StatusNotFound, public: http.StatusNotFound} {
		a := w.send(as, "GET", made.ID, nil, "")
		if told := strings.Contains(a.body, reason); a.status != want || told != (want == http.StatusGone) {
			t.Errorf("%q: %d %s", as, a.status, a.body)
		}
	}
	if err := w.service.GiveUp(t.Context(), "no such channel", reason); err != nil {
		t.Error(err)
	}
	if a := w.send(public, "GET", w.base+".notifications/channels/none", nil, ""); a.status != http.StatusNotFound {
		t.Errorf("a channel that never was: %d", a.status)
	}
}

// TestCursor: who opens a stream behind a cursor misses nothing and hears nothing
// twice, and a cursor goes on with the feed while the topic rests.
func TestCursor(t *testing.T) {
	opened := make(chan notify.Channel, 1)
	w := newWorld(t, func(c *notify.Config) {
		c.Types = []notify.Type{pushType(opened)}
		c.Heartbeat = time.Millisecond
	})
	w.subscribe(bob, "TestChannel", "shared/doc", nil)
	c := <-opened
	st, err := w.service.Open(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	w.put("shared/doc", "<> <p:p> 1.")
	if e, err := next(t.Context(), st); err != nil || e.Activity != notify.Create {
		t.Fatal(e, err)
	}
	before := st.Cursor()
	w.put("shared/other", "")
	for range 10_000 {
		if _, err := st.Next(t.Context()); err != notify.ErrIdle {
			t.Fatal(err)
		}
		if st.Cursor() != before {
			break
		}
	}
	behind := st.Cursor()
	if behind == before {
		t.Error("the cursor stays where the topic rests")
	}
	st.Close()
	w.put("shared/doc", "<> <p:p> 2.")
	again, err := w.service.Open(t.Context(), c, behind)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if e, err := next(t.Context(), again); err != nil || e.Activity != notify.Update {
		t.Error(e, err)
	}
}
