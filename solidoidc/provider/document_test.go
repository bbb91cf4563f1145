package provider

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"domicile/solidoidc/internal/jose"
)

const clientDocument = `{"@context":["https://www.w3.org/ns/solid/oidc-context.jsonld"],"client_id":"%s","client_name":"Notes",
"client_uri":"https://notes.example/","redirect_uris":["` + callback + `"],"scope":"openid offline_access webid",
"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"client_secret_basic"}`

// documentServer serves whatever body holds at /id.
type documentServer struct {
	id      string
	respond func(w http.ResponseWriter, r *http.Request)
	hits    atomic.Int32
}

func serveDocument(t *testing.T) *documentServer {
	d := &documentServer{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.hits.Add(1)
		d.respond(w, r)
	}))
	t.Cleanup(server.Close)
	d.id = server.URL + "/id"
	d.serve("application/ld+json", fmt.Sprintf(clientDocument, d.id))
	return d
}

func (d *documentServer) serve(mediaType, body string) {
	d.respond = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		fmt.Fprint(w, body)
	}
}

func TestClientIdentifierDocument(t *testing.T) {
	h := newHarness(t)
	d := serveDocument(t)
	form := authorizationForm(d.id, "prompt", "consent")
	id := h.interact(form)
	i, err := h.Interaction(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if i.ClientName != "Notes" || i.ClientURI != "https://notes.example/" || !i.Verified || "http://"+i.ClientHost+"/id" != d.id || i.RedirectHost != "app.example" {
		t.Errorf("OIDC-CID-04: %+v", i)
	}
	a := app{id: d.id}
	o := h.tokensOf(a)
	header, claims := h.claims(o.text("id_token"))
	if claims.String("azp") != d.id || header.Algorithm != jose.ES256 || o.text("refresh_token") == "" {
		t.Errorf("OIDC-CID-04: %v %v", header, o)
	}
	if h.interact(form); d.hits.Load() != 1 {
		t.Errorf("OIDC-CID-01: fetched %d times", d.hits.Load())
	}
	decode(t, h.redeem(a, refreshForm(o.text("refresh_token")), h.key), 200)

	t.Run("OIDC-CID-04 it has no secret", func(t *testing.T) {
		refused(t, h.redeem(app{d.id, "secret"}, codeForm("x"), h.key), 401, "invalid_client")
	})
	t.Run("OIDC-CID-05 post_logout_redirect_uris are read", func(t *testing.T) {
		d := serveDocument(t)
		d.serve("application/ld+json", strings.Replace(fmt.Sprintf(clientDocument, d.id), "{", `{"post_logout_redirect_uris":["`+loggedOut+`"],`, 1))
		hint := h.tokensOf(app{id: d.id}).text("id_token")
		if _, to := h.logoutWith("id_token_hint", hint, "post_logout_redirect_uri", loggedOut); to != loggedOut {
			t.Errorf("sent to %q", to)
		}
	})

	d.serve("application/ld+json", strings.Replace(fmt.Sprintf(clientDocument, d.id), "app.example", "new.example", 1))
	h.advance(documentLifetime)
	if w := h.authorizeWith(form); w.Code != 400 {
		t.Errorf("OIDC-CID-01: an edit does not work after five minutes: %d", w.Code)
	}
}

func TestRefusedClientDocuments(t *testing.T) {
	good := func(d *documentServer) string { return fmt.Sprintf(clientDocument, d.id) }
	tests := []struct {
		name  string
		serve func(d *documentServer)
		works bool
	}{
		{"context as a string", func(d *documentServer) {
			d.serve("application/json", strings.NewReplacer("[\"https://www", "\"https://www", "jsonld\"]", "jsonld\"").Replace(good(d)))
		}, true},
		{"several contexts", func(d *documentServer) {
			d.serve("application/ld+json; charset=utf-8", strings.Replace(good(d), `["https`, `[{"a":"b"},"https`, 1))
		}, true},
		{"unusable client_uri", func(d *documentServer) {
			d.serve("application/ld+json", strings.Replace(good(d), "https://notes.example/", "javascript:alert(1)", 1))
		}, true},
		{"O18 other client_id", func(d *documentServer) { d.serve("application/ld+json", fmt.Sprintf(clientDocument, d.id+"2")) }, false},
		{"O18 no context", func(d *documentServer) {
			d.serve("application/ld+json", strings.Replace(good(d), "@context", "context", 1))
		}, false},
		{"O18 404", func(d *documentServer) {
			d.respond = func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
		}, false},
		{"OIDC-CID-01 redirect", func(d *documentServer) {
			body := good(d)
			d.respond = func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/id" {
					http.Redirect(w, r, "/elsewhere", http.StatusFound)
					return
				}
				w.Header().Set("Content-Type", "application/ld+json")
				fmt.Fprint(w, body)
			}
		}, false},
		{"OIDC-CID-02 HTML", func(d *documentServer) { d.serve("text/html", good(d)) }, false},
		{"OIDC-CID-02 not JSON", func(d *documentServer) { d.serve("application/ld+json", "<a> <b> <c> .") }, false},
		{"OIDC-CID-02 array", func(d *documentServer) { d.serve("application/ld+json", "["+good(d)+"]") }, false},
		{"OIDC-CID-01 too large", func(d *documentServer) {
			d.serve("application/ld+json", good(d)+strings.Repeat(" ", maxDocumentBytes))
		}, false},
		{"OIDC-CID-03 no redirect_uris", func(d *documentServer) {
			d.serve("application/ld+json", strings.Replace(good(d), "redirect_uris", "redirects", 1))
		}, false},
		{"OIDC-CID-03 bad redirect URI", func(d *documentServer) {
			d.serve("application/ld+json", strings.Replace(good(d), callback, "http://app.example/", 1))
		}, false},
		{"OIDC-CID-03 other redirect URI", func(d *documentServer) {
			d.serve("application/ld+json", strings.Replace(good(d), callback, "https://app.example/", 1))
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHarness(t)
			d := serveDocument(t)
			test.serve(d)
			w := h.authorizeWith(authorizationForm(d.id))
			if test.works {
				if i, err := h.Interaction(t.Context(), location(t, w).Query().Get("interaction")); err != nil || strings.HasPrefix(i.ClientURI, "javascript") {
					t.Errorf("%+v, %v", i, err)
				}
				return
			}
			if w.Code != http.StatusBadRequest || w.Header().Get("Location") != "" || !strings.Contains(w.Body.String(), "invalid_") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			hits := d.hits.Load()
			h.authorizeWith(authorizationForm(d.id))
			if d.hits.Load() != hits {
				t.Error("the failure was not remembered")
			}
		})
	}
}

func TestClientURLs(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.AllowHTTP = false })
	d := serveDocument(t)
	for _, id := range []string{d.id, "http://app.example/id", "https://a@app.example/id", "https://app.example/id#it", "https:///id", "https://" + strings.Repeat("a", maxURILength)} {
		w := h.authorizeWith(authorizationForm(id))
		if w.Code != http.StatusBadRequest || d.hits.Load() != 0 {
			t.Errorf("OIDC-CID-01 %.40s: %d, %d requests", id, w.Code, d.hits.Load())
		}
	}
}

func TestClientDocumentOnPrivateNetwork(t *testing.T) {
	h := newHarness(t)
	for _, id := range []string{"https://10.0.0.1/id", "https://169.254.169.254/id", "https://[fd00::1]/id"} {
		w := h.authorizeWith(authorizationForm(id))
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "could not be fetched") {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
	}
}

func FuzzClientDocument(f *testing.F) {
	const id = "https://app.example/id"
	f.Add([]byte(fmt.Sprintf(clientDocument, id)))
	f.Add([]byte(`{"@context":1,"client_id":null}`))
	f.Add([]byte(`{"@context":"` + solidContext + `","client_id":"` + id + `","redirect_uris":["javascript:x"],"application_type":"native"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := parseClientDocument(id, body)
		if err != nil {
			return
		}
		if c.ID != id || c.SecretHash != "" || len(c.Metadata.RedirectURIs) == 0 {
			t.Fatalf("%+v", c)
		}
		for _, uri := range c.Metadata.RedirectURIs {
			if !c.allowsRedirect(uri) || strings.HasPrefix(strings.ToLower(uri), "javascript:") {
				t.Fatalf("redirect URI %q", uri)
			}
		}
		if c.idTokenAlgorithm() != jose.ES256 && c.idTokenAlgorithm() != jose.RS256 {
			t.Fatalf("algorithm %q", c.idTokenAlgorithm())
		}
	})
}

// TestDocumentMistakesAreNamed: whoever wrote a document is told which member
// is wrong, and how (demands.md 35).
func TestDocumentMistakesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(document string) string
		want   string
	}{
		"policy_uri is no string":     {func(d string) string { return strings.Replace(d, "{", `{"policy_uri":{},`, 1) }, "the member policy_uri holds, or is, a JSON object"},
		"redirect_uris is a string":   {func(d string) string { return strings.Replace(d, `["`+callback+`"]`, `"`+callback+`"`, 1) }, "the member redirect_uris holds, or is, a JSON string"},
		"default_max_age is a string": {func(d string) string { return strings.Replace(d, "{", `{"default_max_age":"1",`, 1) }, "the member default_max_age"},
		"no JSON":                     {func(d string) string { return d[1:] }, "not a JSON object"},
		"client_id of another":        {func(d string) string { return strings.Replace(d, "/id", "/other", 1) }, "it has to be the URL that it was fetched from"},
		"client_id is prose":          {func(d string) string { return strings.Replace(d, `"client_id":"`, `"client_id":"Call 0900 `, 1) }, "its client_id is missing or not a URL"},
		"unknown detail":              {func(d string) string { return strings.Replace(d, "{", `{"authorization_details":[{"kind":"x"}],`, 1) }, "authorization_details: want a JSON array"},
	} {
		t.Run("OIDC-CID-02 "+name, func(t *testing.T) {
			h, d := newHarness(t), serveDocument(t)
			d.serve("application/ld+json", c.change(fmt.Sprintf(clientDocument, d.id)))
			w := h.authorizeWith(authorizationForm(d.id))
			if w.Code != 400 || !strings.Contains(w.Body.String(), c.want) || strings.Contains(w.Body.String(), "0900") {
				t.Errorf("%d, want %q:\n%s", w.Code, c.want, w.Body)
			}
		})
	}
}

// TestDocumentFetchesAreBounded: one address makes us fetch no more than its
// share, while what was fetched serves it still.
func TestDocumentFetchesAreBounded(t *testing.T) {
	h, d := newHarness(t), serveDocument(t)
	for n := range fetchAllowance.Burst - 1 {
		if w := h.authorizeWith(authorizationForm(fmt.Sprint(d.id, "?", n))); w.Code != 400 {
			t.Fatalf("document %d: %d", n, w.Code)
		}
	}
	h.interact(authorizationForm(d.id))
	w := h.authorizeWith(authorizationForm(d.id + "?more"))
	if w.Code != 429 || w.Header().Get("Retry-After") != "1" || int(d.hits.Load()) != fetchAllowance.Burst {
		t.Errorf("OIDC-CID-01: %d %v after %d fetches", w.Code, w.Header(), d.hits.Load())
	}
	h.interact(authorizationForm(d.id))
	h.advance(fetchAllowance.Interval)
	if w := h.authorizeWith(authorizationForm(d.id + "?more")); w.Code != 400 {
		t.Errorf("OIDC-CID-01: blocked for ever: %d", w.Code)
	}
}
