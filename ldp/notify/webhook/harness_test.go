package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"domicile/ldp"
	"domicile/ldp/notify"
	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

const (
	base   = "https://pods.example/"
	alice  = "https://alice.example/#me"
	bob    = "https://bob.example/#me"
	sender = "https://pods.example/.oidc/sender"
	hook   = "https://receiver.example/hook"
	other  = "https://other.example/hook"
)

// delivery is a message that a receiver got.
type delivery struct {
	to      string
	at      time.Time
	header  http.Header
	message struct{ ID, Type, Object, Summary string }
}

// receivers are those of all hosts.
type receivers struct {
	mu     sync.Mutex
	got    []delivery
	answer func(to string, n int) (Receipt, error) // of the n-th message to a URL, from 1
	takes  map[string]time.Duration                // by URL, how long an answer takes
}

var errRefused = errors.New("not to be sent to")

func (r *receivers) Check(_ context.Context, url string) error {
	if !strings.HasPrefix(url, "https://") {
		return errRefused
	}
	return nil
}

func (r *receivers) Post(ctx context.Context, url string, m Message) (Receipt, error) {
	d := delivery{to: url, at: time.Now(), header: m.Header.Clone()}
	d.header.Set("Content-Type", m.MediaType)
	if err := json.Unmarshal(m.Body, &d.message); err != nil {
		return Receipt{}, err
	}
	r.mu.Lock()
	r.got = append(r.got, d)
	n := 0
	for _, earlier := range r.got {
		if earlier.to == url {
			n++
		}
	}
	answer, takes := r.answer, r.takes[url]
	r.mu.Unlock()
	if !sleep(ctx, takes) {
		return Receipt{}, ctx.Err()
	}
	return answer(url, n)
}

// at returns what a receiver got.
func (r *receivers) at(url string) []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.got), func(d delivery) bool { return d.to != url })
}

// signature stands for what the provider signs.
type signature struct{}

func (signature) WebID() string { return sender }
func (signature) Authorize(header http.Header, method, target string) error {
	header.Set("Authorization", "signed for "+method+" "+target)
	return nil
}

// world is a server with Alice's storage, of which Bob may read shared/. Its time
// is that of a synctest bubble.
type world struct {
	t         *testing.T
	store     rdfstore.Store
	space     *resource.Space
	receivers *receivers

	*node
}

// node is the process of a world.
type node struct {
	service *notify.Service
	handler http.Handler
	outbox  *Outbox
	broken  *atomic.Bool // the outbox can write nothing
	die     func()       // as by SIGKILL
	stop    func()
}

// inWorld runs a test in a world.
func inWorld(t *testing.T, test func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		space, err := resource.NewSpace(base, false)
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, store: memstore.New(), space: space, receivers: &receivers{takes: map[string]time.Duration{}}}
		w.receivers.answer = func(string, int) (Receipt, error) { return Receipt{Status: http.StatusOK}, nil }
		err = w.store.Update(t.Context(), func(tx rdfstore.Tx) error {
			return tx.CreateStorage(rdfstore.Storage{Name: "alice", Owner: alice, Created: time.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		w.start()
		t.Cleanup(func() {
			w.stop()
			if err := w.store.Close(); err != nil {
				t.Error(err)
			}
		})
		w.put(".acl", w.acl("", ""))
		w.put("shared/", "")
		w.share(bob)
		w.settle()
		test(w)
	})
}

// start starts a node on the store.
func (w *world) start() {
	w.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	resources, err := ldp.New(ldp.Config{
		Space: w.space, Store: w.store, Logger: logger,
		Authenticate: func(r *http.Request, _ string) (wac.Agent, error) {
			return wac.Agent{WebID: r.Header.Get("X-Agent")}, nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	n := &node{broken: new(atomic.Bool)}
	n.outbox = New(Config{Store: fallible{w.store, n.broken}, Sender: signature{}, Client: w.receivers, Logger: logger})
	n.service, err = notify.New(notify.Config{Space: w.space, Store: w.store, Resources: resources, Types: []notify.Type{n.outbox.Type()}, Logger: logger})
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(notify.Prefix, n.service.Handler())
	mux.Handle("/", resources)
	n.handler = mux
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.service.Run(ctx) })
	running.Go(func() { n.outbox.Run(ctx, n.service) })
	n.stop = func() { n.service.Close(); cancel(); running.Wait() }
	n.die = func() { n.broken.Store(true); n.stop() }
	w.node = n
	w.settle()
}

// fallible is a store that nothing can be written to at times.
type fallible struct {
	rdfstore.Store
	broken *atomic.Bool
}

func (f fallible) Update(ctx context.Context, write func(rdfstore.Tx) error) error {
	if f.broken.Load() {
		return rdfstore.ErrClosed
	}
	return f.Store.Update(ctx, write)
}

// settle waits until nobody has anything to do at this time.
func (w *world) settle() { synctest.Wait() }

// after lets time go on until nobody has anything to do.
func (w *world) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) url(path string) string { return base + "alice/" + path }

func (w *world) do(as, method, url, mediaType, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	request := httptest.NewRequestWithContext(w.t.Context(), method, url, strings.NewReader(body))
	request.Header.Set("X-Agent", as)
	request.Header.Set("Content-Type", mediaType)
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, request)
	return answer
}

// put writes a document as Alice.
func (w *world) put(path, body string) {
	w.t.Helper()
	if a := w.do(alice, "PUT", w.url(path), "text/turtle", body); a.Code != http.StatusCreated && a.Code != http.StatusNoContent {
		w.t.Fatalf("PUT %s: %d %s", path, a.Code, a.Body)
	}
}

// share says who may read shared/ besides Alice.
func (w *world) share(with string) {
	w.t.Helper()
	w.put("shared/.acl", w.acl("shared/", "acl:agent <"+with+">"))
}

// acl is the ACL of a container for Alice and, when read is not "", for whom it
// says.
func (w *world) acl(path, read string) string {
	text := "@prefix acl: <http://www.w3.org/ns/auth/acl#>.\n" +
		"<#owner> a acl:Authorization; acl:agent <" + alice + ">; acl:accessTo <%>; acl:default <%>; acl:mode acl:Read, acl:Write, acl:Control.\n"
	if read != "" {
		text += "<#read> a acl:Authorization; " + read + "; acl:accessTo <%>; acl:default <%>; acl:mode acl:Read.\n"
	}
	return strings.ReplaceAll(text, "%", w.url(path))
}

func (w *world) ask(as string, wanted map[string]string) *httptest.ResponseRecorder {
	w.t.Helper()
	document := map[string]string{"@context": "https://www.w3.org/ns/solid/notifications-context/v1", "type": TypeName}
	for name, value := range wanted {
		document[name] = value
	}
	body, err := json.Marshal(document)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.do(as, "POST", base+".notifications/"+TypeName+"/", "application/ld+json", string(body))
}

// subscribe returns the identifier of a channel of Bob's.
func (w *world) subscribe(path, sendTo string, more ...string) string {
	w.t.Helper()
	wanted := map[string]string{"topic": w.url(path), "sendTo": sendTo}
	for i := 0; i+1 < len(more); i += 2 {
		wanted[more[i]] = more[i+1]
	}
	a := w.ask(bob, wanted)
	var channel struct{ ID string }
	if err := json.Unmarshal(a.Body.Bytes(), &channel); err != nil || a.Code != http.StatusOK {
		w.t.Fatalf("subscription: %d %s", a.Code, a.Body)
	}
	return channel.ID
}

// wants checks which objects, in few words, a receiver was told of so far.
func (w *world) wants(url string, objects ...string) []delivery {
	w.t.Helper()
	w.settle()
	got := w.receivers.at(url)
	var words []string
	for _, d := range got {
		word := d.message.Type + " " + strings.TrimPrefix(d.message.Object, w.url(""))
		if d.message.Summary != "" {
			word += " " + d.message.Summary
		}
		words = append(words, word)
	}
	if !slices.Equal(words, objects) {
		w.t.Fatalf("%s got %q, want %q", url, words, objects)
	}
	return got
}
