package provider

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/solidoidc/dpop"
	"domicile/solidoidc/fetch"
	"domicile/solidoidc/internal/jose"
)

const (
	issuer   = "http://localhost:3000/"
	callback = "https://app.example/callback?app=1"
	alice    = "http://localhost:3000/alice/profile/card#me"
	aliceTwo = "http://localhost:3000/work/profile/card#me"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

// buckets are all that the provider keeps records in.
var buckets = []string{
	string(storedKeys), string(clients), string(interactions), string(consents), string(codes),
	string(families), string(sessionFamilies), string(credentials), string(accountCredentials), string(logouts), string(endedSessions), string(accountFamilies),
}

// browser is the one browser of the tests.
type browser struct {
	mu      sync.Mutex
	session *Session
	ended   int
}

func (b *browser) Session(*http.Request) (Session, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.session == nil {
		return Session{}, false
	}
	return *b.session, true
}

func (b *browser) EndSession(http.ResponseWriter, *http.Request) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.session = nil
	b.ended++
	return nil
}

func (b *browser) signIn(s *Session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.session = s
}

// sessionID is another one after each sign-out.
func (b *browser) sessionID() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprint("session-", b.ended+1)
}

// harness is a provider with a clock that tests move and a key for proofs.
type harness struct {
	*Provider
	t        *testing.T
	store    rdfstore.Store
	browser  *browser
	key      *jose.SigningKey
	time     time.Time
	timeLock sync.Mutex
	proofs   int
	ended    map[string]bool // grants; see holds
}

// sharedKeys spares each test the making of an RSA key.
var sharedKeys = sync.OnceValues(func() (signingKeys, error) {
	store := memstore.New()
	defer store.Close()
	return maintainKeys(context.Background(), store, time.Now())
})

func newStore(t *testing.T) rdfstore.Store {
	t.Helper()
	keys, err := sharedKeys()
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	err = store.Update(t.Context(), func(tx rdfstore.Tx) error {
		for _, k := range keys {
			if err := storedKeys.Set(tx, k.Key.ID(), k, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// stored is everything that is kept, to look for what must not be.
func (h *harness) stored() string {
	h.t.Helper()
	var all strings.Builder
	err := h.store.View(h.t.Context(), func(r rdfstore.Reader) error {
		for _, bucket := range buckets {
			for record, err := range r.Records(bucket, "", "") {
				if err != nil {
					return err
				}
				fmt.Fprintf(&all, "%s %s\n", record.Key, record.Value)
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all.String()
}

func newHarness(t *testing.T, change ...func(*Config)) *harness {
	t.Helper()
	h := &harness{t: t, browser: &browser{}, time: time.Now().Truncate(time.Second)}
	h.store = newStore(t)
	replays, err := dpop.OpenReplayLog("", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	client, err := fetch.New(fetch.Config{Allow: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	config := Config{
		Language: func(r *http.Request) string { return cmp.Or(r.Header.Get("Accept-Language"), "en") },
		Issuer:   issuer, Store: h.store, GrantHolds: h.holds, Proofs: dpop.New(dpop.Config{Replay: replays, Clock: h.now}), Fetch: client,
		Sessions: h.browser, InteractionURL: issuer + ".account/oidc/consent/", AllowHTTP: true,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Clock: h.now,
	}
	for _, c := range change {
		c(&config)
	}
	if h.Provider, err = New(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	h.key = newKey(t)
	return h
}

// holds reports whether a grant is in force: all are but those that a test ended.
func (h *harness) holds(_ rdfstore.StateReader, id string) (bool, error) { return !h.ended[id], nil }

func newKey(t *testing.T) *jose.SigningKey {
	t.Helper()
	key, err := jose.GenerateSigningKey(jose.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (h *harness) now() time.Time {
	h.timeLock.Lock()
	defer h.timeLock.Unlock()
	return h.time
}

func (h *harness) advance(d time.Duration) {
	h.timeLock.Lock()
	defer h.timeLock.Unlock()
	h.time = h.time.Add(d)
}

func (h *harness) signIn(webIDs ...string) Session {
	if len(webIDs) == 0 {
		webIDs = []string{alice}
	}
	s := Session{ID: h.browser.sessionID(), Account: "account-1", WebIDs: webIDs, AuthTime: h.now()}
	h.browser.signIn(&s)
	return s
}

// proof makes a DPoP proof for a POST to the token endpoint.
func (h *harness) proof(key *jose.SigningKey) string {
	return h.proofFor(key, "POST", issuer+".oidc/token")
}

func (h *harness) proofFor(key *jose.SigningKey, method, target string) string {
	h.t.Helper()
	h.timeLock.Lock()
	h.proofs++
	id := fmt.Sprint("proof-", h.proofs)
	h.timeLock.Unlock()
	proof, err := key.SignProof(map[string]any{"jti": id, "htm": method, "htu": target, "iat": h.now().Unix()})
	if err != nil {
		h.t.Fatal(err)
	}
	return proof
}

// do sends a request to the handler.
func (h *harness) do(method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	return w
}

func (h *harness) postForm(path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	return h.do("POST", issuer+path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

// object is a decoded JSON response.
type object map[string]any

func (o object) text(name string) string { s, _ := o[name].(string); return s }

func decode(t *testing.T, w *httptest.ResponseRecorder, status int) object {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Fatalf("content type %q", got)
	}
	var o object
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// refused checks for an OAuth error.
func refused(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if got := decode(t, w, status).text("error"); got != code {
		t.Errorf("error %q, want %q: %s", got, code, w.Body)
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("an error can be cached")
	}
}

// app is a registered client.
type app struct{ id, secret string }

const inruptRegistration = `{"client_name":"Notes","application_type":"web","redirect_uris":["` + callback + `"],"subject_type":"public",` +
	`"token_endpoint_auth_method":"client_secret_basic","id_token_signed_response_alg":"ES256","grant_types":["authorization_code","refresh_token"]}`

const publicRegistration = `{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"]}`

func (h *harness) register(body string) app {
	h.t.Helper()
	o := decode(h.t, h.do("POST", issuer+".oidc/reg", body, "Content-Type", "application/json"), 201)
	return app{o.text("client_id"), o.text("client_secret")}
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorizationForm is a good authorization request; changes are pairs of name
// and value, "" removes.
func authorizationForm(clientID string, changes ...string) url.Values {
	form := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {callback}, "scope": {"openid offline_access webid"},
		"state": {"st&te"}, "nonce": {"n-1"}, "code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			form.Del(changes[i])
		}
	}
	return form
}

func (h *harness) authorizeWith(form url.Values) *httptest.ResponseRecorder {
	return h.do("GET", issuer+".oidc/auth?"+form.Encode(), "")
}

// location returns where a response redirects to.
func location(t *testing.T, w *httptest.ResponseRecorder) *url.URL {
	t.Helper()
	if w.Code != http.StatusSeeOther {
		t.Fatalf("status %d, want 303: %s", w.Code, w.Body)
	}
	u, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// interact begins an interaction and returns its id.
func (h *harness) interact(form url.Values) string {
	h.t.Helper()
	u := location(h.t, h.authorizeWith(form))
	id := u.Query().Get("interaction")
	if id == "" || !strings.HasPrefix(u.String(), issuer+".account/oidc/consent/?") {
		h.t.Fatalf("no interaction: %s", u)
	}
	return id
}

// code passes an authorization request through consent, remembered or not.
func (h *harness) code(form url.Values, s Session, webID string) string {
	h.t.Helper()
	form = maps.Clone(form)
	form.Set("prompt", "consent")
	redirect, err := h.Approve(h.t.Context(), h.interact(form), s, consentTo(webID, true))
	if err != nil {
		h.t.Fatal(err)
	}
	u, err := url.Parse(redirect)
	if err != nil {
		h.t.Fatal(err)
	}
	return u.Query().Get("code")
}

// testGrant begins the ids of grants; see [consentTo].
const testGrant = "grant-of-"

// consentTo is a person's consent under a grant that is named for the WebID.
func consentTo(webID string, remember bool) Consent {
	return Consent{WebID: webID, Remember: remember, Grant: func(rdfstore.Tx) (string, error) { return testGrant + webID, nil }}
}

func codeForm(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
}

func basic(a app) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.id+":"+a.secret))
}

// redeem sends a form to the token endpoint as the app, with a fresh proof.
func (h *harness) redeem(a app, form url.Values, key *jose.SigningKey) *httptest.ResponseRecorder {
	if a.secret == "" {
		form.Set("client_id", a.id)
		return h.postForm(".oidc/token", form, "DPoP", h.proof(key))
	}
	return h.postForm(".oidc/token", form, "Authorization", basic(a), "DPoP", h.proof(key))
}

// tokensOf signs Alice in to the app.
func (h *harness) tokensOf(a app, changes ...string) object {
	h.t.Helper()
	code := h.code(authorizationForm(a.id, changes...), h.signIn(), alice)
	return decode(h.t, h.redeem(a, codeForm(code), h.key), 200)
}

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

func (h *harness) claims(token string) (jose.Header, jose.Claims) {
	h.t.Helper()
	header, claims, err := jose.Verify(token, h.Keys())
	if err != nil {
		h.t.Fatal(err)
	}
	return header, claims
}

func (h *harness) createCredentials(account, name, webID string) (c Credentials, secret string) {
	h.t.Helper()
	err := h.store.Update(h.t.Context(), func(tx rdfstore.Tx) (err error) {
		c, secret, err = h.CreateCredentials(tx, account, name, webID, func(clientID string) (string, error) {
			return testGrant + clientID, nil
		})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return c, secret
}
