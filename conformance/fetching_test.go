package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

// TestWhatStrangersName shows that nothing that a stranger names makes the
// server connect to a private address (security.md 2.1): each way in leads to
// a trap, which counts who connects, some by way of a host that the operator
// has opened. That DNS cannot change its mind between check and connection is
// shown in package fetch, where the resolver is a fake.
func TestWhatStrangersName(t *testing.T) {
	var connections atomic.Int32
	trap := httptest.NewUnstartedServer(http.NotFoundHandler())
	trap.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	trap.Start()
	t.Cleanup(trap.Close)
	other := newIssuer(t, trap.URL)
	server := program.Start(t, "--allow-fetch", strings.TrimPrefix(other.url, "http://"))
	alice := server.SignUp(t, "alice")
	note := alice.Pod.URL + "note.ttl"
	wantStatus(t, alice.Do(t, "PUT", note, "<#a> <#b> <#c>.", "Content-Type", turtle), http.StatusCreated)

	closed := func(name string, visit func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			visit(t)
			if n := connections.Load(); n > 0 {
				t.Errorf("%d connections to a private address", n)
			}
			connections.Store(0)
		})
	}
	token := func(name, says string, claims map[string]any) {
		closed(name, func(t *testing.T) {
			answer := other.get(t, note, claims)
			wantStatus(t, answer, http.StatusUnauthorized)
			challenge := answer.Header.Get("WWW-Authenticate")
			wantContains(t, "the challenge", challenge, `error="invalid_token"`, says)
			if strings.Contains(challenge+answer.Body, "refused") || strings.Contains(challenge+answer.Body, "timed out") {
				t.Errorf("the answer tells what is at the address: %s\n%s", challenge, answer.Body)
			}
		})
	}
	t.Run("the opened issuer is taken", func(t *testing.T) {
		wantStatus(t, other.get(t, note, nil), http.StatusForbidden) // known, and not allowed
	})
	token("OIDC-RS-09 the WebID", "document of the WebID", map[string]any{"webid": trap.URL + "/card#me"})
	token("OIDC-RS-09 a redirect of the WebID", "document of the WebID", map[string]any{"webid": other.url + "/redirect#me"})
	token("OIDC-RS-09 the JSON-LD context of the WebID", "read as RDF", map[string]any{"webid": other.url + "/card.jsonld#me"})
	token("OIDC-RS-11 the issuer", "keys of the issuer", map[string]any{"iss": trap.URL})
	token("OIDC-RS-11 the key set of the issuer", "keys of the issuer", map[string]any{"iss": other.url + "/jwks-elsewhere"})
	token("OIDC-RS-11 a redirect of the issuer", "keys of the issuer", map[string]any{"iss": other.url + "/moved"})
	for name, address := range map[string]string{"metadata": "http://169.254.169.254", "this host": "http://0.0.0.0:80", "IPv6": "http://[::1]:1"} {
		token("OIDC-RS-05 the WebID, at the address of "+name, "", map[string]any{"webid": address + "/card#me"})
	}

	authorize := func(t *testing.T, client string) harness.Answer {
		return harness.Anonymous(t, "GET", server.BaseURL+".oidc/auth?"+url.Values{
			"client_id": {client}, "redirect_uri": {"https://app.example/"}, "response_type": {"code"}, "scope": {"openid webid"},
			"code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"},
		}.Encode(), "", "Accept", "text/html")
	}
	for name, client := range map[string]string{"": trap.URL + "/id", ", by a redirect": other.url + "/redirect"} {
		closed("OIDC-CID-01 the client identifier"+name, func(t *testing.T) {
			answer := authorize(t, client)
			wantStatus(t, answer, http.StatusBadRequest)
			wantContains(t, "the page", answer.Body, "without a redirect", "64 KiB")
		})
	}
	closed("OIDC-CID-04 the logo of a client", func(t *testing.T) {
		answer := authorize(t, other.url+"/client") // redirected to where she signs in
		wantStatus(t, answer, http.StatusOK)
		if strings.Contains(answer.Body, trap.URL) {
			t.Errorf("the page makes the browser go there:\n%s", answer.Body)
		}
	})
	closed("WAC-SUBJ-04 a group", func(t *testing.T) {
		bob := server.SignUp(t, "bob")
		for _, group := range []string{trap.URL + "/group#g", other.url + "/redirect#g"} {
			acl := strings.Replace(readACL(alice, bob, note), "acl:agent <"+bob.Pod.WebID, "acl:agentGroup <"+group, 1)
			wantStatus(t, alice.Do(t, "PUT", aclOf(t, alice, note), acl, "Content-Type", turtle), http.StatusCreated, http.StatusNoContent)
			wantStatus(t, bob.Do(t, "GET", note, ""), http.StatusForbidden)
		}
	})
	closed("NOT-WH-04 the receiver of a webhook", func(t *testing.T) {
		answer := askForHook(t, alice, server.BaseURL, note, trap.URL+"/hook")
		wantStatus(t, answer, http.StatusUnprocessableEntity)
		wantStatus(t, askForHook(t, alice, server.BaseURL, note, other.url+"/redirect"), http.StatusOK)
		before := other.requests.Load()
		wantStatus(t, alice.Do(t, "PUT", note, "<#a> <#b> <#d>.", "Content-Type", turtle), http.StatusNoContent)
		for range 1000 {
			if other.requests.Load() > before {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if other.requests.Load() == before {
			t.Error("nothing was sent")
		}
		time.Sleep(50 * time.Millisecond) // a redirect would be followed at once
	})
	closed("SP-CN-08 the JSON-LD context of a document", func(t *testing.T) {
		answer := alice.Do(t, "PUT", alice.Pod.URL+"data.jsonld", fmt.Sprintf(`{"@context":%q,"@id":"","name":"x"}`, trap.URL+"/context"), "Content-Type", "application/ld+json")
		wantStatus(t, answer, http.StatusUnprocessableEntity)
	})
	t.Run("the trap works", func(t *testing.T) {
		harness.Anonymous(t, "GET", trap.URL, "")
		if connections.Load() == 0 {
			t.Error("a connection is not noticed")
		}
	})
}

// issuer is an issuer and host of WebIDs that the operator has opened, and
// that tries to lead the server elsewhere.
type issuer struct {
	url   string
	key   *ecdsa.PrivateKey
	agent *solid.Key
	// requests counts what the server sent.
	requests atomic.Int32
}

func newIssuer(t *testing.T, trap string) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	agent, err := solid.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key, agent: agent}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.requests.Add(1)
		i.serve(w, r, trap)
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request, trap string) {
	const discovery = "/.well-known/openid-configuration"
	point, _ := i.key.PublicKey.Bytes()
	documents := map[string][2]string{
		discovery:                     {"application/json", fmt.Sprintf(`{"issuer":"%[1]s","jwks_uri":"%[1]s/jwks"}`, i.url)},
		"/jwks-elsewhere" + discovery: {"application/json", fmt.Sprintf(`{"issuer":"%s/jwks-elsewhere","jwks_uri":"%s/jwks"}`, i.url, trap)},
		"/jwks": {"application/json", fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","x":%q,"y":%q}]}`,
			base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:]))},
		"/card":        {turtle, fmt.Sprintf(`<#me> <http://www.w3.org/ns/solid/terms#oidcIssuer> <%s>.`, i.url)},
		"/card.jsonld": {"application/ld+json", fmt.Sprintf(`{"@context":"%s/context","@id":"#me"}`, trap)},
		"/client": {"application/ld+json", fmt.Sprintf(`{"@context":"https://www.w3.org/ns/solid/oidc-context.jsonld","client_id":"%s/client",`+
			`"redirect_uris":["https://app.example/"],"logo_uri":"%[2]s/logo","client_uri":"https://app.example/"}`, i.url, trap)},
	}
	document, ok := documents[r.URL.Path]
	if !ok {
		http.Redirect(w, r, trap+r.URL.Path, http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", document[0])
	fmt.Fprint(w, document[1])
}

// get reads a resource with a token of the issuer in which some claims are
// changed, and a proof that is right.
func (i *issuer) get(t *testing.T, target string, changed map[string]any) harness.Answer {
	t.Helper()
	claims := map[string]any{
		"iss": i.url, "webid": i.url + "/card#me", "aud": "solid", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
		"cnf": map[string]string{"jkt": i.agent.Thumbprint()}, "jti": rand.Text(),
	}
	for name, value := range changed {
		claims[name] = value
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","typ":"at+jwt"}`)) + "." + base64.RawURLEncoding.EncodeToString(raw)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	proof, err := i.agent.Sign(solid.Proof{Method: "GET", URL: target})
	if err != nil {
		t.Fatal(err)
	}
	token := signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	return harness.Anonymous(t, "GET", target, "", "Authorization", "DPoP "+token, "DPoP", proof)
}
