package provider

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestRegistration(t *testing.T) {
	h := newHarness(t)
	t.Run("O25 OIDC-DCR-01 OIDC-DCR-04 Inrupt's browser client", func(t *testing.T) {
		w := h.do("POST", issuer+".oidc/reg", inruptRegistration, "Content-Type", "application/json")
		o := decode(t, w, 201)
		if redirects := strs(o, "redirect_uris"); len(redirects) != 1 || redirects[0] != callback {
			t.Errorf("redirect_uris %v", o["redirect_uris"])
		}
		for member, want := range map[string]any{
			"client_name": "Notes", "token_endpoint_auth_method": "client_secret_basic", "id_token_signed_response_alg": "ES256",
			"subject_type": "public", "application_type": "web", "client_secret_expires_at": 0.0, "scope": defaultScope,
			"client_id_issued_at": float64(h.now().Unix()),
		} {
			if o[member] != want {
				t.Errorf("%s is %v, want %v", member, o[member], want)
			}
		}
		safe := regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
		if !safe.MatchString(o.text("client_id")) || !safe.MatchString(o.text("client_secret")) || len(o.text("client_secret")) < 43 {
			t.Errorf("OIDC-DCR-04: %s %s", o.text("client_id"), o.text("client_secret"))
		}
		if strings.Contains(h.stored(), o.text("client_secret")) {
			t.Error("the secret is stored")
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%v", w.Header())
		}
	})
	t.Run("OIDC-DCR-02 public client has no secret", func(t *testing.T) {
		o := decode(t, h.do("POST", issuer+".oidc/reg", publicRegistration, "Content-Type", "application/json"), 201)
		if _, ok := o["client_secret"]; ok {
			t.Error("a secret")
		}
	})
	tests := []struct{ name, body, code string }{
		{"OIDC-DCR-02 pairwise becomes public", `{"redirect_uris":["https://a.example/"],"subject_type":"pairwise"}`, ""},
		{"OIDC-DCR-02 post", `{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_post"}`, ""},
		{"OIDC-DCR-03 localhost for a web client", `{"redirect_uris":["http://localhost:8080/cb"]}`, ""},
		{"OIDC-DCR-03 loopback addresses", `{"redirect_uris":["http://127.0.0.1/","http://[::1]:1/"]}`, ""},
		{"OIDC-DCR-03 private-use scheme for native", `{"redirect_uris":["com.example.app:/cb"],"application_type":"native"}`, ""},
		{"unknown members", `{"redirect_uris":["https://a.example/"],"x":{"y":1}}`, ""},
		{"unsupported grant type beside a good one", `{"redirect_uris":["https://a.example/"],"grant_types":["authorization_code","implicit"]}`, ""},
		{"OIDC-DCR-03 private-use scheme for web", `{"redirect_uris":["com.example.app:/cb"]}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 scheme without a dot", `{"redirect_uris":["javascript:alert(1)"],"application_type":"native"}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 http elsewhere", `{"redirect_uris":["http://a.example/"]}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 http that looks like localhost", `{"redirect_uris":["http://localhost.evil.example/"]}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 fragment", `{"redirect_uris":["https://a.example/#x"]}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 empty fragment", `{"redirect_uris":["https://a.example/#"]}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 user information", `{"redirect_uris":["https://a@b.example/"]}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 relative", `{"redirect_uris":["/cb"]}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 no host", `{"redirect_uris":["https:///cb"]}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 line break", `{"redirect_uris":["https://a.example/\nb"]}`, "invalid_redirect_uri"},
		{"OIDC-DCR-03 bad logout URI", `{"redirect_uris":["https://a.example/"],"post_logout_redirect_uris":["http://a.example/"]}`, "invalid_redirect_uri"},
		{"none", `{}`, "invalid_redirect_uri"},
		{"too many", `{"redirect_uris":[` + strings.Repeat(`"https://a.example/",`, 20) + `"https://a.example/"]}`, "invalid_redirect_uri"},
		{"auth method", `{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt"}`, "invalid_client_metadata"},
		{"algorithm none", `{"redirect_uris":["https://a.example/"],"id_token_signed_response_alg":"none"}`, "invalid_client_metadata"},
		{"response type", `{"redirect_uris":["https://a.example/"],"response_types":["token"]}`, "invalid_client_metadata"},
		{"grant type", `{"redirect_uris":["https://a.example/"],"grant_types":["client_credentials"]}`, "invalid_client_metadata"},
		{"negative max age", `{"redirect_uris":["https://a.example/"],"default_max_age":-1}`, "invalid_client_metadata"},
		{"wrong type", `{"redirect_uris":"https://a.example/"}`, "invalid_client_metadata"},
		{"not JSON", `redirect_uris=x`, "invalid_client_metadata"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := h.do("POST", issuer+".oidc/reg", test.body, "Content-Type", "application/json")
			if test.code == "" {
				decode(t, w, 201)
				return
			}
			refused(t, w, 400, test.code)
		})
	}
	t.Run("form instead of JSON", func(t *testing.T) {
		refused(t, h.do("POST", issuer+".oidc/reg", "a=b", "Content-Type", "application/x-www-form-urlencoded"), 400, "invalid_client_metadata")
	})
	t.Run("too large", func(t *testing.T) {
		body := `{"client_name":"` + strings.Repeat("a", maxRegistrationBytes) + `"}`
		refused(t, h.do("POST", issuer+".oidc/reg", body, "Content-Type", "application/json"), 413, "invalid_request")
	})
}

func TestRegistrationLimits(t *testing.T) {
	h := newHarness(t)
	for range registrationAllowance.Burst {
		h.register(publicRegistration)
	}
	w := h.do("POST", issuer+".oidc/reg", publicRegistration, "Content-Type", "application/json")
	refused(t, w, 429, "temporarily_unavailable")
	if w.Header().Get("Retry-After") != "10" {
		t.Errorf("OIDC-DCR-03: Retry-After %q", w.Header().Get("Retry-After"))
	}
	h.advance(registrationAllowance.Interval)
	h.register(publicRegistration)
}

func TestRegistrationsExpire(t *testing.T) {
	h := newHarness(t)
	unused, used := h.register(inruptRegistration), h.register(inruptRegistration)
	h.tokensOf(used)
	h.advance(unusedClientLifetime + time.Second)
	h.browser.signIn(nil)
	if w := h.authorizeWith(authorizationForm(unused.id)); w.Code != 400 || !strings.Contains(w.Body.String(), "invalid_client") {
		t.Errorf("OIDC-DCR-03 unused: %d %s", w.Code, w.Body)
	}
	refused(t, h.redeem(unused, refreshForm("a.b"), h.key), 401, "invalid_client")
	h.interact(authorizationForm(used.id))
}
