package ldp_test

import (
	"strings"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// granting makes each app act for Alice under a grant of its own.
func granting(grants map[string]wac.Grant) func(*ldp.Config) {
	return func(c *ldp.Config) {
		c.GrantsURL = "https://id.example/.account/"
		c.Grant = func(_ rdfstore.StateReader, agent wac.Agent) (*wac.Grant, error) {
			if agent.Client == "" {
				return nil, nil
			}
			g := grants[agent.Client]
			return &g, nil
		}
	}
}

// TestGrantsNarrow has Alice, who may do everything, act through apps that may
// not: design §8.2, and on every way in.
func TestGrantsNarrow(t *testing.T) {
	notes := resource.Root("alice").Entry("notes/")
	scope := func(modes wac.Modes) wac.Grant {
		return wac.Grant{Scopes: []wac.Scope{{Resource: notes, Modes: modes}}}
	}
	p := newPod(t, []given{{"notes/", "", ""}, {"notes/a", ttl, note}, {"notes/b", ttl, note}, {"notes/c", ttl, note}, {"diary/a", ttl, note}, {"open", ttl, note},
		{"open.acl", ttl, acl(root+"open", rule{modes: "Read", here: true})}},
		granting(map[string]wac.Grant{
			"reader": scope(wac.Read), "adder": scope(wac.Read | wac.Append), "editor": scope(wac.Read | wac.Append | wac.Write),
			"keeper": scope(wac.Control), "helper": {Everything: true},
			"late": {Everything: true, Until: time.Now().Add(-time.Second)},
		}))
	insert := `<> a <http://www.w3.org/ns/solid/terms#InsertDeletePatch>; <http://www.w3.org/ns/solid/terms#inserts> { <#x> <#p> <#o>. }.`
	remove := `INSERT DATA { <#y> <#p> <#o> }; DELETE DATA { <#y> <#p> <#o> }`
	put := func(path string) call {
		return call{method: "PUT", path: path, fields: fields{"Content-Type": ttl}, body: note}
	}
	patch := func(path, mediaType, body string) call {
		return call{method: "PATCH", path: path, fields: fields{"Content-Type": mediaType}, body: body}
	}
	for _, c := range []struct {
		name string
		call call
		want map[string]int // by app; what is not listed is 403
	}{
		{"GET below", call{method: "GET", path: "/alice/notes/a"}, map[string]int{"reader": 200, "adder": 200, "editor": 200, "helper": 200}},
		{"HEAD below", call{method: "HEAD", path: "/alice/notes/a"}, map[string]int{"reader": 200, "adder": 200, "editor": 200, "helper": 200}},
		{"listing", call{method: "GET", path: "/alice/notes/"}, map[string]int{"reader": 200, "adder": 200, "editor": 200, "helper": 200}},
		{"GET elsewhere", call{method: "GET", path: "/alice/diary/a"}, map[string]int{"helper": 200}},
		{"listing above", call{method: "GET", path: "/alice/"}, map[string]int{"helper": 200}},
		{"what is not there, elsewhere", call{method: "GET", path: "/alice/diary/none"}, map[string]int{"helper": 404}},
		{"GET of what everybody reads", call{method: "GET", path: "/alice/open"},
			map[string]int{"reader": 200, "adder": 200, "editor": 200, "keeper": 200, "helper": 200, "late": 200, "unknown": 200}},
		{"GET of an ACL", call{method: "GET", path: "/alice/notes/.acl"}, map[string]int{"keeper": 404, "helper": 404}},
		{"PUT of an ACL", call{method: "PUT", path: "/alice/notes/b.acl", fields: fields{"Content-Type": ttl}, body: acl(root+"notes/b", mine)},
			map[string]int{"keeper": 201, "helper": 204}},
		{"PUT over", put("/alice/notes/a"), map[string]int{"editor": 204, "helper": 204}},
		{"POST", call{method: "POST", path: "/alice/notes/", fields: fields{"Content-Type": ttl}, body: note}, map[string]int{"adder": 201, "editor": 201, "helper": 201}},
		{"PATCH that inserts", patch("/alice/notes/a", n3, insert), map[string]int{"adder": 204, "editor": 204, "helper": 204}},
		{"PATCH that deletes", patch("/alice/notes/a", sparql, remove), map[string]int{"editor": 204, "helper": 204}},
		{"PUT elsewhere", put("/alice/diary/a"), map[string]int{"helper": 204}},
		{"DELETE", call{method: "DELETE", path: "/alice/notes/c"}, map[string]int{"editor": 204, "helper": 404}},
		{"DELETE of what is not there", call{method: "DELETE", path: "/alice/notes/none"}, map[string]int{"reader": 404, "adder": 404, "editor": 404, "helper": 404}},
		{"DELETE elsewhere", call{method: "DELETE", path: "/alice/diary/none"}, map[string]int{"helper": 404}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, app := range []string{"unknown", "late", "reader", "adder", "keeper", "editor", "helper"} {
				want := c.want[app]
				if want == 0 {
					want = 403
				}
				request := c.call
				request.as = alice
				request.fields = fields{"X-Test-Client": app}
				for name, value := range c.call.fields {
					request.fields[name] = value
				}
				a := p.send(request).is(want)
				if want == 403 && c.call.method != "HEAD" && !strings.Contains(a.body, "https://id.example/.account/") {
					t.Errorf("%s: the problem does not say where to ask: %s", app, a.body)
				}
			}
		})
	}
	t.Run("WAC-ALLOW-01 says what is left", func(t *testing.T) {
		for app, want := range map[string]string{
			"": "read write append control", "helper": "read write append control", "reader": "read", "adder": "read append",
			"editor": "read write append",
		} {
			p.send(call{as: alice, method: "GET", path: "/alice/notes/a", fields: fields{"X-Test-Client": app}}).
				is(200).has(fields{"WAC-Allow": `user="` + want + `",public=""`})
		}
	})
	t.Run("others are not narrowed by it", func(t *testing.T) { p.get(bob, "/alice/notes/a").is(403).lacks(fields{"WAC-Allow": "write"}) })
}
