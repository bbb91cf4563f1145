package server

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
)

// seeded opens a server with the pod of alice, as `serve --seed` makes it.
func seeded(t *testing.T) *Server {
	t.Helper()
	s := newServer(t, nil)
	seedAlice(t, s)
	return s
}

func seedAlice(t *testing.T, s *Server) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seed.json")
	if err := os.WriteFile(file, []byte(`[{"email":"alice@example.org","password":"correct horse battery","pods":[{"name":"alice"}]}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := seed(t.Context(), file, s.accounts); err != nil {
		t.Fatal(err)
	}
}

// What a fresh pod shows to those who are not signed in: other servers that
// verify its owner, and apps that begin to look around.
func TestFreshPod(t *testing.T) {
	s := seeded(t)
	const (
		base = "http://localhost:3000/"
		root = base + "alice/"
		me   = root + "profile/card#me"
	)
	get := func(path string, header ...string) *http.Response {
		return s.answer("GET", "localhost:3000", path, header...)
	}
	graphOf := func(t *testing.T, answer *http.Response, iri string) *rdf.Graph {
		t.Helper()
		document, err := codec.Parse(t.Context(), answer.Header.Get("Content-Type"), answer.Body, iri)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%d %v", answer.StatusCode, err)
		}
		return document.Default
	}
	for _, accept := range []string{"text/turtle", "application/ld+json"} {
		t.Run("ECO-WID-01 ECO-WID-02 E01 the profile as "+accept, func(t *testing.T) {
			answer := get("/alice/profile/card", "Accept", accept, "Origin", "https://app.example")
			if got := answer.Header.Get("Access-Control-Allow-Origin"); got != "https://app.example" {
				t.Errorf("Access-Control-Allow-Origin %q", got)
			}
			if graphOf(t, answer, root+"profile/card").Len() == 0 {
				t.Error("it says nothing")
			}
		})
	}
	card := graphOf(t, get("/alice/profile/card"), root+"profile/card")
	for _, c := range []struct{ name, subject, predicate, object string }{
		{"ECO-WID-03 issuer", me, rdf.Solid + "oidcIssuer", base},
		{"ECO-WID-03 storage", me, rdf.PIM + "storage", root},
		{"ECO-WID-04 kind of document", root + "profile/card", rdf.RDFType, "http://xmlns.com/foaf/0.1/PersonalProfileDocument"},
		{"ECO-WID-04 topic", root + "profile/card", "http://xmlns.com/foaf/0.1/primaryTopic", me},
		{"ECO-WID-04 agent", me, rdf.RDFType, "http://xmlns.com/foaf/0.1/Agent"},
		{"ECO-WID-04 inbox", me, rdf.LDP + "inbox", root + "inbox/"},
		{"ECO-WID-04 ECO-PREF-01 preferences", me, rdf.PIM + "preferencesFile", root + "settings/prefs.ttl"},
		{"ECO-WID-04 ECO-TI-01 public type index", me, rdf.Solid + "publicTypeIndex", root + "settings/publicTypeIndex.ttl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !card.Has(rdf.Triple{S: rdf.IRI(c.subject), P: rdf.IRI(c.predicate), O: rdf.IRI(c.object)}) {
				t.Errorf("the card does not say <%s> <%s> <%s>", c.subject, c.predicate, c.object)
			}
		})
	}
	t.Run("ECO-WID-03 ECO-CLI-08 the issuer is what discovery says it is", func(t *testing.T) {
		var discovered struct {
			Issuer     string
			Scopes     []string `json:"scopes_supported"`
			Algorithms []string `json:"id_token_signing_alg_values_supported"`
			DPoP       []string `json:"dpop_signing_alg_values_supported"`
			Grants     []string `json:"grant_types_supported"`
		}
		if err := json.NewDecoder(get("/.well-known/openid-configuration").Body).Decode(&discovered); err != nil {
			t.Fatal(err)
		}
		if discovered.Issuer != base || !slices.Contains(discovered.Scopes, "webid") || !slices.Contains(discovered.Scopes, "offline_access") ||
			len(discovered.Algorithms) == 0 || !slices.Contains(discovered.DPoP, "ES256") ||
			!slices.Contains(discovered.Grants, "authorization_code") || !slices.Contains(discovered.Grants, "refresh_token") {
			t.Errorf("%+v", discovered)
		}
	})
	for path, want := range map[string]int{
		"/alice/": 401, "/alice/private/x": 401, "/alice/profile/card": 200, "/alice/settings/prefs.ttl": 401,
		"/alice/settings/publicTypeIndex.ttl": 200, "/alice/settings/privateTypeIndex.ttl": 401, "/alice/inbox/": 401,
		"/alice/profile/": 401, "/alice/profile/card.acl": 401,
	} {
		t.Run("E03 ECO-POD-02 ECO-POD-03 anonymous GET of "+path, func(t *testing.T) {
			if answer := get(path); answer.StatusCode != want {
				t.Errorf("%d, want %d", answer.StatusCode, want)
			}
		})
	}
	t.Run("ECO-TI-01 the public type index", func(t *testing.T) {
		const index = root + "settings/publicTypeIndex.ttl"
		graph := graphOf(t, get("/alice/settings/publicTypeIndex.ttl"), index)
		for _, class := range []string{"TypeIndex", "ListedDocument"} {
			if !graph.Has(rdf.Triple{S: rdf.IRI(index), P: rdf.Type, O: rdf.IRI(rdf.Solid + class)}) {
				t.Errorf("it is no solid:%s", class)
			}
		}
	})
	t.Run("SP-CORS-03 only storages take credentials of scripts", func(t *testing.T) {
		for path, want := range map[string]string{
			"/alice/profile/card": "true", "/alice/": "true",
			"/.well-known/openid-configuration": "", "/.oidc/jwks": "", "/.account/": "", rulesPath + "SP-CON-07": "",
		} {
			answer := get(path, "Origin", "https://app.example", "Accept", "application/json, text/turtle, */*")
			if got := answer.Header.Get("Access-Control-Allow-Credentials"); got != want {
				t.Errorf("%s: Access-Control-Allow-Credentials %q, want %q", path, got, want)
			}
		}
	})
}

// Whoever asks for help with an error names an id, and the log has it.
func TestErrorsAreInTheLog(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, nil)
	s.logger = slog.New(slog.NewTextHandler(&log, nil))
	public, err := s.publicServer()
	if err != nil {
		t.Fatal(err)
	}
	answer := answerOf(public.Handler, "/alice/%00")
	t.Run("SP-HTTP-11 instance", func(t *testing.T) {
		var problem struct{ Instance string }
		if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil {
			t.Fatal(err)
		}
		id, ok := strings.CutPrefix(problem.Instance, "urn:request:")
		if !ok || id == "" || !strings.Contains(log.String(), "request="+id) || answer.Header.Get("X-Request-Id") != id {
			t.Errorf("instance %q, log %s", problem.Instance, &log)
		}
	})
}

// What an error calls the rule that was broken can be opened.
func TestErrorsLeadToTheirRule(t *testing.T) {
	s := seeded(t)
	answer := s.answer("GET", "localhost:3000", "/alice/")
	var problem struct{ Type, Instance string }
	if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil {
		t.Fatal(err)
	}
	t.Run("SP-HTTP-11 type", func(t *testing.T) {
		path, ok := strings.CutPrefix(problem.Type, "http://localhost:3000")
		if !ok || !strings.HasPrefix(path, rulesPath) {
			t.Fatalf("type %s", problem.Type)
		}
		page := s.answer("GET", "localhost:3000", path)
		if body, err := io.ReadAll(page.Body); err != nil || page.StatusCode != http.StatusOK || !strings.Contains(string(body), "SP-HTTP-03") {
			t.Errorf("%d %s %v", page.StatusCode, body, err)
		}
	})
}
