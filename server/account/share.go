package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/server/grant"
)

// ACLs writes authorizations into the ACLs of pods. Package ldp implements it
// and documents the calls.
type ACLs interface {
	SetACLEntry(ctx context.Context, tx rdfstore.Tx, subject resource.ID, e ldp.ACLEntry) error
	RemoveACLEntry(ctx context.Context, tx rdfstore.Tx, subject resource.ID, name string) error
}

// shares are what accounts let others do under their own WebIDs, such as an
// organisation that puts data into a pod while the person is away (design
// §8.2), by account/id. What holds are the ACLs that are written for them.
const shares rdfstore.Bucket[share] = "account-shares"

type share struct {
	ID, Agent string
	Name      string // what the person calls the agent
	grant.Access
	Created, Changed time.Time
}

// entry is the name of a share's entries in ACLs.
func (sh share) entry() string { return "share-" + sh.ID }

func sharesOf(r rdfstore.StateReader, account string) ([]share, error) {
	return owned(r, shares, account, func(sh share) time.Time { return sh.Created })
}

// setShare makes or changes a share, and the ACLs so that they say the same.
func (s *Service) setShare(ctx context.Context, tx rdfstore.Tx, account string, sh share) error {
	var before []grant.Part
	old, err := shares.Get(tx, key(account, sh.ID))
	if err == nil {
		before = old.Parts
	} else if ignoreMissing(err) != nil {
		return err
	}
	if err := staysOpen(tx, account); err != nil {
		return err
	}
	if err := ownParts(tx, account, sh.Access); err != nil {
		return err
	}
	if err := makeRoom(tx, account, sh.Access); err != nil {
		return err
	}
	for _, p := range before {
		if !slices.ContainsFunc(sh.Parts, func(q grant.Part) bool { return q.Resource() == p.Resource() }) {
			if err := s.acls.RemoveACLEntry(ctx, tx, p.Resource(), sh.entry()); err != nil {
				return err
			}
		}
	}
	for _, p := range sh.Parts {
		err := s.acls.SetACLEntry(ctx, tx, p.Resource(), ldp.ACLEntry{Name: sh.entry(), Agent: sh.Agent, Modes: p.Modes, Until: sh.Until})
		if errors.Is(err, rdfstore.ErrNotFound) {
			return badInput("amount", "access: a part is not there: "+p.Path)
		}
		if err != nil {
			return err
		}
	}
	return shares.Set(tx, key(account, sh.ID), sh, time.Time{})
}

// ownParts refuses parts of other accounts' pods: their owners share them.
func ownParts(r rdfstore.Reader, account string, access grant.Access) error {
	for _, p := range access.Parts {
		storage, err := r.Storage(p.Storage)
		if ignoreMissing(err) != nil {
			return err
		}
		if err != nil || storage.Account != account {
			return badInput("amount", "access: only parts of your own pods can be shared")
		}
	}
	return nil
}

func (s *Service) endShare(c *call, id string) error {
	account := c.session.Account
	err := s.store.Update(c.r.Context(), func(tx rdfstore.Tx) error {
		sh, err := shares.Take(tx, key(account, id))
		if err != nil {
			return err
		}
		for _, p := range sh.Parts {
			if err := s.acls.RemoveACLEntry(c.r.Context(), tx, p.Resource(), sh.entry()); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.event(c.r.Context(), "share ended", account)
	}
	return err
}

// saveShare makes a share, or changes the one that the path names.
func (s *Service) saveShare(c *call, agent, name string, access grant.Access) (sh share, err error) {
	if access.Everything || len(access.Parts) == 0 {
		return share{}, errNothingChosen
	}
	now := s.clock()
	err = s.store.Update(c.r.Context(), func(tx rdfstore.Tx) (err error) {
		account := c.session.Account
		if id := c.r.PathValue("share"); id != "" {
			if sh, err = shares.Get(tx, key(account, id)); err != nil {
				return err
			}
		} else {
			sh = share{ID: newID(), Agent: agent, Name: name, Created: now}
		}
		sh.Access, sh.Changed = access, now
		return s.setShare(c.r.Context(), tx, account, sh)
	})
	if err == nil {
		s.event(c.r.Context(), "share saved", c.session.Account)
	}
	return sh, err
}

func checkShare(agent, name string) error {
	switch {
	case !isWebID(agent) || len(agent) > maxWebID:
		return errShareWebID
	case len(name) > maxName || strings.TrimSpace(name) == "":
		return missingInput("name")
	}
	return nil
}

var shareFields = append([]field{{name: "webId", kind: "string"}, {name: "name", kind: "string"}}, accessFields...)

func (s *Service) shareURL(c *call, id string) string {
	return s.url("account", c.session.Account, "share", id)
}

func (s *Service) describeShare(c *call, sh share) answer {
	access := []answer{}
	for _, p := range sh.Parts {
		access = append(access, answer{"location": s.space.URL(p.Resource()), "actions": grant.Actions(p.Modes)})
	}
	described := answer{
		"id": sh.ID, "resource": s.shareURL(c, sh.ID), "webId": sh.Agent, "name": sh.Name, "access": access,
		"created": sh.Created, "changed": sh.Changed, "ended": sh.Ended(s.clock()),
	}
	if !sh.Until.IsZero() {
		described["until"] = sh.Until
	}
	return described
}

// getShares lists what the account lets others do under their own WebIDs.
func (s *Service) getShares(c *call) (answer, error) {
	listed := []answer{}
	err := s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		all, err := sharesOf(r, c.session.Account)
		for _, sh := range all {
			listed = append(listed, s.describeShare(c, sh))
		}
		return err
	})
	return answer{"shares": listed}, err
}

func (s *Service) ownShare(c *call) (sh share, err error) {
	err = s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		sh, err = shares.Get(r, key(c.session.Account, c.r.PathValue("share")))
		return err
	})
	return sh, err
}

func (s *Service) getShare(c *call) (answer, error) {
	sh, err := s.ownShare(c)
	return s.describeShare(c, sh), err
}

func (s *Service) postShare(c *call) (answer, error) {
	agent, name := c.input.text("webId"), c.input.text("name")
	if c.r.PathValue("share") == "" {
		if err := checkShare(agent, name); err != nil {
			return nil, err
		}
	}
	access, err := s.readAccess(c.input)
	if err == nil && access.Lasting() {
		err = s.provePresence(c)
	}
	if err != nil {
		return nil, err
	}
	sh, err := s.saveShare(c, agent, name, access)
	return s.describeShare(c, sh), err
}

func (s *Service) deleteShare(c *call) (answer, error) {
	return answer{}, s.endShare(c, c.r.PathValue("share"))
}

// shareLinks lists an account's shares for its page.
func (s *Service) shareLinks(c *call, r rdfstore.Reader) ([]grantLink, error) {
	all, err := sharesOf(r, c.session.Account)
	var links []grantLink
	for _, sh := range all {
		links = append(links, grantLink{Name: sh.Name, Host: sh.Agent, URL: s.shareURL(c, sh.ID), Until: sh.Until, Ended: sh.Ended(s.clock())})
	}
	return links, err
}

// shareData fills the page "share".
type shareData struct {
	Agent, Name string
	New         bool
	Changed     bool // just now
	Ended       bool
	Choices     choicesData
	Action      string // URL of the form
}

// showShare shows a share, or asks for a new one.
func (s *Service) showShare(c *call) (screen, error) { return s.shareScreen(c, false, nil) }

func (s *Service) shareScreen(c *call, changed bool, problem *Error) (screen, error) {
	id := c.r.PathValue("share")
	data := shareData{New: id == "", Changed: changed, Action: s.url("account", c.session.Account, "share")}
	var shown grant.Access
	if data.New {
		data.Agent, data.Name = c.r.PostFormValue("webId"), c.r.PostFormValue("name")
	} else {
		sh, err := s.ownShare(c)
		if err != nil {
			return screen{}, err
		}
		data.Agent, data.Name, data.Action = sh.Agent, sh.Name, s.shareURL(c, id)
		shown, data.Ended = sh.Access, sh.Ended(s.clock())
	}
	if data.Ended {
		shown.Until = time.Time{}
	}
	var err error
	if data.Choices, err = s.choices(c, shown); err != nil {
		return screen{}, err
	}
	data.Choices.PartsOnly = true
	if problem != nil {
		data.Choices.retain(c.r.PostForm)
	}
	return screen{page: "share", data: data, problem: problem}, nil
}

// submitShare makes, changes or ends a share.
func (s *Service) submitShare(c *call) (screen, error) {
	id := c.r.PathValue("share")
	if id != "" && c.r.PostFormValue("decision") == "withdraw" {
		if err := s.endShare(c, id); err != nil {
			return screen{}, err
		}
		return screen{location: s.url("account", c.session.Account)}, nil
	}
	sh, err := s.submitted(c)
	if err != nil {
		return s.shareScreen(c, false, s.refusal(c.r, err))
	}
	if id == "" {
		return screen{location: s.shareURL(c, sh.ID)}, nil
	}
	return s.shareScreen(c, true, nil)
}

func (s *Service) submitted(c *call) (sh share, err error) {
	agent, name := strings.TrimSpace(c.r.PostFormValue("webId")), strings.TrimSpace(c.r.PostFormValue("name"))
	if c.r.PathValue("share") == "" {
		err = checkShare(agent, name)
	} else {
		sh, err = s.ownShare(c)
	}
	if err != nil {
		return share{}, err
	}
	access, err := s.chosen(c.r, sh.Until)
	if err == nil && access.Lasting() && !sh.Lasting() {
		err = s.provePresence(c)
	}
	if err != nil {
		return share{}, err
	}
	return s.saveShare(c, agent, name, access)
}

// endShares takes all shares of an account out of the ACLs.
func (s *Service) endShares(ctx context.Context, tx rdfstore.Tx, account string) error {
	all, err := sharesOf(tx, account)
	if err != nil {
		return err
	}
	for _, sh := range all {
		if err := shares.Delete(tx, key(account, sh.ID)); err != nil {
			return err
		}
		for _, p := range sh.Parts {
			if err := ignoreMissing(s.acls.RemoveACLEntry(ctx, tx, p.Resource(), sh.entry())); err != nil {
				return err
			}
		}
	}
	return nil
}
