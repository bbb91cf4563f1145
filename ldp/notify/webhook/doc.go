// Package webhook is the channel type WebhookChannel2023: the server POSTs what
// happens to a topic to a URL that the subscriber names (NOT-WH-01 to -04).
//
// There is no queue of messages. A channel has a position in the change feed up
// to which its messages have been delivered; what is behind it is what there is
// to deliver. So nothing is lost when the process dies, and a receiver that is
// down costs nothing.
//
// Invariants:
//
//   - A position moves behind a message when its receiver has accepted it, with
//     2xx, and never before. After a crash the messages of the last second may
//     come again, with the identifiers that they had.
//   - The messages of a channel are sent one after the other, in the order of the
//     changes.
//   - Whether the subscriber may still read the topic is decided for each try,
//     not for each message: access may be withdrawn while a receiver is down.
//   - A receiver, slow or dead, delays the messages to its own host only, and a
//     host is sent a bounded number, whoever subscribed it.
//   - A channel that is given up is removed, and for a week its subscriber can
//     read why.
//
// What is sent is signed by a [Sender], and goes through a client that refuses
// addresses that are not public; both are the server's.
//
// Spec: https://solid.github.io/notifications/webhook-channel-2023
package webhook
