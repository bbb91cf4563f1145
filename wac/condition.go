package wac

import (
	"slices"
	"strings"

	"domicile/rdfstore/rdf"
)

// The access conditions that are evaluated, by type (WAC-COND-01). Each names
// what it is about by three properties: the thing, a group, a class.
var conditionTypes = map[string]struct {
	one, group, class string
	of                func(Agent) string
	otherwise         Reason
}{
	rdf.ACL + "ClientCondition": {"client", "clientGroup", "clientClass", func(a Agent) string { return a.Client }, OtherClient},
	rdf.ACL + "IssuerCondition": {"issuer", "issuerGroup", "issuerClass", func(a Agent) string { return a.Issuer }, OtherIssuer},
}

// SupportedConditions returns the IRIs of the types of access conditions that
// are evaluated, sorted, for the Link headers of WAC-COND-01.
func SupportedConditions() []string {
	types := make([]string, 0, len(conditionTypes))
	for name := range conditionTypes {
		types = append(types, name)
	}
	slices.Sort(types)
	return types
}

// condition is one acl:condition of an authorization. It holds when the
// requirement of each of its types holds and all its types are known.
type condition struct {
	requirements []requirement
	unknown      []string
}

// requirement is what a condition of one type demands of the request.
type requirement struct {
	of     func(Agent) string
	values []string
	groups []string
	any    bool // class foaf:Agent
	// otherwise is why an authorization does not match when this does not hold.
	otherwise Reason
}

func parseCondition(g *rdf.Graph, node rdf.Term) condition {
	var c condition
	for t := range g.Match(node, rdf.Type, rdf.Term{}) {
		if t.O == conditionClass {
			continue // the superclass says nothing
		}
		known, ok := conditionTypes[t.O.Value()]
		if !ok || !t.O.IsIRI() {
			c.unknown = append(c.unknown, t.O.Value())
			continue
		}
		r := requirement{of: known.of, otherwise: known.otherwise}
		for t := range g.Match(node, rdf.Term{}, rdf.Term{}) {
			name, ok := strings.CutPrefix(t.P.Value(), rdf.ACL)
			if !ok || !t.O.IsIRI() {
				continue
			}
			switch name {
			case known.one:
				r.values = append(r.values, t.O.Value())
			case known.group:
				r.groups = append(r.groups, t.O.Value())
			case known.class:
				r.any = r.any || t.O == foafAgent
			}
		}
		c.requirements = append(c.requirements, r)
	}
	if len(c.requirements)+len(c.unknown) == 0 {
		c.unknown = []string{"untyped"}
	}
	return c
}

// holds reports whether the condition holds for the agent's request.
func (c condition) holds(agent Agent, member memberFunc) bool {
	return len(c.unknown) == 0 && !slices.ContainsFunc(c.requirements, func(r requirement) bool { return !r.holds(agent, member) })
}

func (r requirement) holds(agent Agent, member memberFunc) bool {
	if r.any {
		return true
	}
	value := r.of(agent)
	if value == "" {
		return false
	}
	return slices.Contains(r.values, value) ||
		slices.ContainsFunc(r.groups, func(group string) bool { return member(group, value) })
}

// usesGroups reports whether the answer may depend on a group document.
func (c condition) usesGroups() bool {
	return slices.ContainsFunc(c.requirements, func(r requirement) bool { return len(r.groups) > 0 && !r.any })
}

// impossible reports that no request can satisfy the condition.
func (c condition) impossible() bool {
	return len(c.unknown) > 0 || slices.ContainsFunc(c.requirements, func(r requirement) bool {
		return !r.any && len(r.values)+len(r.groups) == 0
	})
}
