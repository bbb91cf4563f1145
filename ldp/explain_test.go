package ldp_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// owner and controllers of the tests as accounts.
var (
	asAlice   = &ldp.Asker{Account: "1", WebIDs: []string{alice}}
	asBob     = &ldp.Asker{Account: "2", WebIDs: []string{bob}}
	asNobody  = &ldp.Asker{}
	anyClient = wac.Agent{WebID: bob, Client: "https://app.example/id", Issuer: issuer}
)

func (p *pod) explain(asker *ldp.Asker, agent wac.Agent, path string) ldp.Access {
	p.t.Helper()
	access, err := p.handler.Explain(p.t.Context(), asker, ldp.Question{Resource: root + path, Agent: agent})
	if err != nil {
		p.t.Fatalf("%s: %v", path, err)
	}
	return access
}

func TestExplain(t *testing.T) {
	const acl1 = `@prefix : <http://www.w3.org/ns/auth/acl#>. @prefix schema: <http://schema.org/>.
		<#owner> a :Authorization; :agent <` + alice + `>; :accessTo <./>; :default <./>; :mode :Read, :Write, :Control.
		<#agent> a :Authorization; :agent <` + stranger + `>; :default <./>; :mode :Read.
		<#here> a :Authorization; :agent <` + bob + `>; :accessTo <./>; :mode :Read.
		<#group> a :Authorization; :agentGroup <../team#us>; :default <./>; :mode :Read.
		<#client> a :Authorization; :agent <` + bob + `>; :default <./>; :mode :Read; :condition [a :ClientCondition; :client <urn:app>].
		<#issuer> a :Authorization; :agent <` + bob + `>; :default <./>; :mode :Read; :condition [a :IssuerCondition; :issuer <urn:issuer>].
		<#over> a :Authorization; :agent <` + bob + `>; :default <./>; :mode :Read; schema:validThrough "2020-01-01".
		<#origin> a :Authorization; :origin <https://app.example>; :default <./>; :mode :Read.
		<#mode> a :Authorization; :agent <` + bob + `>; :default <./>; :mode <urn:Fancy>.
		<#elsewhere> a :Authorization; :agent <` + bob + `>; :default <other/>; :mode :Read.
		<#yes> a :Authorization; :agent <` + bob + `>; :default <./>; :mode :Append.`
	p := newPod(t, []given{{"c/r", ttl, note}, {"c/.acl", ttl, acl1}, {"team", ttl, ""}})
	access := p.explain(asAlice, anyClient, "c/r")
	if access.ACL != root+"c/.acl" || !access.Inherited || !access.Exists || access.Owner || access.Unreadable ||
		!slices.Equal(access.Modes, []string{"append"}) || len(access.Public) != 0 {
		t.Errorf("access %+v", access)
	}
	want := map[string]string{
		"owner": "agent", "agent": "agent", "here": "default", "group": "group", "client": "client", "issuer": "issuer",
		"over": "expired", "origin": "origin", "mode": "mode", "elsewhere": "resource", "yes": "",
	}
	for _, a := range access.Authorizations {
		name := strings.TrimPrefix(a.Authorization, root+"c/.acl#")
		var codes []string
		for _, reason := range a.Reasons {
			codes = append(codes, string(reason.Code))
			if reason.Text == "" {
				t.Errorf("no text for %s", reason.Code)
			}
		}
		if got := strings.Join(codes, " "); got != want[name] || a.Matches != (got == "") {
			t.Errorf("#%s: matches %v, reasons %q, want %q", name, a.Matches, got, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("nothing is said of %v", want)
	}
	t.Run("the owner keeps Control", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}, {"c/.acl", ttl, ""}})
		access := p.explain(asAlice, wac.Agent{WebID: alice}, "c/r")
		if !access.Owner || !slices.Equal(access.Modes, []string{"control"}) {
			t.Errorf("access %+v", access)
		}
	})
	t.Run("an ACL that cannot be read", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}, {"c/.acl", text, "oops"}})
		if access := p.explain(asAlice, anyClient, "c/r"); !access.Unreadable || len(access.Modes) != 0 || access.ACL != root+"c/.acl" {
			t.Errorf("access %+v", access)
		}
	})
	t.Run("a storage description is public without an ACL", func(t *testing.T) {
		access := p.explain(asAlice, wac.Agent{}, ".well-known/solid")
		if access.ACL != "" || access.Inherited || !access.Exists || !slices.Equal(access.Public, []string{"read"}) || len(access.Authorizations) != 0 {
			t.Errorf("access %+v", access)
		}
	})
	t.Run("an ACL goes by Control of its subject", func(t *testing.T) {
		access := p.explain(asAlice, wac.Agent{WebID: alice}, "c/.acl")
		if !slices.Equal(access.Modes, []string{"read", "write", "append", "control"}) || access.ACL != root+"c/.acl" || access.Inherited || !access.Exists {
			t.Errorf("access %+v", access)
		}
	})
	t.Run("what the grant narrowed", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}}, granting(map[string]wac.Grant{
			"reader": {Scopes: []wac.Scope{{Resource: resource.Root("alice"), Modes: wac.Read}}},
		}))
		access := p.explain(asAlice, wac.Agent{WebID: alice, Client: "reader"}, "c/r")
		if !slices.Equal(access.Modes, []string{"read"}) || !slices.Equal(access.Ungranted, []string{"write", "append", "control"}) {
			t.Errorf("access %+v", access)
		}
	})
}

func TestViewAs(t *testing.T) {
	p := newPod(t, []given{{"c/open", ttl, note}, {"c/shared", ttl, note}, {"c/secret", ttl, note}, {"c/d/", "", ""},
		aclOf("c/", mine, rule{agent: bob, modes: "Read", here: true}),
		aclOf("c/open", mine, rule{modes: "Read", here: true}), aclOf("c/shared", mine, only("Write")), aclOf("c/d/", mine, all("Append"))})
	names := func(access ldp.Access) map[string]string {
		found := map[string]string{}
		for _, m := range access.Members {
			found[strings.TrimPrefix(m.Resource, root+"c/")] = strings.Join(m.Modes, " ") + "|" + strings.Join(m.Public, " ")
		}
		return found
	}
	for _, c := range []struct {
		name  string
		agent wac.Agent
		want  map[string]string
	}{
		{"public", wac.Agent{}, map[string]string{"open": "read|read", "shared": "|", "secret": "|", "d/": "|"}},
		{"agent", wac.Agent{WebID: bob}, map[string]string{"open": "read|read", "shared": "write append|", "secret": "|", "d/": "append|"}},
		{"owner", wac.Agent{WebID: alice}, map[string]string{"open": "read write append control|read", "shared": "read write append control|",
			"secret": "read write append control|", "d/": "read write append control|"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := names(p.explain(asAlice, c.agent, "c/")); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	t.Run("nobody is impersonated: it says what a request gets", func(t *testing.T) {
		for _, path := range []string{"c/open", "c/shared", "c/secret", "c/"} {
			for _, who := range []string{public, bob, alice} {
				reads := slices.Contains(p.explain(asAlice, wac.Agent{WebID: who}, path).Modes, "read")
				if got := p.get(who, "/alice/"+path).status == 200; got != reads {
					t.Errorf("%q on %s: reads %v, explained %v", who, path, got, reads)
				}
			}
		}
	})
	t.Run("many members come in pages", func(t *testing.T) {
		var many []given
		for i := range 250 {
			many = append(many, given{fmt.Sprintf("c/%03d", i), ttl, ""})
		}
		p := newPod(t, many)
		var seen []string
		for after, pages := "", 0; ; pages++ {
			access, err := p.handler.Explain(t.Context(), asAlice, ldp.Question{Resource: root + "c/", Agent: wac.Agent{WebID: alice}, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range access.Members {
				seen = append(seen, m.Resource)
			}
			if after = access.Next; after == "" || pages > 3 {
				break
			}
		}
		if len(seen) != 250 || !slices.IsSorted(seen) || len(slices.Compact(seen)) != 250 {
			t.Errorf("%d members", len(seen))
		}
	})
}

func TestWhoMayAsk(t *testing.T) {
	p := newPod(t, []given{{"c/r", ttl, note}, {"d/r", ttl, note}, {"d/secret", ttl, note}, aclOf("d/secret", mine),
		aclOf("c/", mine, all("Read, acl:Write")), aclOf("d/", mine, all("Control, acl:Read"))})
	ask := func(asker *ldp.Asker, path string) error {
		_, err := p.handler.Explain(t.Context(), asker, ldp.Question{Resource: root + path, Agent: wac.Agent{WebID: stranger}})
		return err
	}
	for _, c := range []struct {
		name  string
		asker *ldp.Asker
		path  string
		may   bool
	}{
		{"the owner's account", asAlice, "c/r", true},
		{"the owner's WebID in another account", &ldp.Asker{Account: "3", WebIDs: []string{alice}}, "c/r", true},
		{"the account that the storage belongs to, whoever owns it", &ldp.Asker{Account: "1"}, "c/r", true},
		{"the operator", nil, "c/r", true},
		{"who reads and writes", asBob, "c/r", false},
		{"who reads and writes, of what is not there", asBob, "c/none", false},
		{"who has Control", asBob, "d/r", true},
		{"who has Control above", asBob, "d/secret", false},
		{"nobody", asNobody, "c/r", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := ask(c.asker, c.path); (err == nil) != c.may || err != nil && !errors.Is(err, ldp.ErrNotController) {
				t.Errorf("%v, may ask %v", err, c.may)
			}
		})
	}
	t.Run("a controller sees the members that she controls", func(t *testing.T) {
		if got := p.explain(asBob, wac.Agent{}, "d/").Members; len(got) != 1 || got[0].Resource != root+"d/r" {
			t.Errorf("members %+v", got)
		}
		p.write(alice, "PUT", "/alice/d/.acl", ttl, acl(root+"d/", mine, all("Control"))).is(204)
		if got := p.explain(asBob, wac.Agent{}, "d/").Members; len(got) != 0 {
			t.Errorf("members of a container that she may not read: %+v", got)
		}
	})
	for _, bad := range []string{"", "nonsense", "https://elsewhere.example/alice/", root + "%00"} {
		if _, err := p.handler.Explain(t.Context(), nil, ldp.Question{Resource: bad}); err == nil {
			t.Errorf("%q is explained", bad)
		}
	}
}

// A remote group is asked as it is for a request.
func TestExplainAsksGroups(t *testing.T) {
	const remote = "https://groups.example/team#us"
	groups := groupsOf{map[string]string{remote: bob}, make(chan string, 10)}
	p := newPod(t, []given{{"r", ttl, note}, aclOf("r", rule{group: remote, modes: "Read", here: true})},
		func(c *ldp.Config) { c.Groups, c.Clock = groups, time.Now })
	if access := p.explain(asAlice, wac.Agent{WebID: bob}, "r"); !slices.Equal(access.Modes, []string{"read"}) || !access.Authorizations[0].Matches {
		t.Errorf("access %+v", access)
	}
	if access := p.explain(asAlice, wac.Agent{WebID: stranger}, "r"); len(access.Modes) != 0 || access.Authorizations[0].Reasons[0].Code != wac.NotMember {
		t.Errorf("access %+v", access)
	}
}

func TestACLChangesAreKept(t *testing.T) {
	t.Run("WAC-RESP-03 who, with what, when", testACLChanges)
}

func testACLChanges(t *testing.T) {
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	p := newPod(t, []given{{"c/r", ttl, note}, aclOf("c/", mine, all("Control"))}, func(c *ldp.Config) { c.Clock = func() time.Time { return noon } })
	as := func(who, client, method, body string) {
		p.write(who, method, "/alice/c/r.acl", ttl, body, fields{"X-Test-Client": client})
	}
	as(bob, "urn:app", "PUT", acl(root+"c/r", mine, only("Control")))
	as(alice, "", "PUT", acl(root+"c/r", mine, only("Control")))
	p.write(bob, "PATCH", "/alice/c/r.acl", n3, insertDelete("", "", "<#rule0> a <http://www.w3.org/ns/auth/acl#Authorization>.")).is(204) // says nothing new
	as(bob, "urn:app", "DELETE", "")
	as(stranger, "", "PUT", acl(root+"c/r", rule{agent: stranger, modes: "Control", here: true})) // refused
	as(alice, "", "PUT", acl(root+"c/r", mine))
	want := []ldp.ACLChange{{noon, alice, "", "created"}, {noon, bob, "urn:app", "deleted"}, {noon, alice, "", "changed"}, {noon, bob, "urn:app", "created"}}
	if got := p.explain(asAlice, wac.Agent{}, "c/r").Changes; !slices.Equal(got, want) {
		t.Errorf("changes %+v, want %+v", got, want)
	}
	if got := p.explain(asAlice, wac.Agent{}, "c/").Changes; len(got) != 0 {
		t.Errorf("changes of another ACL %+v", got)
	}
	for range 20 {
		as(alice, "", "PUT", acl(root+"c/r", mine))
	}
	if got := p.explain(asAlice, wac.Agent{}, "c/r").Changes; len(got) != 10 {
		t.Errorf("%d changes", len(got))
	}
}
