package provider

import (
	"strings"

	"domicile/rdfstore"
)

// endedSessions has the ids of sessions that ended a short while ago. What was
// under way when they ended, such as a code not redeemed yet, comes to nothing.
const endedSessions rdfstore.Bucket[struct{}] = "oidc-ended-sessions"

// endedSessionMemory is longer than a code lives and a request takes.
const endedSessionMemory = 10 * codeLifetime

func hasEnded(r rdfstore.StateReader, sessionID string) (bool, error) {
	_, err := endedSessions.Get(r, sessionID)
	if missing(err) {
		return false, nil
	}
	return err == nil, err
}

// RevokeSession ends what apps got in a session and could use without it
// (OIDC-OUT-02), and sees to it that they get nothing more. Call it when the
// session ends.
func (p *Provider) RevokeSession(tx rdfstore.Tx, sessionID string) error {
	if err := endedSessions.Set(tx, sessionID, struct{}{}, p.now().Add(endedSessionMemory)); err != nil {
		return err
	}
	return p.revokeFamilies(tx, sessionFamilies, sessionID, func(family) bool { return true })
}

// RevokeOtherSessions ends what apps got in all sessions of an account but
// keep, sessions that are over included: refresh tokens that are used outlive
// them. Call it when whoever else was signed in is to be locked out, beside
// RevokeSession for the sessions that are not over yet.
func (p *Provider) RevokeOtherSessions(tx rdfstore.Tx, account, keep string) error {
	return p.revokeFamilies(tx, accountFamilies, account, func(f family) bool { return f.Session != keep })
}

// RevokeWebID ends what apps got for a WebID that an account gives up, and
// forgets that they were let in with it.
func (p *Provider) RevokeWebID(tx rdfstore.Tx, account, webID string) error {
	if err := forget(tx, account, func(c consent) bool { return c.WebID == webID }); err != nil {
		return err
	}
	return p.revokeFamilies(tx, accountFamilies, account, func(f family) bool { return f.Subject.WebID == webID })
}

// RevokeGrant ends what a client got under a grant that an account withdraws,
// and forgets that it was let in with it.
func (p *Provider) RevokeGrant(tx rdfstore.Tx, account, grant string) error {
	if err := forget(tx, account, func(c consent) bool { return c.Grant == grant }); err != nil {
		return err
	}
	return p.revokeFamilies(tx, accountFamilies, account, func(f family) bool { return f.Subject.Grant == grant })
}

// forget removes the remembered consents of an account that are to go.
func forget(tx rdfstore.Tx, account string, toGo func(consent) bool) error {
	var keys []string
	for entry, err := range consents.All(tx, account+"/") {
		if err != nil {
			return err
		}
		if toGo(entry.Value) {
			keys = append(keys, entry.Key)
		}
	}
	for _, key := range keys {
		if err := consents.Delete(tx, key); err != nil {
			return err
		}
	}
	return nil
}

// revokeFamilies ends the families that an index has for an owner, if they
// are to end.
func (p *Provider) revokeFamilies(tx rdfstore.Tx, index rdfstore.Bucket[struct{}], owner string, toEnd func(family) bool) error {
	var ids []string
	for entry, err := range index.All(tx, owner+"/") {
		if err != nil {
			return err
		}
		ids = append(ids, strings.TrimPrefix(entry.Key, owner+"/"))
	}
	for _, id := range ids {
		f, err := families.Get(tx, id)
		if missing(err) {
			continue
		}
		if err != nil {
			return err
		}
		if !toEnd(f) {
			continue
		}
		if err := p.revokeFamily(tx, id); err != nil {
			return err
		}
	}
	return nil
}
