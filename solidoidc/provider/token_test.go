package provider

import (
	"encoding/base64"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/solidoidc/internal/jose"
)

func TestTokens(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	session := h.signIn()
	code := h.code(authorizationForm(a.id), session, alice)
	h.advance(10 * time.Second)
	w := h.redeem(a, codeForm(code), h.key)
	o := decode(t, w, 200)

	t.Run("O20 OIDC-TOK-06 response", func(t *testing.T) {
		if o.text("token_type") != "DPoP" || o["expires_in"] != 1800.0 || o.text("scope") != "openid offline_access webid" || o.text("refresh_token") == "" {
			t.Errorf("%v", o)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("OIDC-OP-05: %v", w.Header())
		}
	})
	t.Run("O20 OIDC-TOK-04 access token", func(t *testing.T) {
		header, claims := h.claims(o.text("access_token"))
		if header.Type != "at+jwt" || header.Algorithm != jose.ES256 {
			t.Errorf("header %+v", header)
		}
		for name, want := range map[string]string{"iss": issuer, "sub": alice, "webid": alice, "client_id": a.id, "aud": "solid", "scope": "openid offline_access webid"} {
			if claims.String(name) != want {
				t.Errorf("%s is %q, want %q", name, claims.String(name), want)
			}
		}
		if claims.Confirmation() != h.key.Thumbprint() || claims.String("jti") == "" {
			t.Errorf("%v", claims)
		}
		issued, _ := claims.Time("iat")
		expires, _ := claims.Time("exp")
		if !issued.Equal(h.now()) || expires.Sub(issued) != accessTokenLifetime {
			t.Errorf("iat %v, exp %v", issued, expires)
		}
	})
	t.Run("O20 OIDC-TOK-05 ID token", func(t *testing.T) {
		header, claims := h.claims(o.text("id_token"))
		if header.Algorithm != jose.ES256 || header.Type == "at+jwt" {
			t.Errorf("header %+v", header)
		}
		if aud := claims.Strings("aud"); !slices.Equal(aud, []string{a.id, "solid"}) {
			t.Errorf("aud %v", aud)
		}
		for name, want := range map[string]string{"iss": issuer, "sub": alice, "webid": alice, "azp": a.id, "nonce": "n-1"} {
			if claims.String(name) != want {
				t.Errorf("%s is %q, want %q", name, claims.String(name), want)
			}
		}
		if signedIn, _ := claims.Time("auth_time"); !signedIn.Equal(session.AuthTime) || claims.Confirmation() != h.key.Thumbprint() {
			t.Errorf("%v", claims)
		}
	})
	t.Run("OIDC-TOK-08 scope openid only", func(t *testing.T) {
		o := h.tokensOf(a, "scope", "openid", "nonce", "")
		_, access := h.claims(o.text("access_token"))
		_, identity := h.claims(o.text("id_token"))
		if access.String("webid") != alice || identity.String("webid") != "" || o.text("refresh_token") != "" || identity["nonce"] != nil {
			t.Errorf("%v %v %v", access, identity, o)
		}
	})
	t.Run("OIDC-OP-04 default ID token algorithm", func(t *testing.T) {
		plain := h.register(`{"redirect_uris":["` + callback + `"]}`)
		o := h.tokensOf(plain)
		header, _ := h.claims(o.text("id_token"))
		if header.Algorithm != jose.RS256 {
			t.Errorf("%+v", header)
		}
		if o.text("refresh_token") != "" || o.text("scope") != "openid webid" {
			t.Errorf("a refresh token for a client without the grant type: %v", o)
		}
	})
	t.Run("OIDC-DCR-02 scope is narrowed to the registered", func(t *testing.T) {
		narrow := h.register(strings.Replace(inruptRegistration, "{", `{"scope":"openid webid",`, 1))
		if o := h.tokensOf(narrow); o.text("scope") != "openid webid" {
			t.Errorf("%v", o)
		}
	})
}

func TestTokenEndpointRefusals(t *testing.T) {
	h := newHarness(t)
	a, public := h.register(inruptRegistration), h.register(publicRegistration)
	form := func(pairs ...string) url.Values {
		f := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			f.Add(pairs[i], pairs[i+1])
		}
		return f
	}
	wrong := app{a.id, "wrong"}
	tests := []struct {
		name   string
		form   url.Values
		header []string
		status int
		code   string
	}{
		{"O27 unknown grant", form("grant_type", "password"), nil, 400, "unsupported_grant_type"},
		{"OIDC-TOK-01 no grant", form(), nil, 400, "invalid_request"},
		{"OIDC-TOK-01 repeated parameter", form("grant_type", "refresh_token", "grant_type", "refresh_token"), nil, 400, "invalid_request"},
		{"OIDC-TOK-01 no client", form("grant_type", "refresh_token"), nil, 401, "invalid_client"},
		{"OIDC-TOK-01 unknown client", form("grant_type", "refresh_token", "client_id", "x"), nil, 401, "invalid_client"},
		{"OIDC-TOK-01 wrong secret", form("grant_type", "refresh_token"), []string{"Authorization", basic(wrong)}, 401, "invalid_client"},
		{"OIDC-TOK-01 no secret", form("grant_type", "refresh_token", "client_id", a.id), nil, 401, "invalid_client"},
		{"OIDC-TOK-01 wrong secret in the form", form("grant_type", "refresh_token", "client_id", a.id, "client_secret", "x"), nil, 401, "invalid_client"},
		{"OIDC-TOK-01 secret of a public client", form("grant_type", "refresh_token", "client_id", public.id, "client_secret", "x"), nil, 401, "invalid_client"},
		{"OIDC-TOK-01 secret of a document", form("grant_type", "refresh_token", "client_id", "https://a.example/id", "client_secret", "x"), nil, 401, "invalid_client"},
		{"OIDC-TOK-01 two ways", form("grant_type", "refresh_token", "client_secret", "x"), []string{"Authorization", basic(a)}, 400, "invalid_request"},
		{"OIDC-TOK-01 two names", form("grant_type", "refresh_token", "client_id", public.id), []string{"Authorization", basic(a)}, 400, "invalid_request"},
		{"OIDC-TOK-01 Bearer instead of Basic", form("grant_type", "refresh_token"), []string{"Authorization", "Bearer x"}, 401, "invalid_client"},
		{"OIDC-TOK-03 no proof", form("grant_type", "refresh_token"), []string{"Authorization", basic(a)}, 400, "invalid_dpop_proof"},
		{"OIDC-TOK-03 garbage proof", form("grant_type", "refresh_token"), []string{"Authorization", basic(a), "DPoP", "x"}, 400, "invalid_dpop_proof"},
		{"OIDC-TOK-03 proof for another method", form("grant_type", "refresh_token"),
			[]string{"Authorization", basic(a), "DPoP", h.proofFor(h.key, "GET", issuer+".oidc/token")}, 400, "invalid_dpop_proof"},
		{"OIDC-TOK-03 proof for another URL", form("grant_type", "refresh_token"),
			[]string{"Authorization", basic(a), "DPoP", h.proofFor(h.key, "POST", issuer+".oidc/me")}, 400, "invalid_dpop_proof"},
		{"OIDC-TOK-03 two proofs", form("grant_type", "refresh_token"),
			[]string{"Authorization", basic(a), "DPoP", h.proof(h.key), "DPoP", h.proof(h.key)}, 400, "invalid_dpop_proof"},
		{"no code", form("grant_type", "authorization_code"), []string{"Authorization", basic(a), "DPoP", h.proof(h.key)}, 400, "invalid_request"},
		{"unknown code", codeForm("x"), []string{"Authorization", basic(a), "DPoP", h.proof(h.key)}, 400, "invalid_grant"},
		{"no refresh token", form("grant_type", "refresh_token"), []string{"Authorization", basic(a), "DPoP", h.proof(h.key)}, 400, "invalid_grant"},
		{"OIDC-CC-02 registered client", form("grant_type", "client_credentials"), []string{"Authorization", basic(a), "DPoP", h.proof(h.key)}, 400, "unauthorized_client"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := h.postForm(".oidc/token", test.form, test.header...)
			refused(t, w, test.status, test.code)
			if (w.Header().Get("WWW-Authenticate") != "") != (test.status == 401) {
				t.Errorf("WWW-Authenticate %q", w.Header().Get("WWW-Authenticate"))
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "*" {
				t.Error("OIDC-OP-05: no CORS")
			}
		})
	}
	t.Run("OIDC-TOK-03 replayed proof, which uses nothing up", func(t *testing.T) {
		c, secret := h.createCredentials("account-1", "", alice)
		refresh := h.tokensOf(a).text("refresh_token")
		code := h.code(authorizationForm(a.id), h.signIn(), alice)
		for _, grant := range []struct {
			by   app
			form url.Values
		}{
			{a, codeForm(code)}, {a, refreshForm(refresh)}, {app{c.ID, secret}, form("grant_type", "client_credentials")},
		} {
			send := func(proof string) *httptest.ResponseRecorder {
				return h.postForm(".oidc/token", grant.form, "Authorization", basic(grant.by), "DPoP", proof)
			}
			proof := h.proof(h.key)
			decode(t, h.postForm(".oidc/token", form("grant_type", "client_credentials"), "Authorization", basic(app{c.ID, secret}), "DPoP", proof), 200)
			refused(t, send(proof), 400, "invalid_dpop_proof")
			decode(t, send(h.proof(h.key)), 200)
		}
	})
	t.Run("proofs of strangers are not remembered", func(t *testing.T) {
		proof := h.proof(h.key)
		for range 2 {
			refused(t, h.postForm(".oidc/token", codeForm("x"), "Authorization", basic(a), "DPoP", proof), 400, "invalid_grant")
			refused(t, h.postForm(".oidc/token", refreshForm("a.b"), "Authorization", basic(a), "DPoP", proof), 400, "invalid_grant")
		}
	})
	t.Run("OIDC-TOK-01 JSON body", func(t *testing.T) {
		refused(t, h.do("POST", issuer+".oidc/token", "{}", "Content-Type", "application/json"), 400, "invalid_request")
	})
	t.Run("OIDC-TOK-01 parameters in the query", func(t *testing.T) {
		refused(t, h.do("POST", issuer+".oidc/token?grant_type=refresh_token", "", "Content-Type", "application/x-www-form-urlencoded"), 400, "invalid_request")
	})
	t.Run("too large", func(t *testing.T) {
		refused(t, h.postForm(".oidc/token", form("a", strings.Repeat("a", maxFormBytes))), 413, "invalid_request")
	})
}

func TestCodeIsBound(t *testing.T) {
	h := newHarness(t)
	a, other := h.register(inruptRegistration), h.register(inruptRegistration)
	session := h.signIn()
	set := func(name, value string) func(url.Values) { return func(f url.Values) { f.Set(name, value) } }
	tests := []struct {
		name   string
		change func(url.Values)
	}{
		{"O19 wrong verifier", set("code_verifier", strings.Repeat("a", 43))},
		{"OIDC-TOK-02 no verifier", set("code_verifier", "")},
		{"OIDC-TOK-02 challenge as verifier", set("code_verifier", challenge(verifier))},
		{"OIDC-TOK-02 other redirect_uri", set("redirect_uri", "https://app.example/")},
		{"OIDC-TOK-02 no redirect_uri", func(f url.Values) { f.Del("redirect_uri") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code := h.code(authorizationForm(a.id), session, alice)
			form := codeForm(code)
			test.change(form)
			refused(t, h.redeem(a, form, h.key), 400, "invalid_grant")
			refused(t, h.redeem(a, codeForm(code), h.key), 400, "invalid_grant") // the attempt used it up
		})
	}
	t.Run("OIDC-TOK-02 short verifier", func(t *testing.T) {
		code := h.code(authorizationForm(a.id, "code_challenge", challenge("short")), session, alice)
		form := codeForm(code)
		form.Set("code_verifier", "short")
		refused(t, h.redeem(a, form, h.key), 400, "invalid_grant")
	})
	t.Run("OIDC-TOK-02 other client, which uses nothing up", func(t *testing.T) {
		code := h.code(authorizationForm(a.id), session, alice)
		refused(t, h.redeem(other, codeForm(code), h.key), 400, "invalid_grant")
		decode(t, h.redeem(a, codeForm(code), h.key), 200)
	})
	t.Run("OIDC-AUTH-05 after a minute", func(t *testing.T) {
		code := h.code(authorizationForm(a.id), session, alice)
		h.advance(codeLifetime)
		refused(t, h.redeem(a, codeForm(code), h.key), 400, "invalid_grant")
	})
	t.Run("OIDC-AUTH-05 dpop_jkt", func(t *testing.T) {
		bound := authorizationForm(a.id, "dpop_jkt", h.key.Thumbprint())
		refused(t, h.redeem(a, codeForm(h.code(bound, session, alice)), newKey(t)), 400, "invalid_grant")
		decode(t, h.redeem(a, codeForm(h.code(bound, session, alice)), h.key), 200)
	})
	t.Run("O19 second exchange revokes", func(t *testing.T) {
		code := h.code(authorizationForm(a.id), session, alice)
		first := decode(t, h.redeem(a, codeForm(code), h.key), 200)
		refused(t, h.redeem(a, codeForm(code), h.key), 400, "invalid_grant")
		refused(t, h.redeem(a, refreshForm(first.text("refresh_token")), h.key), 400, "invalid_grant")
	})
	t.Run("a bad proof uses nothing up", func(t *testing.T) {
		code := h.code(authorizationForm(a.id), session, alice)
		refused(t, h.postForm(".oidc/token", codeForm(code), "Authorization", basic(a), "DPoP", "x"), 400, "invalid_dpop_proof")
		decode(t, h.redeem(a, codeForm(code), h.key), 200)
	})
}

// OIDC-AUTH-05: of 8 that redeem one code at once, one succeeds.
func TestCodeRace(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	session := h.signIn()
	for round := range 50 {
		code := h.code(authorizationForm(a.id), session, alice)
		var successes atomic.Int32
		var wait sync.WaitGroup
		start := make(chan struct{})
		for range 8 {
			wait.Go(func() {
				<-start
				if h.redeem(a, codeForm(code), h.key).Code == 200 {
					successes.Add(1)
				}
			})
		}
		close(start)
		wait.Wait()
		if n := successes.Load(); n != 1 {
			t.Fatalf("round %d: %d of 8 succeeded", round, n)
		}
	}
}

func TestRefresh(t *testing.T) {
	h := newHarness(t)
	public, confidential := h.register(publicRegistration), h.register(inruptRegistration)
	for name, a := range map[string]app{"public": public, "confidential": confidential} {
		t.Run("OIDC-TOK-07 rotation, "+name, func(t *testing.T) {
			first := h.tokensOf(a)
			h.advance(time.Hour)
			second := decode(t, h.redeem(a, refreshForm(first.text("refresh_token")), h.key), 200)
			if second.text("refresh_token") == first.text("refresh_token") || second.text("scope") != first.text("scope") {
				t.Errorf("%v", second)
			}
			_, access := h.claims(second.text("access_token"))
			_, identity := h.claims(second.text("id_token"))
			_, before := h.claims(first.text("id_token"))
			if access.String("webid") != alice || access.Confirmation() != h.key.Thumbprint() {
				t.Errorf("access token %v", access)
			}
			if identity.String("sub") != before.String("sub") || identity["auth_time"] != before["auth_time"] || identity["nonce"] != nil {
				t.Errorf("ID token %v", identity)
			}
			for _, token := range []string{first.text("refresh_token"), second.text("refresh_token")} {
				if _, secret, _ := strings.Cut(token, "."); strings.Contains(h.stored(), secret) {
					t.Error("the token is stored")
				}
			}
			// Used again: the family ends.
			refused(t, h.redeem(a, refreshForm(first.text("refresh_token")), h.key), 400, "invalid_grant")
			refused(t, h.redeem(a, refreshForm(second.text("refresh_token")), h.key), 400, "invalid_grant")
		})
	}
	t.Run("O23 other key, public client", func(t *testing.T) {
		token := h.tokensOf(public).text("refresh_token")
		refused(t, h.redeem(public, refreshForm(token), newKey(t)), 400, "invalid_grant")
		decode(t, h.redeem(public, refreshForm(token), h.key), 200)
	})
	t.Run("OIDC-TOK-07 other key, confidential client", func(t *testing.T) {
		token := h.tokensOf(confidential).text("refresh_token")
		key := newKey(t)
		o := decode(t, h.redeem(confidential, refreshForm(token), key), 200)
		if _, claims := h.claims(o.text("access_token")); claims.Confirmation() != key.Thumbprint() {
			t.Errorf("%v", claims)
		}
	})
	t.Run("OIDC-TOK-07 other client, which ends nothing", func(t *testing.T) {
		token := h.tokensOf(confidential).text("refresh_token")
		other := h.register(inruptRegistration)
		refused(t, h.redeem(other, refreshForm(token), h.key), 400, "invalid_grant")
		decode(t, h.redeem(confidential, refreshForm(token), h.key), 200)
	})
	t.Run("OIDC-TOK-07 scope shrinks and does not grow", func(t *testing.T) {
		token := h.tokensOf(confidential).text("refresh_token")
		form := refreshForm(token)
		form.Set("scope", "openid webid profile")
		refused(t, h.redeem(confidential, form, h.key), 400, "invalid_scope")
		form.Set("scope", "webid")
		o := decode(t, h.redeem(confidential, form, h.key), 200)
		if o.text("scope") != "webid" || o.text("id_token") != "" {
			t.Errorf("%v", o)
		}
		o = decode(t, h.redeem(confidential, refreshForm(o.text("refresh_token")), h.key), 200)
		if o.text("scope") != "openid offline_access webid" {
			t.Errorf("the grant itself shrank: %v", o)
		}
	})
	t.Run("OIDC-TOK-07 expires unused, lives used", func(t *testing.T) {
		token := h.tokensOf(confidential).text("refresh_token")
		for range 3 {
			h.advance(refreshLifetime - time.Second)
			token = decode(t, h.redeem(confidential, refreshForm(token), h.key), 200).text("refresh_token")
		}
		h.advance(refreshLifetime)
		refused(t, h.redeem(confidential, refreshForm(token), h.key), 400, "invalid_grant")
	})
}

// Of 8 that use one refresh token at once, one succeeds.
func TestRefreshRace(t *testing.T) {
	h := newHarness(t)
	a := h.register(publicRegistration)
	token := h.tokensOf(a).text("refresh_token")
	var successes atomic.Int32
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if h.redeem(a, refreshForm(token), h.key).Code == 200 {
				successes.Add(1)
			}
		})
	}
	wait.Wait()
	if n := successes.Load(); n != 1 {
		t.Errorf("%d of 8 succeeded", n)
	}
}

func TestBearer(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.Bearer = true })
	a := h.register(inruptRegistration)
	public := h.register(publicRegistration)
	session := h.signIn()
	o := decode(t, h.postForm(".oidc/token", codeForm(h.code(authorizationForm(a.id), session, alice)), "Authorization", basic(a)), 200)
	if _, claims := h.claims(o.text("access_token")); o.text("token_type") != "Bearer" || claims["cnf"] != nil {
		t.Errorf("OIDC-TOK-03: %v %v", o, claims)
	}
	refresh := func(a app, token string) int {
		form := refreshForm(token)
		if a.secret == "" {
			form.Set("client_id", a.id)
			return h.postForm(".oidc/token", form).Code
		}
		return h.postForm(".oidc/token", form, "Authorization", basic(a)).Code
	}
	if status := refresh(a, o.text("refresh_token")); status != 200 {
		t.Errorf("refresh without a key: %d", status)
	}
	for _, a := range []app{a, public} {
		bound := decode(t, h.redeem(a, codeForm(h.code(authorizationForm(a.id), session, alice)), h.key), 200)
		if status := refresh(a, bound.text("refresh_token")); bound.text("token_type") != "DPoP" || status != 400 {
			t.Errorf("OIDC-TOK-07: a bound grant gave a bearer token: %d", status)
		}
	}
}

func TestClientCredentials(t *testing.T) {
	h := newHarness(t)
	c, secret := h.createCredentials("account-1", "My böt/1", alice)
	if !strings.HasPrefix(c.ID, "My-b-t-1_") || strings.Contains(h.stored(), secret) {
		t.Errorf("OIDC-CC-01: %s", c.ID)
	}
	raw := app{c.ID, secret}
	encoded := app{url.QueryEscape(c.ID), strings.ReplaceAll(url.QueryEscape(secret), "_", "%5F")}
	post := url.Values{"client_id": {c.ID}, "client_secret": {secret}}
	for name, w := range map[string]func(scope string) object{
		"O24 Basic raw": func(scope string) object {
			return decode(t, h.redeem(raw, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}, h.key), 200)
		},
		"O24 Basic form-encoded": func(scope string) object {
			return decode(t, h.redeem(encoded, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}, h.key), 200)
		},
		"OIDC-CC-02 post": func(scope string) object {
			post.Set("grant_type", "client_credentials")
			post.Set("scope", scope)
			return decode(t, h.postForm(".oidc/token", post, "DPoP", h.proof(h.key)), 200)
		},
	} {
		for _, scope := range []string{"", "webid", "openid", "openid offline_access webid"} {
			t.Run(name+", scope "+scope, func(t *testing.T) {
				o := w(scope)
				header, claims := h.claims(o.text("access_token"))
				if header.Type != "at+jwt" || claims.String("webid") != alice || claims.String("aud") != "solid" || claims.String("client_id") != c.ID ||
					claims.String("iss") != issuer || claims.Confirmation() != h.key.Thumbprint() {
					t.Errorf("%v", claims)
				}
				if o.text("token_type") != "DPoP" || o.text("refresh_token") != "" {
					t.Errorf("%v", o)
				}
			})
		}
	}
	grant := url.Values{"grant_type": {"client_credentials"}}
	refused(t, h.redeem(app{c.ID, "wrong"}, grant, h.key), 401, "invalid_client")
	refused(t, h.postForm(".oidc/token", grant, "Authorization", basic(raw)), 400, "invalid_dpop_proof")
	refused(t, h.redeem(raw, codeForm("x"), h.key), 400, "unauthorized_client")
	refused(t, h.postForm(".oidc/token", grant, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("x")), "DPoP", h.proof(h.key)), 401, "invalid_client")
}

// TestEndedCredentials: OIDC-CC-02, what may do nothing gets no token for it.
func TestEndedCredentials(t *testing.T) {
	holds := true
	h := newHarness(t, func(c *Config) {
		c.GrantHolds = func(rdfstore.StateReader, string) (bool, error) { return holds, nil }
	})
	c, secret := h.createCredentials("account-1", "script", alice)
	form := url.Values{"grant_type": {"client_credentials"}}
	decode(t, h.redeem(app{c.ID, secret}, form, h.key), 200)
	holds = false
	refused(t, h.redeem(app{c.ID, secret}, form, h.key), 400, "unauthorized_client")
}
