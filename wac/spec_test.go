package wac

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"domicile/rdfstore/rdf"
	"domicile/wac/wactest"
)

// compare checks a decision against the reading of the text.
func compare(t interface {
	Helper()
	Fatalf(string, ...any)
}, policy Policy, documents map[string]*rdf.Graph, agent Agent, path string) {
	t.Helper()
	target, err := space.ParseIRI(base + "alice/" + path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	d, err := policy.Decide(context.Background(), agent, target, noon)
	if err != nil {
		t.Fatalf("%v", err)
	}
	world := wactest.World{Root: base + "alice/", Owner: alice, ACLs: documents, Members: map[string][]string{}, StrictOrigin: policy.StrictOrigin}
	for group, member := range someGroups {
		world.Members[group] = []string{member}
	}
	url := base + "alice/" + path
	public := modesNamed(world.Modes(url, wactest.Request{}))
	modes := modesNamed(world.Modes(url, wactest.Request{WebID: agent.WebID, Client: agent.Client, Issuer: agent.Issuer, Origin: agent.Origin}))
	if d.Agent != modes || d.Public != public {
		t.Fatalf("%+v on %q: agent may %q and public %q, by the text %q and %q", agent, path, d.Agent, d.Public, modes, public)
	}
	x, err := policy.Explain(context.Background(), agent, target, noon)
	if err != nil {
		t.Fatalf("%v", err)
	}
	explained := d.Public
	if d.Owner {
		explained |= Control
	}
	for _, v := range x.Authorizations {
		if v.Matches() {
			explained |= v.Modes
		}
	}
	if x.Decision != d || explained != d.Agent|d.Withheld {
		t.Fatalf("%+v on %q: decided %+v, explained as %q of %+v", agent, path, d, explained, x)
	}
}

func modesNamed(names map[string]bool) Modes {
	var modes Modes
	for name := range names {
		modes |= modeOf[rdf.IRI(rdf.ACL+name)]
	}
	return modes
}

var personas = []Agent{
	{},
	{WebID: alice},
	{WebID: bob, Client: "https://app.example/id", Issuer: "https://id.example/"},
	{WebID: bob},
	{WebID: bob, Client: "https://app.example/id", Origin: "https://app.example"},
	{WebID: alice, Origin: "https://evil.example"},
	{WebID: carol, Client: "https://app.example/id"},
	{WebID: "https://stranger.example/#me", Client: "https://other.example/id", Issuer: "https://evil.example/"},
}

// Paths at, below, beside and above the container "c/" that has an ACL.
var targets = []string{"", "c/", "c/x", "c/d/", "c/d/x", "c/d/e/absent", "other/x"}

func TestPersonas(t *testing.T) {
	subjects := []string{":agent b:me", ":agentClass foaf:Agent", ":agentClass :AuthenticatedAgent", ":agentGroup <" + team + ">", ":agent <" + alice + ">", ":origin <https://app.example>"}
	objects := []string{":accessTo <c/>", ":default <c/>", ":accessTo <c/>; :default <c/>", ":accessTo <c/x>", ""}
	modes := []string{":Read", ":Append", ":Write", ":Control"}
	for _, subject := range subjects {
		for _, object := range objects {
			t.Run(subject+" "+object, func(t *testing.T) {
				for set := range 1 << len(modes) {
					text := `<#a> a :Authorization; ` + subject + `; ` + object + `.`
					for i, mode := range modes {
						if set&(1<<i) != 0 {
							text += ` <#a> :mode ` + mode + `.`
						}
					}
					g := graph(t, text)
					policy := Policy{ACLs: acls{id(t, "c/"): Parse(g, space)}, Groups: &groups{members: someGroups}}
					for _, agent := range personas {
						for _, target := range targets {
							compare(t, policy, map[string]*rdf.Graph{base + "alice/c/": g}, agent, target)
						}
					}
				}
			})
		}
	}
}

// property is one that randomACL may give a node, with its likelihood in ten.
type property struct {
	name    string // without namespace; "" is rdf:type
	likely  int
	objects []string
}

// What authorizations and conditions are made of, and a little of what they
// must not be made of.
var (
	authorizationProperties = []property{
		{"", 9, []string{rdf.ACL + "Authorization"}},
		{"accessTo", 6, []string{base + "alice/", base + "alice/c/", base + "alice/c/x", base + "alice/c/#x", "https://elsewhere.example/c/"}},
		{"default", 7, []string{base + "alice/", base + "alice/c/", base + "alice/c/d/"}},
		{"mode", 9, []string{rdf.ACL + "Read", rdf.ACL + "Append", rdf.ACL + "Write", rdf.ACL + "Control", rdf.ACL + "Access"}},
		{"mode", 5, []string{rdf.ACL + "Read", rdf.ACL + "Append", rdf.ACL + "Write", rdf.ACL + "Control"}},
		{"agent", 4, []string{alice, bob, carol, team}},
		{"agentClass", 4, []string{rdf.FOAF + "Agent", rdf.ACL + "AuthenticatedAgent", rdf.FOAF + "Person"}},
		{"agentGroup", 3, []string{team, apps}},
		{"origin", 3, []string{"https://app.example"}},
		{"condition", 1, []string{"_:c", "_:d", "urn:nothing"}},
	}
	conditionProperties = []property{
		{"", 9, []string{rdf.ACL + "ClientCondition", rdf.ACL + "IssuerCondition"}},
		{"", 2, []string{rdf.ACL + "ClientCondition", rdf.ACL + "IssuerCondition", rdf.ACL + "MoonCondition"}},
		{"client", 5, []string{"https://app.example/id", "https://other.example/id"}},
		{"clientGroup", 3, []string{apps, team}},
		{"clientClass", 2, []string{rdf.FOAF + "Agent", rdf.FOAF + "Person"}},
		{"issuer", 5, []string{"https://id.example/", "https://evil.example/"}},
		{"issuerGroup", 2, []string{apps, team}},
		{"issuerClass", 2, []string{rdf.FOAF + "Agent", rdf.FOAF + "Person"}},
	}
)

// randomACL draws an ACL document of up to four authorizations that share two
// conditions.
func randomACL(t *rapid.T) *rdf.Graph {
	g := rdf.NewGraph()
	describe := func(node string, properties []property) {
		for _, p := range properties {
			if rapid.IntRange(1, 10).Draw(t, node+" "+p.name) > p.likely {
				continue
			}
			predicate := rdf.Type
			if p.name != "" {
				predicate = rdf.IRI(rdf.ACL + p.name)
			}
			g.Add(rdf.Triple{S: term(node), P: predicate, O: term(rapid.SampledFrom(p.objects).Draw(t, "object"))})
		}
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "authorizations") {
		describe(fmt.Sprint("urn:authorization:", i), authorizationProperties)
	}
	describe("_:c", conditionProperties)
	describe("_:d", conditionProperties)
	return g
}

func term(name string) rdf.Term {
	if label, ok := strings.CutPrefix(name, "_:"); ok {
		return rdf.Blank(label)
	}
	return rdf.IRI(name)
}

func TestDecideIsWhatTheTextSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := Policy{Groups: &groups{members: someGroups}, StrictOrigin: rapid.Bool().Draw(t, "strict origin")}
		documents, source := map[string]*rdf.Graph{}, acls{}
		for _, path := range []string{"", "c/", "c/x"} {
			if !rapid.Bool().Draw(t, path+" has an ACL") {
				continue
			}
			g := randomACL(t)
			holder, err := space.ParseIRI(base + "alice/" + path)
			if err != nil {
				t.Fatal(err)
			}
			documents[base+"alice/"+path], source[holder] = g, Parse(g, space)
		}
		policy.ACLs = source
		for _, agent := range personas {
			for _, target := range targets {
				compare(t, policy, documents, agent, target)
			}
		}
	})
}
