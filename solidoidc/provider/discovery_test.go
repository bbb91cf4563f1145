package provider

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"domicile/solidoidc/internal/jose"
)

func strs(o object, name string) []string {
	var texts []string
	list, _ := o[name].([]any)
	for _, v := range list {
		texts = append(texts, v.(string))
	}
	return texts
}

func TestDiscovery(t *testing.T) {
	h := newHarness(t)
	for _, path := range []string{"openid-configuration", "oauth-authorization-server"} {
		t.Run("O15 OIDC-OP-02 OIDC-OP-03 "+path, func(t *testing.T) {
			w := h.do("GET", issuer+".well-known/"+path, "", "Origin", "https://app.example")
			o := decode(t, w, 200)
			if o.text("issuer") != issuer {
				t.Errorf("OIDC-OP-01: issuer %q", o["issuer"])
			}
			for _, endpoint := range []string{"authorization_endpoint", "token_endpoint", "registration_endpoint", "jwks_uri",
				"userinfo_endpoint", "end_session_endpoint", "revocation_endpoint", "introspection_endpoint"} {
				if !strings.HasPrefix(o.text(endpoint), issuer+".oidc/") {
					t.Errorf("OIDC-OP-03: %s is %q", endpoint, o[endpoint])
				}
			}
			for member, want := range map[string][]string{
				"scopes_supported":                      {"openid", "webid", "offline_access", "profile"},
				"grant_types_supported":                 {"authorization_code", "refresh_token", "client_credentials"},
				"code_challenge_methods_supported":      {"S256"},
				"id_token_signing_alg_values_supported": {"ES256", "RS256"},
				"token_endpoint_auth_methods_supported": {"client_secret_basic", "client_secret_post", "none"},
				"dpop_signing_alg_values_supported":     {"ES256", "RS256"},
				"response_types_supported":              {"code"},
				"subject_types_supported":               {"public"},
			} {
				for _, value := range want {
					if !slices.Contains(strs(o, member), value) {
						t.Errorf("OIDC-OP-02, -03: %s lacks %s: %v", member, value, o[member])
					}
				}
			}
			if o["authorization_response_iss_parameter_supported"] != true || o["request_parameter_supported"] != false {
				t.Errorf("OIDC-OP-03: %v", o)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("OIDC-OP-05: %v", w.Header())
			}
		})
	}
}

func TestIssuerSpelling(t *testing.T) {
	for _, spelled := range []string{"https://id.example", "https://id.example/", "https://id.example/idp/"} {
		t.Run("OIDC-OP-01 "+spelled, func(t *testing.T) {
			h := newHarness(t, func(c *Config) { c.Issuer = spelled })
			base := strings.TrimSuffix(spelled, "/")
			o := decode(t, h.do("GET", base+"/.well-known/openid-configuration", ""), 200)
			if o.text("issuer") != spelled || o.text("token_endpoint") != base+"/.oidc/token" {
				t.Errorf("issuer %q, token endpoint %q", o["issuer"], o["token_endpoint"])
			}
		})
	}
	for _, bad := range []string{"", "id.example", "/x", "https://id.example/?a", "https://id.example/#a"} {
		if _, err := New(t.Context(), Config{Issuer: bad}); err == nil {
			t.Errorf("issuer %q was taken", bad)
		}
	}
}

func TestKeySet(t *testing.T) {
	h := newHarness(t)
	w := h.do("GET", issuer+".oidc/jwks", "")
	if w.Code != 200 || w.Header().Get("Cache-Control") != "public, max-age=300" {
		t.Fatalf("OIDC-OP-04: %d %v", w.Code, w.Header())
	}
	keys, err := jose.ParseKeySet(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	token := h.tokensOf(h.register(inruptRegistration)).text("access_token")
	if _, _, err := jose.Verify(token, keys); err != nil {
		t.Errorf("OIDC-OP-04: published keys do not verify: %v", err)
	}
	if strings.Contains(w.Body.String(), `"d"`) {
		t.Error("OIDC-OP-04: a private key is published")
	}
}

func TestCORSAndMethods(t *testing.T) {
	h := newHarness(t)
	open := []string{".well-known/openid-configuration", ".oidc/jwks", ".oidc/token", ".oidc/reg", ".oidc/revoke", ".oidc/introspect", ".oidc/me"}
	for _, path := range open {
		t.Run("O28 OIDC-OP-05 "+path, func(t *testing.T) {
			w := h.do("OPTIONS", issuer+path, "", "Origin", "https://app.example", "Access-Control-Request-Method", "POST",
				"Access-Control-Request-Headers", "dpop, authorization, content-type")
			header := w.Header()
			if w.Code != 204 || header.Get("Access-Control-Allow-Origin") != "*" || header.Get("Access-Control-Allow-Credentials") != "" ||
				header.Get("Access-Control-Allow-Headers") != "dpop, authorization, content-type" || header.Get("Access-Control-Allow-Methods") == "" {
				t.Errorf("%d %v", w.Code, header)
			}
		})
	}
	for _, path := range []string{".oidc/auth", ".oidc/session/end"} {
		w := h.do("OPTIONS", issuer+path, "", "Origin", "https://app.example", "Access-Control-Request-Method", "GET")
		if w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("OIDC-OP-05: %s is open to scripts", path)
		}
	}
	for path, allow := range map[string]string{
		".oidc/token": "POST, OPTIONS", ".oidc/reg": "POST, OPTIONS", ".oidc/jwks": "GET, HEAD, OPTIONS",
		".oidc/auth": "GET, POST, OPTIONS", ".well-known/openid-configuration": "GET, HEAD, OPTIONS",
	} {
		w := h.do("DELETE", issuer+path, "")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != allow {
			t.Errorf("DELETE %s: %d, Allow %q, want %q", path, w.Code, w.Header().Get("Allow"), allow)
		}
	}
	for _, path := range []string{"", ".oidc/", ".oidc/token/", ".well-known/solid", ".oidc/nothing"} {
		if w := h.do("GET", issuer+path, ""); w.Code != 404 {
			t.Errorf("GET %s: %d, want 404", path, w.Code)
		}
	}
}
