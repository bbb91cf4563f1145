package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"domicile/ldp"
	"domicile/ldp/notify"
	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// The people of the tests. Alice owns the storage; Bob may read what is below
// shared/; the public may read what is below public/.
const (
	alice  = "https://alice.example/#me"
	bob    = "https://bob.example/#me"
	public = ""
)

const (
	ttl  = "text/turtle"
	jld  = "application/ld+json"
	webS = "WebSocketChannel2023"
	// contextV1 and contextDrafts are the contexts that circulate.
	contextV1     = "https://www.w3.org/ns/solid/notifications-context/v1"
	contextDrafts = "https://www.w3.org/ns/solid/notification/v1"
)

// world is a server with a storage and notifications.
type world struct {
	t       testing.TB
	base    string
	store   rdfstore.Store
	space   *resource.Space
	service *notify.Service
	mu      sync.Mutex
	granted map[string]wac.Grant // by client; none narrows
}

// newWorld serves a storage "alice". adjust may change the configuration first.
func newWorld(t testing.TB, adjust ...func(*notify.Config)) *world {
	t.Helper()
	w := &world{t: t, granted: map[string]wac.Grant{}}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	w.base = server.URL + "/"
	var err error
	if w.space, err = resource.NewSpace(w.base, false); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	config := notify.Config{Space: w.space, Store: memstore.New(), Logger: logger}
	for _, a := range adjust {
		a(&config)
	}
	w.store = config.Store
	resources, err := ldp.New(ldp.Config{
		Space: w.space, Store: w.store, Logger: logger, Clock: config.Clock,
		Subscriptions: notify.Services(w.space, config.Types...), NotificationGateway: notify.Gateway(w.space),
		GrantsURL: "https://id.example/.account/",
		Authenticate: func(r *http.Request, _ string) (wac.Agent, error) {
			return wac.Agent{WebID: r.Header.Get("X-Agent"), Client: r.Header.Get("X-Client"), Grant: r.Header.Get("X-Client")}, nil
		},
		Grant: func(_ rdfstore.StateReader, agent wac.Agent) (*wac.Grant, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			g, ok := w.granted[agent.Grant]
			if !ok {
				return nil, nil
			}
			return &g, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	config.Resources = resources
	w.provision()
	if w.service, err = notify.New(config); err != nil {
		t.Fatal(err)
	}
	mux.Handle(notify.Prefix, w.service.Handler())
	mux.Handle(notify.WellKnown, w.service.Handler())
	mux.Handle("/", resources)
	running, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.service.Run(running) }()
	t.Cleanup(func() {
		w.service.Close()
		server.Close()
		stop()
		<-stopped
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// grant sets what a client was granted.
func (w *world) grant(client string, g *wac.Grant) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.granted[client] = *g
}

type tx = rdfstore.Tx

func (w *world) update(write func(tx) error) {
	w.t.Helper()
	if err := w.store.Update(w.t.Context(), write); err != nil {
		w.t.Fatal(err)
	}
}

const owner = `<#owner> a acl:Authorization; acl:agent <` + alice + `>; acl:accessTo <%>; acl:default <%>; acl:mode acl:Read, acl:Write, acl:Control.
`

// acl is the ACL of a container for its owner and, when read is not "", for whom
// it says.
func (w *world) acl(path, read string) string {
	text := "@prefix acl: <http://www.w3.org/ns/auth/acl#>. @prefix foaf: <http://xmlns.com/foaf/0.1/>.\n" + owner
	if read != "" {
		text += "<#read> a acl:Authorization; " + read + "; acl:accessTo <%>; acl:default <%>; acl:mode acl:Read.\n"
	}
	return strings.ReplaceAll(text, "%", w.url(path))
}

const (
	forBob      = "acl:agent <" + bob + ">"
	forEveryone = "acl:agentClass foaf:Agent"
)

func (w *world) provision() {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(tx rdfstore.Tx) error {
		if err := tx.CreateStorage(rdfstore.Storage{Name: "alice", Owner: alice, Created: time.Now()}); err != nil {
			return err
		}
		for _, given := range []struct{ path, acl string }{{"", ""}, {"shared/", forBob}, {"public/", forEveryone}} {
			id, err := w.space.ParseIRI(w.url(given.path))
			if err != nil {
				return err
			}
			if given.path != "" {
				if _, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Container, MediaType: ttl}); err != nil {
					return err
				}
			}
			body, err := w.store.Stage(w.t.Context(), strings.NewReader(w.acl(given.path, given.acl)), -1)
			if err != nil {
				return err
			}
			if _, err := tx.Put(id.ACL(), rdfstore.Content{Kind: rdfstore.Document, MediaType: ttl, Body: body}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// url is that of a resource in Alice's storage.
func (w *world) url(path string) string { return w.base + "alice/" + path }

type fields map[string]string

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (w *world) send(as, method, url string, header fields, body string) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("X-Agent", as)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// put, and the like, write as Alice and fail the test when that fails. They
// return the ETag.
func (w *world) put(path, body string) string {
	w.t.Helper()
	a := w.send(alice, "PUT", w.url(path), fields{"Content-Type": ttl}, body)
	if a.status != http.StatusCreated && a.status != http.StatusNoContent {
		w.t.Fatalf("PUT %s: %d %s", path, a.status, a.body)
	}
	return a.header.Get("ETag")
}

func (w *world) delete(path string) {
	w.t.Helper()
	if a := w.send(alice, "DELETE", w.url(path), nil, ""); a.status != http.StatusNoContent {
		w.t.Fatalf("DELETE %s: %d %s", path, a.status, a.body)
	}
}

// subscription is a request to a subscription service, without what is "".
type subscription map[string]any

func (w *world) ask(as, typeName string, more subscription, header ...fields) answer {
	w.t.Helper()
	document := subscription{"@context": contextV1, "type": typeName}
	for name, value := range more {
		document[name] = value
		if value == nil {
			delete(document, name)
		}
	}
	body, err := json.Marshal(document)
	if err != nil {
		w.t.Fatal(err)
	}
	all := fields{"Content-Type": jld}
	for _, h := range header {
		for name, value := range h {
			all[name] = value
		}
	}
	return w.send(as, "POST", w.base+".notifications/"+typeName+"/", all, string(body))
}

// channel is the answer to a subscription.
type channel struct {
	Context     any    `json:"@context"`
	ID          string `json:"id"`
	Type        string `json:"type"`
	Topic       string `json:"topic"`
	ReceiveFrom string `json:"receiveFrom"`
	StartAt     string `json:"startAt"`
	EndAt       string `json:"endAt"`
	Rate        string `json:"rate"`
	Accept      string `json:"accept"`
	State       string `json:"state"`
}

func (w *world) subscribe(as, typeName, path string, more subscription, header ...fields) channel {
	w.t.Helper()
	asked := subscription{"topic": w.url(path)}
	for name, value := range more {
		asked[name] = value
	}
	a := w.ask(as, typeName, asked, header...)
	if a.status != http.StatusOK {
		w.t.Fatalf("subscription to %s: %d %s", path, a.status, a.body)
	}
	var c channel
	if err := json.Unmarshal([]byte(a.body), &c); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// message is a notification.
type message struct {
	Context   any    `json:"@context"`
	ID        string `json:"id"`
	Type      string `json:"type"`
	Summary   string `json:"summary"`
	Object    string `json:"object"`
	Target    string `json:"target"`
	State     string `json:"state"`
	Published string `json:"published"`
}

// short is a message in few words: "Add shared/x to shared/".
func (w *world) short(m message) string {
	text := m.Type + " " + strings.TrimPrefix(m.Object, w.url(""))
	if m.Target != "" {
		text += " to " + strings.TrimPrefix(m.Target, w.url(""))
	}
	if m.Summary != "" {
		text += " (" + m.Summary + ")"
	}
	return text
}

// listener is a connection that messages arrive on.
type listener struct {
	w    *world
	conn *websocket.Conn
}

// timeout is when a test gives up; nothing that works takes as long.
const timeout = 20 * time.Second

func (w *world) dial(url string) *listener {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), timeout)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		w.t.Fatalf("connecting: %v", err)
	}
	w.t.Cleanup(func() { conn.CloseNow() })
	return &listener{w, conn}
}

// listen subscribes by WebSocket and connects.
func (w *world) listen(as, path string, more subscription, header ...fields) *listener {
	w.t.Helper()
	return w.dial(w.subscribe(as, webS, path, more, header...).ReceiveFrom)
}

func (l *listener) frame() ([]byte, error) {
	ctx, cancel := context.WithTimeout(l.w.t.Context(), timeout)
	defer cancel()
	_, text, err := l.conn.Read(ctx)
	return text, err
}

func (l *listener) next() message {
	l.w.t.Helper()
	text, err := l.frame()
	if err != nil {
		l.w.t.Fatalf("no message: %v", err)
	}
	return parse(l.w.t, text)
}

func parse(t testing.TB, text []byte) (m message) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		t.Fatalf("message %s: %v", text, err)
	}
	return m
}

// hears checks that these messages come next, in few words.
func (l *listener) hears(want ...string) (last message) {
	l.w.t.Helper()
	for _, one := range want {
		last = l.next()
		if got := l.w.short(last); got != one {
			l.w.t.Fatalf("heard %q, want %q", got, one)
		}
	}
	return last
}

// isClosed checks that the server closes the connection next, with a code.
func (l *listener) isClosed(want websocket.StatusCode) {
	l.w.t.Helper()
	text, err := l.frame()
	if err == nil {
		l.w.t.Fatalf("heard %s, want the end", text)
	}
	if got := websocket.CloseStatus(err); got != want {
		l.w.t.Errorf("closed with %v (%v), want %v", got, err, want)
	}
}

// isGone checks that nobody can connect to a URL any more.
func (w *world) isGone(url string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), timeout)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, url, nil)
	if err == nil {
		conn.CloseNow()
		w.t.Fatal("the channel is still there")
	}
	if response == nil || response.StatusCode != http.StatusNotFound {
		w.t.Errorf("connecting: %v", err)
	}
}
