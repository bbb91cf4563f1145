// Package conformance shows what the built server does from outside, over
// HTTP, with clients that know nothing of its code: package clients/solid, the
// Inrupt libraries from npm and a real browser. One test reads the source: it
// guards the direction of the imports.
//
// Most tests share one server on a free loopback port; those that stop, kill
// or misuse a server start their own (package harness). The Node programs and
// their lock file are in node/. `make test` installs what they need; a test
// that finds it missing fails and says so.
package conformance
