// Package account keeps the accounts that residents sign in to and serves
// everything below /.account/: a JSON API and script-free pages over the same
// operations. It also has the welcome page.
//
// The JSON API has the shapes of Community Solid Server 7.2
// (https://communitysolidserver.github.io/CommunitySolidServer/7.x/usage/account/json-api/):
// every answer carries version and controls, and a caller takes all URLs from
// the controls. A control is listed only when its URL works. Errors are
// problem documents (RFC 9457) that carry CSS's five members too.
//
// Invariants:
//
//   - An e-mail address, trimmed and in lower case, belongs to at most one login.
//   - An account without a login expires after half an hour, and can make no
//     pod before it has one: nothing is stored that nobody can come back to.
//   - Passwords are kept as argon2id hashes, session tokens as SHA-256 hashes.
//   - A change that a cookie authenticates needs a request of the same origin;
//     a form needs a CSRF token too. The Authorization header needs neither,
//     since no browser adds it by itself.
//   - A session that ends takes along what applications got in it.
//   - Guesses are throttled by e-mail and by address, sign-ups by address.
//   - Unknown e-mail and wrong password get the same answer after the same work.
//   - Where addresses are confirmed first, sign-up answers alike whether or not
//     the address has an account, after the same work ([Config.ConfirmFirst]).
//   - Log records name accounts by id, never by e-mail or WebID.
//
// It does not speak OpenID Connect (package solidoidc/provider does, and asks
// [Sessions] who is signed in) and does not know what a fresh pod contains
// (see [Pods]).
package account
