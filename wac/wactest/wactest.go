// Package wactest reads the text of Web Access Control literally, triple by
// triple and URL by URL, to be compared with package wac in tests. It shares no
// code with it, knows nothing of speed, and leaves out what the text does.
//
// Spec: https://solidproject.org/TR/wac §4 and §5 (1.1 draft for conditions).
package wactest

import (
	"slices"
	"strings"

	"domicile/rdfstore/rdf"
)

// Request is who asks. The zero Request is the public's.
type Request struct{ WebID, Client, Issuer, Origin string }

// World is all that a decision may depend on.
type World struct {
	Root  string                // URL of the storage's root container
	Owner string                // has Control whatever the ACLs say (SP-STO-07)
	ACLs  map[string]*rdf.Graph // by the URL of the resource that they are about
	// Members of groups: WebIDs, and for conditions clients and issuers.
	Members map[string][]string
	// StrictOrigin: acl:origin counts (WAC-ORIG-01).
	StrictOrigin bool
}

// Modes returns the names of the modes that the request has on a target:
// "Read", "Append", "Write", "Control". A target need not exist.
func (w World) Modes(target string, r Request) map[string]bool {
	public := w.granted(target, "", Request{})
	modes := w.granted(target, "", r)
	if r.WebID != "" && r.WebID == w.Owner {
		modes["Control"] = true
	}
	if w.StrictOrigin && r.Origin != "" {
		allowed := w.granted(target, r.Origin, r)
		for mode := range modes {
			if !public[mode] && !allowed[mode] {
				delete(modes, mode)
			}
		}
	}
	for mode := range public { // what everyone may do, somebody may
		modes[mode] = true
	}
	return modes
}

// granted is the union over the authorizations that match: by their agent, or
// by their origin when one is given.
func (w World) granted(target, origin string, r Request) map[string]bool {
	modes := map[string]bool{}
	holder := target
	for w.ACLs[holder] == nil {
		if holder == w.Root {
			return modes
		}
		trimmed := strings.TrimSuffix(holder, "/")
		holder = trimmed[:strings.LastIndex(trimmed, "/")+1]
	}
	g := w.ACLs[holder]
	about := "default"
	if holder == target {
		about = "accessTo"
	}
	for t := range g.All() {
		switch {
		case t.P != rdf.Type || t.O != acl("Authorization"):
		case !g.Has(rdf.Triple{S: t.S, P: acl(about), O: rdf.IRI(holder)}):
		case origin == "" && !w.isFor(g, t.S, r):
		case origin != "" && !g.Has(rdf.Triple{S: t.S, P: acl("origin"), O: rdf.IRI(origin)}):
		case w.conditionsHold(g, t.S, r):
			for _, mode := range []string{"Read", "Append", "Write", "Control"} {
				if g.Has(rdf.Triple{S: t.S, P: acl("mode"), O: acl(mode)}) {
					modes[mode] = true
				}
			}
		}
	}
	if modes["Write"] {
		modes["Append"] = true
	}
	return modes
}

func acl(name string) rdf.Term { return rdf.IRI(rdf.ACL + name) }

func (w World) isFor(g *rdf.Graph, authorization rdf.Term, r Request) bool {
	if g.Has(rdf.Triple{S: authorization, P: acl("agentClass"), O: rdf.IRI(rdf.FOAF + "Agent")}) {
		return true
	}
	if r.WebID == "" {
		return false
	}
	if g.Has(rdf.Triple{S: authorization, P: acl("agentClass"), O: acl("AuthenticatedAgent")}) ||
		g.Has(rdf.Triple{S: authorization, P: acl("agent"), O: rdf.IRI(r.WebID)}) {
		return true
	}
	for group := range g.Objects(authorization, acl("agentGroup")) {
		if slices.Contains(w.Members[group.Value()], r.WebID) {
			return true
		}
	}
	return false
}

// conditionsHold follows the draft but for conditions of unknown types, which
// deny (decision on WAC-COND-02).
func (w World) conditionsHold(g *rdf.Graph, authorization rdf.Term, r Request) bool {
	for condition := range g.Objects(authorization, acl("condition")) {
		met := 0
		for class := range g.Objects(condition, rdf.Type) {
			kind, actual := "client", r.Client
			switch class {
			case acl("IssuerCondition"):
				kind, actual = "issuer", r.Issuer
			case acl("ClientCondition"):
			default:
				return false
			}
			ok := g.Has(rdf.Triple{S: condition, P: acl(kind + "Class"), O: rdf.IRI(rdf.FOAF + "Agent")})
			if actual != "" {
				ok = ok || g.Has(rdf.Triple{S: condition, P: acl(kind), O: rdf.IRI(actual)})
				for group := range g.Objects(condition, acl(kind+"Group")) {
					ok = ok || slices.Contains(w.Members[group.Value()], actual)
				}
			}
			if !ok {
				return false
			}
			met++
		}
		if met == 0 {
			return false
		}
	}
	return true
}
