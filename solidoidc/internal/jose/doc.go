// Package jose signs and verifies compact JSON Web Signatures: access tokens,
// ID tokens and DPoP proofs. It is the only package that imports the JOSE
// library, of which it uses keys and signature primitives; form, size,
// algorithm, `crit` and JSON are checked here, before any key is touched.
//
// Invariants:
//
//   - Nothing larger than [MaxSize] is parsed.
//   - Only asymmetric algorithms exist (RFC 8725 §3.1); "none" and HMAC have no
//     code path. A key is used with the algorithms of its type and curve only.
//   - A header or payload in which a member name occurs twice is refused, so
//     that no two readers can understand one token differently.
//   - Extensions that `crit` demands are not known, so `crit` is refused
//     (RFC 7515 §4.1.11).
//
// What claims mean is decided by the callers; [Claims.CheckTime] helps them.
//
// Specs: https://www.rfc-editor.org/rfc/rfc7515, rfc7517, rfc7518, rfc7638, rfc9449.
package jose
