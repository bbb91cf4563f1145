package oidc

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"domicile/conformance/suite"
)

// provider is an issuer as its discovery document describes it.
type provider struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Keys          string   `json:"jwks_uri"`
	Registration  string   `json:"registration_endpoint"`
	EndSession    string   `json:"end_session_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	Revocation    string   `json:"revocation_endpoint"`
	Introspection string   `json:"introspection_endpoint"`
	Scopes        []string `json:"scopes_supported"`
	ResponseTypes []string `json:"response_types_supported"`
	Grants        []string `json:"grant_types_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	ProofAlgs     []string `json:"dpop_signing_alg_values_supported"`
	IDTokenAlgs   []string `json:"id_token_signing_alg_values_supported"`
	NamesItself   bool     `json:"authorization_response_iss_parameter_supported"`
}

func discovery(t *suite.T) *suite.Answer {
	return t.Nobody.Get(strings.TrimSuffix(t.Target.Issuer, "/") + "/.well-known/openid-configuration")
}

func discover(t *suite.T) provider {
	var p provider
	read(discovery(t).Want(http.StatusOK), &p)
	return p
}

// read reads JSON.
func read(answer *suite.Answer, into any) {
	if err := json.Unmarshal([]byte(answer.Body), into); err != nil {
		answer.Failf("the content is no JSON as expected: %v", err)
	}
}

func form(values url.Values) suite.Part {
	return suite.Body("application/x-www-form-urlencoded", values.Encode())
}

func jsonBody(value any) suite.Part { return suite.Body("application/json", string(marshal(value))) }

// basic is the client authentication of RFC 6749 §2.3.1.
func basic(id, secret string) suite.Part {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	return suite.Header("Authorization", r.Header.Get("Authorization"))
}

// wantError wants an OAuth error (RFC 6749 §5.2) of one of the codes.
func wantError(answer *suite.Answer, codes ...string) {
	var got struct {
		Error string `json:"error"`
	}
	if answer.Status/100 != 4 {
		answer.Failf("got %d, want a refusal", answer.Status)
	}
	read(answer, &got)
	for _, code := range codes {
		if got.Error == code {
			return
		}
	}
	answer.Failf("the error is %q, want %s", got.Error, strings.Join(codes, " or "))
}
