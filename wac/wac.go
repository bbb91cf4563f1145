// Package wac decides who may do what: Web Access Control over parsed ACL
// documents.
//
// It knows neither HTTP nor the store: it asks an [ACLSource] for the ACL of a
// resource and for a storage's owner, and a [GroupSource] for membership. The
// same decision serves requests, the WAC-Allow header, listings, export and
// notifications. Everything is denied that nothing grants.
//
// [Parse] reads an ACL document, [Policy] decides by it and explains what it
// decided, and [Grant] narrows a decision to what an account lets an app do.
// What an operation needs and how a denial is answered is not known here.
//
// Spec: https://solidproject.org/TR/wac (1.1 draft for access conditions);
// requirement IDs WAC-*.
package wac

import (
	"context"

	"domicile/rdfstore/resource"
)

// Modes is a set of access modes.
type Modes uint8

// The access modes. Write includes Append (WAC-CONF-03); Control includes
// nothing else.
const (
	Read Modes = 1 << iota
	Append
	Write
	Control
)

// Agent is who makes a request. The zero Agent is the public.
type Agent struct {
	WebID  string
	Client string // client identifier, "" when unknown
	Issuer string
	// Origin is the value of the request's Origin header, for example
	// "https://app.example"; "" when it had none or the origin is trusted, as
	// the server's own is. It matters only under [Policy.StrictOrigin].
	Origin string
	// Grant names what the agent's account lets Client do, where somebody is
	// answerable for that; "" when nothing narrows the agent. It plays no part
	// in [Policy.Decide]: whoever asks narrows the decision ([Decision.Narrow]).
	Grant string
	// Narrowed says what a token of Client was narrowed to within Grant, in the
	// words of whoever reads both; "" for all of it.
	Narrowed string
}

// IsPublic reports whether nobody was authenticated.
func (a Agent) IsPublic() bool { return a.WebID == "" }

// ACLSource gives what a decision needs of the state it is made in.
type ACLSource interface {
	// EffectiveACL returns what [FindEffective] finds for a subject resource,
	// however it does so. The resource itself need not exist.
	EffectiveACL(ctx context.Context, subject resource.ID) (Effective, error)
	// IsOwner reports whether a WebID is of an owner of a storage. A storage
	// that is not there has none.
	IsOwner(ctx context.Context, webID, storage string) (bool, error)
}

// GroupSource tells whether a group document lists an agent as a member.
// What cannot be found out is false, never an error (WAC-SUBJ-04).
type GroupSource interface {
	HasMember(ctx context.Context, group, webID string) bool
}

// Decision is what an agent may do with a resource, and why.
type Decision struct {
	Agent  Modes // includes Public
	Public Modes
	// Withheld is what the agent would have besides, were the request not from
	// a web origin that nobody trusts (WAC-ORIG-01).
	Withheld Modes
	// Ungranted is what the agent would have besides, were its client granted
	// it ([Decision.Narrow]).
	Ungranted Modes
	// Effective is the resource whose ACL document decided: the target's
	// subject or an ancestor. Zero when no ACL was found, which denies all.
	Effective resource.ID
	// Owner reports that the agent owns the storage and so has Control
	// whatever the ACLs say (SP-STO-07).
	Owner bool
}
