package ldp_test

import (
	"fmt"
	"slices"
	"strings"

	"domicile/rdfstore/rdf"
)

// card is Alice's profile, with the triples that only her account may change.
const card = `@prefix foaf: <http://xmlns.com/foaf/0.1/>.
@prefix ldp: <http://www.w3.org/ns/ldp#>.
@prefix pim: <http://www.w3.org/ns/pim/space#>.
@prefix solid: <http://www.w3.org/ns/solid/terms#>.
<> a foaf:PersonalProfileDocument; foaf:primaryTopic <#me>.
<#me> a foaf:Person; foaf:name "Alice"; solid:oidcIssuer <https://id.example/>; pim:storage <` + root + `>;
    ldp:inbox <../inbox/>.
`

// note is a document as a client wrote it, in a spelling that no writer of
// ours would choose.
const note = "@prefix ex: <http://example.org/> .\n# kept until the first PATCH\n<#it>   ex:name 'Milk' ;  ex:next <other> .\n"

// rule is an authorization of an ACL document.
type rule struct {
	agent string // WebID; "" for everyone
	class string // an acl:agentClass instead of an agent
	group string // an acl:agentGroup instead of an agent
	modes string // "Read, acl:Write"
	here  bool   // acl:accessTo the subject
	below bool   // acl:default of the subject
	more  string // further predicates and objects, ";" in front
}

// acl writes an ACL document about a subject URL.
func acl(subject string, rules ...rule) string {
	var b strings.Builder
	b.WriteString("@prefix acl: <http://www.w3.org/ns/auth/acl#>.\n@prefix foaf: <http://xmlns.com/foaf/0.1/>.\n")
	for i, r := range rules {
		who := "acl:agentClass foaf:Agent"
		switch {
		case r.agent != "":
			who = "acl:agent <" + r.agent + ">"
		case r.class != "":
			who = "acl:agentClass " + r.class
		case r.group != "":
			who = "acl:agentGroup <" + r.group + ">"
		}
		fmt.Fprintf(&b, "<#rule%d> a acl:Authorization; %s; acl:mode acl:%s", i, who, r.modes)
		if r.here {
			fmt.Fprintf(&b, "; acl:accessTo <%s>", subject)
		}
		if r.below {
			fmt.Fprintf(&b, "; acl:default <%s>", subject)
		}
		b.WriteString(r.more + ".\n")
	}
	return b.String()
}

// aclOf is the ACL of the resource at a path below the root.
func aclOf(path string, rules ...rule) given {
	return given{path + ".acl", ttl, acl(root+path, rules...)}
}

// all gives Bob modes on a container and everything below it.
func all(modes string) rule { return rule{agent: bob, modes: modes, here: true, below: true} }

// mine gives Alice what an owner has on a container and everything below it.
var mine = rule{agent: alice, modes: "Read, acl:Write, acl:Control", here: true, below: true}

// only gives Bob modes on the one resource.
func only(modes string) rule { return rule{agent: bob, modes: modes, here: true} }

// insertDelete is an N3 Patch of the clauses, each without its braces; "" leaves a
// clause out.
func insertDelete(where, deletes, inserts string) string {
	patch := "@prefix solid: <http://www.w3.org/ns/solid/terms#>.\n@prefix ex: <http://example.org/>.\n" +
		"@prefix ldp: <http://www.w3.org/ns/ldp#>.\n@prefix dcterms: <http://purl.org/dc/terms/>.\n_:patch a solid:InsertDeletePatch"
	for _, clause := range []struct{ name, triples string }{{"where", where}, {"deletes", deletes}, {"inserts", inserts}} {
		if clause.triples != "" {
			patch += ";\n  solid:" + clause.name + " { " + clause.triples + " }"
		}
	}
	return patch + ".\n"
}

// link is a Link header value.
func link(target, rel string) string { return "<" + target + `>; rel="` + rel + `"` }

// typeLink asks for a kind of resource by its LDP class.
func typeLink(class string) fields { return fields{"Link": link(rdf.LDP+class, "type")} }

// links parses the Link header fields of an answer into "rel target" pairs. The
// server separates links by ", <" and targets hold no ">".
func (a *answer) links() []string {
	joined, _ := a.field("Link")
	var pairs []string
	for _, one := range strings.Split(joined, ", <") {
		target, parameters, _ := strings.Cut(strings.TrimPrefix(one, "<"), ">")
		_, rel, _ := strings.Cut(parameters, `rel="`)
		rel, _, _ = strings.Cut(rel, `"`)
		pairs = append(pairs, rel+" "+target)
	}
	return pairs
}

// linked returns the targets of a relation.
func (a *answer) linked(rel string) []string {
	var targets []string
	for _, pair := range a.links() {
		if target, ok := strings.CutPrefix(pair, rel+" "); ok {
			targets = append(targets, target)
		}
	}
	return targets
}

// members returns the URLs that a container's representation lists, sorted.
func (a *answer) members() []string {
	a.t.Helper()
	var urls []string
	for o := range a.graph().Objects(rdf.IRI(a.url()), rdf.IRI(rdf.LDP+"contains")) {
		urls = append(urls, o.Value())
	}
	slices.Sort(urls)
	return urls
}

// url is the request's URL without a query.
func (a *answer) url() string {
	url, _, _ := strings.Cut(base+strings.TrimPrefix(a.call.path, "/"), "?")
	return url
}

// lists checks the members of a container, given by paths below the root.
func (p *pod) lists(container string, paths ...string) {
	p.t.Helper()
	want := []string{}
	for _, path := range paths {
		want = append(want, root+path)
	}
	slices.Sort(want)
	if got := p.get(alice, "/alice/"+container).is(200).members(); !slices.Equal(got, want) {
		p.t.Errorf("%s lists %v, want %v", container, got, want)
	}
}

// states checks that the graph has the triple of three IRIs.
func (a *answer) states(s, p, o string) *answer {
	a.t.Helper()
	if !a.graph().Has(rdf.Triple{S: rdf.IRI(s), P: rdf.IRI(p), O: rdf.IRI(o)}) {
		a.t.Errorf("%s %s does not state <%s> <%s> <%s>: %.400s", a.call.method, a.call.path, s, p, o, a.body)
	}
	return a
}

// says checks that the graph has a triple whose object is a plain string.
func (a *answer) says(s, p, o string) *answer {
	a.t.Helper()
	if !a.graph().Has(rdf.Triple{S: rdf.IRI(s), P: rdf.IRI(p), O: rdf.String(o)}) {
		a.t.Errorf("%s %s does not say <%s> <%s> %q: %.400s", a.call.method, a.call.path, s, p, o, a.body)
	}
	return a
}
