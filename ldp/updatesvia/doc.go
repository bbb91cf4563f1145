// Package updatesvia speaks solid-0.1, the WebSocket protocol by which SolidOS
// and rdflib follow changes (NOT-OLD-01): a resource names the socket in the
// header Updates-Via, the client sends "sub URL", is answered "ack URL" and told
// "pub URL" whenever that resource changes.
//
// The protocol has no authentication. By default only what everybody may read
// can be followed, and that is checked again with each change; an operator can
// open the rest, of which nothing is told but that a URL changed that the client
// named itself.
//
// Invariants:
//
//   - A change that was committed behind an "ack" is told once to the socket, in
//     the order of the changes, or the socket is closed.
//   - Whoever does not take what it is told is dropped. A socket takes a bounded
//     amount of memory, and sockets are bounded, of all and of one address.
//
// Draft: https://github.com/solid/solid-spec/blob/master/api-websockets.md
package updatesvia
