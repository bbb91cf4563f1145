// Package verify is the resource server's side of Solid-OIDC: it tells who
// makes a request from its Authorization and DPoP headers.
//
// An [Identity] means: the token is signed by its issuer, meant for Solid, in
// force, sent by the holder of the key that it is bound to, with a proof made
// for this request; and the WebID's own document names that issuer. Whatever
// does not hold is an error and never the anonymous agent (OIDC-CHL-02).
//
// Checks go from cheap to dear, because the token is input that a stranger
// chose (OIDC-RS-13): form, claims, times and the DPoP proof first; then the
// issuer's keys and the signature; then the WebID document; last the proof is
// used up. No request leaves the server before the first group has passed.
// Tokens that verified are remembered by hash, so that a repeated token costs
// one proof.
//
// The package decides nothing about access, and writes no log: tokens and
// WebIDs stay here.
//
// Spec: https://solidproject.org/TR/oidc; requirement IDs OIDC-CHL-*, OIDC-RS-*.
package verify
