package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

// relyingParty is an app that knows OpenID Connect by libraries that are
// neither ours nor Solid's; of Solid it adds the DPoP proofs.
type relyingParty struct {
	t        *testing.T
	ctx      context.Context // carries the HTTP client that adds proofs
	key      *solid.Key
	provider *oidc.Provider
	config   oauth2.Config
}

const appCallback = "http://localhost:9/callback"

// newRelyingParty discovers the issuer and registers the app.
func newRelyingParty(t *testing.T, issuer string, registration map[string]any) *relyingParty {
	t.Helper()
	key, err := solid.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	app := &relyingParty{t: t, key: key}
	app.ctx = oidc.ClientContext(t.Context(), &http.Client{Transport: proving{key}})
	if app.provider, err = oidc.NewProvider(app.ctx, issuer); err != nil {
		t.Fatal(err)
	}
	var metadata struct {
		Registration string `json:"registration_endpoint"`
	}
	if err := app.provider.Claims(&metadata); err != nil {
		t.Fatal(err)
	}
	registration["redirect_uris"], registration["grant_types"] = []string{appCallback}, []string{"authorization_code", "refresh_token"}
	body, err := json.Marshal(registration)
	if err != nil {
		t.Fatal(err)
	}
	answer := harness.Anonymous(t, "POST", metadata.Registration, string(body), "Content-Type", "application/json")
	wantStatus(t, answer, http.StatusCreated)
	var registered struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal([]byte(answer.Body), &registered); err != nil {
		t.Fatal(err)
	}
	app.config = oauth2.Config{
		ClientID: registered.ID, ClientSecret: registered.Secret, Endpoint: app.provider.Endpoint(), RedirectURL: appCallback,
		Scopes: []string{"openid", "webid", "offline_access"},
	}
	return app
}

// proving adds a DPoP proof to each request.
type proving struct{ key *solid.Key }

func (p proving) RoundTrip(request *http.Request) (*http.Response, error) {
	proof, err := p.key.Sign(solid.Proof{Method: request.Method, URL: request.URL.String()})
	if err != nil {
		return nil, err
	}
	request = request.Clone(request.Context())
	request.Header.Set("DPoP", proof)
	return http.DefaultTransport.RoundTrip(request)
}

// exchange redeems the code of an authorization response.
func (app *relyingParty) exchange(response *url.URL, state, verifier string) *oauth2.Token {
	app.t.Helper()
	got := response.Query()
	if !strings.HasPrefix(response.String(), appCallback+"?") || got.Get("state") != state || got.Get("error") != "" {
		app.t.Fatalf("the app is sent %s", response)
	}
	token, err := app.config.Exchange(app.ctx, got.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		app.t.Fatal(err)
	}
	return token
}

// TestRelyingParty signs in with the authorization code flow as any OpenID
// Connect app does, with golang.org/x/oauth2 and github.com/coreos/go-oidc.
func TestRelyingParty(t *testing.T) {
	server := program.Start(t, "--bearer-tokens", "off")
	alice := server.SignUp(t, "alice")
	note := alice.Pod.URL + "note.txt"
	wantStatus(t, alice.Do(t, "PUT", note, "hello", "Content-Type", "text/plain"), http.StatusCreated)
	for name, registration := range map[string]map[string]any{
		"OIDC-DCR-01 confidential, ID tokens with RS256": {"token_endpoint_auth_method": "client_secret_basic"},
		"OIDC-OP-04 public, ID tokens with ES256":        {"token_endpoint_auth_method": "none", "id_token_signed_response_alg": "ES256"},
	} {
		t.Run(name, func(t *testing.T) {
			app, browser := newRelyingParty(t, server.BaseURL, registration), server.SignIn(t, alice.Email)
			verifier := oauth2.GenerateVerifier()
			request := app.config.AuthCodeURL("a state", oauth2.S256ChallengeOption(verifier), oidc.Nonce("a nonce"))
			response := browser.Allow(request)
			if got := response.Query().Get("iss"); got != server.BaseURL {
				t.Errorf("OIDC-AUTH-03: iss %q", got)
			}
			token := app.exchange(response, "a state", verifier)
			if token.Type() != "DPoP" || token.RefreshToken == "" || time.Until(token.Expiry) < time.Minute {
				t.Errorf("OIDC-TOK-06: type %q, expires %s", token.Type(), token.Expiry)
			}
			app.checkIDToken(token, alice.Pod.WebID, "a nonce")
			app.checkAccess(token, note)
			if info, err := app.provider.UserInfo(app.ctx, oauth2.StaticTokenSource(token)); err != nil || info.Subject != alice.Pod.WebID {
				t.Errorf("OIDC-TOK-09: userinfo %+v, %v", info, err)
			}
			again := oauth2.GenerateVerifier()
			silently := app.config.AuthCodeURL("s", oauth2.S256ChallengeOption(again), oauth2.SetAuthURLParam("prompt", "none"))
			if silent := app.exchange(browser.Open(silently), "s", again); silent.RefreshToken == "" {
				t.Error("OIDC-AUTH-04: a silent sign-in gives no refresh token")
			}
			app.checkRefresh(token, note)
		})
	}
}

func (app *relyingParty) checkIDToken(token *oauth2.Token, webID, nonce string) {
	app.t.Helper()
	raw, _ := token.Extra("id_token").(string)
	// The library wants to know which algorithms the app registered for.
	verifier := app.provider.Verifier(&oidc.Config{ClientID: app.config.ClientID, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256}})
	verified, err := verifier.Verify(app.ctx, raw)
	if err != nil {
		app.t.Fatalf("OIDC-TOK-05: %v", err)
	}
	var claims struct {
		WebID        string `json:"webid"`
		Party        string `json:"azp"`
		Confirmation struct {
			Thumbprint string `json:"jkt"`
		} `json:"cnf"`
	}
	if err := verified.Claims(&claims); err != nil {
		app.t.Fatal(err)
	}
	if verified.Nonce != nonce || claims.WebID != webID || claims.Party != app.config.ClientID || claims.Confirmation.Thumbprint != app.key.Thumbprint() {
		app.t.Errorf("OIDC-TOK-05: nonce %q, claims %+v", verified.Nonce, claims)
	}
}

func (app *relyingParty) checkAccess(token *oauth2.Token, note string) {
	app.t.Helper()
	if got := app.get(token, note); got != http.StatusOK {
		app.t.Errorf("the note answers %d", got)
	}
	// Without a token source: the proof alone is nobody.
	if got := harness.Send(app.t, &http.Client{Transport: proving{app.key}}, "GET", note, nil); got.Status != http.StatusUnauthorized {
		app.t.Errorf("without the token it answers %d", got.Status)
	}
}

func (app *relyingParty) get(token *oauth2.Token, target string) int {
	app.t.Helper()
	client := oauth2.NewClient(app.ctx, oauth2.StaticTokenSource(token))
	return harness.Send(app.t, client, "GET", target, nil).Status
}

// checkRefresh renews the token twice, then uses a refresh token again: that
// ends all that came of the sign-in, access tokens included.
func (app *relyingParty) checkRefresh(first *oauth2.Token, note string) {
	app.t.Helper()
	renew := func(token *oauth2.Token) (*oauth2.Token, error) {
		return app.config.TokenSource(app.ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	}
	second, err := renew(first)
	if err != nil || second.RefreshToken == first.RefreshToken {
		app.t.Fatalf("OIDC-TOK-07: %v", err)
	}
	if got := app.get(second, note); got != http.StatusOK {
		app.t.Errorf("OIDC-TOK-07: with the renewed token the note answers %d", got)
	}
	for _, used := range []*oauth2.Token{first, second} {
		var refused *oauth2.RetrieveError
		if _, err := renew(used); !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
			app.t.Errorf("OIDC-TOK-07: a refresh token that was used, and then its successor: %v", err)
		}
	}
	for _, token := range []*oauth2.Token{first, second} {
		if got := app.get(token, note); got != http.StatusUnauthorized {
			app.t.Errorf("OIDC-TOK-07: after a reuse the note answers %d to an access token that is out", got)
		}
	}
}

// TestCodesAreRedeemedOnce redeems each of 200 codes 8 times at once.
func TestCodesAreRedeemedOnce(t *testing.T) {
	const codes, attempts = 200, 8
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	browser := server.SignIn(t, alice.Email)
	app := newRelyingParty(t, server.BaseURL, map[string]any{"token_endpoint_auth_method": "none"})
	verifier := oauth2.GenerateVerifier()
	request := app.config.AuthCodeURL("", oauth2.S256ChallengeOption(verifier))
	browser.Allow(request)
	for round := range codes {
		code := browser.Open(request).Query().Get("code")
		var succeeded, refused atomic.Int32
		var wait sync.WaitGroup
		start := make(chan struct{})
		for range attempts {
			wait.Go(func() {
				<-start
				_, err := app.config.Exchange(app.ctx, code, oauth2.VerifierOption(verifier))
				var answer *oauth2.RetrieveError
				switch {
				case err == nil:
					succeeded.Add(1)
				case errors.As(err, &answer) && answer.ErrorCode == "invalid_grant":
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		close(start)
		wait.Wait()
		if succeeded.Load() != 1 || refused.Load() != attempts-1 {
			t.Fatalf("OIDC-AUTH-05: round %d: %d succeeded, %d were refused", round, succeeded.Load(), refused.Load())
		}
	}
}
