package updatesvia

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/resource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const base = "https://pods.example/"

// here and elsewhere are clients; the tests connect from here.
var here, elsewhere = netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("192.0.2.2/32")

// world is a handler on a store with a storage of alice, of which everybody may
// read what is not below private/.
type world struct {
	t       *testing.T
	space   *resource.Space
	store   rdfstore.Store
	handler *Handler
	url     string
	stop    func() // ends Run
	marks   int
	awaited atomic.Int64 // how often the feed waited for a change

	mu      sync.Mutex
	revoked bool // the right to read public/note
}

func newWorld(t *testing.T) *world {
	t.Helper()
	space, err := resource.NewSpace(base, false)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, space: space, store: memstore.New()}
	t.Cleanup(func() { w.store.Close() })
	w.update(func(tx rdfstore.Tx) error { return tx.CreateStorage(rdfstore.Storage{Name: "alice"}) })
	w.put("public/", "public/note", "marks/", "private/", "private/note")
	config := Config{Space: space, Store: awaitedStore{w.store, &w.awaited}, MayFollow: w.mayFollow, Client: func(string) netip.Prefix { return here }, Logger: slog.New(slog.DiscardHandler)}
	if w.handler, err = New(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.handler)
	w.url = "ws" + strings.TrimPrefix(server.URL, "http")
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.handler.Run(ctx) })
	w.stop = func() { cancel(); running.Wait() }
	t.Cleanup(func() { w.stop(); server.Close() })
	return w
}

type awaitedStore struct {
	rdfstore.Store
	times *atomic.Int64
}

func (s awaitedStore) AwaitChange(ctx context.Context, after uint64) error {
	s.times.Add(1)
	return s.Store.AwaitChange(ctx, after)
}

func (w *world) mayFollow(ctx context.Context, id resource.ID) (uint64, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	revision, err := currentRevision(ctx, w.store)
	return revision, id.Storage() == "alice" && !strings.HasPrefix(id.Path(), "private/") && id.Aux() != resource.ACL && (!w.revoked || id.Path() != "public/note"), err
}

func (w *world) revoke() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revoked = true
}

func (w *world) update(write func(rdfstore.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(w.t.Context(), write); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) id(path string) resource.ID {
	w.t.Helper()
	id, err := w.space.ParseIRI(base + "alice/" + path)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) put(paths ...string) {
	w.t.Helper()
	for _, path := range paths {
		content := rdfstore.Content{Kind: rdfstore.Document, MediaType: "text/turtle"}
		id := w.id(path)
		if id.IsContainer() {
			content.Kind = rdfstore.Container
		}
		w.update(func(tx rdfstore.Tx) error { _, err := tx.Put(id, content); return err })
	}
}

func (w *world) delete(path string) {
	w.t.Helper()
	w.update(func(tx rdfstore.Tx) error { return tx.Delete(w.id(path)) })
}

// client is one that speaks the protocol.
type client struct {
	t    *testing.T
	w    *world
	conn *websocket.Conn
}

func (w *world) dial(protocols ...string) *client {
	w.t.Helper()
	conn, _, err := websocket.Dial(w.t.Context(), w.url, &websocket.DialOptions{Subprotocols: protocols})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.CloseNow() })
	return &client{w.t, w, conn}
}

// greeted is a client that has been greeted.
func (w *world) greeted() *client {
	w.t.Helper()
	c := w.dial(Protocol)
	c.hears("protocol solid-0.1")
	return c
}

func (c *client) says(line string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(line)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) hears(lines ...string) {
	c.t.Helper()
	for _, line := range lines {
		if got := c.next(); !strings.HasPrefix(got, line) {
			c.t.Fatalf("heard %q, want %q", got, line)
		}
	}
}

// next returns what is said next, or "closed".
func (c *client) next() string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	_, text, err := c.conn.Read(ctx)
	if ctx.Err() != nil {
		c.t.Fatal("nothing is heard")
	}
	if err != nil {
		return "closed"
	}
	return string(text)
}

// hearsNothing changes something else, which is heard behind all that happened
// before.
func (c *client) hearsNothing() {
	c.t.Helper()
	c.w.marks++ // nobody else follows it
	mark := fmt.Sprint("marks/", c.w.marks)
	c.says("sub /alice/" + mark)
	c.hears("ack " + base + "alice/" + mark)
	c.w.put(mark)
	c.hears("pub " + base + "alice/" + mark)
}

func TestGreeting(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		protocols []string
		hears     []string
	}{
		"the protocol":         {[]string{Protocol}, []string{"protocol solid-0.1", "ack " + base + "alice/public/"}},
		"none (rdflib)":        {nil, []string{"protocol solid-0.1", "warning Missing Sec-WebSocket-Protocol", "ack " + base + "alice/public/"}},
		"another and it":       {[]string{"solid-9.9", Protocol}, []string{"protocol solid-0.1", "ack " + base + "alice/public/"}},
		"another (NOT-OLD-01)": {[]string{"solid-9.9"}, []string{"protocol solid-0.1", "error Client does not support", "closed"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := w.dial(test.protocols...)
			if test.hears[len(test.hears)-1] != "closed" {
				c.says("sub " + base + "alice/public/")
			}
			c.hears(test.hears...)
		})
	}
}

// TestFollowing is N19 and the matrix of NOT-MSG-03, as far as "pub" tells.
func TestFollowing(t *testing.T) {
	w := newWorld(t)
	container, note := w.greeted(), w.greeted()
	container.says("sub /alice/public/")
	container.hears("ack https://pods.example/alice/public/")
	note.says("sub " + base + "alice/public/note")
	note.hears("ack https://pods.example/alice/public/note")

	w.put("public/new")
	container.hears("pub https://pods.example/alice/public/")
	w.put("public/note") // an update is told of the member only
	note.hears("pub https://pods.example/alice/public/note")
	container.hearsNothing()
	w.put("public/note.acl")
	note.hearsNothing()
	w.put("public/a/")
	container.hears("pub https://pods.example/alice/public/")
	w.put("public/a/b")
	container.hearsNothing()
	w.put("public/")
	container.hears("pub https://pods.example/alice/public/")
	w.delete("public/note")
	note.hears("pub https://pods.example/alice/public/note")
	container.hears("pub https://pods.example/alice/public/")
	w.put("public/note")
	note.hears("pub https://pods.example/alice/public/note")
	note.hearsNothing()
}

// TestEachChangeIsToldOnce: clients count what they are told to know their own
// changes again, so nothing is put together or told twice.
func TestEachChangeIsToldOnce(t *testing.T) {
	w := newWorld(t)
	c := w.greeted()
	c.says("sub /alice/public/note")
	c.says("sub /alice/public/note")
	c.hears("ack ", "ack ")
	for range 20 {
		w.put("public/note")
	}
	for range 20 {
		c.hears("pub https://pods.example/alice/public/note")
	}
	c.hearsNothing()
}

// TestPrivate: what not everybody may read is refused in the same words whether
// or not it is there, and is told no more once it is no longer public.
func TestPrivate(t *testing.T) {
	w := newWorld(t)
	c := w.greeted()
	for _, name := range []string{
		"/alice/private/note", "/alice/private/none", "/alice/public/note.acl", "/bob/", "/", "https://elsewhere.example/alice/public/",
		"http://pods.example/alice/public/", "::", "/alice/public/%2e%2e/private/note", "",
	} {
		c.says("sub " + name)
		c.hears("warning " + refusal)
	}
	c.says("sub /alice/public/note")
	c.hears("ack ")
	w.put("private/note")
	w.revoke()
	w.put("public/note")
	c.hearsNothing()
}

func TestLimits(t *testing.T) {
	t.Run("subscriptions", func(t *testing.T) {
		w := newWorld(t)
		c := w.greeted()
		for i := range maxTopics {
			c.says(fmt.Sprint("sub /alice/public/", i))
			c.hears("ack ")
		}
		c.says("sub /alice/public/1")
		c.hears("ack ")
		c.says("sub /alice/public/more")
		c.hears("error At most", "closed")
	})
	t.Run("size of a message", func(t *testing.T) {
		w := newWorld(t)
		c := w.greeted()
		c.says("sub /alice/public/" + strings.Repeat("a", maxMessage))
		c.hears("closed")
	})
	t.Run("sockets of an address", func(t *testing.T) {
		w := newWorld(t)
		for range maxSocketsOfOne {
			if !w.handler.admit(&socket{drop: func() {}}, here) {
				t.Fatal("refused too early")
			}
		}
		if w.handler.admit(&socket{}, here) {
			t.Error("one address has too many")
		}
		another := &socket{drop: func() {}}
		if !w.handler.admit(another, elsewhere) {
			t.Error("another address is refused")
		}
		w.handler.leave(another, elsewhere)
		if len(w.handler.clients) != 1 {
			t.Error("who left is remembered")
		}
		for s := range w.handler.sockets {
			w.handler.leave(s, here)
		}
	})
	t.Run("who takes nothing is dropped", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &socket{drop: cancel, wake: make(chan struct{}, 1)}
		for range maxWaiting {
			s.say(verbPublished, "x")
		}
		if ctx.Err() != nil {
			t.Error("dropped too early")
		}
		s.say(verbPublished, "x")
		if !errors.Is(ctx.Err(), context.Canceled) || len(s.take()) != maxWaiting {
			t.Error("it grows")
		}
	})
}

// TestEnd: when the server stops all sockets end and none is opened; who left is
// forgotten before.
func TestEnd(t *testing.T) {
	w := newWorld(t)
	c, gone := w.greeted(), w.greeted()
	gone.says("sub /alice/public/note")
	gone.hears("ack ")
	gone.conn.Close(websocket.StatusNormalClosure, "")
	w.waitUntil(func() bool { return len(w.handler.sockets) == 1 && len(w.handler.topics) == 0 })
	w.stop()
	c.hears("closed")
	if _, response, err := websocket.Dial(t.Context(), w.url, nil); err == nil || response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Error("a socket is opened after the end")
	}
}

// waitUntil waits for something that is said under the handler's lock.
func (w *world) waitUntil(is func() bool) {
	w.t.Helper()
	for range 10_000 {
		w.handler.mu.Lock()
		done := is()
		w.handler.mu.Unlock()
		if done {
			return
		}
		time.Sleep(time.Millisecond)
	}
	w.t.Fatal("it does not come to it")
}

// TestNobodyFollows: as long as nobody follows anything the feed is not read. Who
// is the first to, or is after all have left, is told of what comes then, and not
// dropped because of what is forgotten.
func TestNobodyFollows(t *testing.T) {
	w := newWorld(t)
	idle := w.greeted()
	w.put("public/note")
	idle.says("sub /alice/private/note")
	idle.hears("warning ")
	if n := w.awaited.Load(); n > 0 {
		t.Errorf("the feed has waited %d times for changes that are nobody's", n)
	}
	for range 20 {
		w.put("public/note", "public/note")
		if _, err := w.store.TrimChanges(t.Context(), time.Now().Add(time.Hour), 1000); err != nil {
			t.Fatal(err)
		}
		c := w.greeted()
		c.says("sub /alice/public/note")
		c.hears("ack ")
		w.put("public/note")
		c.hears("pub ")
		c.hearsNothing()
		c.conn.Close(websocket.StatusNormalClosure, "")
		w.waitUntil(func() bool { return len(w.handler.topics) == 0 })
	}
}

// TestTrimmed: when changes were forgotten before they were told, clients have
// to connect anew.
func TestTrimmed(t *testing.T) {
	w := newWorld(t)
	w.stop()
	w.handler.closed = false
	w.put("public/note")
	if _, err := w.store.TrimChanges(t.Context(), time.Now().Add(time.Hour), 1000); err != nil {
		t.Fatal(err)
	}
	c := w.greeted()
	c.says("sub /alice/public/note")
	c.hears("ack ")
	w.handler.told = 0
	if err := w.handler.tellMore(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.hears("closed")
	if now, err := currentRevision(t.Context(), w.store); err != nil || w.handler.told != now {
		t.Error("the feed does not go on", err)
	}
}

func TestNoUpgrade(t *testing.T) {
	w := newWorld(t)
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, httptest.NewRequest("GET", base, nil))
	if answer.Code != 426 || len(w.handler.sockets) != 0 {
		t.Error(answer.Code, len(w.handler.sockets))
	}
}
