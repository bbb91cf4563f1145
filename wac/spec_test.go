package wac

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"domicile/rdfstore/rdf"
)

// specModes says what the WAC text says, read line by line over triples and
// URLs (WAC §5.3), to be compared with Policy.Decide. It knows neither expiry
// nor origins nor the owner.
func specModes(documents map[string]*rdf.Graph, target string, agent Agent, members map[string]string) Modes {
	holder := target
	for documents[holder] == nil {
		if holder == base+"alice/" {
			return 0
		}
		trimmed := strings.TrimSuffix(holder, "/")
		holder = trimmed[:strings.LastIndex(trimmed, "/")+1]
	}
	g := documents[holder]
	object := rdf.Triple{P: rdf.IRI(rdf.ACL + "default"), O: rdf.IRI(holder)}
	if holder == target {
		object.P = rdf.IRI(rdf.ACL + "accessTo")
	}
	var modes Modes
	for t := range g.All() {
		if t.P != rdf.Type || t.O != rdf.IRI(rdf.ACL+"Authorization") || !g.Has(rdf.Triple{S: t.S, P: object.P, O: object.O}) {
			continue
		}
		if !specSubject(g, t.S, agent, members) || !specConditions(g, t.S, agent, members) {
			continue
		}
		for name, mode := range map[string]Modes{"Read": Read, "Append": Append, "Write": Write | Append, "Control": Control} {
			if g.Has(rdf.Triple{S: t.S, P: rdf.IRI(rdf.ACL + "mode"), O: rdf.IRI(rdf.ACL + name)}) {
				modes |= mode
			}
		}
	}
	return modes
}

func specSubject(g *rdf.Graph, authorization rdf.Term, agent Agent, members map[string]string) bool {
	for t := range g.Match(authorization, rdf.Term{}, rdf.Term{}) {
		value := t.O.Value()
		switch t.P.Value() {
		case rdf.ACL + "agentClass":
			if value == rdf.FOAF+"Agent" || value == rdf.ACL+"AuthenticatedAgent" && agent.WebID != "" {
				return true
			}
		case rdf.ACL + "agent":
			if agent.WebID != "" && value == agent.WebID {
				return true
			}
		case rdf.ACL + "agentGroup":
			if agent.WebID != "" && members[value] == agent.WebID {
				return true
			}
		}
	}
	return false
}

func specConditions(g *rdf.Graph, authorization rdf.Term, agent Agent, members map[string]string) bool {
	for condition := range g.Objects(authorization, rdf.IRI(rdf.ACL+"condition")) {
		met := 0
		for class := range g.Objects(condition, rdf.Type) {
			kind, actual := "client", agent.Client
			switch class.Value() {
			case rdf.ACL + "IssuerCondition":
				kind, actual = "issuer", agent.Issuer
			case rdf.ACL + "ClientCondition":
			default:
				return false
			}
			ok := g.Has(rdf.Triple{S: condition, P: rdf.IRI(rdf.ACL + kind + "Class"), O: rdf.IRI(rdf.FOAF + "Agent")})
			if actual != "" {
				ok = ok || g.Has(rdf.Triple{S: condition, P: rdf.IRI(rdf.ACL + kind), O: rdf.IRI(actual)})
				for group := range g.Objects(condition, rdf.IRI(rdf.ACL+kind+"Group")) {
					ok = ok || members[group.Value()] == actual
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
	public := specModes(documents, base+"alice/"+path, Agent{}, someGroups)
	modes := public | specModes(documents, base+"alice/"+path, agent, someGroups)
	if agent.WebID == alice {
		modes |= Control
	}
	if d.Agent != modes || d.Public != public {
		t.Fatalf("%+v on %q: agent may %q and public %q, by the text %q and %q", agent, path, d.Agent, d.Public, modes, public)
	}
}

var personas = []Agent{
	{},
	{WebID: alice},
	{WebID: bob, Client: "https://app.example/id", Issuer: "https://id.example/"},
	{WebID: bob},
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
		{"condition", 3, []string{"_:c", "_:d"}},
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
		policy := Policy{Groups: &groups{members: someGroups}}
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
