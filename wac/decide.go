package wac

import (
	"context"
	"fmt"
	"slices"
	"time"

	"domicile/rdfstore/resource"
)

// Policy decides access by ACL documents.
type Policy struct {
	ACLs ACLSource
	// Groups tells the members of groups; with nil they have none.
	Groups GroupSource
	// StrictOrigin applies acl:origin to requests from web origins that are
	// not trusted (WAC-ORIG-01). Off, each origin is trusted: with Solid-OIDC
	// the client is known anyway (WAC-ORIG-02).
	StrictOrigin bool
}

// Decide returns what agent may do with target at the time now. The target
// need not exist (WAC-EFF-01); an auxiliary resource is decided on its
// subject, and what the subject's modes mean for it is the caller's business.
// An error is the sources': nothing is granted with it.
func (p Policy) Decide(ctx context.Context, agent Agent, target resource.ID, now time.Time) (Decision, error) {
	subject := target.Subject()
	d := Decision{}
	if !agent.IsPublic() {
		owner, err := p.ACLs.IsOwner(ctx, agent.WebID, subject.Storage())
		if err != nil {
			return Decision{}, fmt.Errorf("owner of storage %s: %w", subject.Storage(), err)
		}
		d.Owner = owner
	}
	e, err := p.ACLs.EffectiveACL(ctx, subject)
	if err != nil {
		return Decision{}, err
	}
	d.Effective = e.Holder
	p.evaluate(&d, e.rules(subject), agent, now, p.members(ctx))
	return d, nil
}

// evaluate fills in the modes of d: what the authorizations grant (WAC-CONF-02)
// and the owner's Control. Group documents are asked last, only where they
// could add a mode, and each at most once for the same member (WAC-SUBJ-05).
func (p Policy) evaluate(d *Decision, rules *rules, agent Agent, now time.Time, member memberFunc) {
	authorizations := rules.of(agent)
	inForce := func(a *authorization) bool { return a.holdsAt(now) }
	d.Public = union(authorizations, inForce, func(a *authorization) bool {
		return a.public && a.conditionsHold(Agent{}, noMember)
	})
	d.Agent = d.Public | union(authorizations, inForce, func(a *authorization) bool { return a.matches(agent, noMember) })
	if d.Owner {
		d.Agent |= Control
	}
	for _, a := range authorizations {
		if !a.usesGroups() || d.Agent.Has(a.modes) || !inForce(a) {
			continue
		}
		// The first question is answered without asking any group.
		if a.matches(agent, everyMember) && a.matches(agent, member) {
			d.Agent |= a.modes
		}
	}
	if p.StrictOrigin && agent.Origin != "" {
		trusted := d.Public | union(authorizations, inForce, func(a *authorization) bool {
			return slices.Contains(a.origins, agent.Origin) && a.conditionsHold(agent, member)
		})
		d.Agent, d.Withheld = d.Agent&trusted, d.Agent&^trusted
	}
}

func union(authorizations []*authorization, inForce, matches func(*authorization) bool) Modes {
	var modes Modes
	for _, a := range authorizations {
		if !modes.Has(a.modes) && inForce(a) && matches(a) {
			modes |= a.modes
		}
	}
	return modes
}

// memberFunc reports whether a group has a member.
type memberFunc func(group, member string) bool

func noMember(string, string) bool    { return false }
func everyMember(string, string) bool { return true }

// members returns a memberFunc that remembers its answers.
func (p Policy) members(ctx context.Context) memberFunc {
	if p.Groups == nil {
		return noMember
	}
	answers := map[membership]bool{}
	return func(group, member string) bool {
		q := membership{group, member}
		answer, asked := answers[q]
		if !asked {
			answer = p.Groups.HasMember(ctx, group, member)
			answers[q] = answer
		}
		return answer
	}
}

// matches reports whether the authorization is for the agent, with its client
// and issuer. It can only turn from false to true as member knows more.
func (a *authorization) matches(agent Agent, member memberFunc) bool {
	return a.isFor(agent, member) && a.conditionsHold(agent, member)
}

func (a *authorization) isFor(agent Agent, member memberFunc) bool {
	if a.public {
		return true
	}
	if agent.IsPublic() {
		return false
	}
	return a.authenticated || a.agents[agent.WebID] ||
		slices.ContainsFunc(a.groups, func(group string) bool { return member(group, agent.WebID) })
}

func (a *authorization) conditionsHold(agent Agent, member memberFunc) bool {
	return !slices.ContainsFunc(a.conditions, func(c condition) bool { return !c.holds(agent, member) })
}

func (a *authorization) usesGroups() bool {
	return len(a.groups) > 0 || slices.ContainsFunc(a.conditions, condition.usesGroups)
}
