// Package notifications is the area of the Solid Notifications Protocol and its
// channel types: how clients find, get and end subscriptions, and what they are
// told.
//
// Spec: https://solidproject.org/TR/notifications-protocol
package notifications

import (
	"slices"

	"domicile/conformance/suite"
)

// Area holds the cases.
var Area = suite.Area{
	Name:  "notifications",
	Title: "Solid Notifications",
	Cases: slices.Concat(discovery, subscribing, features, returning, messages, access, channels, webhooks, olderClients),
	Unseen: map[string]string{
		"NOT-DISC-05": "a server may do without channels that nobody asked for",
		"NOT-SUB-08":  "how many channels are too many is for each server to say",
		"NOT-FEAT-07": "no type that is widely spoken has it",
		"NOT-WH-03":   "it is about receivers",
		"NOT-LDN-01":  "the type is not widely spoken: an inbox can be a webhook's",
		"NOT-WP-01":   "it takes the push service of a browser",
		"NOT-OLD-02":  "the types of 2021 are superseded",
	},
}

// The JSON-LD contexts and namespaces that circulate, of the same content.
var (
	contexts   = []string{"https://www.w3.org/ns/solid/notification/v1", "https://www.w3.org/ns/solid/notifications-context/v1"}
	namespaces = []string{namespace, "http://www.w3.org/ns/solid/notification#", ""}
)

const (
	namespace = "http://www.w3.org/ns/solid/notifications#"
	jsonLD    = "application/ld+json"

	webSocket = "WebSocketChannel2023"
	webhook   = "WebhookChannel2023"
)
