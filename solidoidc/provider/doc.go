// Package provider is an OpenID provider for Solid: it tells apps who somebody
// is (ID token) and gives them what storages take (DPoP-bound access tokens).
//
// It serves discovery, keys, client registration, the authorization code flow,
// the token endpoint, userinfo, revocation and logout. Signing in and asking
// for consent are somebody else's pages: an authorization request that needs a
// person becomes an [Interaction], which those pages read, approve or cancel.
//
// Invariants:
//
//   - Codes, refresh tokens, client secrets and interactions are random, are
//     stored as hashes (interactions aside, which are no secrets once answered)
//     and are taken in one [rdfstore.Store.Update]: of any number of concurrent
//     redemptions one succeeds. A second redemption revokes what the first got.
//   - Nothing is redirected to a URI that the client did not register, byte for
//     byte but for the port of a native app on loopback.
//   - Each code is bound to client, redirect URI, PKCE challenge and WebID; each
//     token to a key, unless bearer tokens are configured.
//   - A WebID is asserted only when the session that approves it has it.
//   - Nothing new comes of a session that has ended, nor of a code from it.
//   - What strangers can have stored or remembered is bounded by address and, for
//     DPoP proofs, comes after the grant has been found good.
//
// Not done here: accounts, passwords, pages for people, deciding access.
//
// Specs: https://solidproject.org/TR/oidc, OpenID Connect Core, Discovery,
// Registration and RP-Initiated Logout 1.0, RFC 6749, 7009, 7591, 7636, 8414,
// 9068, 9207, 9449, 9700; requirement IDs OIDC-OP-*, CID, DCR, AUTH, TOK, CC, OUT.
package provider
