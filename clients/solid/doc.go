// Package solid is a client of Solid servers for Go programs: it signs in with
// client credentials and sends requests with DPoP-bound access tokens.
//
//	credentials := solid.Credentials{ID: id, Secret: secret}
//	session, err := solid.Login(ctx, "https://pods.example/", credentials)
//	…
//	response, err := session.Client().Get("https://pods.example/alice/notes.ttl")
//
// A [Session] is an [http.RoundTripper]: requests are plain [http.Request]
// values and answers plain [http.Response] values. [Account] makes accounts,
// pods and client credentials over the account API that Community Solid Server
// and Domicile share.
//
// Invariants:
//
//   - The DPoP key of a session never leaves the process.
//   - Each request, each redirect included, carries a proof of its own.
//   - No secret and no token is in the text of an error.
//
// It does not parse RDF, cache, or retry; it does not sign people in through a
// browser.
//
// Specs: Solid-OIDC (https://solidproject.org/TR/oidc), RFC 9449 (DPoP),
// RFC 6749 §4.4 (client credentials).
package solid
