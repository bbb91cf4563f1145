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
	all        []*authorization // those that conform to nothing included
	accessTo   map[resource.ID]*rules
	inherit    map[resource.ID]*rules // by acl:default
	unknown    []string
	unreadable bool
}

// authorization is one acl:Authorization.
type authorization struct {
	name              string // IRI, or the label of a blank node with "_:"
	accessTo, inherit []resource.ID
	elsewhere         bool  // has an object that is no resource of a storage here
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

// rules are the authorizations about one resource. Those that are for named
// agents only are found by name: there can be very many.
type rules struct {
	ofAgent map[string][]*authorization
	others  []*authorization
}

// of returns all that can be for an agent.
func (r *rules) of(agent Agent) []*authorization {
	if r == nil {
		return nil
	}
	named := r.ofAgent[agent.WebID]
	if len(named) == 0 {
		return r.others
	}
	return append(slices.Clip(named), r.others...)
}

func (r *rules) add(a *authorization) {
	if a.public || a.authenticated || len(a.groups)+len(a.origins) > 0 {
		r.others = append(r.others, a)
		return
	}
	if r.ofAgent == nil {
		r.ofAgent = map[string][]*authorization{}
	}
	for agent := range a.agents {
		r.ofAgent[agent] = append(r.ofAgent[agent], a)
	}
}

// Unreadable returns what stands for an ACL document that cannot be read: it
// grants nothing, and nothing is inherited past it, so that a damaged document
// opens nothing and its owner can mend it.
func Unreadable() *ACL { return &ACL{unreadable: true} }

// Parse reads an ACL document from its graph. It never fails: what is not a
// conforming authorization is passed over and so grants nothing (WAC-REP-06).
// Resources are told by identifier, so that each spelling of a URL counts; an
// IRI outside space, or one with a fragment or query, names none of them.
func Parse(g *rdf.Graph, space *resource.Space) *ACL {
	acl := &ACL{accessTo: map[resource.ID]*rules{}, inherit: map[resource.ID]*rules{}}
	for t := range g.Match(rdf.Term{}, rdf.Type, authorizationClass) {
		a := parseAuthorization(g, t.S, space)
		acl.all = append(acl.all, a)
		for _, c := range a.conditions {
			acl.unknown = append(acl.unknown, c.unknown...)
		}
		if len(a.defects()) > 0 {
			continue
		}
		for _, id := range a.accessTo {
			addTo(acl.accessTo, id, a)
		}
		for _, id := range a.inherit {
			addTo(acl.inherit, id, a)
		}
	}
	slices.Sort(acl.unknown)
	acl.unknown = slices.Compact(acl.unknown)
	return acl
}

func addTo(of map[resource.ID]*rules, id resource.ID, a *authorization) {
	if of[id] == nil {
		of[id] = &rules{}
	}
	of[id].add(a)
}

func parseAuthorization(g *rdf.Graph, node rdf.Term, space *resource.Space) *authorization {
	a := &authorization{name: node.Value()}
	if !node.IsIRI() {
		a.name = "_:" + a.name
	}
	for t := range g.Match(node, rdf.Term{}, rdf.Term{}) {
		name, ok := strings.CutPrefix(t.P.Value(), rdf.ACL)
		switch {
		case isValidThrough(t.P):
			a.endAt(parseValidThrough(t.O))
		case ok && name == "condition":
			a.conditions = append(a.conditions, parseCondition(g, t.O))
		case ok && t.O.IsIRI():
			a.set(name, t.O, space)
		}
	}
	return a
}

// set takes one property, given without its namespace, into account.
func (a *authorization) set(name string, object rdf.Term, space *resource.Space) {
	switch name {
	case "accessTo":
		a.accessTo = a.appendID(a.accessTo, object, space)
	case "default":
		a.inherit = a.appendID(a.inherit, object, space)
	case "mode":
		a.modes |= modeOf[object]
	case "agent":
		if a.agents == nil {
			a.agents = map[string]bool{}
		}
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

func (a *authorization) appendID(ids []resource.ID, iri rdf.Term, space *resource.Space) []resource.ID {
	id, err := space.ParseIRI(iri.Value())
	if err != nil || strings.ContainsAny(iri.Value(), "?#") {
		a.elsewhere = true
		return ids
	}
	if slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

// defects returns what the authorization lacks to conform to WAC-CONF-01.
func (a *authorization) defects() []Reason {
	var lacks []Reason
	if len(a.accessTo)+len(a.inherit) == 0 {
		if a.elsewhere {
			lacks = append(lacks, OtherResource)
		} else {
			lacks = append(lacks, NoObject)
		}
	}
	if !a.grantsToSomeone() && len(a.origins) == 0 {
		lacks = append(lacks, NoSubject)
	}
	if a.modes == 0 {
		lacks = append(lacks, NoMode)
	}
	return lacks
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
	return slices.ContainsFunc(acl.all, func(a *authorization) bool {
		impossible := slices.ContainsFunc(a.conditions, condition.impossible)
		return a.modes.Has(Control) && slices.Contains(a.accessTo, subject) && a.grantsToSomeone() && a.validThrough.IsZero() && !impossible
	})
}

// UnknownConditions returns the types of access conditions in the document
// that this server cannot evaluate, sorted, each once; for a condition without
// a type "untyped". An authorization with such a condition grants nothing;
// writing one is refused (WAC-COND-02).
func (acl *ACL) UnknownConditions() []string { return slices.Clone(acl.unknown) }
