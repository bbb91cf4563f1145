package solid

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const testWebID = "https://pod.example/alice/profile/card#me"

// fakeServer is an issuer and a resource server that accept what Solid-OIDC
// says and count what they issued.
type fakeServer struct {
	*httptest.Server
	expiresIn int64
	tokenType string
	nonce     string // that proofs have to carry; "" for none

	mu     sync.Mutex
	issued int
	tokens map[string]string // token → thumbprint of its key
	proofs map[string]bool   // identifiers seen
	paths  []string          // of authorized requests
}

func newFakeServer(t *testing.T) *fakeServer {
	f := &fakeServer{expiresIn: 600, tokenType: "DPoP", tokens: map[string]string{}, proofs: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"issuer": f.URL + "/", "token_endpoint": f.URL + "/token"})
	})
	mux.HandleFunc("POST /token", f.issue)
	mux.HandleFunc("GET /redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/resource?x=1", http.StatusFound)
	})
	mux.HandleFunc("/resource", f.resource)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeServer) issue(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id != "an+id" || secret != "a%3Asecret" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "webid" {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": "no such client"})
		return
	}
	key, claims, err := openProof(r.Header.Get("DPoP"))
	if err != nil || claims.HTM != "POST" || claims.HTU != f.URL+"/token" || claims.ATH != "" {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_dpop_proof"})
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if claims.Nonce != f.nonce {
		w.Header().Set("DPoP-Nonce", f.nonce)
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "use_dpop_nonce"})
		return
	}
	f.issued++
	payload, _ := json.Marshal(map[string]any{"webid": testWebID, "n": f.issued, "details": r.FormValue("authorization_details")})
	token := "e30." + encode(payload) + ".c2ln"
	f.tokens[token] = (&Key{public: key}).Thumbprint()
	writeJSON(w, http.StatusOK, map[string]any{"access_token": token, "token_type": f.tokenType, "expires_in": f.expiresIn})
}

func (f *fakeServer) resource(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	key, claims, err := openProof(r.Header.Get("DPoP"))
	f.mu.Lock()
	defer f.mu.Unlock()
	if claims.Nonce != f.nonce {
		w.Header().Set("DPoP-Nonce", f.nonce)
		w.Header().Set("WWW-Authenticate", `DPoP algs="ES256", error="use_dpop_nonce"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if f.tokens[token] == "" {
		w.Header().Set("WWW-Authenticate", `Bearer, DPoP algs="ES256", error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch {
	case err != nil, scheme != "DPoP",
		f.tokens[token] != (&Key{public: key}).Thumbprint(),
		claims.HTM != r.Method, claims.HTU != f.URL+"/resource", claims.ATH == "", f.proofs[claims.JTI]:
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	f.proofs[claims.JTI] = true
	f.paths = append(f.paths, r.URL.String())
	_, _ = io.Copy(w, r.Body)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

var testCredentials = Credentials{ID: "an id", Secret: "a:secret"}

func TestSession(t *testing.T) {
	server := newFakeServer(t)
	session, err := Login(t.Context(), server.URL+"/", testCredentials)
	if err != nil {
		t.Fatal(err)
	}
	if session.WebID() != testWebID {
		t.Errorf("WebID is %q", session.WebID())
	}
	client := session.Client()
	request, err := http.NewRequest(http.MethodPut, server.URL+"/resource", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode != http.StatusOK || string(body) != "body" {
		t.Errorf("PUT answered %d %q", response.StatusCode, body)
	}
	if request.Header.Get("Authorization") != "" {
		t.Error("RoundTrip changed the caller's request")
	}
	t.Run("a redirect gets a proof of its own", func(t *testing.T) {
		response, err := client.Get(server.URL + "/redirect")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("answered %d", response.StatusCode)
		}
	})
	t.Run("one token serves many at once", func(t *testing.T) {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				response, err := client.Get(server.URL + "/resource")
				if err != nil {
					t.Error(err)
					return
				}
				response.Body.Close()
				if response.StatusCode != http.StatusOK {
					t.Errorf("answered %d", response.StatusCode)
				}
			})
		}
		group.Wait()
		if len(server.tokens) != 1 {
			t.Errorf("%d tokens were issued", len(server.tokens))
		}
	})
}

func TestSessionRenewsTokens(t *testing.T) {
	server := newFakeServer(t)
	server.expiresIn = int64(renewBefore.Seconds()) - 1 // each token is too old at once
	session, err := Login(t.Context(), server.URL, testCredentials)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		response, err := session.Client().Get(server.URL + "/resource")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("answered %d", response.StatusCode)
		}
	}
	if len(server.tokens) != 3 {
		t.Errorf("%d tokens were issued, want one at login and one per request", len(server.tokens))
	}
}

// revoke makes all tokens that are out good for nothing.
func (f *fakeServer) revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

func TestSessionReplacesARevokedTokenOnce(t *testing.T) {
	server := newFakeServer(t)
	session, err := Login(t.Context(), server.URL, testCredentials)
	if err != nil {
		t.Fatal(err)
	}
	client := session.Client()
	server.revoke()
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			response, err := client.Post(server.URL+"/resource", "text/plain", strings.NewReader("body"))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK || string(body) != "body" {
				t.Errorf("answered %d %q", response.StatusCode, body)
			}
		})
	}
	group.Wait()
	if server.issued != 2 {
		t.Errorf("%d tokens were issued, want one at login and one for all requests", server.issued)
	}

	server.revoke()
	once := struct{ io.Reader }{strings.NewReader("body")} // can't be sent again
	response, err := client.Post(server.URL+"/resource", "text/plain", once)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a body that is gone: answered %d", response.StatusCode)
	}
	if response, err = client.Get(server.URL + "/resource"); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK || server.issued != 3 {
		t.Errorf("the request after it: answered %d with token %d", response.StatusCode, server.issued)
	}
}

func TestSessionSendsTheNonce(t *testing.T) {
	server := newFakeServer(t)
	server.nonce = "first"
	session, err := Login(t.Context(), server.URL, testCredentials)
	if err != nil {
		t.Fatal(err)
	}
	server.nonce = "second"
	for range 2 {
		response, err := session.Client().Post(server.URL+"/resource", "text/plain", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusOK || string(body) != "body" {
			t.Errorf("answered %d %q", response.StatusCode, body)
		}
	}
}

func TestSessionGivesUp(t *testing.T) {
	sent := 0
	issuer := newFakeServer(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent++
		w.Header().Set("WWW-Authenticate", `DPoP error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	session, err := Login(t.Context(), issuer.URL, testCredentials)
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewClient(session.Client()).Head(t.Context(), server.URL)
	if !errors.Is(err, ErrUnauthorized) || sent != 2 {
		t.Errorf("sent %d times, %v", sent, err)
	}
}

func TestTokenWaitsNoLongerThanItsContext(t *testing.T) {
	server := newFakeServer(t)
	session, err := Login(t.Context(), server.URL, testCredentials)
	if err != nil {
		t.Fatal(err)
	}
	server.revoke()
	session.discard(session.current())
	session.renewing <- struct{}{} // another is at it
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := session.Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNarrowedLogin(t *testing.T) {
	server := newFakeServer(t)
	session, err := Login(t.Context(), server.URL, testCredentials, AccessRequest{
		Locations: []string{"https://pod.example/loans/"}, Actions: []string{"add"}, Purpose: "Loans",
		Until: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(session.current(), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var token struct{ Details string }
	if err := json.Unmarshal(payload, &token); err != nil {
		t.Fatal(err)
	}
	const want = `[{"type":"domicile-access","locations":["https://pod.example/loans/"],"actions":["add"],"purpose":"Loans","until":"2027-01-02T03:04:05Z"}]`
	if token.Details != want {
		t.Errorf("asked for %s", token.Details)
	}
}

func TestLoginFails(t *testing.T) {
	server := newFakeServer(t)
	t.Run("wrong secret", func(t *testing.T) {
		_, err := Login(t.Context(), server.URL, Credentials{ID: "an id", Secret: "hunter2"})
		var refused *StatusError
		if !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized || refused.Message != "no such client" {
			t.Fatalf("got %v", err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Error("the secret is in the error")
		}
	})
	t.Run("a bearer token is refused", func(t *testing.T) {
		server.tokenType = "Bearer"
		if _, err := Login(t.Context(), server.URL, testCredentials); err == nil {
			t.Error("no error")
		}
	})
	t.Run("no issuer there", func(t *testing.T) {
		_, err := Login(t.Context(), server.URL+"/elsewhere", testCredentials)
		var refused *StatusError
		if !errors.As(err, &refused) || refused.Status != http.StatusNotFound {
			t.Errorf("got %v", err)
		}
	})
}

func TestRoundTripClosesTheBodyWhenNoTokenCanBeHad(t *testing.T) {
	server := newFakeServer(t)
	server.expiresIn = 0
	session, err := Login(t.Context(), server.URL, testCredentials)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	body := &closeRecorder{Reader: strings.NewReader("body")}
	if _, err := session.Client().Post(server.URL+"/resource", "text/plain", body); err == nil {
		t.Error("no error")
	}
	if !body.closed {
		t.Error("the body was left open")
	}
}

type closeRecorder struct {
	io.Reader
	closed bool
}

func (c *closeRecorder) Close() error { c.closed = true; return nil }

func FuzzWebIDOf(f *testing.F) {
	for _, seed := range []string{"", "a.b.c", "e30.e30.", "e30." + encode([]byte(`{"webid":"https://a/"}`)) + ".x", strings.Repeat(".", 9)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		webID, err := webIDOf(token)
		if (webID == "") != (err != nil) {
			t.Errorf("%s: got %q, %v", strconv.Quote(token), webID, err)
		}
	})
}
