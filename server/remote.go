package server

import (
	"bytes"
	"context"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/solidoidc/fetch"
)

// maxRemoteDocument is the largest document that is read from another server.
const maxRemoteDocument = 1 << 20

// fetchGraph reads an RDF document of another server. With the ETag of one that
// the caller has, not "", the answer may be that it is the newest: no graph then.
func fetchGraph(ctx context.Context, client *fetch.Client, url, etag string) (*rdf.Graph, *fetch.Response, error) {
	response, err := client.Get(ctx, url, fetch.Options{
		Accept:      "text/turtle, application/ld+json;q=0.9",
		MaxBytes:    maxRemoteDocument,
		MediaTypes:  []string{"text/turtle", "application/ld+json"},
		Redirects:   fetch.MaxRedirects,
		IfNoneMatch: etag,
	})
	if err != nil || response.NotModified {
		return nil, response, err
	}
	parsed, err := codec.Parse(ctx, response.MediaType, bytes.NewReader(response.Body), response.URL)
	if err != nil {
		return nil, nil, err
	}
	return parsed.Default, response, nil
}
