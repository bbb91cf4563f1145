package oidc

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/url"

	"domicile/conformance/suite"
)

// callback is where the apps of cases are told what came of a request. Nobody
// is there.
const callback = "https://app.example/callback"

// party is an app.
type party struct {
	t        *suite.T
	issuer   provider
	browser  *suite.Browser // Alice's
	id       string
	secret   string // "" for a public one
	key      key
	verifier string
}

// register has the app registered. Members of the metadata may be changed; a
// nil one is left out.
func register(t *suite.T, p provider, change object) *suite.Answer {
	if p.Registration == "" {
		t.NotApplicable("the issuer names no registration_endpoint")
	}
	metadata := object{
		"client_name": "Conformance", "redirect_uris": []string{callback}, "grant_types": []string{"authorization_code", "refresh_token"},
		"response_types": []string{"code"}, "scope": "openid webid offline_access", "token_endpoint_auth_method": "none",
	}
	for name, value := range change {
		if metadata[name] = value; value == nil {
			delete(metadata, name)
		}
	}
	return t.Nobody.Post(p.Registration, jsonBody(metadata), suite.Accept("application/json"))
}

// newParty registers an app, public unless the metadata say otherwise.
func newParty(t *suite.T, change object) *party {
	p := &party{t: t, issuer: discover(t), browser: t.NewBrowser(t.Alice), key: newKey(), verifier: rand.Text() + rand.Text()}
	var got struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	read(register(t, p.issuer, change).Want(http.StatusCreated), &got)
	p.id, p.secret = got.ID, got.Secret
	return p
}

// request returns the URL of an authorization request. Parameters may be
// changed; one of "" is left out.
func (p *party) request(change map[string]string) string {
	digest := sha256.Sum256([]byte(p.verifier))
	values := url.Values{
		"response_type": {"code"}, "client_id": {p.id}, "redirect_uri": {callback}, "scope": {"openid webid offline_access"},
		"state": {"a state"}, "nonce": {"a nonce"}, "prompt": {"consent"},
		"code_challenge": {encode(digest[:])}, "code_challenge_method": {"S256"},
	}
	for name, value := range change {
		if values.Set(name, value); value == "" {
			values.Del(name)
		}
	}
	return p.issuer.Authorization + "?" + values.Encode()
}

// authorize signs Alice in, has her consent and returns what the app is told.
func (p *party) authorize(change map[string]string) url.Values {
	return p.browser.Allow(p.request(change), callback).Query()
}

// code gets a code.
func (p *party) code() string {
	told := p.authorize(nil)
	if told.Get("code") == "" {
		p.t.Failf("the app gets no code but %q", told)
	}
	return told.Get("code")
}

// exchange redeems a code. Parameters may be changed.
func (p *party) exchange(code string, change map[string]string) *suite.Answer {
	return p.ask(map[string]string{
		"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": p.verifier,
	}, change)
}

// refresh uses a refresh token.
func (p *party) refresh(token string, change map[string]string) *suite.Answer {
	return p.ask(map[string]string{"grant_type": "refresh_token", "refresh_token": token}, change)
}

// ask sends a request to the token endpoint, with a proof.
func (p *party) ask(parameters, change map[string]string) *suite.Answer {
	return p.send(p.issuer.Token, parameters, change, suite.Header("DPoP", proof(p.key, "POST", p.issuer.Token, "", nil)))
}

// send sends a form in the name of the app.
func (p *party) send(endpoint string, parameters, change map[string]string, parts ...suite.Part) *suite.Answer {
	values := url.Values{"client_id": {p.id}}
	for name, value := range parameters {
		values.Set(name, value)
	}
	for name, value := range change {
		values.Set(name, value)
	}
	if p.secret != "" {
		parts = append(parts, basic(p.id, p.secret))
	}
	return p.t.Nobody.Post(endpoint, append(parts, form(values))...)
}

// signedIn gets the tokens of a whole sign-in.
func (p *party) signedIn() tokens {
	var got tokens
	read(p.exchange(p.code(), nil).Want(http.StatusOK), &got)
	return got
}

// with is an access token of the app's as a resource server sees it.
func (p *party) with(token string) bound { return bound{p.t, token, p.key} }
