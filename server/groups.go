package server

import (
	"context"
	"errors"
	"strings"
	"time"

	"domicile/solidoidc/fetch"
	"domicile/wac"
)

// The bounds of remote group documents (WAC-SUBJ-04).
const (
	groupTimeout  = 3 * time.Second
	groupCapacity = 1000 // documents, of a few hundred kilobytes at most
	// A document is fresh for as long as Cache-Control says, within these
	// bounds: somebody who is put out of a group is out soon, and a burst of
	// requests asks once. Without Cache-Control it is groupTTL.
	groupTTL       = time.Minute
	groupShortest  = 5 * time.Second
	groupLongest   = 5 * time.Minute
	groupForgotten = time.Hour // what is stale may be asked for by its ETag
)

// remoteGroups answers whether a group document on another server lists a
// WebID. What cannot be fetched or read has no members. It satisfies
// [wac.GroupSource].
type remoteGroups struct {
	client    *fetch.Client
	documents *fetch.Cache[*groupDocument]
	clock     func() time.Time
}

// groupDocument is what is known of a document.
type groupDocument struct {
	members *wac.Members
	etag    string
	stale   time.Time // since when
}

func newRemoteGroups(client *fetch.Client, clock func() time.Time) *remoteGroups {
	return &remoteGroups{client, fetch.NewCache[*groupDocument](groupCapacity, clock), clock}
}

func (g *remoteGroups) HasMember(ctx context.Context, group, webID string) bool {
	url, _, _ := strings.Cut(group, "#")
	since := time.Time{}
	known, found := g.documents.Get(url)
	if found && !g.clock().Before(known.stale) {
		since = known.stale
	}
	document, err := g.documents.Load(ctx, url, since, func(ctx context.Context) (*groupDocument, time.Duration, error) {
		document, err := g.load(ctx, url, known)
		if errors.Is(err, fetch.ErrBusy) {
			return nil, 0, err // our fault: ask again next time
		}
		if err != nil {
			return nil, fetch.NegativeTTL, err
		}
		return document, groupForgotten, nil
	})
	return err == nil && document.members.Has(group, webID)
}

// load fetches a document, or learns that the known one is still right.
func (g *remoteGroups) load(ctx context.Context, url string, known *groupDocument) (*groupDocument, error) {
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	etag := ""
	if known != nil {
		etag = known.etag
	}
	graph, response, err := fetchGraph(ctx, g.client, url, etag)
	if err != nil {
		return nil, err
	}
	document := &groupDocument{etag: response.ETag, stale: g.clock().Add(freshness(response.MaxAge))}
	if response.NotModified {
		document.members = known.members
	} else {
		document.members = wac.MembersOf(graph)
	}
	return document, nil
}

func freshness(maxAge time.Duration) time.Duration {
	if maxAge < 0 {
		return groupTTL
	}
	return min(max(maxAge, groupShortest), groupLongest)
}
