package server

import (
	"bytes"
	"context"
	"strings"
	"time"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/solidoidc/fetch"
)

// The bounds of remote group documents (WAC-SUBJ-04).
const (
	groupMaxBytes = 1 << 20
	groupTimeout  = 3 * time.Second
)

// remoteGroups answers whether a group document on another server lists a
// WebID. What cannot be fetched or read has no members. It satisfies
// [wac.GroupSource].
type remoteGroups struct {
	client *fetch.Client
}

func newRemoteGroups(client *fetch.Client) *remoteGroups { return &remoteGroups{client} }

func (g *remoteGroups) HasMember(ctx context.Context, group, webID string) bool {
	document, _, _ := strings.Cut(group, "#")
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	response, err := g.client.Get(ctx, document, fetch.Options{
		Accept:     "text/turtle, application/ld+json;q=0.9",
		MaxBytes:   groupMaxBytes,
		MediaTypes: []string{"text/turtle", "application/ld+json"},
	})
	if err != nil {
		return false
	}
	parsed, err := codec.Parse(ctx, response.MediaType, bytes.NewReader(response.Body), response.URL)
	if err != nil {
		return false
	}
	return parsed.Default.Has(rdf.Triple{S: rdf.IRI(group), P: rdf.IRI(rdf.VCard + "hasMember"), O: rdf.IRI(webID)})
}
