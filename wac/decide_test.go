package wac

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"domicile/rdfstore/resource"
)

// all is what an owner's authorization usually gives.
const all = Read | Append | Write | Control

func TestDecide(t *testing.T) {
	type texts = map[string]string
	asBob, asCarol, asAlice, asPublic := Agent{WebID: bob}, Agent{WebID: carol}, Agent{WebID: alice}, Agent{}
	for _, c := range []struct {
		name           string
		acls           texts
		agent          Agent
		target         string
		agentM, public Modes
	}{
		// Effective ACL.
		{"WAC-EFF-01 own ACL", texts{"": `<#a> a :Authorization; :default <./>; :agent b:me; :mode :Read.`,
			"c/x": `<#a> a :Authorization; :accessTo <c/x>; :agent b:me; :mode :Append.`}, asBob, "c/x", Append, 0},
		{"WAC-EFF-01 inherited by what does not exist", texts{"": `<#a> a :Authorization; :default <./>; :agent b:me; :mode :Read.`}, asBob, "no/such/thing", Read, 0},
		{"WAC-EFF-01 no merging with ancestors", texts{"": `<#a> a :Authorization; :default <./>; :agent b:me; :mode :Read.`,
			"c/": `<#a> a :Authorization; :accessTo <c/>; :agent <` + carol + `>; :mode :Read.`}, asBob, "c/", 0, 0},
		{"WAC-EFF-01 an empty ACL stops inheritance", texts{"": `<#a> a :Authorization; :default <./>; :agent b:me; :mode :Read.`, "c/": ``}, asBob, "c/x", 0, 0},
		{"WAC-EFF-02 accessTo counts for the resource itself", texts{"c/": `<#a> a :Authorization; :accessTo <c/>; :agent b:me; :mode :Read.`}, asBob, "c/", Read, 0},
		{"WAC-EFF-02 accessTo a container gives its members nothing", texts{"c/": `<#a> a :Authorization; :accessTo <c/>; :agent b:me; :mode :Read.`}, asBob, "c/x", 0, 0},
		{"WAC-EFF-02 accessTo a child in its container's ACL gives nothing", texts{"c/": `<#a> a :Authorization; :accessTo <c/x>; :agent b:me; :mode :Read.`}, asBob, "c/x", 0, 0},
		{"WAC-EFF-02 default gives the container itself nothing", texts{"c/": `<#a> a :Authorization; :default <c/>; :agent b:me; :mode :Read.`}, asBob, "c/", 0, 0},
		{"WAC-EFF-02 default of the ACL's own container only", texts{"c/": `<#a> a :Authorization; :default <./>; :agent b:me; :mode :Read.`}, asBob, "c/x", 0, 0},
		{"WAC-EFF-03 no ACL at all", nil, asBob, "c/x", 0, 0},
		{"WAC-EFF-03 no ACL at all, the owner recovers", nil, asAlice, "c/x", Control, 0},
		{"SP-STO-07 the owner keeps Control", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Read.`}, asAlice, "", Control, 0},
		{"WAC-MODE-10 an ACL is decided on its subject", texts{"c/x": `<#a> a :Authorization; :accessTo <c/x>; :agent b:me; :mode :Control.`}, asBob, "c/x.acl", Control, 0},
		{"WAC-MODE-10 a container's ACL too", texts{"c/": `<#a> a :Authorization; :accessTo <c/>; :agent b:me; :mode :Control.`}, asBob, "c/.acl", Control, 0},
		{"WAC-MODE-11 a description is decided on its subject", texts{"c/x": `<#a> a :Authorization; :accessTo <c/x>; :agent b:me; :mode :Read.`}, asBob, "c/x.meta", Read, 0},
		{"a storage description is decided on the root", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Read.`}, asBob, ".well-known/solid", Read, 0},
		{"SP-URI-06 each spelling names the resource", texts{"c/ü": `<#a> a :Authorization; :accessTo <c/ü>, <c/%C3%BC>; :agent b:me; :mode :Read.`}, asBob, "c/%c3%bc", Read, 0},
		{"WAC-EFF-02 a fragment is not the resource", texts{"c/x": `<#a> a :Authorization; :accessTo <c/x#it>; :agent b:me; :mode :Read.`}, asBob, "c/x", 0, 0},

		// Which authorizations count.
		{"WAC-CONF-01 without type", texts{"": `<#a> :accessTo <./>; :agent b:me; :mode :Read.`}, asBob, "", 0, 0},
		{"WAC-CONF-01 without mode", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent b:me.`}, asBob, "", 0, 0},
		{"WAC-CONF-01 without object", texts{"": `<#a> a :Authorization; :agent b:me; :mode :Read.`}, asBob, "", 0, 0},
		{"WAC-CONF-01 without subject", texts{"": `<#a> a :Authorization; :accessTo <./>; :mode :Read.`}, asBob, "", 0, 0},
		{"WAC-CONF-01 blank authorizations count", texts{"": `[] a :Authorization; :accessTo <./>; :agent b:me; :mode :Read.`}, asBob, "", Read, 0},
		{"WAC-CONF-02 modes add up", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Read.
			<#b> a :Authorization; :accessTo <./>; :agentClass foaf:Agent; :mode :Append.`}, asBob, "", Read | Append, Append},
		{"WAC-CONF-03 Write includes Append", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Write.`}, asBob, "", Write | Append, 0},
		{"WAC-CONF-03 Control includes nothing", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Control.`}, asBob, "", Control, 0},
		{"WAC-CONF-03 unknown modes are passed over", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode <urn:Fancy>, :Read.`}, asBob, "", Read, 0},
		{"WAC-CONF-03 acl:Access is no grant", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Access.`}, asBob, "", 0, 0},
		{"WAC-CONF-04 accessToClass is passed over", texts{"": `<#a> a :Authorization; :accessToClass :Anything; :agent b:me; :mode :Read.`}, asBob, "", 0, 0},

		// Subjects.
		{"WAC-SUBJ-01 another agent", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Read.`}, asCarol, "", 0, 0},
		{"WAC-SUBJ-01 the fragment counts", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent <https://bob.example/card>; :mode :Read.`}, asBob, "", 0, 0},
		{"WAC-SUBJ-01 a string is no agent", texts{"": `<#a> a :Authorization; :accessTo <./>; :agent "` + bob + `"; :mode :Read.`}, asBob, "", 0, 0},
		{"WAC-SUBJ-02 everybody, nobody signed in", texts{"": `<#a> a :Authorization; :accessTo <./>; :agentClass foaf:Agent; :mode :Read.`}, asPublic, "", Read, Read},
		{"WAC-SUBJ-02 authenticated agents", texts{"": `<#a> a :Authorization; :accessTo <./>; :agentClass :AuthenticatedAgent; :mode :Read.`}, asBob, "", Read, 0},
		{"WAC-SUBJ-02 the public is not authenticated", texts{"": `<#a> a :Authorization; :accessTo <./>; :agentClass :AuthenticatedAgent; :mode :Read.`}, asPublic, "", 0, 0},
		{"WAC-SUBJ-02 other classes have no members", texts{"": `<#a> a :Authorization; :accessTo <./>; :agentClass foaf:Person; :mode :Read.`}, asBob, "", 0, 0},
		{"WAC-SUBJ-03 members of a group", texts{"": `<#a> a :Authorization; :accessTo <./>; :agentGroup <` + team + `>; :mode :Read.`}, asCarol, "", Read, 0},
		{"WAC-SUBJ-03 others", texts{"": `<#a> a :Authorization; :accessTo <./>; :agentGroup <` + team + `>; :mode :Read.`}, asBob, "", 0, 0},
		{"WAC-ORIG-03 an origin alone grants nothing", texts{"": `<#a> a :Authorization; :accessTo <./>; :origin <https://app.example>; :mode :Read.`},
			Agent{WebID: bob, Origin: "https://app.example"}, "", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			policy := Policy{ACLs: documents(t, c.acls), Groups: &groups{members: someGroups}}
			d, err := policy.Decide(t.Context(), c.agent, id(t, c.target), noon)
			if err != nil {
				t.Fatal(err)
			}
			if d.Agent != c.agentM || d.Public != c.public {
				t.Errorf("agent may %q and public %q, want %q and %q", d.Agent, d.Public, c.agentM, c.public)
			}
		})
	}
}

func TestDecisionSaysWhy(t *testing.T) {
	policy := Policy{ACLs: documents(t, map[string]string{"": `<#a> a :Authorization; :default <./>; :agent b:me; :mode :Read.`})}
	d, err := policy.Decide(t.Context(), Agent{WebID: alice}, id(t, "c/d/x.acl"), noon)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Decision{Agent: Control, Effective: root, Owner: true}); d != want {
		t.Errorf("got %+v, want %+v", d, want)
	}
	t.Run("WAC-EFF-04 a storage that is not there has no owner", func(t *testing.T) {
		d, err := policy.Decide(t.Context(), Agent{WebID: alice}, resource.Root("bob"), noon)
		if err != nil || d != (Decision{}) {
			t.Errorf("got %+v, %v, want nothing", d, err)
		}
	})
	t.Run("the public owns nothing", func(t *testing.T) {
		d, err := policy.Decide(t.Context(), Agent{}, resource.Root("bob"), noon)
		if err != nil || d.Owner {
			t.Errorf("got %+v, %v", d, err)
		}
	})
}

func TestStrictOrigin(t *testing.T) {
	const app = "https://app.example"
	text := `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Read, :Write.
		<#b> a :Authorization; :accessTo <./>; :agentClass foaf:Agent; :mode :Append.
		<#c> a :Authorization; :accessTo <./>; :origin <https://app.example/>; :mode :Read.`
	for _, c := range []struct {
		name   string
		strict bool
		agent  Agent
		want   Modes
	}{
		{"WAC-ORIG-01 no Origin header", true, Agent{WebID: bob}, Read | Write | Append},
		{"WAC-ORIG-01 modes of the origin and of the public", true, Agent{WebID: bob, Origin: app}, Read | Append},
		{"WAC-ORIG-01 another origin", true, Agent{WebID: bob, Origin: "https://evil.example"}, Append},
		{"WAC-ORIG-01 the owner's Control too", true, Agent{WebID: alice, Origin: "https://evil.example"}, Append},
		{"WAC-ORIG-02 off", false, Agent{WebID: bob, Origin: "https://evil.example"}, Read | Write | Append},
	} {
		t.Run(c.name, func(t *testing.T) {
			policy := Policy{ACLs: documents(t, map[string]string{"": text}), StrictOrigin: c.strict}
			d, err := policy.Decide(t.Context(), c.agent, root, noon)
			if err != nil || d.Agent != c.want {
				t.Errorf("got %q, %v, want %q", d.Agent, err, c.want)
			}
		})
	}
}

func TestGroupsAreAskedLastAndOnce(t *testing.T) {
	for _, c := range []struct {
		name, text string
		agent      Agent
		want       map[string]int
	}{
		{"WAC-SUBJ-05 not when the modes are there anyway", `<#a> a :Authorization; :accessTo <./>; :agentGroup <` + team + `>; :mode :Append.
			<#b> a :Authorization; :accessTo <./>; :agent b:me; :mode :Write.`, Agent{WebID: bob}, nil},
		{"WAC-SUBJ-05 not for the public", `<#a> a :Authorization; :accessTo <./>; :agentGroup <` + team + `>; :mode :Read.`, Agent{}, nil},
		{"WAC-SUBJ-05 not when a condition fails anyway", `<#a> a :Authorization; :accessTo <./>; :agentGroup <` + team + `>; :mode :Read;
			:condition [a :ClientCondition; :client <https://app.example/id>].`, Agent{WebID: bob}, nil},
		{"WAC-SUBJ-05 once for several authorizations", `<#a> a :Authorization; :accessTo <./>; :agentGroup <` + team + `>; :mode :Read.
			<#b> a :Authorization; :accessTo <./>; :agentGroup <` + team + `>; :mode :Append.`, Agent{WebID: bob}, map[string]int{team + " " + bob: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := &groups{members: someGroups}
			policy := Policy{ACLs: documents(t, map[string]string{"": c.text}), Groups: source}
			if _, err := policy.Decide(t.Context(), c.agent, root, noon); err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(source.asked, c.want) {
				t.Errorf("asked %v, want %v", source.asked, c.want)
			}
		})
	}
	t.Run("without a source groups have no members", func(t *testing.T) {
		policy := Policy{ACLs: documents(t, map[string]string{"": `<#a> a :Authorization; :accessTo <./>; :agentGroup <` + team + `>; :mode :Read.`})}
		if d, err := policy.Decide(t.Context(), Agent{WebID: carol}, root, noon); err != nil || d.Agent != 0 {
			t.Errorf("got %q, %v", d.Agent, err)
		}
	})
}

func TestConditions(t *testing.T) {
	const app, issuer = "https://app.example/id", "https://id.example/"
	withApp, withIssuer := Agent{WebID: bob, Client: app}, Agent{WebID: bob, Client: app, Issuer: issuer}
	for _, c := range []struct {
		name, conditions string
		agent            Agent
		want             Modes
	}{
		{"WAC-COND-01 the client", `[a :ClientCondition; :client <` + app + `>]`, withApp, Read},
		{"WAC-COND-01 another client", `[a :ClientCondition; :client <urn:other>]`, withApp, 0},
		{"WAC-COND-01 no client", `[a :ClientCondition; :client <` + app + `>]`, Agent{WebID: bob}, 0},
		{"WAC-COND-01 one of several clients", `[a :ClientCondition; :client <urn:other>, <` + app + `>]`, withApp, Read},
		{"WAC-COND-01 any client", `[a :ClientCondition; :clientClass foaf:Agent]`, Agent{WebID: bob}, Read},
		{"WAC-COND-01 another class of clients", `[a :ClientCondition; :clientClass <urn:Good>]`, withApp, 0},
		{"WAC-COND-01 a group of clients", `[a :ClientCondition; :clientGroup <` + apps + `>]`, withApp, Read},
		{"WAC-COND-01 a client outside the group", `[a :ClientCondition; :clientGroup <` + team + `>]`, withApp, 0},
		{"WAC-COND-01 the issuer", `[a :IssuerCondition; :issuer <` + issuer + `>]`, withIssuer, Read},
		{"WAC-COND-01 another issuer", `[a :IssuerCondition; :issuer <` + issuer + `>]`, withApp, 0},
		{"WAC-COND-01 a client is no issuer", `[a :IssuerCondition; :client <` + app + `>]`, withApp, 0},
		{"WAC-COND-02 all of them", `[a :ClientCondition; :client <` + app + `>], [a :IssuerCondition; :issuer <` + issuer + `>]`, withIssuer, Read},
		{"WAC-COND-02 not just one of them", `[a :ClientCondition; :client <` + app + `>], [a :IssuerCondition; :issuer <` + issuer + `>]`, withApp, 0},
		{"WAC-COND-02 one condition of two types", `[a :ClientCondition, :IssuerCondition; :client <` + app + `>; :issuer <` + issuer + `>]`, withApp, 0},
		{"WAC-COND-02 an unknown type denies", `[a :MoonCondition]`, withApp, 0},
		{"WAC-COND-02 an unknown type beside a known one denies", `[a :MoonCondition, :ClientCondition; :client <` + app + `>]`, withApp, 0},
		{"WAC-COND-02 a condition without type denies", `[:client <` + app + `>]`, withApp, 0},
		{"WAC-COND-02 a literal denies", `"full moon"`, withApp, 0},
		{"WAC-COND-02 the superclass says nothing", `[a :Condition, :ClientCondition; :client <` + app + `>]`, withApp, Read},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Read; :condition ` + c.conditions + `.`
			policy := Policy{ACLs: documents(t, map[string]string{"": text}), Groups: &groups{members: someGroups}}
			d, err := policy.Decide(t.Context(), c.agent, root, noon)
			if err != nil || d.Agent != c.want {
				t.Errorf("got %q, %v, want %q", d.Agent, err, c.want)
			}
		})
	}
	t.Run("WAC-COND-02 a condition on the public keeps the public out", func(t *testing.T) {
		text := `<#a> a :Authorization; :accessTo <./>; :agentClass foaf:Agent; :mode :Read; :condition [a :ClientCondition; :client <` + app + `>].`
		policy := Policy{ACLs: documents(t, map[string]string{"": text})}
		d, err := policy.Decide(t.Context(), withApp, root, noon)
		if err != nil || d.Agent != Read || d.Public != 0 {
			t.Errorf("got %+v, %v", d, err)
		}
	})
	t.Run("WAC-COND-01 what is advertised", func(t *testing.T) {
		want := []string{"http://www.w3.org/ns/auth/acl#ClientCondition", "http://www.w3.org/ns/auth/acl#IssuerCondition"}
		if got := SupportedConditions(); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
}

func TestExpiry(t *testing.T) {
	for _, c := range []struct {
		end  string
		want Modes
	}{
		{`"2026-11-23T12:00:00Z"^^xsd:dateTime`, Read},
		{`"2026-11-23T11:59:59.9Z"^^xsd:dateTime`, 0},
		{`"2026-11-23T13:30:00+01:00"^^xsd:dateTime`, Read},
		{`"2026-11-23T12:30:00+01:00"^^xsd:dateTime`, 0},
		{`"2026-11-23T12:00:01"^^xsd:dateTime`, Read},
		{`"2026-11-23"^^xsd:date`, Read},
		{`"2026-11-22"^^xsd:date`, 0},
		{`"2026-11-23Z"^^xsd:date`, Read},
		{`"2027-01-01"`, Read},
		{`"tomorrow"`, 0},
		{`<urn:tomorrow>`, 0},
		{`"0001-01-01T00:00:00Z"^^xsd:dateTime`, 0},
		{`"2030-01-01"^^xsd:date, "2020-01-01"^^xsd:date`, 0},
	} {
		t.Run("WAC-CONF-01 valid through "+c.end, func(t *testing.T) {
			for _, property := range []string{"schema:validThrough", "<https://schema.org/validThrough>"} {
				text := `<#a> a :Authorization; :accessTo <./>; :agent b:me; :mode :Read; ` + property + ` ` + c.end + `.`
				policy := Policy{ACLs: documents(t, map[string]string{"": text})}
				d, err := policy.Decide(t.Context(), Agent{WebID: bob}, root, noon)
				if err != nil || d.Agent != c.want {
					t.Errorf("%s: got %q, %v, want %q", property, d.Agent, err, c.want)
				}
			}
		})
	}
}

func TestSourcesFail(t *testing.T) {
	broken := errors.New("disk on fire")
	for name, source := range map[string]ACLSource{
		"owner": failing{owner: broken},
		"ACL":   failing{acl: broken},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Policy{ACLs: source}.Decide(t.Context(), Agent{WebID: alice}, root, noon)
			if !errors.Is(err, broken) || d != (Decision{}) {
				t.Errorf("got %+v, %v, want nothing and the source's error", d, err)
			}
		})
	}
}

type failing struct{ acl, owner error }

func (f failing) EffectiveACL(_ context.Context, subject resource.ID) (Effective, error) {
	return FindEffective(subject, func(resource.ID) (*ACL, error) { return nil, f.acl })
}

func (f failing) IsOwner(context.Context, string, string) (bool, error) { return true, f.owner }
