// Package dpop checks DPoP proofs: that whoever sends a request holds the key
// that an access token, or a token about to be issued, is bound to, and that
// the proof was made for this request and is used once.
//
// A proof is checked in two steps. [Verifier.Check] does everything that can be
// repeated and costs no memory. [Verifier.Redeem] makes the proof unusable for
// ever after; it comes last, when the token that the proof accompanies is known
// to be good, so that strangers cannot fill the memory of used proofs
// (OIDC-DPOP-08).
//
// Invariants: a proof is redeemed at most once while its time window lasts,
// also across a restart of the process (but not of the machine: see
// [ReplayLog]); what is remembered is bounded, no key fills it for all others,
// and when it is full new proofs are refused and old ones not forgotten.
//
// The package does not know which key a token is bound to, nor HTTP statuses.
// Server nonces (OIDC-DPOP-11) are not used: widespread clients ignore them.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9449; requirement IDs OIDC-DPOP-*.
package dpop
