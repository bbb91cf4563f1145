// Package wac is the area of Web Access Control: who may do what, and how
// clients learn of it.
//
// Spec: https://solidproject.org/TR/wac
package wac

import (
	"slices"
	"strings"

	"domicile/conformance/suite"
)

// Area holds the cases.
var Area = suite.Area{
	Name:  "wac",
	Title: "Web Access Control",
	Cases: needing(slices.Concat(documents, effective, authorizations, groups, conditions, modes, existence, allow)),
	Unseen: map[string]string{
		"WAC-EFF-03":   "an ACL document that cannot be read does not come into being by HTTP",
		"WAC-EFF-04":   "a storage inside another's path is not made by HTTP",
		"WAC-ORIG-01":  "servers check origins when their operator says so",
		"WAC-ORIG-02":  "servers check origins when their operator says so",
		"WAC-ALLOW-06": "servers check origins when their operator says so",
		"WAC-RESP-02":  "servers check origins when their operator says so",
		"WAC-MODE-12":  "a deletion takes nothing along, see SP-DEL-03",
		"WAC-RESP-03":  "records of who changed what are for the operator",
	},
}

// needing adds what nearly all cases need.
func needing(cases []suite.Case) []suite.Case {
	for i := range cases {
		cases[i] = cases[i].Needing(suite.WebAccessControl, suite.SecondAgent)
	}
	return cases
}

// Subjects of authorizations.
const (
	everybody = "acl:agentClass foaf:Agent"
	signedIn  = "acl:agentClass acl:AuthenticatedAgent"
)

func agent(a *suite.Agent) string { return "acl:agent <" + a.WebID + ">" }

// may is an authorization of a subject for a resource. Modes are separated by
// spaces.
func may(subject, modes, resource string) string {
	return subject + "; acl:accessTo <" + resource + ">; " + mode(modes)
}

// mayBelow is one for what is in a container.
func mayBelow(subject, modes, container string) string {
	return subject + "; acl:default <" + container + ">; " + mode(modes)
}

func mode(modes string) string {
	return "acl:mode acl:" + strings.Join(strings.Fields(modes), ", acl:")
}

const (
	thing  = "<> a <#Thing> ."
	insert = `@prefix solid: <http://www.w3.org/ns/solid/terms#>.
_:p a solid:InsertDeletePatch; solid:inserts { <#new> <#is> "here" }.`
	replace = `@prefix solid: <http://www.w3.org/ns/solid/terms#>.
_:p a solid:InsertDeletePatch; solid:deletes { <> a <#Thing> }; solid:inserts { <> a <#Other> }.`
	where = `@prefix solid: <http://www.w3.org/ns/solid/terms#>.
_:p a solid:InsertDeletePatch; solid:where { ?x a <#Thing> }; solid:inserts { ?x <#is> "here" }.`
)

// document puts a document into the case's container and returns its URL.
func document(t *suite.T, name string) string {
	url := t.URL(name)
	t.Alice.Put(url, suite.Turtle(thing)).WantSuccess()
	return url
}
