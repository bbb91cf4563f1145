package oidc

import (
	"net/http"
	"slices"
	"strings"

	"domicile/conformance/suite"
)

// metadata are about what an issuer says of itself.
var metadata = []suite.Case{
	suite.Must("OIDC-OP-01", "the discovery document is there for scripts of every origin and names the issuer", func(t *suite.T) {
		answer := t.Nobody.Get(strings.TrimSuffix(t.Target.Issuer, "/")+"/.well-known/openid-configuration", suite.Origin("https://app.example")).
			Want(http.StatusOK).WantMediaType("application/json")
		if allowed := answer.WantHeader("Access-Control-Allow-Origin"); allowed != "*" && allowed != "https://app.example" {
			answer.Failf("Access-Control-Allow-Origin is %q", allowed)
		}
		var p provider
		if read(answer, &p); strings.TrimSuffix(p.Issuer, "/") != strings.TrimSuffix(t.Target.Issuer, "/") {
			answer.Failf("the issuer calls itself %q", p.Issuer)
		}
		if claims := t.Alice.Claims(); claims["iss"] != p.Issuer {
			answer.Failf("tokens are issued by %v, not %s", claims["iss"], p.Issuer)
		}
		t.Nobody.Get(t.Alice.WebID, suite.Accept("text/turtle")).Want(http.StatusOK).
			WantTriples("<" + t.Alice.WebID + "> solid:oidcIssuer <" + p.Issuer + ">.")
	}),
	suite.Must("OIDC-OP-02", "webid is a scope", func(t *suite.T) {
		if p := discover(t); !slices.Contains(p.Scopes, "webid") || !slices.Contains(p.Scopes, "openid") {
			t.Failf("scopes_supported is %q", p.Scopes)
		}
	}),
	suite.Must("OIDC-OP-03", "what clients need to know is in the discovery document", func(t *suite.T) {
		p := discover(t)
		for name, value := range map[string]string{"authorization_endpoint": p.Authorization, "token_endpoint": p.Token, "jwks_uri": p.Keys} {
			if value == "" {
				t.Failf("%s is missing", name)
			}
		}
		for name, list := range map[string][]string{
			"response_types_supported code": p.ResponseTypes, "code_challenge_methods_supported S256": p.Challenges,
			"grant_types_supported authorization_code": p.Grants, "dpop_signing_alg_values_supported ES256": p.ProofAlgs,
		} {
			if name, value, _ := strings.Cut(name, " "); !slices.Contains(list, value) {
				t.Failf("%s is %q, which lacks %s", name, list, value)
			}
		}
		if slices.Contains(p.ProofAlgs, "none") || slices.Contains(p.ProofAlgs, "HS256") {
			t.Failf("dpop_signing_alg_values_supported is %q", p.ProofAlgs)
		}
	}),
	suite.Must("OIDC-OP-03 OIDC-AUTH-03", "it is said that answers name the issuer (RFC 9207)", func(t *suite.T) {
		if !discover(t).NamesItself {
			t.Failf("authorization_response_iss_parameter_supported is not true")
		}
	}),
	suite.Should("OIDC-OP-03 OIDC-CC-02", "client credentials are a grant", func(t *suite.T) {
		if p := discover(t); !slices.Contains(p.Grants, "client_credentials") {
			t.Failf("grant_types_supported is %q", p.Grants)
		}
	}),
	suite.Must("OIDC-OP-04", "the key set has public keys with names", func(t *suite.T) {
		answer := t.Nobody.Get(discover(t).Keys, suite.Origin("https://app.example")).Want(http.StatusOK)
		answer.WantHeader("Access-Control-Allow-Origin")
		var set struct{ Keys []map[string]any }
		if read(answer, &set); len(set.Keys) == 0 {
			answer.Failf("there are no keys")
		}
		for _, k := range set.Keys {
			for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
				if _, shown := k[private]; shown {
					answer.Failf("it shows the private member %q", private)
				}
			}
			if k["kid"] == nil || k["kty"] == nil {
				answer.Failf("a key lacks kid or kty: %v", k)
			}
		}
	}),
	suite.Must("OIDC-OP-05", "scripts of every origin may ask for tokens", func(t *suite.T) {
		p := discover(t)
		answer := t.Nobody.Options(p.Token, suite.Origin("https://app.example"), suite.Header("Access-Control-Request-Method", "POST"),
			suite.Header("Access-Control-Request-Headers", "authorization, content-type, dpop")).WantSuccess()
		answer.WantHeader("Access-Control-Allow-Origin")
		if answer.List("Access-Control-Allow-Headers") != "*" {
			answer.WantListed("Access-Control-Allow-Headers", "authorization", "content-type", "dpop")
		}
	}),
	suite.Decision("OIDC-OP-05", "what the issuer answers scripts is without credentials", func(t *suite.T) {
		p := discover(t)
		for _, endpoint := range []string{p.Token, p.Registration} {
			t.Nobody.Post(endpoint, suite.Origin("https://app.example"), form(nil)).WantNoHeader("Access-Control-Allow-Credentials")
		}
	}),
}
