// Package solid is a client of Solid servers for Go programs: for services that
// put data into people's pods, for command-line tools and for tests.
//
//	credentials := solid.Credentials{ID: id, Secret: secret}
//	session, err := solid.Login(ctx, "https://pods.example/", credentials)
//	…
//	client := solid.NewClient(session.Client())
//	note, err := client.Read(ctx, "https://pods.example/alice/notes.ttl")
//
// A [Session] signs in with client credentials and is an [http.RoundTripper]:
// whatever takes an [http.Client] can use it. A [Client] reads and writes
// documents, files, containers and ACLs. [Account] makes accounts, pods, client
// credentials and grants over the account API that Community Solid Server and
// Domicile share.
//
// Invariants:
//
//   - What was read is written back only if nobody else changed it
//     ([Client.Save], [Client.Update], [Client.Grant]); what should be new
//     replaces nothing.
//   - The DPoP key of a session never leaves the process. Each request, each
//     redirect and each repetition included, carries a proof of its own.
//   - No secret and no token is in the text of an error.
//
// It does not cache, and it does not sign people in through a browser.
//
// Specs: Solid Protocol (https://solidproject.org/TR/protocol), Web Access Control
// (https://solidproject.org/TR/wac), Solid-OIDC (https://solidproject.org/TR/oidc),
// RFC 9449 (DPoP), RFC 6749 §4.4 (client credentials), RFC 9396 (authorization
// details).
package solid
