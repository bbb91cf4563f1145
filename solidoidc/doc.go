// Package solidoidc is the folder of what answers "who is asking":
//
//   - provider issues tokens: the OpenID provider with its endpoints below /.oidc/.
//   - verify checks tokens, of this provider and of any other, for storages.
//   - dpop checks proofs of possession for both.
//   - fetch is the one client that gets documents that strangers name.
//   - internal/jose signs and verifies; it alone imports the JOSE library.
//
// None of them knows storages' resources or access control: what they give is
// a WebID, a client identifier and an issuer.
//
// Specs: https://solidproject.org/TR/oidc,
// https://openid.net/specs/openid-connect-core-1_0.html,
// https://www.rfc-editor.org/rfc/rfc9449; requirement IDs OIDC-*.
package solidoidc
