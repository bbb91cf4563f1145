// Package oidc is the area of Solid-OIDC: what a storage takes for the identity
// of who asks, and what an issuer gives to apps.
//
// Spec: https://solidproject.org/TR/oidc, RFC 6749, RFC 7591, RFC 9449 and
// OpenID Connect Core and Discovery
package oidc

import (
	"slices"

	"domicile/conformance/suite"
)

// Area holds the cases.
var Area = suite.Area{
	Name:  "oidc",
	Title: "Solid-OIDC",
	Cases: slices.Concat(challenges, proofs, needing(suite.WebAccessControl, foreign), metadata, needing(suite.Accounts, codes), endpoint, apps),
	Unseen: map[string]string{
		"OIDC-RS-10":  "a server may take what a Link header says of issuers for a hint",
		"OIDC-CID-05": "a server need not tell what it makes of the context",
		"OIDC-CC-03":  "a server need not offer it, and there is no way to ask for it",
		"OIDC-UMA-01": "an authorization server for others is a second way that no client of today takes",
		"OIDC-UMA-02": "an authorization server for others is a second way that no client of today takes",
	},
}

func needing(need suite.Need, cases []suite.Case) []suite.Case {
	for i := range cases {
		cases[i] = cases[i].Needing(need)
	}
	return cases
}

// tokens is what a token endpoint gives.
type tokens struct {
	Access    string  `json:"access_token"`
	Type      string  `json:"token_type"`
	ExpiresIn float64 `json:"expires_in"`
	ID        string  `json:"id_token"`
	Refresh   string  `json:"refresh_token"`
	Scope     string  `json:"scope"`
}
