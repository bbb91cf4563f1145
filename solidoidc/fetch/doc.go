// Package fetch is the one HTTP client for everything that a stranger can
// name: WebID documents, issuers, key sets, client identifier documents, group
// documents, receivers of webhooks.
//
// Invariants (security requirement 2.1, OIDC-RS-09):
//
//   - A connection goes to an address that was checked after the name was
//     resolved, and to no other: what DNS says a moment later does not matter.
//   - Only https on port 443 of public addresses is reachable, unless the
//     operator opened a host, a host and port, or a network; then http is too.
//     Link-local, metadata, multicast and unspecified addresses are reachable
//     never.
//   - Every redirect is checked as if it had been asked for. None leads from
//     https to http.
//   - A fetch ends within [Timeout] whatever the other side does, and reads no
//     more than its caller's limit.
//   - No proxy from the environment, no cookies, no credentials, no connection
//     that outlives its request.
//   - The text of an error is the same for every cause, so that an answer built
//     from it is no port scanner. Causes are for logs and errors.Is.
//
// [Cache] keeps what was fetched, and that a fetch failed, for a bounded time
// and in bounded memory. The package does not parse what it fetches.
package fetch
