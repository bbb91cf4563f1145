// Package notify tells those who asked that resources change: the Solid
// Notifications Protocol, with the channel types that a client listens to
// (WebSocketChannel2023, EventSourceChannel2023, StreamingHTTPChannel2023).
// Types that the server sends by itself are built on it from outside ([Type]).
//
// One reader follows the change feed of the store, makes events of changes and
// lays those whose topic somebody watches where each watcher finds them. A
// [Stream] is one watcher: it hands out the events of its topic one after the
// other, from any position of the feed.
//
// Invariants:
//
//   - No writer waits for a watcher, nor for the reader, and watchers share the
//     events: memory grows neither with what a slow one has not taken nor with
//     how many there are.
//   - A stream has each event behind its position at least once and in order;
//     one that cannot have them any more gets a single message instead that
//     says to read the topic again ([Resync]).
//   - Read, and the grant of the client, is decided anew for each message. A
//     channel whose agent lost it ends and is removed, without a word.
//   - The identifier of a message is its position in the feed, so that equal
//     ones are the same event and each one resumes.
//   - A channel's secret is kept as a hash, which is the channel's identifier.
//
// Specs: https://solid.github.io/notifications/protocol and the channel types
// of 2023 beside it; requirement IDs NOT-*.
package notify
