package wac

import (
	"context"
	"slices"
	"time"

	"domicile/rdfstore/resource"
)

// Reason is why an authorization does not count, as programs know it. Text is
// for people.
type Reason string

// The reasons.
const (
	NoMode           Reason = "mode"
	NoSubject        Reason = "subject"
	NoObject         Reason = "object"
	OtherResource    Reason = "resource"
	NotInherited     Reason = "default"
	OnlyInherited    Reason = "accessTo"
	Expired          Reason = "expired"
	SignedOut        Reason = "public"
	OtherAgent       Reason = "agent"
	NotMember        Reason = "group"
	OriginAlone      Reason = "origin"
	OtherClient      Reason = "client"
	OtherIssuer      Reason = "issuer"
	UnknownCondition Reason = "condition"
)

var reasonTexts = map[Reason]string{
	NoMode:           "it has no acl:mode that is known",
	NoSubject:        "it says for nobody: it has no acl:agent, acl:agentClass, acl:agentGroup or acl:origin",
	NoObject:         "it says for no resource: it has neither acl:accessTo nor acl:default",
	OtherResource:    "it names another resource than the one that this ACL belongs to",
	NotInherited:     "it is for the container itself (acl:accessTo), not for what is inside (acl:default)",
	OnlyInherited:    "it is for what is inside the container (acl:default), not for the container itself (acl:accessTo)",
	Expired:          "it has ended (schema:validThrough)",
	SignedOut:        "it is for agents that have signed in",
	OtherAgent:       "it names other agents",
	NotMember:        "the agent is not known to be a member of its group",
	OriginAlone:      "it names a web origin and no agent, which grants nothing by itself",
	OtherClient:      "it is for other apps",
	OtherIssuer:      "it is for agents that another issuer vouches for",
	UnknownCondition: "it has a condition of a type that is not supported",
}

// Text returns the reason as the rest of a sentence that begins "The
// authorization does not count:".
func (r Reason) Text() string { return reasonTexts[r] }

// Explanation is a decision and what led to it.
type Explanation struct {
	Decision
	// Unreadable: the effective ACL document cannot be read, which denies.
	Unreadable bool
	// Authorizations are all of the effective ACL document, in its order.
	Authorizations []Verdict
}

// Verdict is what became of one authorization in a decision.
type Verdict struct {
	Name  string // IRI, or the label of a blank node with "_:"
	Modes Modes  // what it grants to whom it matches
	// Reasons are why it does not match; none when it does.
	Reasons []Reason
}

// Matches reports whether the authorization counted for the agent.
func (v Verdict) Matches() bool { return len(v.Reasons) == 0 }

// Explain decides as [Policy.Decide] does and says why. It may ask more groups.
func (p Policy) Explain(ctx context.Context, agent Agent, target resource.ID, now time.Time) (Explanation, error) {
	d, err := p.Decide(ctx, agent, target, now)
	if err != nil {
		return Explanation{}, err
	}
	subject := target.Subject()
	e, err := p.ACLs.EffectiveACL(ctx, subject)
	if err != nil || e.ACL == nil {
		return Explanation{Decision: d}, err
	}
	x := Explanation{Decision: d, Unreadable: e.ACL.unreadable}
	member := p.members(ctx)
	for _, a := range e.ACL.all {
		reasons := append(a.misses(e.Holder, e.Holder == subject), a.refuses(agent, now, member)...)
		slices.Sort(reasons)
		x.Authorizations = append(x.Authorizations, Verdict{a.name, a.modes, slices.Compact(reasons)})
	}
	return x, nil
}

// misses returns why the authorization, in the ACL document of holder, is not
// about holder itself, or else not about what inherits from it.
func (a *authorization) misses(holder resource.ID, itself bool) []Reason {
	reasons := a.defects()
	isAccessTo, isDefault := slices.Contains(a.accessTo, holder), slices.Contains(a.inherit, holder)
	switch {
	case itself && isAccessTo, !itself && isDefault:
	case isDefault:
		reasons = append(reasons, OnlyInherited)
	case isAccessTo:
		reasons = append(reasons, NotInherited)
	case !slices.Contains(reasons, NoObject) && !slices.Contains(reasons, OtherResource):
		reasons = append(reasons, OtherResource)
	}
	return reasons
}

// refuses returns why the authorization is not for the agent now.
func (a *authorization) refuses(agent Agent, now time.Time, member memberFunc) []Reason {
	var reasons []Reason
	if !a.holdsAt(now) {
		reasons = append(reasons, Expired)
	}
	if !a.isFor(agent, member) {
		switch {
		case !a.grantsToSomeone() && len(a.origins) > 0:
			reasons = append(reasons, OriginAlone)
		case !a.grantsToSomeone(): // a defect
		case agent.IsPublic():
			reasons = append(reasons, SignedOut)
		default:
			if len(a.agents) > 0 {
				reasons = append(reasons, OtherAgent)
			}
			if len(a.groups) > 0 {
				reasons = append(reasons, NotMember)
			}
		}
	}
	for _, c := range a.conditions {
		if len(c.unknown) > 0 {
			reasons = append(reasons, UnknownCondition)
		}
		for _, r := range c.requirements {
			if !r.holds(agent, member) {
				reasons = append(reasons, r.otherwise)
			}
		}
	}
	return reasons
}

// Idle returns the authorizations that can never count where the document is,
// as the ACL of subject, with the reasons: mistakes that its author may want to
// know of.
func (acl *ACL) Idle(subject resource.ID) []Verdict {
	var idle []Verdict
	for _, a := range acl.all {
		reasons := a.misses(subject, true)
		if subject.IsContainer() {
			if below := a.misses(subject, false); len(below) == 0 {
				reasons = nil
			}
		}
		if len(reasons) > 0 {
			idle = append(idle, Verdict{a.name, a.modes, reasons})
		}
	}
	return idle
}
