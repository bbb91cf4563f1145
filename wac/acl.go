package wac

import (
	"slices"
	"strings"
	"time"

	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// The terms of an ACL document.
var (
	authorizationClass = rdf.IRI(rdf.ACL + "Authorization")
	conditionClass     = rdf.IRI(rdf.ACL + "Condition")
	authenticatedAgent = rdf.IRI(rdf.ACL + "AuthenticatedAgent")
	foafAgent          = rdf.IRI(rdf.FOAF + "Agent")

	modeOf = map[rdf.Term]Modes{
		rdf.IRI(rdf.ACL + "Read"):    Read,
		rdf.IRI(rdf.ACL + "Append"):  Append,
		rdf.IRI(rdf.ACL + "Write"):   Write | Append, // WAC-CONF-03
		rdf.IRI(rdf.ACL + "Control"): Control,
	}
)

// ACL is a parsed ACL document. It is immutable and safe for concurrent use.
// Whether an authorization in it has expired is found out at each decision.
type ACL struct {
	accessTo map[resource.ID][]*authorization
	inherit  map[resource.ID][]*authorization // by acl:default
	unknown  []string
}

// authorization is one acl:Authorization that conforms to WAC-CONF-01.
type authorization struct {
	accessTo, inherit []resource.ID
	modes             Modes // Write includes Append
	agents            map[string]bool
	groups            []string
	origins           []string
	public            bool // acl:agentClass foaf:Agent
	authenticated     bool // acl:agentClass acl:AuthenticatedAgent
	conditions        []condition
	// validThrough is the last moment it holds; zero when it does not end.
	validThrough time.Time
}

// Parse reads an ACL document from its graph. It never fails: what is not a
// conforming authorization is passed over and so grants nothing (WAC-REP-06).
// Resources are told by identifier, so that each spelling of a URL counts; an
// IRI outside space, or one with a fragment or query, names none of them.
func Parse(g *rdf.Graph, space *resource.Space) *ACL {
	acl := &ACL{accessTo: map[resource.ID][]*authorization{}, inherit: map[resource.ID][]*authorization{}}
	for t := range g.Match(rdf.Term{}, rdf.Type, authorizationClass) {
		a, unknown := parseAuthorization(g, t.S, space)
		acl.unknown = append(acl.unknown, unknown...)
		if a == nil {
			continue
		}
		for _, id := range a.accessTo {
			acl.accessTo[id] = append(acl.accessTo[id], a)
		}
		for _, id := range a.inherit {
			acl.inherit[id] = append(acl.inherit[id], a)
		}
	}
	slices.Sort(acl.unknown)
	acl.unknown = slices.Compact(acl.unknown)
	return acl
}

// parseAuthorization returns nil for what does not conform to WAC-CONF-01, and
// in any case the types of its conditions that are not known.
func parseAuthorization(g *rdf.Graph, node rdf.Term, space *resource.Space) (a *authorization, unknown []string) {
	a = &authorization{agents: map[string]bool{}}
	for t := range g.Match(node, rdf.Term{}, rdf.Term{}) {
		name, ok := strings.CutPrefix(t.P.Value(), rdf.ACL)
		if !ok {
			if isValidThrough(t.P) {
				a.endAt(parseValidThrough(t.O))
			}
			continue
		}
		if name == "condition" {
			c := parseCondition(g, t.O)
			a.conditions = append(a.conditions, c)
			unknown = append(unknown, c.unknown...)
		}
		if t.O.IsIRI() {
			a.set(name, t.O, space)
		}
	}
	hasObject := len(a.accessTo)+len(a.inherit) > 0
	hasSubject := len(a.agents)+len(a.groups)+len(a.origins) > 0 || a.public || a.authenticated
	if !hasObject || !hasSubject || a.modes == 0 {
		return nil, unknown
	}
	return a, unknown
}

// set takes one property, given without its namespace, into account.
func (a *authorization) set(name string, object rdf.Term, space *resource.Space) {
	switch name {
	case "accessTo":
		a.accessTo = appendID(a.accessTo, object, space)
	case "default":
		a.inherit = appendID(a.inherit, object, space)
	case "mode":
		a.modes |= modeOf[object]
	case "agent":
		a.agents[object.Value()] = true
	case "agentGroup":
		a.groups = append(a.groups, object.Value())
	case "agentClass":
		a.public = a.public || object == foafAgent
		a.authenticated = a.authenticated || object == authenticatedAgent
	case "origin":
		a.origins = append(a.origins, strings.TrimSuffix(object.Value(), "/")) // WAC-ORIG-03
	}
}

func appendID(ids []resource.ID, iri rdf.Term, space *resource.Space) []resource.ID {
	if strings.ContainsAny(iri.Value(), "?#") {
		return ids
	}
	id, err := space.ParseIRI(iri.Value())
	if err != nil || slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

// grantsToSomeone reports whether the authorization names a subject other than
// an origin, which alone grants nothing (WAC-ORIG-03).
func (a *authorization) grantsToSomeone() bool {
	return len(a.agents)+len(a.groups) > 0 || a.public || a.authenticated
}

// GrantsControl reports whether the document gives anybody lasting Control of
// subject itself: an authorization that ends, or whose conditions cannot hold,
// does not count (WAC-REP-05).
func (acl *ACL) GrantsControl(subject resource.ID) bool {
	return slices.ContainsFunc(acl.accessTo[subject], func(a *authorization) bool {
		impossible := slices.ContainsFunc(a.conditions, condition.impossible)
		return a.modes.Has(Control) && a.grantsToSomeone() && a.validThrough.IsZero() && !impossible
	})
}

// UnknownConditions returns the types of access conditions in the document
// that this server cannot evaluate, sorted, each once; for a condition without
// a type "untyped". An authorization with such a condition grants nothing;
// writing one is refused (WAC-COND-02).
func (acl *ACL) UnknownConditions() []string { return slices.Clone(acl.unknown) }

// effective returns the authorizations that count for target when acl is the
// document of holder, target itself or an ancestor (WAC-EFF-02).
func (acl *ACL) effective(holder, target resource.ID) []*authorization {
	if holder == target {
		return acl.accessTo[holder]
	}
	return acl.inherit[holder]
}
