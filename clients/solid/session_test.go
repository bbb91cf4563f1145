package solid

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const testWebID = "https://pod.example/alice/profile/card#me"

// fakeServer is an issuer and a resource server that accept what Solid-OIDC
// says and count what they issued.
type fakeServer struct {
	*httptest.Server
	expiresIn int64
	tokenType string

	mu     sync.Mutex
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
	payload, _ := json.Marshal(map[string]any{"webid": testWebID, "n": len(f.tokens)})
	token := "e30." + encode(payload) + ".c2ln"
	f.tokens[token] = (&Key{public: key}).Thumbprint()
	writeJSON(w, http.StatusOK, map[string]any{"access_token": token, "token_type": f.tokenType, "expires_in": f.expiresIn})
}

func (f *fakeServer) resource(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	key, claims, err := openProof(r.Header.Get("DPoP"))
	f.mu.Lock()
	defer f.mu.Unlock()
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
