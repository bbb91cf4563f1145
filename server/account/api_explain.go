package account

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/server/grant"
	"domicile/wac"
)

// Explainer says who may do what with a resource, and why. Package ldp
// implements it and documents the call.
type Explainer interface {
	Explain(ctx context.Context, asker *ldp.Asker, q ldp.Question) (ldp.Access, error)
}

// explainFields are the parameters of the query of [Service.getExplanation].
var explainFields = []field{
	{name: "resource", kind: "string", required: true},
	{name: "webid", kind: "string"},
	{name: "client", kind: "string"},
	{name: "issuer", kind: "string"},
	{name: "origin", kind: "string"},
	{name: "after", kind: "string"},
}

var errNotController = &Error{Status: 403, Code: "not-controller", Message: "Who may do what with a resource is told to its owner and to whoever has Control of it."}

// getExplanation says what an agent, "" for the public, may do with a resource
// and its members, and why: to the account that owns the storage or has Control.
// The issuer is by default this server's, as for tokens of its own. Without a
// resource it says how to ask.
func (s *Service) getExplanation(c *call) (answer, error) {
	query := c.r.URL.Query()
	if query.Get("resource") == "" {
		return answer{}, nil
	}
	agent := wac.Agent{WebID: query.Get("webid"), Client: query.Get("client"), Issuer: query.Get("issuer"), Origin: query.Get("origin")}
	if agent.WebID != "" {
		agent.Issuer = cmp.Or(agent.Issuer, s.baseURL)
	}
	access, err := s.explain(c, ldp.Question{Resource: query.Get("resource"), Agent: agent, After: query.Get("after")})
	return answer{"access": access}, err
}

// explain asks for the caller.
func (s *Service) explain(c *call, q ldp.Question) (ldp.Access, error) {
	asker := &ldp.Asker{Account: c.session.Account}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		links, err := webIDsOf(r, c.session.Account)
		if err != nil {
			return err
		}
		for _, link := range links {
			asker.WebIDs = append(asker.WebIDs, link.WebID)
		}
		// What others granted to their apps is their business.
		if q.Agent.Client != "" && q.Agent.Issuer == s.baseURL && slices.Contains(asker.WebIDs, q.Agent.WebID) {
			q.Agent.Grant, err = grantID(r, c.session.Account, q.Agent)
		}
		return err
	})
	if err != nil {
		return ldp.Access{}, err
	}
	access, err := s.explainer.Explain(c.r.Context(), asker, q)
	switch {
	case errors.Is(err, ldp.ErrNotController):
		return ldp.Access{}, errNotController
	case isBadResource(err):
		return ldp.Access{}, badInput("resource", "resource must be the URL of a resource in a storage of this server.")
	}
	return access, err
}

// grantID returns the id of the grant that narrows an agent's app, one that
// names no grant when there is none.
func grantID(r rdfstore.Reader, account string, agent wac.Agent) (string, error) {
	g, err := grant.For(r, account, agent.Client, agent.WebID)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return "none", nil
	}
	return g.ID, err
}

func isBadResource(err error) bool {
	for _, bad := range []error{resource.ErrMalformed, resource.ErrTooLong, resource.ErrOutside, resource.ErrReserved} {
		if errors.Is(err, bad) {
			return true
		}
	}
	return false
}
