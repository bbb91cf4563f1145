package ldp_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// The people of the tests. Alice owns the storage /alice/ and Bob none; a
// stranger is signed in and named in no ACL; the public is not signed in.
const (
	base     = "http://pods.example/"
	root     = base + "alice/"
	issuer   = "https://id.example/"
	alice    = root + "profile/card#me"
	bob      = "https://bob.example/card#me"
	stranger = "https://stranger.example/card#me"
	public   = ""
	// forged is the agent of a request whose credentials do not hold.
	forged = "forged"
)

const (
	ttl    = "text/turtle"
	jld    = "application/ld+json"
	n3     = "text/n3"
	sparql = "application/sparql-update"
	text   = "text/plain"
)

// agentHeader carries the WebID of the agent that a test acts as.
const agentHeader = "X-Test-Agent"

var everyMethod = []string{"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}

// fields are header fields: of a request to send, of an answer to look for.
type fields map[string]string

// given is a resource that stands before a test begins. Its ancestors are made
// with it.
type given struct {
	path      string // below the storage root, as in a URL
	mediaType string // "" for a container without a description
	body      string
}

// call is one request.
type call struct {
	as     string // WebID, public or forged
	method string
	path   string // below the base URL, with a query or strange spelling if need be
	fields fields
	body   string
}

// answer is a response, read to its end.
type answer struct {
	t      testing.TB
	call   call
	status int
	header http.Header
	body   string
}

// pod is a storage behind a real HTTP server.
type pod struct {
	t       testing.TB
	space   *resource.Space
	store   rdfstore.Store
	handler *ldp.Handler
	client  *http.Client // nil when nothing serves
}

// credentialsError is what authentication says of forged credentials.
type credentialsError struct{}

func (credentialsError) Error() string       { return "the proof does not hold" }
func (credentialsError) Status() int         { return http.StatusUnauthorized }
func (credentialsError) Challenge() []string { return []string{`DPoP error="invalid_token"`} }

func authenticate(r *http.Request, _ string) (wac.Agent, error) {
	webID := r.Header.Get(agentHeader)
	switch webID {
	case public:
		return wac.Agent{}, nil
	case forged:
		return wac.Agent{}, credentialsError{}
	}
	return wac.Agent{WebID: webID, Client: r.Header.Get("X-Test-Client"), Issuer: issuer}, nil
}

// newPod makes Alice's storage: root and profile card with their ACLs, and what
// the test adds. adjust may change the configuration first.
func newPod(t testing.TB, more []given, adjust ...func(*ldp.Config)) *pod {
	t.Helper()
	p := newUnserved(t, more, adjust...)
	server := httptest.NewServer(p.handler)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	transport := &http.Transport{DialContext: dial, DisableCompression: true, ExpectContinueTimeout: 5 * time.Second}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		p.close()
	})
	p.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p
}

// newUnserved makes the same without an HTTP server. Who gets it closes it.
func newUnserved(t testing.TB, more []given, adjust ...func(*ldp.Config)) *pod {
	t.Helper()
	p := newEmpty(t, adjust...)
	p.provision(more)
	return p
}

// newEmpty makes a handler of a store without a storage, unless adjust gives it
// another.
func newEmpty(t testing.TB, adjust ...func(*ldp.Config)) *pod {
	t.Helper()
	space, err := resource.NewSpace(base, false)
	if err != nil {
		t.Fatal(err)
	}
	config := ldp.Config{
		Space: space, Store: memstore.New(), Issuer: issuer,
		Authenticate: authenticate,
		Challenge:    func(error) []string { return []string{`DPoP algs="ES256"`, `Bearer`} },
		MaxBody:      64 << 20,
		MaxDocument:  1 << 20,
		Logger:       slog.New(slog.DiscardHandler),
		Clock:        time.Now,
	}
	for _, a := range adjust {
		a(&config)
	}
	handler, err := ldp.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return &pod{t: t, space: space, store: config.Store, handler: handler}
}

func (p *pod) close() {
	if err := p.store.Close(); err != nil {
		p.t.Error(err)
	}
}

func (p *pod) provision(more []given) {
	p.t.Helper()
	standing := append([]given{
		{".acl", ttl, acl(root, rule{agent: alice, modes: "Read, acl:Write, acl:Control", here: true, below: true})},
		{"profile/card", ttl, card},
		{"profile/card.acl", ttl, acl(root+"profile/card",
			rule{agent: alice, modes: "Read, acl:Write, acl:Control", here: true},
			rule{modes: "Read", here: true})},
	}, more...)
	err := p.store.Update(p.t.Context(), func(tx rdfstore.Tx) error {
		if err := tx.CreateStorage(rdfstore.Storage{Name: "alice", Owner: alice, Account: "1", Created: time.Now()}); err != nil {
			return err
		}
		for _, g := range standing {
			if err := p.put(tx, g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pod) put(tx rdfstore.Tx, g given) error {
	id, err := p.space.ParseIRI(root + g.path)
	if err != nil {
		return err
	}
	var missing []resource.ID
	for at, ok := id.Parent(); ok; at, ok = at.Parent() {
		if _, err := tx.Resource(at); !errors.Is(err, rdfstore.ErrNotFound) {
			break
		}
		missing = append(missing, at)
	}
	for _, container := range slices.Backward(missing) {
		if _, err := tx.Put(container, rdfstore.Content{Kind: rdfstore.Container, MediaType: ttl}); err != nil {
			return err
		}
	}
	body, err := p.store.Stage(p.t.Context(), strings.NewReader(g.body), -1)
	if err != nil {
		return err
	}
	defer body.Discard()
	content := rdfstore.Content{Kind: rdfstore.Document, MediaType: g.mediaType, Body: body}
	switch {
	case id.IsContainer():
		content.Kind, content.MediaType = rdfstore.Container, ttl
	case !codec.IsRDF(g.mediaType):
		content.Kind = rdfstore.Binary
	}
	_, err = tx.Put(id, content)
	return err
}

// send makes a request and reads the answer. Paths are sent as they are spelt.
func (p *pod) send(c call) *answer {
	p.t.Helper()
	a, err := p.trySend(c)
	if err != nil {
		p.t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	return a
}

// trySend is send for goroutines, which must not end the test.
func (p *pod) trySend(c call) (*answer, error) {
	var body io.Reader
	if c.body != "" {
		body = strings.NewReader(c.body)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), c.method, base+strings.TrimPrefix(c.path, "/"), body)
	if err != nil {
		return nil, err
	}
	for name, value := range c.fields {
		req.Header.Add(name, value)
	}
	if c.as != public {
		req.Header.Set(agentHeader, c.as)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return &answer{p.t, c, resp.StatusCode, resp.Header, string(read)}, nil
}

func (p *pod) get(as, path string) *answer {
	p.t.Helper()
	return p.send(call{as: as, method: "GET", path: path})
}

// write sends a body of a media type; a "" media type sends no Content-Type.
func (p *pod) write(as, method, path, mediaType, body string, more ...fields) *answer {
	p.t.Helper()
	all := fields{}
	if mediaType != "" {
		all["Content-Type"] = mediaType
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return p.send(call{as, method, path, all, body})
}

// is checks the status.
func (a *answer) is(want int) *answer {
	a.t.Helper()
	if a.status != want {
		a.t.Errorf("%s %s as %q: status %d, want %d; body: %.300s", a.call.method, a.call.path, a.call.as, a.status, want, a.body)
	}
	return a
}

// isOneOf checks the status where the protocol leaves a choice.
func (a *answer) isOneOf(want ...int) *answer {
	a.t.Helper()
	if !slices.Contains(want, a.status) {
		a.t.Errorf("%s %s as %q: status %d, want one of %v; body: %.300s", a.call.method, a.call.path, a.call.as, a.status, want, a.body)
	}
	return a
}

// has checks that each field's values, joined, hold a text.
func (a *answer) has(want fields) *answer {
	a.t.Helper()
	for name, part := range want {
		if got, ok := a.field(name); !ok || !strings.Contains(got, part) {
			a.t.Errorf("%s %s: %s is %q, want %q in it", a.call.method, a.call.path, name, got, part)
		}
	}
	return a
}

// lacks checks that no field's values hold a text; "" means that there is no
// such field.
func (a *answer) lacks(unwanted fields) *answer {
	a.t.Helper()
	for name, part := range unwanted {
		if got, ok := a.field(name); ok && strings.Contains(got, part) {
			a.t.Errorf("%s %s: %s is %q, want no %q in it", a.call.method, a.call.path, name, got, part)
		}
	}
	return a
}

func (a *answer) field(name string) (string, bool) {
	values, ok := a.header[http.CanonicalHeaderKey(name)]
	return strings.Join(values, ", "), ok
}

// holds checks that the body holds each text.
func (a *answer) holds(parts ...string) *answer {
	a.t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			a.t.Errorf("%s %s: %q is not in the body: %.400s", a.call.method, a.call.path, part, a.body)
		}
	}
	return a
}

// omits checks that the body holds none of the texts.
func (a *answer) omits(parts ...string) *answer {
	a.t.Helper()
	for _, part := range parts {
		if strings.Contains(a.body, part) {
			a.t.Errorf("%s %s: %q is in the body: %.400s", a.call.method, a.call.path, part, a.body)
		}
	}
	return a
}

// graph parses the body, which must be RDF, against the resource's URL.
func (a *answer) graph() *rdf.Graph {
	a.t.Helper()
	return a.document().Default
}

func (a *answer) document() *rdf.Document {
	a.t.Helper()
	url, _, _ := strings.Cut(base+strings.TrimPrefix(a.call.path, "/"), "?")
	doc, err := codec.Parse(a.t.Context(), a.header.Get("Content-Type"), strings.NewReader(a.body), url)
	if err != nil {
		a.t.Fatalf("%s %s: status %d, %q: %v; body: %.300s", a.call.method, a.call.path, a.status, a.header.Get("Content-Type"), err, a.body)
	}
	return doc
}

// row is a table entry: one request to a fresh pod.
type row struct {
	name  string // requirement ID and what is shown
	given []given
	call
	status int
	has    fields
	lacks  fields
	holds  []string
	omits  []string
}

func run(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			newPod(t, r.given).send(r.call).is(r.status).has(r.has).lacks(r.lacks).holds(r.holds...).omits(r.omits...)
		})
	}
}
