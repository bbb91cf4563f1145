package provider

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/solidoidc/fetch"
)

const (
	// solidContext is the JSON-LD context that makes the plain members of a
	// client identifier document mean RFC 7591 metadata.
	solidContext = "https://www.w3.org/ns/solid/oidc-context.jsonld"

	maxDocuments     = 1000
	maxDocumentBytes = 64 << 10
	documentLifetime = 5 * time.Minute // OIDC-CID-01: edits must work soon
)

// documentRules is all that a stranger is told about a fetch that failed: which
// of the rules it was would make a port scanner of this server.
const documentRules = "it has to answer at this very URL, without a redirect, within 5 seconds, " +
	"with status 200, as application/ld+json or application/json, in at most 64 KiB, " +
	"on port 443 of a public address (unless the operator of this server has opened another)"

// clientByDocument returns the client that its client identifier document
// describes (OIDC-CID-01…04). Documents are cached, failures briefly.
func (p *Provider) clientByDocument(ctx context.Context, id, address string) (client, error) {
	if problem := p.checkClientURL(id); problem != nil {
		return client{}, refuseSignIn("invalid_client", badClientID, problem)
	}
	return p.documents.Load(ctx, id, time.Time{}, func(ctx context.Context) (client, time.Duration, error) {
		if wait := p.fetches.Wait(address); wait > 0 {
			return client{}, 0, &pageError{
				status: http.StatusTooManyRequests, Code: "temporarily_unavailable", retryAfter: wait,
				Title: signInFailed, Message: tooManyRequests,
			}
		}
		response, err := p.config.Fetch.Get(ctx, id, fetch.Options{
			Accept:     "application/ld+json, application/json",
			MaxBytes:   maxDocumentBytes,
			MediaTypes: []string{"application/ld+json", "application/json"},
			// No redirects: with an open redirect on a trusted host anybody's
			// document could speak for that host.
			Redirects: 0,
		})
		if err != nil {
			keep := fetch.NegativeTTL
			if errors.Is(err, fetch.ErrBusy) {
				keep = 0 // our limit, not the document's fault
			}
			return client{}, keep, refuseSignIn("invalid_client", noDocument, because(documentRules))
		}
		found, err := parseClientDocument(id, response.Body)
		if err != nil {
			return client{}, fetch.NegativeTTL, refuseSignIn("invalid_client", badDocument, err)
		}
		keep := documentLifetime
		if response.MaxAge >= 0 {
			keep = min(keep, response.MaxAge)
		}
		return found, keep, nil
	})
}

// checkClientURL says why a URL cannot be a client identifier.
func (p *Provider) checkClientURL(id string) error {
	u, err := url.Parse(id)
	switch {
	case err != nil || u.Host == "" || len(id) > maxURILength:
		return because("it is not a URL")
	case u.User != nil || strings.Contains(id, "#"):
		return because("it has user information or a fragment")
	case u.Scheme == "http" && !(p.config.AllowHTTP && isLoopback(u.Hostname())):
		return because("it is not https")
	}
	return nil
}

// parseClientDocument reads a client identifier document. Read as plain JSON it
// is only when its context says that this is right (OIDC-CID-02).
func parseClientDocument(id string, body []byte) (client, error) {
	var document struct {
		Context json.RawMessage `json:"@context"`
		ID      string          `json:"client_id"`
		clientMetadata
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return client{}, malformation(err)
	}
	if !slices.Contains(contextsOf(document.Context), solidContext) {
		return client{}, because("its @context does not contain %s", solidContext)
	}
	if document.ID != id {
		if !isWebURL(document.ID) { // other text is not repeated to people
			return client{}, because("its client_id is missing or not a URL, it has to be the URL that it was fetched from, %s", id)
		}
		return client{}, because("its client_id is %s, it has to be the URL that it was fetched from, %s", document.ID, id)
	}
	metadata := document.clientMetadata
	metadata.AuthMethod = "none" // whatever it says: it has no secret (OIDC-CID-04)
	if problem := metadata.normalize(); problem != nil {
		return client{}, problem.why
	}
	return client{ID: id, Metadata: metadata}, nil
}

// contextsOf returns the contexts that are named, not written out.
func contextsOf(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var several []any
	if json.Unmarshal(raw, &several) != nil {
		return nil
	}
	var names []string
	for _, context := range several {
		if name, ok := context.(string); ok {
			names = append(names, name)
		}
	}
	return names
}
