package provider

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
)

// operatorIntrospection asks the operators' endpoint about a token.
func (h *harness) operatorIntrospection(token string) object {
	h.t.Helper()
	r := httptest.NewRequest("POST", "/introspect", strings.NewReader(url.Values{"token": {token}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.OperatorIntrospection().ServeHTTP(w, r)
	return decode(h.t, w, 200)
}

// userinfo tells whether an access token works at the userinfo endpoint.
func (h *harness) userinfo(token string) int {
	proof := h.proofFor(h.key, "GET", issuer+".oidc/me")
	return h.do("GET", issuer+".oidc/me", "", "Authorization", "DPoP "+token, "DPoP", proof).Code
}

func (h *harness) update(change func(tx rdfstore.Tx) error) {
	h.t.Helper()
	if err := h.store.Update(h.t.Context(), change); err != nil {
		h.t.Fatal(err)
	}
}

func TestIntrospection(t *testing.T) {
	h := newHarness(t)
	a, other, public := h.register(inruptRegistration), h.register(inruptRegistration), h.register(publicRegistration)
	got := h.tokensOf(a)
	ask := func(as app, token string) object {
		return decode(t, h.postForm(".oidc/introspect", url.Values{"token": {token}}, "Authorization", basic(as)), 200)
	}
	for _, name := range []string{"access_token", "refresh_token"} {
		for who, answer := range map[string]object{"its client": ask(a, got.text(name)), "operators": h.operatorIntrospection(got.text(name))} {
			if answer["active"] != true || answer.text("client_id") != a.id || answer.text("webid") != alice || answer.text("sub") != alice ||
				answer.text("scope") != "openid offline_access webid" || answer.text("iss") != issuer || answer["exp"] == nil || answer.text("sid") == "" {
				t.Errorf("OIDC-TOK-09: %s, to %s: %v", name, who, answer)
			}
		}
		if answer := ask(other, got.text(name)); len(answer) != 1 || answer["active"] != false {
			t.Errorf("OIDC-TOK-09: %s, to another client: %v", name, answer)
		}
	}
	if answer := ask(a, got.text("access_token")); answer.text("token_type") != "DPoP" || answer["cnf"] == nil {
		t.Errorf("OIDC-TOK-09: %v", answer)
	}
	foreign, err := newKey(t).Sign("at+jwt", map[string]any{"iss": issuer, "client_id": a.id, "exp": h.now().Add(time.Hour).Unix(), "iat": h.now().Unix()})
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"nonsense": "a", "ID token": got.text("id_token"), "signed by another": foreign,
		"a guess": strings.Split(got.text("refresh_token"), ".")[0] + "." + newSecret(),
	} {
		t.Run("OIDC-TOK-09 "+name, func(t *testing.T) {
			if answer := h.operatorIntrospection(token); len(answer) != 1 || answer["active"] != false {
				t.Errorf("%v", answer)
			}
		})
	}
	refused(t, h.postForm(".oidc/introspect", url.Values{"token": {"a"}, "client_id": {public.id}}), 401, "invalid_client")
	refused(t, h.postForm(".oidc/introspect", url.Values{"token": {"a"}}), 401, "invalid_client")
	refused(t, h.postForm(".oidc/introspect", url.Values{}, "Authorization", basic(a)), 400, "invalid_request")
	h.advance(accessTokenLifetime + clockLeeway)
	if answer := ask(a, got.text("access_token")); answer["active"] != false {
		t.Errorf("OIDC-TOK-09: expired: %v", answer)
	}
}

// TestTokensEnd: what was issued ends, access tokens that are out included,
// with what it was issued for.
func TestTokensEnd(t *testing.T) {
	endings := map[string]func(h *harness, a app, code string, got object){
		"OIDC-OUT-02 logout": func(h *harness, _ app, _ string, _ object) {
			h.update(func(tx rdfstore.Tx) error { return h.RevokeSession(tx, "session-1") })
		},
		"password change elsewhere": func(h *harness, _ app, _ string, _ object) {
			h.update(func(tx rdfstore.Tx) error { return h.RevokeOtherSessions(tx, "account-1", "session-2") })
		},
		"WebID given up": func(h *harness, _ app, _ string, _ object) {
			h.update(func(tx rdfstore.Tx) error { return h.RevokeWebID(tx, "account-1", alice) })
		},
		"grant withdrawn": func(h *harness, _ app, _ string, _ object) {
			h.update(func(tx rdfstore.Tx) error { return h.RevokeGrant(tx, "account-1", testGrant+alice) })
		},
		"OIDC-AUTH-05 code used twice": func(h *harness, a app, code string, _ object) {
			refused(h.t, h.redeem(a, codeForm(code), h.key), 400, "invalid_grant")
		},
	}
	for name, end := range endings {
		for scope, offline := range map[string]bool{"openid offline_access webid": true, "openid webid": false} {
			t.Run(name+", scope "+scope, func(t *testing.T) {
				h := newHarness(t)
				a := h.register(publicRegistration)
				code := h.code(authorizationForm(a.id, "scope", scope), h.signIn(), alice)
				got := decode(t, h.redeem(a, codeForm(code), h.key), 200)
				if (got.text("refresh_token") != "") != offline {
					t.Fatalf("%v", got)
				}
				if status := h.userinfo(got.text("access_token")); status != 200 {
					t.Fatalf("before: %d", status)
				}
				end(h, a, code, got)
				if status := h.userinfo(got.text("access_token")); status != 401 {
					t.Errorf("the access token works still: %d", status)
				}
				if answer := h.operatorIntrospection(got.text("access_token")); answer["active"] != false {
					t.Errorf("introspection: %v", answer)
				}
				if offline {
					refused(t, h.redeem(a, refreshForm(got.text("refresh_token")), h.key), 400, "invalid_grant")
				}
			})
		}
	}
	t.Run("OIDC-TOK-07 refresh token used twice", func(t *testing.T) {
		h := newHarness(t)
		a := h.register(publicRegistration)
		first := h.tokensOf(a)
		second := decode(t, h.redeem(a, refreshForm(first.text("refresh_token")), h.key), 200)
		refused(t, h.redeem(a, refreshForm(first.text("refresh_token")), h.key), 400, "invalid_grant")
		for _, tokens := range []object{first, second} {
			if status := h.userinfo(tokens.text("access_token")); status != 401 {
				t.Errorf("an access token works still: %d", status)
			}
		}
		refused(t, h.redeem(a, refreshForm(second.text("refresh_token")), h.key), 400, "invalid_grant")
	})
	t.Run("OIDC-CC-01 client credentials deleted", func(t *testing.T) {
		h := newHarness(t)
		c, secret := h.createCredentials("account-1", "script", alice)
		token := decode(t, h.redeem(app{c.ID, secret}, url.Values{"grant_type": {"client_credentials"}}, h.key), 200).text("access_token")
		if status := h.userinfo(token); status != 200 {
			t.Fatalf("before: %d", status)
		}
		h.update(func(tx rdfstore.Tx) error { return h.DeleteCredentials(tx, "account-1", c.ID) })
		if status := h.userinfo(token); status != 401 {
			t.Errorf("the access token works still: %d", status)
		}
	})
	t.Run("nobody ends another's with what a storage sees in the token", func(t *testing.T) {
		h := newHarness(t)
		a := h.register(publicRegistration)
		got := h.tokensOf(a)
		_, claims := h.claims(got.text("access_token"))
		h.postForm(".oidc/revoke", url.Values{"client_id": {a.id}, "token": {claims.String("sid") + ".x"}})
		h.redeem(a, refreshForm(claims.String("sid")+".x"), newKey(t))
		if status := h.userinfo(got.text("access_token")); status != 200 {
			t.Errorf("%d", status)
		}
	})
}

func TestFailuresAreThrottled(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	wrong := app{a.id, "wrong"}
	for range failureAllowance.Burst {
		refused(t, h.redeem(wrong, codeForm("x"), h.key), 401, "invalid_client")
	}
	for _, path := range []string{".oidc/token", ".oidc/revoke", ".oidc/introspect"} {
		w := h.postForm(path, url.Values{"token": {"x"}}, "Authorization", basic(a))
		refused(t, w, 429, "temporarily_unavailable")
		if w.Header().Get("Retry-After") != "1" {
			t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
		}
	}
	h.advance(failureAllowance.Interval)
	refused(t, h.redeem(a, codeForm("x"), h.key), 400, "invalid_grant")
}
