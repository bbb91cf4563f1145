package account

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"domicile/rdfstore"
	"domicile/server/grant"
	"domicile/solidoidc/provider"
)

// accessFields describe how much a client may do: everything, or access, a
// list of {"location": URL, "actions": ["read", "add", "edit", "control"]};
// until when, as RFC 3339 has it, "" for no end.
var accessFields = []field{
	{name: "everything", kind: "boolean"},
	{name: "access", kind: "array"},
	{name: "until", kind: "string"},
}

func (s *Service) grantURL(c *call, id string) string {
	return s.url("account", c.session.Account, "grant", id)
}

// getGrants lists what the account lets clients do, the latest change first.
func (s *Service) getGrants(c *call) (answer, error) {
	listed := []answer{}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		all, err := grant.All(r, c.session.Account)
		for _, g := range all {
			described, err := s.describeGrant(c, r, g)
			if err != nil {
				return err
			}
			listed = append(listed, described)
		}
		return err
	})
	return answer{"grants": listed}, err
}

func (s *Service) getGrant(c *call) (described answer, err error) {
	err = s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		g, err := grant.Of(r, c.session.Account, c.r.PathValue("grant"))
		if err == nil {
			described, err = s.describeGrant(c, r, g)
		}
		return err
	})
	return described, err
}

func (s *Service) describeGrant(c *call, r rdfstore.Reader, g grant.Grant) (answer, error) {
	access := []answer{}
	for _, p := range g.Parts {
		access = append(access, answer{"location": s.space.URL(p.Resource()), "actions": grant.Actions(p.Modes)})
	}
	lastUse, err := grant.LastUse(r, g.ID)
	described := answer{
		"id": g.ID, "resource": s.grantURL(c, g.ID), "webId": g.WebID,
		"client": answer{
			"client_id": g.Client.ID, "client_name": g.Client.Name, "host": g.Client.Host,
			"verified": g.Client.Verified, "credentials": g.Client.Program,
		},
		"everything": g.Everything, "access": access, "purpose": g.Purpose,
		"created": g.Created, "changed": g.Changed, "ended": g.Ended(s.clock()),
	}
	for name, at := range map[string]time.Time{"until": g.Until, "lastUsed": lastUse} {
		if !at.IsZero() {
			described[name] = at
		}
	}
	return described, err
}

// changeGrant narrows, widens or prolongs; tokens already out follow at once.
func (s *Service) changeGrant(c *call) (described answer, err error) {
	access, err := s.readAccess(c.input)
	if err == nil && access.Lasting() {
		err = s.provePresence(c)
	}
	if err != nil {
		return nil, err
	}
	err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		g, err := s.regrant(tx, c.session.Account, c.r.PathValue("grant"), access)
		if err == nil {
			described, err = s.describeGrant(c, tx, g)
		}
		return err
	})
	if err == nil {
		s.event(c.r.Context(), "grant changed", c.session.Account)
	}
	return described, err
}

// regrant changes how much a grant is of.
func (s *Service) regrant(tx rdfstore.Tx, account, id string, access grant.Access) (grant.Grant, error) {
	if err := makeRoom(tx, account, access); err != nil {
		return grant.Grant{}, err
	}
	return grant.Change(tx, account, id, access, s.clock())
}

func (s *Service) deleteGrant(c *call) (answer, error) {
	return answer{}, s.withdraw(c, c.r.PathValue("grant"))
}

// withdraw ends a grant and all that came of it; of client credentials also
// the credentials, which are nothing without it.
func (s *Service) withdraw(c *call, id string) error {
	account := c.session.Account
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		g, err := grant.Withdraw(tx, account, id)
		if err != nil {
			return err
		}
		if err := s.oidc.RevokeGrant(tx, account, id); err != nil || !g.Client.Program {
			return err
		}
		return ignoreMissing(s.oidc.DeleteCredentials(tx, account, g.Client.ID))
	})
	if err == nil {
		s.event(c.r.Context(), "grant withdrawn", account)
	}
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, rdfstore.ErrNotFound) {
		return nil
	}
	return err
}

// readAccess reads the members of [accessFields].
func (s *Service) readAccess(in input) (grant.Access, error) {
	access := grant.Access{Everything: in.flag("everything")}
	listed, _ := in["access"].([]any)
	for i, one := range listed {
		part, err := s.readPart(one)
		if err != nil {
			return grant.Access{}, badInput("access", fmt.Sprintf("access[%d]: %s", i, err))
		}
		access.Parts = append(access.Parts, part)
	}
	if access.Everything == (len(access.Parts) > 0) {
		return grant.Access{}, badInput("access", `Say either "everything": true or a list "access" of {"location", "actions"}.`)
	}
	if text := in.text("until"); text != "" {
		until, err := time.Parse(time.RFC3339, text)
		if err != nil || !until.After(s.clock()) {
			return grant.Access{}, badInput("until", "until must be a time to come, for example 2027-01-31T12:00:00Z.")
		}
		access.Until = until.UTC()
	}
	access, err := access.Normalise()
	if err != nil {
		return grant.Access{}, badInput("access", err.Error())
	}
	return access, nil
}

func (s *Service) readPart(value any) (grant.Part, error) {
	object, _ := value.(map[string]any)
	location := input(object).text("location")
	id, err := s.space.ParseIRI(location)
	if err != nil || id.IsAuxiliary() {
		return grant.Part{}, fmt.Errorf("location %q is no resource in a storage here", location)
	}
	var names []string
	listed, _ := object["actions"].([]any)
	for _, one := range listed {
		name, _ := one.(string)
		names = append(names, name)
	}
	modes, err := grant.ParseActions(names)
	if err == nil && modes == 0 {
		err = errors.New("actions is empty")
	}
	return grant.PartOf(id, modes), err
}

// saysAccess reports whether there are any of [accessFields].
func (in input) saysAccess() bool {
	return slices.ContainsFunc(accessFields, func(f field) bool { return in[f.name] != nil })
}

// askedAccess is what a caller that may say how much says, everything when she
// says nothing: scripts for Community Solid Server know no grants.
func (s *Service) askedAccess(in input) (grant.Access, error) {
	if !in.saysAccess() {
		return grant.Access{Everything: true}, nil
	}
	return s.readAccess(in)
}

// give returns what makes the grant for an application that is let in.
func (s *Service) give(request provider.Interaction, account, webID string, access grant.Access, purpose string) func(rdfstore.Tx) (string, error) {
	client := grant.Client{ID: request.ClientID, Name: request.ClientName, Host: request.ClientHost, Verified: request.Verified}
	if !client.Verified {
		client.Host = request.RedirectHost
	}
	return func(tx rdfstore.Tx) (string, error) {
		if err := makeRoom(tx, account, access); err != nil {
			return "", err
		}
		g, err := grant.Give(tx, grant.Grant{
			Account: account, WebID: webID, Client: client, Access: access, Purpose: purpose, Expires: request.RegistrationEnd,
		}, s.clock())
		return g.ID, err
	}
}
