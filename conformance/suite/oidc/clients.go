package oidc

import (
	"net/http"
	"regexp"
	"strings"

	"domicile/conformance/suite"
)

// apps are about who apps are: registered (RFC 7591), or described by a
// document at their identifier.
var apps = []suite.Case{
	suite.Must("OIDC-DCR-01", "an app registers itself and gets an identifier, with its redirect URIs as it sent them", func(t *suite.T) {
		answer := register(t, discover(t), object{"token_endpoint_auth_method": "client_secret_basic"}).Want(http.StatusCreated)
		var got struct {
			ID        string   `json:"client_id"`
			Secret    string   `json:"client_secret"`
			Redirects []string `json:"redirect_uris"`
		}
		if read(answer, &got); got.ID == "" || got.Secret == "" || len(got.Redirects) != 1 || got.Redirects[0] != callback {
			answer.Failf("client_id is %q, redirect_uris %q, and there is a secret: %v", got.ID, got.Redirects, got.Secret != "")
		}
	}),
	suite.Must("OIDC-DCR-01 OIDC-DCR-03", "redirect URIs that cannot be are refused", func(t *suite.T) {
		for _, uris := range []any{[]string{}, []string{"https://app.example/#fragment"}, []string{"no url"}} {
			wantError(register(t, discover(t), object{"redirect_uris": uris}).Want(http.StatusBadRequest), "invalid_redirect_uri", "invalid_client_metadata")
		}
	}),
	suite.Must("OIDC-DCR-02", "an app that registers without scope, as Inrupt's do, can ask for webid later", func(t *suite.T) {
		p := newParty(t, object{"scope": nil, "token_endpoint_auth_method": "client_secret_basic", "application_type": "web", "subject_type": "public"})
		if got := p.signedIn(); t.Claims(got.Access)["webid"] != t.Alice.WebID {
			t.Failf("webid is %v", t.Claims(got.Access)["webid"])
		}
	}).Needing(suite.Accounts),
	suite.Should("OIDC-DCR-04", "identifiers and secrets need no encoding", func(t *suite.T) {
		answer := register(t, discover(t), object{"token_endpoint_auth_method": "client_secret_basic"}).Want(http.StatusCreated)
		var got struct {
			ID     string `json:"client_id"`
			Secret string `json:"client_secret"`
		}
		if read(answer, &got); !plain.MatchString(got.ID) || !plain.MatchString(got.Secret) || !plain.MatchString(t.Alice.Credentials.ID) {
			answer.Failf("they have other characters than letters, digits, - _ and .")
		}
	}),
	suite.Must("OIDC-CID-01 OIDC-CID-04", "an app that a document describes is let in under the URL of the document", func(t *suite.T) {
		p := described(t, nil)
		got := p.signedIn()
		if claims := t.Claims(got.Access); claims["client_id"] != p.id {
			t.Failf("client_id is %v", claims["client_id"])
		}
		p.with(got.Access).get(private(t), nil).Want(http.StatusOK)
	}).Needing(suite.Accounts),
	suite.Must("OIDC-CID-02 OIDC-CID-01", "a document that speaks for another URL, or is none, lets nobody in", func(t *suite.T) {
		for _, change := range []object{{"client_id": "https://other.example/app"}, {"client_id": nil, "redirect_uris": nil}} {
			p := described(t, change)
			wantNobodyTold(p.browser.Open(p.request(nil)))
		}
	}).Needing(suite.Accounts),
	suite.Must("OIDC-CID-03", "a redirect URI that the document does not name gets nothing", func(t *suite.T) {
		p := described(t, nil)
		wantNobodyTold(p.browser.Open(p.request(map[string]string{"redirect_uri": "https://evil.example/"})))
	}).Needing(suite.Accounts),
}

var plain = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// described is an app with a client identifier document in which something may
// be changed. Does the issuer not take one that is right, the case does not
// apply.
func described(t *suite.T, change object) *party {
	var id string
	documents := map[string]object{"/app": nil, "/changed": change}
	at := t.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		change, known := documents[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		document := object{
			"@context": []string{"https://www.w3.org/ns/solid/oidc-context.jsonld"}, "client_id": id + r.URL.Path, "client_name": "Conformance",
			"redirect_uris": []string{callback}, "scope": "openid webid offline_access", "grant_types": []string{"refresh_token", "authorization_code"},
			"response_types": []string{"code"}, "token_endpoint_auth_method": "none",
		}
		for name, value := range change {
			if document[name] = value; value == nil {
				delete(document, name)
			}
		}
		w.Header().Set("Content-Type", "application/ld+json")
		_, _ = w.Write(marshal(document))
	}))
	id = strings.TrimSuffix(at, "/")
	p := newParty(t, nil)
	p.id, p.secret = id+"/app", ""
	if answer := p.browser.Open(p.request(nil)); answer.Status/100 != 3 {
		t.NotApplicable("the issuer takes no client identifier document at %s", at)
	}
	if change != nil {
		p.id = id + "/changed"
	}
	return p
}
