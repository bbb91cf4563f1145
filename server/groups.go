package server

import (
	"context"
	"errors"
	"strings"
	"time"

	"domicile/rdfstore/rdf"
	"domicile/solidoidc/fetch"
)

// The bounds of remote group documents (WAC-SUBJ-04).
const (
	groupTimeout  = 3 * time.Second
	groupTTL      = time.Minute
	groupCapacity = 100 // documents, of at most maxRemoteDocument
)

// remoteGroups answers whether a group document on another server lists a
// WebID. What cannot be fetched or read has no members. It satisfies
// [wac.GroupSource].
type remoteGroups struct {
	client    *fetch.Client
	documents *fetch.Cache[*rdf.Graph]
}

func newRemoteGroups(client *fetch.Client) *remoteGroups {
	return &remoteGroups{client, fetch.NewCache[*rdf.Graph](groupCapacity, time.Now)}
}

func (g *remoteGroups) HasMember(ctx context.Context, group, webID string) bool {
	document, _, _ := strings.Cut(group, "#")
	graph, err := g.documents.Load(ctx, document, time.Time{}, func(ctx context.Context) (*rdf.Graph, time.Duration, error) {
		graph, err := g.load(ctx, document)
		if err != nil {
			if errors.Is(err, fetch.ErrBusy) {
				return nil, 0, err // our fault: ask again next time
			}
			return nil, fetch.NegativeTTL, err
		}
		return graph, groupTTL, nil
	})
	return err == nil && graph.Has(rdf.Triple{S: rdf.IRI(group), P: rdf.IRI(rdf.VCard + "hasMember"), O: rdf.IRI(webID)})
}

func (g *remoteGroups) load(ctx context.Context, document string) (*rdf.Graph, error) {
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	return fetchGraph(ctx, g.client, document)
}
