package notify_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"domicile/ldp/notify"
	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// streamed is an answer that lasts.
type streamed struct {
	w        *world
	response *http.Response
	lines    *bufio.Reader
}

func (w *world) stream(url string, header fields) *streamed {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	w.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { response.Body.Close() })
	if response.StatusCode != 200 {
		w.t.Fatalf("GET %s: %s", url, response.Status)
	}
	return &streamed{w, response, bufio.NewReader(response.Body)}
}

// line returns the next line that is not empty; "" at the end.
func (s *streamed) line() string {
	s.w.t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return ""
		}
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			return line
		}
	}
}

func TestEventSource(t *testing.T) {
	w := newWorld(t)
	w.put("shared/doc", "")
	c := w.subscribe(bob, "EventSourceChannel2023", "shared/doc", nil)
	s := w.stream(c.ReceiveFrom, nil)
	if got := s.response.Header; got.Get("Content-Type") != "text/event-stream" || got.Get("Cache-Control") != "no-store" {
		t.Errorf("NOT-SSE-01: %v", got)
	}
	event := func() (id string, m message) {
		t.Helper()
		id, text := s.line(), s.line()
		m = parse(t, []byte(strings.TrimPrefix(text, "data: ")))
		if id != "id: "+m.ID {
			t.Errorf("NOT-SSE-01: %s of %s", id, text)
		}
		return m.ID, m
	}
	w.put("shared/doc", "<> <p:p> 1.")
	id, m := event()
	if w.short(m) != "Update shared/doc" {
		t.Errorf("NOT-SSE-01: %+v", m)
	}
	s.response.Body.Close()
	w.put("shared/doc", "<> <p:p> 2.")
	s = w.stream(c.ReceiveFrom, fields{"Last-Event-ID": id})
	if again, m := event(); again == id || w.short(m) != "Update shared/doc" {
		t.Errorf("resumed: %+v", m)
	}
	w.put("shared/doc.acl", w.acl("shared/doc", ""))
	if line := s.line(); line != "" {
		t.Errorf("N15: %q and no end", line)
	}
}

func TestStreamingHTTP(t *testing.T) {
	w := newWorld(t)
	w.put("shared/doc", "")
	t.Run("NOT-SH-01 each message a line", func(t *testing.T) {
		s := w.stream(w.subscribe(bob, "StreamingHTTPChannel2023", "shared/doc", nil).ReceiveFrom, nil)
		for range 3 {
			w.put("shared/doc", "")
			if m := parse(t, []byte(s.line())); w.short(m) != "Update shared/doc" {
				t.Errorf("%+v", m)
			}
		}
	})
	t.Run("NOT-FEAT-05 in Turtle", func(t *testing.T) {
		c := w.subscribe(bob, "StreamingHTTPChannel2023", "shared/doc", subscription{"accept": "text/turtle, application/ld+json;q=0.5"})
		s := w.stream(c.ReceiveFrom, nil)
		w.put("shared/doc", "")
		text := ""
		for !strings.Contains(text, ".\n") {
			text += s.line() + "\n"
		}
		document, err := codec.Parse(t.Context(), s.response.Header.Get("Content-Type"), strings.NewReader(text), "")
		if err != nil || document.Default.Len() != 4 {
			t.Errorf("%v: %s", err, text)
		}
	})
}

func TestHeartbeat(t *testing.T) {
	w := newWorld(t, func(c *notify.Config) { c.Heartbeat = 10 * time.Millisecond })
	w.put("shared/doc", "")
	s := w.stream(w.subscribe(bob, "EventSourceChannel2023", "shared/doc", nil).ReceiveFrom, nil)
	if line := s.line(); line != ":" {
		t.Errorf("NOT-SSE-01: %q is no comment", line)
	}
	l := w.listen(bob, "shared/doc", nil)
	heard := make(chan struct{})
	go func() { defer close(heard); l.hears("Update shared/doc") }() // answers pings
	time.Sleep(50 * time.Millisecond)
	w.put("shared/doc", "")
	<-heard
}

func TestResuming(t *testing.T) {
	w := newWorld(t)
	w.put("shared/doc", "")
	c := w.subscribe(bob, webS, "shared/doc", nil)
	t.Run("nothing is lost between the subscription and the first connection", func(t *testing.T) {
		w.put("shared/doc", "<> <p:p> 1.")
		l := w.dial(c.ReceiveFrom)
		l.hears("Update shared/doc")
	})
	t.Run("behind a message", func(t *testing.T) {
		l := w.dial(c.ReceiveFrom)
		w.put("shared/doc", "<> <p:p> 2.")
		last := l.hears("Update shared/doc")
		l.conn.CloseNow()
		w.put("shared/other", "")
		w.put("shared/doc", "<> <p:p> 3.")
		w.delete("shared/doc")
		l = w.dial(c.ReceiveFrom + "?after=" + url.QueryEscape(last.ID))
		l.hears("Update shared/doc", "Delete shared/doc")
		w.put("shared/doc", "")
		l.hears("Create shared/doc")
		l = w.dial(c.ReceiveFrom + "?after=" + url.QueryEscape(last.ID))
		l.hears("Update shared/doc", "Delete shared/doc", "Create shared/doc")
	})
	t.Run("without a position it begins now", func(t *testing.T) {
		w.put("shared/doc", "")
		l := w.dial(c.ReceiveFrom)
		w.delete("shared/doc")
		l.hears("Delete shared/doc")
	})
	t.Run("a later connection takes over", func(t *testing.T) {
		l := w.dial(c.ReceiveFrom)
		second := w.dial(c.ReceiveFrom)
		l.isClosed(1008)
		w.put("shared/doc", "")
		second.hears("Create shared/doc")
	})
	t.Run("what is not known any more is one resync", func(t *testing.T) {
		w.put("shared/doc", "")
		if _, err := w.store.TrimChanges(t.Context(), time.Now().Add(time.Hour), 1<<20); err != nil {
			t.Fatal(err)
		}
		l := w.dial(c.ReceiveFrom + "?after=1")
		m := l.hears("Update shared/doc (resync)")
		w.put("shared/doc", "")
		l.hears("Update shared/doc")
		l = w.dial(c.ReceiveFrom + "?after=" + url.QueryEscape(m.ID))
		l.hears("Update shared/doc")
	})
	t.Run("an identifier of another epoch is one resync", func(t *testing.T) {
		l := w.dial(c.ReceiveFrom)
		w.put("shared/doc", "<> <p:p> 5.")
		position, ok := notify.ParsePosition(l.hears("Update shared/doc").ID, w.store.Epoch())
		if !ok {
			t.Fatal("the message has no position")
		}
		id := notify.ID{Position: position, Activity: notify.Update} // of the epoch ""
		w.dial(c.ReceiveFrom + "?after=" + url.QueryEscape(id.String())).hears("Update shared/doc (resync)")
	})
	t.Run("what is no identifier is refused", func(t *testing.T) {
		httpURL := strings.Replace(c.ReceiveFrom, "ws:", "http:", 1)
		if a := w.send(bob, "GET", httpURL+"?after=x", nil, ""); a.status != 400 {
			t.Error(a)
		}
	})
}

func TestFeatures(t *testing.T) {
	w := newWorld(t)
	t.Run("N12 NOT-FEAT-03 state", func(t *testing.T) {
		first := w.put("shared/doc", "")
		second := w.put("shared/doc", "<> <p:p> 1.")
		stale := w.listen(bob, "shared/doc", subscription{"state": first})
		stale.hears("Update shared/doc (resync)")
		current := w.listen(bob, "shared/doc", subscription{"state": strings.Trim(second, `"`)})
		w.delete("shared/doc")
		stale.hears("Delete shared/doc")
		m := current.hears("Delete shared/doc")
		w.put("shared/doc", "")
		m = current.hears("Create shared/doc")
		same := w.listen(bob, "shared/doc", subscription{"state": m.State})
		w.delete("shared/doc")
		same.hears("Delete shared/doc")
		w.listen(bob, "shared/doc", subscription{"state": m.State}).hears("Delete shared/doc (resync)")
	})
	t.Run("N13 NOT-FEAT-04 rate: one trailing message", func(t *testing.T) {
		w.put("shared/doc", "")
		l := w.listen(bob, "shared/doc", subscription{"rate": "PT1S"})
		members := w.listen(bob, "shared/", subscription{"rate": "PT1S"})
		w.put("shared/doc", "<> <p:p> 0.")
		l.hears("Update shared/doc")
		began := time.Now()
		last := ""
		for i := range 5 {
			last = w.put("shared/doc", fmt.Sprintf("<> <p:p> %d.", i))
		}
		m := l.hears("Update shared/doc")
		if gap := time.Since(began); gap < 900*time.Millisecond {
			t.Errorf("after %v", gap)
		}
		if !strings.HasPrefix(strings.Trim(last, `"`), m.State+"-") {
			t.Errorf("state %s, want that of the last change: %s", m.State, last)
		}
		w.put("shared/m1", "")
		members.hears("Add shared/m1 to shared/")
		w.put("shared/m2", "")
		w.delete("shared/m1")
		members.hears("Update shared/ (resync)")
		w.put("shared/m3", "")
		members.hears("Add shared/m3 to shared/")
	})
	t.Run("N14 NOT-FEAT-02 endAt", func(t *testing.T) {
		w.put("shared/doc", "")
		c := w.subscribe(bob, webS, "shared/doc", subscription{"endAt": time.Now().Add(500 * time.Millisecond).Format(time.RFC3339Nano)})
		w.dial(c.ReceiveFrom).isClosed(1000)
		w.isGone(c.ReceiveFrom)
	})
	t.Run("NOT-FEAT-01 startAt", func(t *testing.T) {
		w.put("shared/doc", "")
		start := time.Now().Add(time.Second)
		l := w.listen(bob, "shared/doc", subscription{"startAt": start.Format(time.RFC3339Nano)})
		w.put("shared/doc", "<> <p:p> 1.")
		time.Sleep(time.Until(start) + 10*time.Millisecond)
		w.delete("shared/doc")
		l.hears("Delete shared/doc")
	})
}

// next returns the next event of a stream, however long nothing happens.
func next(ctx context.Context, st *notify.Stream) (*notify.Event, error) {
	for {
		if e, err := st.Next(ctx); !errors.Is(err, notify.ErrIdle) {
			return e, err
		}
	}
}

// TestNoGap lets streams begin and come back while others write.
func TestNoGap(t *testing.T) {
	const writers, perWriter, watchers = 4, 100, 8
	w := newWorld(t)
	w.put("shared/c/first", "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	id, err := w.space.ParseIRI(w.url("shared/c/"))
	if err != nil {
		t.Fatal(err)
	}
	var since uint64
	err = w.store.View(ctx, func(r rdfstore.Reader) (err error) {
		since, err = r.Revision()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c := notify.Channel{Storage: id.Storage(), Path: id.Path(), Agent: wac.Agent{WebID: bob}, Since: since, Expires: time.Now().Add(time.Hour)}
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for j := range perWriter {
				w.put(fmt.Sprintf("shared/c/%d-%d", i, j), "")
			}
		})
	}
	for i := range watchers {
		all.Go(func() {
			seen, after := map[string]bool{}, ""
			var position uint64
			for connection := 0; len(seen) < writers*perWriter; connection++ {
				st, err := w.service.Open(ctx, c, after)
				if err != nil {
					t.Error(err)
					return
				}
				for range 1 + (connection*7+i)%29 {
					if len(seen) == writers*perWriter {
						break
					}
					e, err := next(ctx, st)
					if err != nil {
						t.Errorf("behind %s with %d of the events: %v", after, len(seen), err)
						st.Close()
						return
					}
					if e.Activity != notify.Add || e.Position <= position {
						t.Errorf("%v behind %d", e.ID, position)
					}
					position, after = e.Position, e.ID.String()
					seen[e.Object.Name()] = true
				}
				st.Close()
			}
		})
	}
	all.Wait()
}

func TestSlowConsumer(t *testing.T) {
	const changes = 25_000 // more than are kept, and then looked for
	w := newWorld(t)
	w.put("shared/doc", "")
	id, err := w.space.ParseIRI(w.url("shared/doc"))
	if err != nil {
		t.Fatal(err)
	}
	c := notify.Channel{Storage: id.Storage(), Path: id.Path(), Agent: wac.Agent{WebID: bob}, Expires: time.Now().Add(time.Hour)}
	st, err := w.service.Open(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, want := range []notify.Activity{notify.Create, notify.Update} { // the second as it happens
		if e, err := next(t.Context(), st); err != nil || e.Activity != want {
			t.Fatal(e, err)
		}
		w.put("shared/doc", "")
	}
	for range changes / 100 {
		w.update(func(tx tx) error {
			for range 100 {
				if _, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Document, MediaType: ttl}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	heard := 0
	for {
		e, err := next(t.Context(), st)
		if err != nil {
			t.Fatal(err)
		}
		if heard++; e.Activity == notify.Resync {
			break
		}
	}
	if heard > changes-100 {
		t.Errorf("%d messages before the resync", heard)
	}
	w.put("shared/doc", "")
	if e, err := next(t.Context(), st); err != nil || e.Activity != notify.Update {
		t.Error(e, err)
	}
}

func TestGateway(t *testing.T) {
	w := newWorld(t)
	w.put("shared/doc", "")
	gateway := notify.Gateway(w.space)
	for _, discovery := range []string{w.url(".well-known/solid"), strings.TrimSuffix(w.space.BaseURL(), "/") + notify.WellKnown} {
		description := w.send(public, "GET", discovery, fields{"Accept": ttl}, "")
		if !strings.Contains(description.body, "notificationGateway") || !strings.Contains(description.body, gateway) {
			t.Errorf("%s does not name it: %d %s", discovery, description.status, description.body)
		}
	}
	post := func(as, body string, status int) (answer struct{ Endpoint, Protocol string }) {
		t.Helper()
		a := w.send(as, "POST", gateway, fields{"Content-Type": "application/json"}, body)
		if a.status != status {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
		_ = json.Unmarshal([]byte(a.body), &answer)
		return answer
	}
	negotiated := post(bob, `{"protocols": ["ws"], "features": ["rate"]}`, 200)
	if negotiated.Endpoint != gateway || negotiated.Protocol != "ws" {
		t.Errorf("%+v", negotiated)
	}
	post(bob, `{"protocols": ["webhook"]}`, 422)
	post(bob, `{"topic": "https://elsewhere.example/"}`, 422)
	post(public, `{"topic": "`+w.url("shared/doc")+`"}`, 401)
	post(bob, `[]`, 400)
	l := w.dial(post(bob, `{"topic": "`+w.url("shared/doc")+`"}`, 200).Endpoint)
	w.put("shared/doc", "")
	l.hears("Update shared/doc")
}

// TestSlowAndRevoked: what a stream has found and not yet handed out is decided
// on when it is handed out.
func TestSlowAndRevoked(t *testing.T) {
	const updates = 70 // more than a stream holds
	const app = "https://app.example/id"
	for _, row := range []struct {
		name   string
		change func(w *world, tx tx, id resource.ID) error
		told   bool // the rest, and the deletion
	}{
		{"deleted with its ACL", func(w *world, tx tx, id resource.ID) error { return tx.Delete(id) }, true},
		{"put out, then deleted", func(w *world, tx tx, id resource.ID) error {
			closed, err := w.store.Stage(t.Context(), strings.NewReader(w.acl("own/doc", "")), -1)
			if err != nil {
				return err
			}
			_, err = tx.Put(id.ACL(), rdfstore.Content{Kind: rdfstore.Document, MediaType: ttl, Body: closed})
			return errors.Join(err, tx.Delete(id))
		}, false},
		{"the grant is withdrawn", func(w *world, _ tx, _ resource.ID) error {
			w.grant(app, &wac.Grant{})
			return nil
		}, false},
		{"the grant is withdrawn, then deleted", func(w *world, tx tx, id resource.ID) error {
			w.grant(app, &wac.Grant{})
			return tx.Delete(id)
		}, false},
	} {
		t.Run("NOT-MSG-05 "+row.name, func(t *testing.T) {
			var late atomic.Int64
			w := newWorld(t, func(c *notify.Config) {
				c.Clock = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
			})
			w.grant(app, &wac.Grant{Everything: true})
			w.put("own/doc", "")
			w.put("own/doc.acl", w.acl("own/doc", forBob))
			id, err := w.space.ParseIRI(w.url("own/doc"))
			if err != nil {
				t.Fatal(err)
			}
			var since uint64
			w.update(func(tx tx) error {
				since, err = tx.Revision()
				for range updates {
					_, failure := tx.Put(id, rdfstore.Content{Kind: rdfstore.Document, MediaType: ttl})
					err = errors.Join(err, failure)
				}
				return err
			})
			st, err := w.service.Open(t.Context(), notify.Channel{
				Storage: id.Storage(), Path: id.Path(), Agent: wac.Agent{WebID: bob, Client: app, Grant: app},
				Since: since, Expires: time.Now().Add(time.Hour),
			}, "")
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			if e, err := next(t.Context(), st); err != nil || e.Activity != notify.Update {
				t.Fatal(e, err)
			}
			w.update(func(tx tx) error { return row.change(w, tx, id) })
			late.Store(int64(time.Minute))
			told := 0
			for ; err == nil; told++ {
				_, err = next(t.Context(), st)
			}
			want := 1
			if row.told {
				want = updates + 1
			}
			if !errors.Is(err, notify.ErrRevoked) || told != want {
				t.Errorf("%d were told, then %v", told-1, err)
			}
		})
	}
}
