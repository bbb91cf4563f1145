package account

import (
	"errors"
	"fmt"
	"slices"

	"domicile/rdfstore"
	"domicile/server/grant"
)

var (
	podFields = []field{
		{name: "name", kind: "string", required: true},
		{name: "settings", kind: "object", fields: []field{{name: "webId", kind: "string"}}},
	}
	ownerFields = []field{
		{name: "webId", kind: "string", required: true},
		{name: "visible", kind: "boolean"},
		{name: "remove", kind: "boolean"},
	}
	webIDFields       = []field{{name: "webId", kind: "string", required: true}}
	credentialsFields = append([]field{
		{name: "name", kind: "string"},
		{name: "webId", kind: "string", required: true},
	}, accessFields...)
)

func (s *Service) podURL(c *call, id string) string {
	return s.url("account", c.session.Account, "pod", id)
}

func (s *Service) webIDURL(c *call, id string) string {
	return s.url("account", c.session.Account, "webid", id)
}

func (s *Service) credentialsURL(c *call, id string) string {
	return s.url("account", c.session.Account, "client-credentials", id)
}

// getPods lists the pods of the account by their URLs, and what all of them
// keep.
func (s *Service) getPods(c *call) (answer, error) {
	var usage rdfstore.Usage
	found := map[string]string{}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		all, err := podsOf(r, c.session.Account)
		for _, p := range all {
			found[p.URL] = s.podURL(c, p.ID)
		}
		if err != nil {
			return err
		}
		usage, err = r.Usage(rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: c.session.Account})
		return err
	})
	return answer{"pods": found, "usage": usageOf(usage)}, err
}

// createPod makes a pod. Its owner is settings.webId or, without it, a WebID
// that is made in the pod and linked to the account.
func (s *Service) createPod(c *call) (answer, error) {
	owner := c.input.object("settings").text("webId")
	if owner != "" && !isWebID(owner) {
		return nil, errOwnerWebID
	}
	p, link, err := s.newPod(c, c.input.text("name"), owner)
	if err != nil {
		return nil, err
	}
	body := answer{"pod": p.URL, "podResource": s.podURL(c, p.ID), "webId": p.WebID}
	if link.ID != "" {
		body["webIdResource"] = s.webIDURL(c, link.ID)
	}
	return body, nil
}

func (s *Service) newPod(c *call, name, owner string) (p pod, link webIDLink, err error) {
	err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		p, link, err = s.addPod(c.r.Context(), tx, c.session.Account, podName(name), owner)
		return err
	})
	if err == nil {
		s.event(c.r.Context(), "pod created", c.session.Account)
	}
	return p, link, err
}

// getPod tells the URL and the owners of a pod, what it keeps and where a copy
// of it is.
func (s *Service) getPod(c *call) (answer, error) {
	var p pod
	var usage rdfstore.Usage
	owners := []map[string]any{}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) (err error) {
		if p, err = pods.Get(r, key(c.session.Account, c.r.PathValue("pod"))); err != nil {
			return err
		}
		storage, err := r.Storage(p.Name)
		if err != nil {
			return err
		}
		for _, o := range storage.AllOwners() {
			owners = append(owners, map[string]any{"webId": o.WebID, "visible": o.Visible})
		}
		usage, err = r.Usage(rdfstore.Holder{Name: p.Name})
		return err
	})
	return answer{"baseUrl": p.URL, "owners": owners, "usage": usageOf(usage), "export": s.exportURL(c, p.ID)}, err
}

// maxOwners bounds the owners of a pod: they are read with every request.
const maxOwners = 16

// changeOwner makes a WebID one of the owners of a pod, who have Control
// whatever the ACLs say, shows or hides it as such, or takes it away.
func (s *Service) changeOwner(c *call) (answer, error) {
	webID := c.input.text("webId")
	if !isWebID(webID) {
		return nil, badInput("webId", "webId must be an absolute http or https URL.")
	}
	remove := c.input.flag("remove")
	if err := s.provePresence(c); err != nil {
		return nil, err
	}
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		p, err := pods.Get(tx, key(c.session.Account, c.r.PathValue("pod")))
		if err != nil {
			return err
		}
		if err := staysOpen(tx, c.session.Account); err != nil {
			return err
		}
		storage, err := tx.Storage(p.Name)
		if err != nil {
			return err
		}
		owners := slices.Clone(storage.AllOwners())
		at := slices.IndexFunc(owners, func(o rdfstore.Owner) bool { return o.WebID == webID })
		switch {
		case at < 0 && remove:
			return nil
		case remove:
			owners = slices.Delete(owners, at, at+1)
		case at < 0:
			owners = append(owners, rdfstore.Owner{WebID: webID, Visible: c.input.flag("visible")})
		default:
			owners[at].Visible = c.input.flag("visible")
		}
		if len(owners) == 0 {
			return errLastOwner
		}
		if len(owners) > maxOwners {
			return errManyOwners
		}
		return tx.SetOwners(p.Name, owners)
	})
	if err != nil {
		return nil, err
	}
	what := "pod owner set"
	if remove {
		what = "pod owner removed"
	}
	s.event(c.r.Context(), what, c.session.Account)
	return answer{}, nil
}

// usageOf is how usage reads, in bytes; a quota is there if there is one.
func usageOf(usage rdfstore.Usage) map[string]int64 {
	told := map[string]int64{"bytes": usage.Bytes, "resources": usage.Resources}
	if usage.Quota > 0 {
		told["quota"] = usage.Quota
	}
	return told
}

// getWebIDs lists the WebIDs that the account may identify with.
func (s *Service) getWebIDs(c *call) (answer, error) {
	links := map[string]string{}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		all, err := webIDsOf(r, c.session.Account)
		for _, link := range all {
			links[link.WebID] = s.webIDURL(c, link.ID)
		}
		return err
	})
	return answer{"webIdLinks": links}, err
}

func (s *Service) getWebID(c *call) (answer, error) {
	var link webIDLink
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) (err error) {
		link, err = webIDs.Get(r, key(c.session.Account, c.r.PathValue("link")))
		return err
	})
	return answer{"webId": link.WebID}, err
}

// unlinkWebID takes a WebID from the account, and with it the client
// credentials that speak for it and what applications got for it.
func (s *Service) unlinkWebID(c *call) (answer, error) {
	account := c.session.Account
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		link, err := webIDs.Take(tx, key(account, c.r.PathValue("link")))
		if err != nil {
			return err
		}
		credentials, err := s.oidc.Credentials(tx, account)
		if err != nil {
			return err
		}
		for _, one := range credentials {
			if one.WebID == link.WebID {
				if err := s.oidc.DeleteCredentials(tx, account, one.ID); err != nil {
					return err
				}
			}
		}
		if err := grant.WithdrawAll(tx, account, func(g grant.Grant) bool { return g.WebID == link.WebID }); err != nil {
			return err
		}
		return s.oidc.RevokeWebID(tx, account, link.WebID)
	})
	if err != nil {
		return nil, err
	}
	s.event(c.r.Context(), "WebID unlinked", account)
	return answer{}, nil
}

// getCredentials lists the client credentials of the account (OIDC-CC-01).
func (s *Service) getCredentials(c *call) (answer, error) {
	found := map[string]string{}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		all, err := s.oidc.Credentials(r, c.session.Account)
		for _, one := range all {
			found[one.ID] = s.credentialsURL(c, one.ID)
		}
		return err
	})
	return answer{"clientCredentials": found}, err
}

// createCredentials makes client credentials. This answer is the only one
// that ever holds the secret.
func (s *Service) createCredentials(c *call) (answer, error) {
	if err := s.provePresence(c); err != nil {
		return nil, err
	}
	access, err := s.askedAccess(c.input)
	if err != nil {
		return nil, err
	}
	id, secret, err := s.newCredentials(c, c.input.text("name"), c.input.text("webId"), access)
	if err != nil {
		return nil, err
	}
	return answer{"id": id, "secret": secret, "resource": s.credentialsURL(c, id)}, nil
}

func (s *Service) newCredentials(c *call, name, webID string, access grant.Access) (id, secret string, err error) {
	if len(name) > maxName {
		return "", "", badInput("name", fmt.Sprintf("name must be at most %d bytes", maxName))
	}
	account := c.session.Account
	err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		if err := staysOpen(tx, account); err != nil {
			return err
		}
		linked, err := hasWebID(tx, account, webID)
		if err != nil {
			return err
		}
		if !linked {
			return errForeignWebID
		}
		if err := makeRoom(tx, account, access); err != nil {
			return err
		}
		made, text, err := s.oidc.CreateCredentials(tx, account, name, webID, func(clientID string) (string, error) {
			g, err := grant.Give(tx, grant.Grant{
				Account: account, WebID: webID, Access: access,
				Client: grant.Client{ID: clientID, Name: name, Verified: true, Program: true},
			}, s.clock())
			return g.ID, err
		})
		id, secret = made.ID, text
		return err
	})
	if err != nil {
		return "", "", err
	}
	s.event(c.r.Context(), "client credentials created", account)
	return id, secret, nil
}

func (s *Service) getCredential(c *call) (answer, error) {
	body := answer{}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		all, err := s.oidc.Credentials(r, c.session.Account)
		if err != nil {
			return err
		}
		for _, one := range all {
			if one.ID == c.r.PathValue("id") {
				body["id"], body["webId"] = one.ID, one.WebID
				return nil
			}
		}
		return errNotFound
	})
	return body, err
}

func (s *Service) deleteCredential(c *call) (answer, error) {
	return answer{}, s.removeCredentials(c, c.r.PathValue("id"))
}

func (s *Service) removeCredentials(c *call, id string) error {
	account := c.session.Account
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		if err := s.oidc.DeleteCredentials(tx, account, id); err != nil {
			return err
		}
		return grant.WithdrawAll(tx, account, func(g grant.Grant) bool { return g.Client.ID == id })
	})
	if errors.Is(err, rdfstore.ErrNotFound) {
		return errNotFound
	}
	if err == nil {
		s.event(c.r.Context(), "client credentials deleted", c.session.Account)
	}
	return err
}
