package ldp_test

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
)

// publicPaths are few, so that what is asked has been asked before.
var publicPaths = []string{
	"alice/c/r", "alice/c/r.acl", "alice/c/r.meta", "alice/c/r2", "alice/c/", "alice/c/.acl", "alice/c/text", "alice/c/large", "alice/c/large.txt",
	"alice/profile/card", "alice/", "alice/.well-known/solid", "bob/c/r",
}

// TestAnswersToThePublic asks a handler that remembers what it answered and one
// over the same store that remembers nothing, while Alice changes things.
func TestAnswersToThePublic(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWitness(t)
		defer w.store.Close()
		r.Repeat(map[string]func(*rapid.T){
			"ask":         w.ask,
			"ask again 1": w.askAgain,
			"ask again 2": w.askAgain,
			"ask again 3": w.askAgain,
			"write":       w.write,
			"delete":      w.delete,
			"rules":       w.rules,
			"storage":     w.changeStorage,
			"wait":        func(t *rapid.T) { w.now = w.now.Add(time.Duration(rapid.IntRange(1, 5).Draw(t, "hours")) * time.Hour) },
		})
	})
}

// TestAnswersDependOnFields asks with each field between two plain questions.
func TestAnswersDependOnFields(t *testing.T) {
	w := newWitness(t)
	defer w.store.Close()
	compare := func(fields ...string) {
		header := http.Header{}
		for i := 0; i < len(fields); i += 2 {
			header.Set(fields[i], fields[i+1])
		}
		for _, path := range publicPaths {
			w.compare(t, asked{"GET", path, header})
		}
	}
	for name, values := range w.choices() {
		for _, value := range values {
			compare()
			compare(name, value)
			for _, also := range [][]string{{"Accept", "text/html"}, {"Accept-Encoding", "gzip"}} {
				compare(append(also, name, value)...)
				compare(also...)
			}
		}
	}
}

// readUntil lets everybody read until a time.
func readUntil(end time.Time) rule {
	return rule{modes: "Read", here: true, below: true,
		more: `; <http://schema.org/validThrough> "` + end.UTC().Format(time.RFC3339) + `"^^<http://www.w3.org/2001/XMLSchema#dateTime>`}
}

// WAC-CONF-01: what ends is not remembered beyond its end.
func TestAnswersEnd(t *testing.T) {
	now := time.Now().Add(time.Hour)
	p := newPod(t, []given{{"r", ttl, note}, aclOf("r", mine, readUntil(now.Add(2*time.Hour)))}, func(c *ldp.Config) { c.Clock = func() time.Time { return now } })
	for range 2 {
		p.get(public, "/alice/r").is(200)
	}
	now = now.Add(3 * time.Hour)
	p.get(public, "/alice/r").is(401)
}

// interrupted is a store in which something happens before the next view.
type interrupted struct {
	rdfstore.Store
	before func()
}

func (s *interrupted) View(ctx context.Context, read func(rdfstore.Reader) error) error {
	before := s.before
	s.before = func() {}
	before()
	return s.Store.View(ctx, read)
}

// What is remembered of large content is not sent with other content, which took
// its place after the question.
func TestLargeContentIsThatOfTheAnswer(t *testing.T) {
	store := &interrupted{Store: memstore.New(), before: func() {}}
	p := newPod(t, []given{aclOf("", mine, rule{modes: "Read", here: true, below: true}), {"r", text, strings.Repeat("old", 50_000)}, {"small", text, "small"}},
		func(c *ldp.Config) { c.Store = store; c.Clock = func() time.Time { return time.Now().Add(time.Hour) } })
	for range 2 {
		p.send(call{public, "GET", "/alice/small", fields{"Range": "bytes=0-2"}, ""}).is(206).holds("sma").omits("small")
		p.get(public, "/alice/small").is(200)
	}
	old := p.get(public, "/alice/r").is(200)
	p.send(call{public, "GET", "/alice/r", fields{"Range": "bytes=0-5"}, ""}).is(206).has(fields{"ETag": old.header.Get("ETag")})
	store.before = func() { p.write(alice, "PUT", "/alice/r", text, strings.Repeat("new", 60_000)).is(204) }
	now := p.send(call{public, "GET", "/alice/r", fields{"Range": "bytes=0-5"}, ""}).is(206).holds("newnew").has(fields{"Content-Range": "bytes 0-5/180000"})
	if tag := now.header.Get("ETag"); tag == old.header.Get("ETag") {
		t.Errorf("%s is of the content before", tag)
	}
}

type witness struct {
	store               rdfstore.Store
	remembering, simple *pod
	now                 time.Time
	before              []asked
	lastTag             string
	closed              bool // the storage
}

func newWitness(t *testing.T) *witness {
	w := &witness{store: memstore.New(), now: time.Now().Add(time.Hour)} // later than what is made meanwhile
	configure := func(cache int64) func(*ldp.Config) {
		return func(c *ldp.Config) {
			c.Store, c.CacheBytes, c.StrictOrigin = w.store, cache, true
			c.Clock = func() time.Time { return w.now }
			c.Language = func(r *http.Request) string { return cmp.Or(r.Header.Get("Accept-Language"), "en") }
		}
	}
	w.simple = newEmpty(t, configure(1))
	w.remembering = newEmpty(t, configure(0))
	w.simple.provision([]given{
		{"c/r", ttl, note}, {"c/text", text, strings.Repeat("text ", 500)},
		{"c/large", "image/png", strings.Repeat("12345678", 10_000)}, {"c/large.txt", text, strings.Repeat("a line\n", 12_000)},
		aclOf("c/", mine, rule{modes: "Read", here: true, below: true}),
	})
	return w
}

// asked is a request.
type asked struct {
	method, path string
	header       http.Header
}

// choices are the fields that an answer may depend on.
func (w *witness) choices() map[string][]string {
	return map[string][]string{
		"Accept":            {ttl, jld, "text/html", "image/png", "*/*"},
		"Accept-Encoding":   {"gzip", "zstd, gzip"},
		"Accept-Language":   {"nl", "fr"},
		"Range":             {"bytes=2-5", "bytes=9999999-"},
		"Origin":            {"https://app.example", "http://pods.example"},
		"If-None-Match":     {"*", w.lastTag},
		"If-Match":          {w.lastTag, `"other"`},
		"If-Modified-Since": {w.now.Add(-time.Hour).UTC().Format(http.TimeFormat)},
		"Prefer":            {`return=representation; include="http://www.w3.org/ns/ldp#PreferMinimalContainer"`},
		agentHeader:         {bob, alice, forged},
	}
}

// ask asks plainly.
func (w *witness) ask(t *rapid.T) {
	w.compare(t, asked{"GET", rapid.SampledFrom(publicPaths).Draw(t, "path"), http.Header{}})
}

// askAgain asks what has been asked before, or nearly so.
func (w *witness) askAgain(t *rapid.T) {
	if len(w.before) == 0 {
		t.Skip("nothing has been asked yet")
	}
	a := rapid.SampledFrom(w.before[max(0, len(w.before)-5):]).Draw(t, "again")
	a.header = a.header.Clone()
	if rapid.Bool().Draw(t, "otherwise") {
		a.method = rapid.SampledFrom([]string{"GET", "HEAD"}).Draw(t, "method")
		choices := w.choices()
		name := rapid.SampledFrom(slices.Sorted(maps.Keys(choices))).Draw(t, "name")
		if value := rapid.SampledFrom(append(choices[name], "")).Draw(t, name); value != "" {
			a.header.Set(name, value)
		} else {
			a.header.Del(name)
		}
	}
	w.compare(t, a)
}

func (w *witness) compare(t rapid.TB, a asked) {
	w.before = append(w.before, a)
	want, got := w.simple.answerTo(a), w.remembering.answerTo(a)
	if want.Code != got.Code || want.Body.String() != got.Body.String() {
		t.Fatalf("%v: %d %q, want %d %q", a, got.Code, got.Body, want.Code, want.Body)
	}
	for _, h := range []http.Header{want.Header(), got.Header()} {
		for name := range h {
			slices.Sort(h[name])
		}
	}
	if !reflect.DeepEqual(want.Header(), got.Header()) {
		t.Fatalf("%v: header\n%v, want\n%v", a, got.Header(), want.Header())
	}
	w.lastTag = got.Header().Get("ETag")
}

func (p *pod) answerTo(a asked) *httptest.ResponseRecorder {
	r := httptest.NewRequest(a.method, base+a.path, nil)
	r.Header = a.header
	answer := httptest.NewRecorder()
	answer.Header().Set("X-Request-Id", "request")
	p.handler.ServeHTTP(answer, r)
	return answer
}

func (w *witness) asAlice(t *rapid.T, method, path, mediaType, body string) {
	r := httptest.NewRequest(method, root+path, strings.NewReader(body))
	r.Header.Set(agentHeader, alice)
	r.Header.Set("Content-Type", mediaType)
	answer := httptest.NewRecorder()
	w.remembering.handler.ServeHTTP(answer, r)
	if answer.Code >= 500 {
		t.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
}

func (w *witness) write(t *rapid.T) {
	switch path := rapid.SampledFrom([]string{"c/r", "c/r2", "c/text", "c/large", "c/large.txt", "c/r.meta", "profile/card"}).Draw(t, "path"); path {
	case "c/text":
		w.asAlice(t, "PUT", path, text, rapid.StringMatching("[a-c]{0,3}").Draw(t, "text"))
	case "c/large", "c/large.txt":
		size := rapid.SampledFrom([]int{60_000, 70_000, 80_000}).Draw(t, "size")
		w.asAlice(t, "PUT", path, rapid.SampledFrom([]string{text, "image/png"}).Draw(t, "type"), strings.Repeat("x", size))
	case "c/r.meta":
		w.asAlice(t, "PUT", path, ttl, "<r> <http://www.w3.org/ns/ldp#inbox> <"+rapid.SampledFrom([]string{"in1/", "in2/"}).Draw(t, "inbox")+">.")
	default:
		n := rapid.SampledFrom([]string{"1", "2"}).Draw(t, "n")
		if rapid.Bool().Draw(t, "patch") {
			w.asAlice(t, "PATCH", path, sparql, "INSERT DATA { <#it> <#n> "+n+" }")
			return
		}
		w.asAlice(t, "PUT", path, ttl, "<#it> <#n> "+n+".")
	}
}

func (w *witness) delete(t *rapid.T) {
	w.asAlice(t, "DELETE", rapid.SampledFrom([]string{"c/r", "c/r2", "c/text", "c/large", "c/r.acl", "c/r.meta"}).Draw(t, "path"), "", "")
}

func (w *witness) rules(t *rapid.T) {
	path := rapid.SampledFrom([]string{"c/", "c/r", "profile/card"}).Draw(t, "of")
	rules := map[string][]rule{
		"public":     {mine, {modes: "Read", here: true, below: true}},
		"until":      {mine, readUntil(w.now.Add(2 * time.Hour))},
		"with rules": {mine, {modes: "Read, acl:Control", here: true, below: true}},
		"private":    {mine},
		"to bob":     {mine, all("Read")},
	}
	kind := rapid.SampledFrom([]string{"public", "until", "with rules", "private", "to bob"}).Draw(t, "kind")
	w.asAlice(t, "PUT", path+".acl", ttl, acl(root+path, rules[kind]...))
}

// changeStorage does what the account does, past the handler.
func (w *witness) changeStorage(t *rapid.T) {
	visible := rapid.Bool().Draw(t, "visible")
	w.closed = !w.closed && rapid.Bool().Draw(t, "closed")
	if err := w.store.Update(context.Background(), func(tx rdfstore.Tx) error {
		if err := tx.CloseStorage("alice", w.closed); err != nil {
			return err
		}
		return tx.SetOwners("alice", []rdfstore.Owner{{WebID: alice, Visible: visible}})
	}); err != nil {
		t.Fatal(err)
	}
}
