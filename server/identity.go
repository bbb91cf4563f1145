package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/server/grant"
	"domicile/solidoidc/dpop"
	"domicile/solidoidc/fetch"
	"domicile/solidoidc/provider"
	"domicile/solidoidc/verify"
	"domicile/wac"
)

// authenticate tells who makes a request to a storage. Only the Authorization
// header counts: cookies never authorise resource requests (SP-HTTP-16).
func (s *Server) authenticate(r *http.Request, url string) (wac.Agent, error) {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	identity, err := s.verifier.Identify(r.Context(), verify.Request{
		Method:        r.Method,
		URL:           url,
		Authorization: r.Header.Values("Authorization"),
		DPoP:          r.Header.Values("DPoP"),
		Address:       address,
	})
	if err != nil {
		return wac.Agent{}, &refusedCredentials{err}
	}
	agent := s.agentOf(identity)
	if agent.Grant != "" {
		s.uses.Note(agent.Grant, time.Now())
	}
	return agent, nil
}

// agentOf turns a verified identity into an agent. Whoever our own issuer
// vouches for is held to a grant, to none if the token names none.
func (s *Server) agentOf(identity verify.Identity) wac.Agent {
	agent := wac.Agent{WebID: identity.WebID, Client: identity.Client, Issuer: identity.Issuer}
	if identity.Issuer == s.config.IdentityURL {
		agent.Grant, agent.Narrowed = cmp.Or(identity.Grant, noGrant), identity.Details
	}
	return agent
}

// noGrant is the grant of a token of our issuer that names none.
const noGrant = "none"

// grantOf reads what the account lets an agent's client do. Nothing narrows
// what other issuers vouch for but the ACLs.
func (s *Server) grantOf(r rdfstore.StateReader, agent wac.Agent) (*wac.Grant, error) {
	if agent.Grant == "" {
		return nil, nil
	}
	g, err := grant.ByID(r, agent.Grant)
	if errors.Is(err, rdfstore.ErrNotFound) || err == nil && (g.WebID != agent.WebID || g.Client.ID != agent.Client) {
		return &wac.Grant{}, nil
	}
	if err != nil {
		return nil, err
	}
	narrowing := g.Narrowing()
	if agent.Narrowed != "" {
		narrowing.Within = s.narrowingOf(agent.Narrowed)
	}
	return &narrowing, nil
}

// narrowingOf reads the details that a token was narrowed to. What is not
// understood leaves nothing.
func (s *Server) narrowingOf(text string) *wac.Grant {
	var details []provider.AccessDetail
	narrowing := new(wac.Grant)
	if json.Unmarshal([]byte(text), &details) != nil {
		return narrowing
	}
	for _, d := range details {
		modes, err := grant.ParseActions(d.Actions)
		if err != nil || d.Until != nil && !time.Now().Before(*d.Until) {
			continue
		}
		for _, location := range d.Locations {
			if id, err := s.space.ParseIRI(location); err == nil {
				narrowing.Scopes = append(narrowing.Scopes, wac.Scope{Resource: id, Modes: modes})
			}
		}
	}
	return narrowing
}

// canonicalURL returns the one spelling of the URL of a resource here; others
// are as they are.
func (s *Server) canonicalURL(url string) string {
	if id, err := s.space.ParseIRI(url); err == nil {
		return s.space.URL(id)
	}
	return url
}

// grantDetails says what a grant allows as details. Everything has no location:
// it is said as what was asked, but for its end.
func (s *Server) grantDetails(r rdfstore.StateReader, id string, asked []provider.AccessDetail) ([]provider.AccessDetail, error) {
	g, err := grant.ByID(r, id)
	if errors.Is(err, rdfstore.ErrNotFound) || err == nil && g.Ended(time.Now()) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var until *time.Time
	if !g.Until.IsZero() {
		until = &g.Until
	}
	var details []provider.AccessDetail
	if g.Everything {
		for _, d := range asked {
			if until != nil && (d.Until == nil || until.Before(*d.Until)) {
				d.Until = until
			}
			details = append(details, d)
		}
		return details, nil
	}
	for _, p := range g.Parts {
		details = append(details, provider.AccessDetail{
			Type: provider.DomicileAccess, Locations: []string{s.space.URL(p.Resource())}, Actions: grant.Actions(p.Modes), Purpose: g.Purpose, Until: until,
		})
	}
	return details, nil
}

// refusedCredentials tells ldp how to answer credentials that don't hold.
type refusedCredentials struct{ cause error }

func (e *refusedCredentials) Error() string { return e.cause.Error() }
func (e *refusedCredentials) Unwrap() error { return e.cause }

// Status is 401 for credentials that don't hold, 429 when there is no room to
// judge them (decision on OIDC-DPOP-08), and 500 when the fault is ours.
func (e *refusedCredentials) Status() int {
	var refused *verify.Error
	switch {
	case errors.As(e.cause, &refused):
		return http.StatusUnauthorized
	case errors.Is(e.cause, dpop.ErrReplayFull), errors.Is(e.cause, verify.ErrBusy):
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}

// Challenge returns the WWW-Authenticate lines.
func (e *refusedCredentials) Challenge() []string { return verify.Challenge(e.cause) }

// profiles reads the document of a WebID wherever it is; see [account.Profiles].
type profiles struct {
	server *Server
	client *fetch.Client
}

func (p profiles) Profile(ctx context.Context, webID string) (*rdf.Graph, error) {
	graph, local, err := p.server.localProfile(ctx, webID)
	if local || err != nil {
		return graph, err
	}
	graph, _, err = fetchGraph(ctx, p.client, webID, "")
	return graph, err
}

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
