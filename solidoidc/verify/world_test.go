package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"domicile/rdfstore/rdf"
	"domicile/solidoidc/dpop"
	"domicile/solidoidc/fetch"
	"domicile/solidoidc/internal/jose"
)

const (
	ownIssuer   = "http://localhost:3000/"
	localWebID  = "http://localhost:3000/alice/profile/card#me"
	resourceURL = "http://localhost:3000/alice/notes.ttl"
)

// world is a verifier and what is around it: a server elsewhere that is an
// issuer and hosts the profile of bob, and a profile hosted here.
type world struct {
	t        testing.TB
	verifier *Verifier
	config   Config

	base      string            // of the server elsewhere, without a slash
	issuerKey *jose.SigningKey  // of the issuer elsewhere
	ownKey    *jose.SigningKey  // of the own issuer
	ownKeys   *jose.KeySet      // that it publishes
	agentKey  *jose.SigningKey  // with which the agent's client signs proofs
	local     map[string]string // WebIDs hosted here and the issuer they name
	ended     map[string]bool   // families of tokens of the own issuer

	mu        sync.Mutex
	now       time.Time
	proofs    int
	hits      map[string]int                // by path
	documents map[string]http.HandlerFunc   // by path
	keys      map[string][]*jose.SigningKey // what a JWKS path answers
}

func newWorld(t testing.TB, configure ...func(*Config)) *world {
	t.Helper()
	w := &world{
		t: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		issuerKey: newKey(t), ownKey: newKey(t), agentKey: newKey(t),
		local: map[string]string{localWebID: ownIssuer},
		hits:  map[string]int{}, ended: map[string]bool{},
	}
	server := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(server.Close)
	w.base = server.URL
	w.ownKeys = jose.PublicKeys(w.ownKey)
	w.keys = map[string][]*jose.SigningKey{"/jwks": {w.issuerKey}}
	w.publishAll()
	client, err := fetch.New(fetch.Config{Allow: []string{strings.TrimPrefix(w.base, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	replay, err := dpop.OpenReplayLog("", 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	w.config = Config{
		Issuer:       ownIssuer,
		OwnKeys:      func() *jose.KeySet { return w.ownKeys },
		InForce:      w.inForce,
		Fetch:        client,
		Proofs:       dpop.New(dpop.Config{Replay: replay, Clock: w.clock}),
		AllowHTTP:    true,
		LocalProfile: w.localProfile,
		Clock:        w.clock,
	}
	for _, change := range configure {
		change(&w.config)
	}
	w.verifier = New(w.config)
	return w
}

// publishAll publishes the issuer elsewhere and bob's profile.
func (w *world) publishAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.documents = map[string]http.HandlerFunc{
		discoveryPath: document("application/json", `{"issuer":"%[1]s/","jwks_uri":"%[1]s/jwks"}`, w.base),
		"/card":       document("text/turtle", `<#me> <%s> <%s/> .`, oidcIssuerIRI, w.base),
	}
}

func newKey(t testing.TB) *jose.SigningKey {
	t.Helper()
	key, err := jose.GenerateSigningKey(jose.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// document answers with a fixed body.
func document(mediaType, format string, args ...any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		fmt.Fprintf(w, format, args...)
	}
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.hits[r.URL.Path]++
	handler, keys := w.documents[r.URL.Path], w.keys[r.URL.Path]
	w.mu.Unlock()
	switch {
	case handler != nil:
		handler(rw, r)
	case keys != nil:
		raw, err := jose.PublicKeys(keys...).MarshalJSON()
		if err != nil {
			w.t.Error(err)
		}
		rw.Header().Set("Content-Type", "application/json")
		rw.Write(raw)
	default:
		http.NotFound(rw, r)
	}
}

func (w *world) publish(path string, handler http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.documents[path] = handler
}

func (w *world) publishKeys(path string, keys ...*jose.SigningKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keys[path] = keys
}

// asked returns how many requests reached the paths; all of them without any.
func (w *world) asked(paths ...string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, hits := range w.hits {
		if len(paths) == 0 || strings.Contains(strings.Join(paths, " ")+" ", path+" ") {
			n += hits
		}
	}
	return n
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) inForce(_ context.Context, _, family string) (bool, error) {
	return !w.ended[family], nil
}

func (w *world) localProfile(_ context.Context, webID string) (*rdf.Graph, bool, error) {
	if !strings.HasPrefix(webID, ownIssuer) {
		return nil, false, nil
	}
	graph := new(rdf.Graph)
	if issuer, ok := w.local[webID]; ok {
		graph.Add(rdf.Triple{S: rdf.IRI(webID), P: rdf.IRI("http://www.w3.org/ns/solid/terms#oidcIssuer"), O: rdf.IRI(issuer)})
	}
	return graph, true, nil
}

// bobsClaims are those of a good token of the issuer elsewhere.
func (w *world) bobsClaims() map[string]any {
	return map[string]any{
		"webid": w.base + "/card#me", "iss": w.base + "/", "aud": "solid", "client_id": "https://app.example/id",
		"iat": w.clock().Unix(), "exp": w.clock().Add(5 * time.Minute).Unix(),
		"cnf": map[string]any{"jkt": w.agentKey.Thumbprint()},
	}
}

// alicesClaims are those of a good token of the own issuer.
func (w *world) alicesClaims() map[string]any {
	claims := w.bobsClaims()
	claims["webid"], claims["iss"] = localWebID, ownIssuer
	return claims
}

// with returns the claims with one changed, or left out when value is nil.
func with(claims map[string]any, name string, value any) map[string]any {
	changed := maps.Clone(claims)
	changed[name] = value
	if value == nil {
		delete(changed, name)
	}
	return changed
}

func (w *world) sign(key *jose.SigningKey, claims map[string]any) string {
	w.t.Helper()
	token, err := key.Sign("at+jwt", claims)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// proof returns a fresh proof for GET of resourceURL.
func (w *world) proof(key *jose.SigningKey) string {
	w.t.Helper()
	w.mu.Lock()
	w.proofs++
	id := fmt.Sprint("proof ", w.proofs)
	w.mu.Unlock()
	proof, err := key.SignProof(map[string]any{"jti": id, "htm": "GET", "htu": resourceURL, "iat": w.clock().Unix()})
	if err != nil {
		w.t.Fatal(err)
	}
	return proof
}

func (w *world) request(token string) Request {
	w.t.Helper()
	return Request{Method: "GET", URL: resourceURL, Authorization: []string{"DPoP " + token}, DPoP: []string{w.proof(w.agentKey)}}
}

func (w *world) identify(r Request) (Identity, error) {
	return w.verifier.Identify(context.Background(), r)
}

// mustRefuse checks that err is an Error with this code whose description
// holds the text, and that the description can go into a header.
func mustRefuse(t testing.TB, err error, code, text string) {
	t.Helper()
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want an Error", err)
	}
	if refused.Code != code || !strings.Contains(refused.Description, text) {
		t.Errorf("got %s: %s; want %s about %q", refused.Code, refused.Description, code, text)
	}
}

func mustIdentify(t testing.TB, identity Identity, err error, webID string) {
	t.Helper()
	if err != nil {
		t.Fatalf("refused: %v (%v)", err, errors.Unwrap(err))
	}
	if identity.WebID != webID {
		t.Fatalf("identified as %q, want %q", identity.WebID, webID)
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/turtle")
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, strings.Repeat("# nothing\n", 1000)); err != nil {
			return
		}
	}
}
