package ldp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"domicile/rdfstore/rdf"
)

// SubscriptionService is where clients subscribe to notifications in one way,
// as descriptions of storages list it (NOT-DISC-02, NOT-DISC-04).
type SubscriptionService struct {
	URL         string   `json:"id"`
	ChannelType string   `json:"channelType"` // as a term of the notifications namespace
	Features    []string `json:"feature"`     // likewise
}

// notifyNamespace has the terms of notifications.
const notifyNamespace = "http://www.w3.org/ns/solid/notifications#"

// Document returns the description of the service alone, in JSON-LD.
func (s SubscriptionService) Document() any {
	return struct {
		Context any `json:"@context"`
		SubscriptionService
	}{notificationContexts(s), s}
}

// notificationContexts are both contexts that circulate, and the channel types as terms,
// which not every copy of them has.
func notificationContexts(services ...SubscriptionService) []any {
	types := map[string]string{"solid": rdf.Solid}
	for _, s := range services {
		types[s.ChannelType] = notifyNamespace + s.ChannelType
	}
	return []any{"https://www.w3.org/ns/solid/notifications-context/v1", "https://www.w3.org/ns/solid/notification/v1", types}
}

// digest tells descriptions apart in entity tags by what they list.
func digest(services []SubscriptionService, gateway string) string {
	text, err := json.Marshal([]any{services, gateway})
	if err != nil {
		panic("ldp: subscription services: " + err.Error()) // strings always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
}

// describeStorage is the storage description (SP-STO-05), with the services
// for both the storage and the description: clients look at either.
func (h *Handler) describeStorage(t *target) *rdf.Document {
	document := rdf.NewDocument()
	document.Prefixes = []rdf.Prefix{{Name: "pim", IRI: rdf.PIM}, {Name: "solid", IRI: rdf.Solid}, {Name: "notify", IRI: notifyNamespace}}
	graph := document.Default
	storage, description := rdf.IRI(h.space.URL(t.id.Subject())), rdf.IRI(h.space.URL(t.id))
	graph.Add(rdf.Triple{S: storage, P: rdf.Type, O: rdf.IRI(typeStorage)})
	graph.Add(rdf.Triple{S: storage, P: rdf.IRI(relStorageDescription), O: description})
	if h.notificationGateway != "" {
		graph.Add(rdf.Triple{S: storage, P: rdf.IRI(relNotificationGateway), O: rdf.IRI(h.notificationGateway)})
	}
	for _, subject := range []rdf.Term{storage, description} {
		for _, s := range h.subscriptions {
			graph.Add(rdf.Triple{S: subject, P: rdf.IRI(notifyNamespace + "subscription"), O: rdf.IRI(s.URL)})
		}
	}
	for _, s := range h.subscriptions {
		service := rdf.IRI(s.URL)
		graph.Add(rdf.Triple{S: service, P: rdf.IRI(notifyNamespace + "channelType"), O: rdf.IRI(notifyNamespace + s.ChannelType)})
		for _, feature := range s.Features {
			graph.Add(rdf.Triple{S: service, P: rdf.IRI(notifyNamespace + "feature"), O: rdf.IRI(notifyNamespace + feature)})
		}
	}
	return document
}

// storageJSON is the same as [Handler.describeStorage] in JSON-LD, framed so
// that readers of plain JSON find the services (NOT-DISC-03).
func (h *Handler) storageJSON(t *target) ([]byte, error) {
	type node struct {
		ID            string   `json:"id"`
		Subscriptions []string `json:"subscription,omitempty"`
	}
	var gateway any
	if h.notificationGateway != "" {
		gateway = node{ID: h.notificationGateway}
	}
	urls := []string{}
	for _, s := range h.subscriptions {
		urls = append(urls, s.URL)
	}
	return json.MarshalIndent(struct {
		Context       []any                 `json:"@context"`
		ID            string                `json:"id"`
		Type          string                `json:"type"`
		Subscriptions []SubscriptionService `json:"subscription"`
		Description   any                   `json:"solid:storageDescription"`
		Gateway       any                   `json:"solid:notificationGateway,omitempty"`
	}{
		notificationContexts(h.subscriptions...), h.space.URL(t.id.Subject()), typeStorage, h.subscriptions,
		node{h.space.URL(t.id), urls}, gateway,
	}, "", "  ")
}
