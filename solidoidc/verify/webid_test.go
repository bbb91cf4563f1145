package verify

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

const oidcIssuerIRI = "http://www.w3.org/ns/solid/terms#oidcIssuer"

// TestProfileNamesIssuer is O10 and O11: what the WebID's document must say.
func TestProfileNamesIssuer(t *testing.T) {
	w := newWorld(t)
	op := w.base + "/"
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string // part of the description, "" = accepted
	}{
		"OIDC-RS-07 Turtle":                 {document("text/turtle", `<#me> <%s> <%s>.`, oidcIssuerIRI, op), ""},
		"OIDC-RS-08 issuer without slash":   {document("text/turtle", `<#me> <%s> <%s>.`, oidcIssuerIRI, w.base), ""},
		"OIDC-RS-07 one of several issuers": {document("text/turtle", `<#me> <%s> <https://a.example/>, <%s>.`, oidcIssuerIRI, op), ""},
		"OIDC-RS-10 a Link header does not count": {func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Link", fmt.Sprintf(`<%s>; rel="%s"; anchor="#me"`, op, oidcIssuerIRI))
			document("text/turtle", `<#me> a <#Person>.`)(rw, r)
		}, "oidcIssuer"},
		"OIDC-RS-09 JSON-LD":      {document("application/ld+json", `{"@id":"#me","%s":{"@id":"%s"}}`, oidcIssuerIRI, op), ""},
		"O10 another issuer":      {document("text/turtle", `<#me> <%s> <https://a.example/>.`, oidcIssuerIRI), "oidcIssuer"},
		"O10 a path more":         {document("text/turtle", `<#me> <%s> <%sx>.`, oidcIssuerIRI, op), "oidcIssuer"},
		"O10 a string literal":    {document("text/turtle", `<#me> <%s> "%s".`, oidcIssuerIRI, op), "oidcIssuer"},
		"O10 another subject":     {document("text/turtle", `<#you> <%s> <%s>.`, oidcIssuerIRI, op), "oidcIssuer"},
		"O10 the document itself": {document("text/turtle", `<> <%s> <%s>.`, oidcIssuerIRI, op), "oidcIssuer"},
		"O10 another predicate":   {document("text/turtle", `<#me> <%sX> <%s>.`, oidcIssuerIRI, op), "oidcIssuer"},
		"O10 empty":               {document("text/turtle", ``), "oidcIssuer"},
		"OIDC-RS-09 not RDF":      {document("text/turtle", `<<<`), "RDF"},
		"OIDC-RS-09 HTML":         {document("text/html", `<html>`), "fetched"},
		"OIDC-RS-09 not found":    {http.NotFound, "fetched"},
		"O11 without end":         {endless, "fetched"},
	} {
		t.Run(name, func(t *testing.T) {
			path := fmt.Sprintf("/%x", name)
			w.publish(path, c.handler)
			webID := w.base + path + "#me"
			identity, err := w.identify(w.request(w.sign(w.issuerKey, with(w.bobsClaims(), "webid", webID))))
			if c.want == "" {
				mustIdentify(t, identity, err, webID)
			} else {
				mustRefuse(t, err, CodeInvalidToken, c.want)
			}
		})
	}
}

func TestProfileRedirects(t *testing.T) {
	w := newWorld(t)
	var reached atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	redirect := func(target string) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, target, http.StatusSeeOther) }
	}
	w.publish("/bob", redirect("/bob.ttl"))
	w.publish("/bob.ttl", document("text/turtle", `</bob> <%s> <%s/>. <> <%[1]s> <%[2]s/>.`, oidcIssuerIRI, w.base))
	w.publish("/thief", redirect("/bob.ttl"))
	w.publish("/inside", redirect(inside.URL))
	for _, c := range []struct{ name, webID, want string }{
		{"OIDC-RS-09 a WebID without a fragment", "/bob", ""},
		{"OIDC-RS-07 the subject is the WebID, not where it leads", "/thief", "oidcIssuer"},
		{"O11 redirect to an address that is not open", "/inside", "fetched"},
	} {
		t.Run(c.name, func(t *testing.T) {
			identity, err := w.identify(w.request(w.sign(w.issuerKey, with(w.bobsClaims(), "webid", w.base+c.webID))))
			if c.want == "" {
				mustIdentify(t, identity, err, w.base+c.webID)
			} else {
				mustRefuse(t, err, CodeInvalidToken, c.want)
			}
		})
	}
	if reached.Load() != 0 {
		t.Error("O11 a redirect reached a closed address")
	}
}

func TestProfileCache(t *testing.T) {
	w := newWorld(t)
	identify := func() error {
		_, err := w.identify(w.request(w.sign(w.issuerKey, w.bobsClaims())))
		return err
	}
	good := func(control string) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Cache-Control", control)
			document("text/turtle", `<#me> <%s> <%s/>.`, oidcIssuerIRI, w.base)(rw, r)
		}
	}
	other := document("text/turtle", `<#me> <%s> <https://a.example/>.`, oidcIssuerIRI)
	for _, step := range []struct {
		name    string
		advance time.Duration
		handler http.HandlerFunc
		ok      bool
		fetches int
	}{
		{"OIDC-RS-12 first", 0, good("no-store"), true, 1},
		{"OIDC-RS-12 remembered two minutes at least", minProfileTTL - time.Second, other, true, 1},
		{"OIDC-RS-12 a removed issuer stops working", time.Second, other, false, 2},
		{"OIDC-RS-12 a failure is remembered", 29 * time.Second, good("max-age=86400"), false, 2},
		{"OIDC-RS-12 for at most 30 seconds", time.Second, good("max-age=86400"), true, 3},
		{"OIDC-RS-12 remembered five minutes at most", maxProfileTTL - time.Second, other, true, 3},
		{"OIDC-RS-12 whatever max-age says", time.Second, other, false, 4},
	} {
		w.advance(step.advance)
		w.publish("/card", step.handler)
		if err := identify(); (err == nil) != step.ok || w.asked("/card") != step.fetches {
			t.Fatalf("%s: got %v after %d fetches", step.name, err, w.asked("/card"))
		}
	}
}
