package server

import (
	"context"
	"errors"
	"net/http"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/solidoidc/dpop"
	"domicile/solidoidc/verify"
	"domicile/wac"
)

// authenticate tells who makes a request to a storage. Only the Authorization
// header counts: cookies never authorise resource requests (SP-HTTP-16).
func (s *Server) authenticate(r *http.Request, url string) (wac.Agent, error) {
	identity, err := s.verifier.Identify(r.Context(), verify.Request{
		Method:        r.Method,
		URL:           url,
		Authorization: r.Header.Values("Authorization"),
		DPoP:          r.Header.Values("DPoP"),
	})
	if err != nil {
		return wac.Agent{}, &refusedCredentials{err}
	}
	return wac.Agent{WebID: identity.WebID, Client: identity.Client, Issuer: identity.Issuer}, nil
}

// refusedCredentials tells ldp how to answer credentials that don't hold.
type refusedCredentials struct{ cause error }

func (e *refusedCredentials) Error() string { return e.cause.Error() }
func (e *refusedCredentials) Unwrap() error { return e.cause }

// Status is 401 for credentials that don't hold, 429 when the memory for
// proofs is full (decision on OIDC-DPOP-08), and 500 when the fault is ours.
func (e *refusedCredentials) Status() int {
	var refused *verify.Error
	switch {
	case errors.As(e.cause, &refused):
		return http.StatusUnauthorized
	case errors.Is(e.cause, dpop.ErrReplayFull):
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}

// Challenge returns the WWW-Authenticate lines.
func (e *refusedCredentials) Challenge() []string { return verify.Challenge(e.cause) }

// localProfile reads the profile of a WebID hosted here, in process and
// whatever its ACL says (OIDC-RS-09); false when it is hosted elsewhere.
func (s *Server) localProfile(ctx context.Context, webID string) (*rdf.Graph, bool, error) {
	id, err := s.space.ParseIRI(webID)
	if err != nil {
		return nil, false, nil
	}
	graph, err := s.storage.ReadGraph(ctx, id)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return new(rdf.Graph), true, nil
	}
	return graph, true, err
}
