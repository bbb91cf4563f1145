package oidc

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"domicile/conformance/suite"
)

// endpoint are about the token endpoint and client credentials (RFC 6749,
// RFC 9449 §5).
var endpoint = []suite.Case{
	suite.Must("OIDC-TOK-01", "a grant that nobody knows is an error in JSON", func(t *suite.T) {
		p := discover(t)
		answer := t.Nobody.Post(p.Token, form(url.Values{"grant_type": {"magic"}}), basic(t.Alice.Credentials.ID, t.Alice.Credentials.Secret),
			suite.Header("DPoP", proof(newKey(), "POST", p.Token, "", nil)))
		wantError(answer.Want(http.StatusBadRequest), "unsupported_grant_type")
	}).Needing(suite.Accounts),
	suite.Must("OIDC-TOK-01 OIDC-TOK-03", "a client that does not know its secret is 401", func(t *suite.T) {
		p := discover(t)
		for _, c := range [][2]string{{t.Alice.Credentials.ID, "wrong"}, {t.Alice.Credentials.ID, ""}, {"nobody", "wrong"}} {
			answer := t.Nobody.Post(p.Token, clientCredentials(t.Alice, "webid"), basic(c[0], c[1]),
				suite.Header("DPoP", proof(newKey(), "POST", p.Token, "", nil)))
			wantError(answer, "invalid_client", "invalid_request")
			if c[1] != "" {
				answer.Want(http.StatusUnauthorized).WantHeader("WWW-Authenticate")
			}
		}
	}).Needing(suite.Accounts),
	suite.Must("OIDC-TOK-03", "a wrong proof is invalid_dpop_proof", func(t *suite.T) {
		p := discover(t)
		for _, change := range []func(header, claims object){
			func(_, claims object) { claims["htm"] = "GET" },
			func(_, claims object) { claims["htu"] = p.Token + "/other" },
			func(_, claims object) { claims["iat"] = ago(time.Hour) },
			func(header, _ object) { header["alg"] = "none" },
			func(header, _ object) { header["typ"] = "JWT" },
			func(header, _ object) { header["jwk"] = newKey().public },
		} {
			wantError(t.Nobody.Post(p.Token, clientCredentials(t.Alice, "webid"), basic(t.Alice.Credentials.ID, t.Alice.Credentials.Secret),
				suite.Header("DPoP", proof(newKey(), "POST", p.Token, "", change))).Want(http.StatusBadRequest), "invalid_dpop_proof")
		}
	}),
	suite.Must("OIDC-OP-05 OIDC-TOK-06", "nobody keeps what the token endpoint answers", func(t *suite.T) {
		answer := credentialsAnswer(t, "webid")
		if !answer.Lists("Cache-Control", "no-store") {
			answer.Failf("Cache-Control is %q", answer.List("Cache-Control"))
		}
	}),
	suite.Must("OIDC-CC-02 OIDC-TOK-04", "client credentials get an access token for their WebID, for solid, bound to the key, and nothing to refresh", func(t *suite.T) {
		var got tokens
		answer := credentialsAnswer(t, "webid")
		if read(answer, &got); !strings.EqualFold(got.Type, "DPoP") || got.ExpiresIn <= 0 || got.Refresh != "" {
			answer.Failf("token_type is %q, expires_in %v, refresh_token %q", got.Type, got.ExpiresIn, got.Refresh)
		}
		claims := t.Claims(got.Access)
		if claims["webid"] != t.Alice.WebID || claims["client_id"] != t.Alice.Credentials.ID || claims["cnf"] == nil {
			answer.Failf("webid is %v, client_id %v, cnf %v", claims["webid"], claims["client_id"], claims["cnf"])
		}
	}),
	suite.Should("OIDC-TOK-08", "the WebID is in the access token without asking for it", func(t *suite.T) {
		for _, scope := range []string{"", "openid"} {
			var got tokens
			answer := credentialsAnswer(t, scope)
			if read(answer, &got); t.Claims(got.Access)["webid"] != t.Alice.WebID {
				answer.Failf("webid is %v", t.Claims(got.Access)["webid"])
			}
		}
	}),
	suite.Must("OIDC-CC-01", "credentials that were deleted get no token", func(t *suite.T) {
		p := discover(t)
		made, err := t.Alice.Account.CreateCredentials(t.Context(), "short-lived", t.Alice.WebID)
		if err != nil {
			t.Failf("%v", err)
		}
		ask := func() *suite.Answer {
			return t.Nobody.Post(p.Token, clientCredentials(t.Alice, "webid"), basic(made.ID, made.Secret),
				suite.Header("DPoP", proof(newKey(), "POST", p.Token, "", nil)))
		}
		ask().Want(http.StatusOK)
		if err := t.Alice.Account.DeleteCredentials(t.Context(), made); err != nil {
			t.Failf("%v", err)
		}
		wantError(ask(), "invalid_client")
	}).Needing(suite.Accounts),
	suite.Decision("OIDC-CC-01 OIDC-OUT-02", "credentials that were deleted take their tokens along", func(t *suite.T) {
		p, k, target := discover(t), newKey(), private(t)
		made, err := t.Alice.Account.CreateCredentials(t.Context(), "short-lived", t.Alice.WebID)
		if err != nil {
			t.Failf("%v", err)
		}
		var got tokens
		read(t.Nobody.Post(p.Token, clientCredentials(t.Alice, "webid"), basic(made.ID, made.Secret),
			suite.Header("DPoP", proof(k, "POST", p.Token, "", nil))).Want(http.StatusOK), &got)
		bound{t, got.Access, k}.get(target, nil).Want(http.StatusOK)
		if err := t.Alice.Account.DeleteCredentials(t.Context(), made); err != nil {
			t.Failf("%v", err)
		}
		bound{t, got.Access, k}.get(target, nil).Want(http.StatusUnauthorized)
	}).Needing(suite.Accounts),
}

// credentialsAnswer is what Alice's client credentials get.
func credentialsAnswer(t *suite.T, scope string) *suite.Answer {
	p := discover(t)
	return t.Nobody.Post(p.Token, clientCredentials(t.Alice, scope), basic(t.Alice.Credentials.ID, t.Alice.Credentials.Secret),
		suite.Header("DPoP", proof(newKey(), "POST", p.Token, "", nil))).Want(http.StatusOK)
}
