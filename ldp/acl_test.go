package ldp_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"domicile/ldp"
	"domicile/rdfstore/rdf"
)

func TestEffectiveACL(t *testing.T) {
	standing := []given{{"c/", "", ""}, {"c/d/", "", ""}, {"c/r", ttl, note}, {"c/d/r", ttl, note}}
	for _, c := range []struct {
		name  string
		given []given
		want  map[string]int // GETs of Bob's
	}{
		{"W16 WAC-EFF-02 default only", []given{aclOf("c/", rule{agent: bob, modes: "Read", below: true})},
			map[string]int{"c/": 403, "c/d/": 200, "c/r": 200, "c/d/r": 200}},
		{"W17 WAC-EFF-02 accessTo only", []given{aclOf("c/", only("Read"))},
			map[string]int{"c/": 200, "c/d/": 403, "c/r": 403, "c/d/r": 403}},
		{"W18 WAC-EFF-01 the nearest ACL alone", []given{aclOf("c/", all("Read")), aclOf("c/d/")},
			map[string]int{"c/": 200, "c/r": 200, "c/d/": 403, "c/d/r": 403}},
		{"WAC-REP-06 an empty ACL gives nothing", []given{aclOf("c/", all("Read")), {"c/r.acl", ttl, ""}},
			map[string]int{"c/": 200, "c/r": 403}},
		{"WAC-EFF-02 a container's ACL may not name a child", []given{aclOf("c/"), {"c/.acl", ttl, acl(root+"c/r", only("Read"))}},
			map[string]int{"c/r": 403}},
		{"W30 WAC-CONF-01 without rdf:type", []given{{"c/.acl", ttl, strings.Replace(acl(root+"c/", all("Read")), "a acl:Authorization;", "", 1)}},
			map[string]int{"c/": 403}},
		{"W30 WAC-CONF-01 without mode", []given{{"c/.acl", ttl, strings.Replace(acl(root+"c/", all("Read")), "acl:mode acl:Read;", "", 1)}},
			map[string]int{"c/": 403}},
		{"W31 WAC-CONF-03 unknown mode beside Read", []given{aclOf("c/", all("Read, <http://example.org/Fancy>"))},
			map[string]int{"c/": 200}},
		{"W19 WAC-SUBJ-02 authenticated", []given{aclOf("c/", rule{class: "acl:AuthenticatedAgent", modes: "Read", here: true})},
			map[string]int{"c/": 200}},
		{"WAC-SUBJ-01 the document of a WebID is no agent", []given{aclOf("c/", rule{agent: strings.TrimSuffix(bob, "#me"), modes: "Read", here: true})},
			map[string]int{"c/": 403}},
		{"WAC-ORIG-03 an origin is nobody", []given{{"c/.acl", ttl, strings.Replace(acl(root+"c/", only("Read")), "acl:agent <"+bob+">", "acl:origin <https://app.example>", 1)}},
			map[string]int{"c/": 403}},
		{"WAC-REP-08 relative IRIs", []given{{"c/.acl", ttl, "@prefix acl: <http://www.w3.org/ns/auth/acl#>. <#b> a acl:Authorization; acl:agent <" + bob + ">; acl:mode acl:Read; acl:accessTo <./>; acl:default <.>."}},
			map[string]int{"c/": 200, "c/r": 200}},
		{"WAC-EFF-02 another spelling of the subject", []given{{"c/.acl", ttl, acl("http://PODS.example:80/%61lice/c/", all("Read"))}},
			map[string]int{"c/": 200, "c/r": 200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPod(t, append(slices.Clone(standing), c.given...))
			for path, want := range c.want {
				p.get(bob, "/alice/"+path).is(want)
				p.get(public, "/alice/"+path).is(401)
			}
		})
	}
	t.Run("W20 WAC-SUBJ-02 everyone", func(t *testing.T) {
		p := newPod(t, append(slices.Clone(standing), aclOf("c/", rule{modes: "Read", here: true})))
		p.get(public, "/alice/c/").is(200)
		p.get(bob, "/alice/c/").is(200)
		p.write(bob, "PUT", "/alice/c/", ttl, "").is(403)
	})
}

func TestACLsAreFoundByLinks(t *testing.T) {
	p := newPod(t, []given{{"c/d/r", ttl, note}, aclOf("c/d/r", mine)})
	t.Run("WAC-DISC-02 one HEAD after another up to the root", func(t *testing.T) {
		for path, status := range map[string]int{"c/d/r": 200, "c/d/": 404, "c/": 404, "": 200} {
			a := p.send(call{as: alice, method: "HEAD", path: "/alice/" + path}).is(200)
			target := a.linked("acl")
			if len(target) != 1 || target[0] != root+path+".acl" {
				t.Fatalf("%s: acl links %v", path, target)
			}
			p.get(alice, strings.TrimPrefix(target[0], base)).is(status)
		}
	})
	t.Run("WAC-DISC-03 a description's is its subject's, an ACL has none", func(t *testing.T) {
		p.write(alice, "PUT", "/alice/c/d/r.meta", ttl, "").is(201)
		if got := p.get(alice, "/alice/c/d/r.meta").is(200).linked("acl"); len(got) != 1 || got[0] != root+"c/d/r.acl" {
			t.Errorf("acl links of the description %v", got)
		}
		if got := p.get(alice, "/alice/c/d/r.acl").is(200).linked("acl"); len(got) != 0 {
			t.Errorf("acl links of the ACL %v", got)
		}
	})
	t.Run("WAC-MODE-13 what is public whatever the ACLs say", func(t *testing.T) {
		p.get(public, "/alice/.well-known/solid").is(200)
		p.send(call{public, "OPTIONS", "/alice/c/d/r", fields{"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}, ""}).is(204)
		p.get(public, "/alice/c/d/r").is(401)
	})
}

func TestACLChangesActAtOnce(t *testing.T) {
	t.Run("W21 WAC-EFF-05 container", func(t *testing.T) {
		p := newPod(t, []given{{"c/", "", ""}, {"c/r", ttl, note}})
		p.get(bob, "/alice/c/r").is(403)
		p.send(put("c/.acl", ttl, acl(root+"c/", mine, all("Read, acl:Write")))).is(201)
		p.write(bob, "PUT", "/alice/c/new", ttl, note).is(201)
		p.get(bob, "/alice/c/r").is(200)
		p.send(put("c/.acl", ttl, acl(root+"c/", mine))).is(204)
		p.get(bob, "/alice/c/r").is(403)
		p.write(bob, "PUT", "/alice/c/new", ttl, note).is(403)
	})
	t.Run("WAC-DISC-01 the advertised ACL decides", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}})
		target := p.send(call{as: alice, method: "HEAD", path: "/alice/c/r"}).is(200).linked("acl")
		if len(target) != 1 {
			t.Fatalf("acl links %v", target)
		}
		p.write(alice, "PUT", strings.TrimPrefix(target[0], base), ttl, acl(root+"c/r", only("Read"))).is(201)
		p.get(bob, "/alice/c/r").is(200)
	})
}

func TestCreationNeedsTheParent(t *testing.T) {
	rules := func(here, below string) []given {
		var rs []rule
		if here != "" {
			rs = append(rs, rule{agent: bob, modes: here, here: true})
		}
		if below != "" {
			rs = append(rs, rule{agent: bob, modes: below, below: true})
		}
		return []given{{"c/", "", ""}, {"c/r", ttl, note}, aclOf("c/", rs...)}
	}
	insert := insertDelete("", "", "<> ex:p 1.")
	as := func(c call) call { c.as = bob; return c }
	run(t, []row{
		{name: "W36 WAC-MODE-03 default without the container", given: rules("Read", "Read, acl:Write, acl:Control"), call: as(put("c/new.txt", text, "x")), status: 403},
		{name: "WAC-MODE-03 container without default", given: rules("Read, acl:Write", ""), call: as(put("c/new.txt", text, "x")), status: 403},
		{name: "WAC-MODE-03 Append on the container, Write below", given: rules("Append", "Write"), call: as(put("c/new.txt", text, "x")), status: 201},
		{name: "WAC-MODE-03 W35 Append alone is not enough for PUT", given: rules("Append", "Append"), call: as(put("c/new.txt", text, "x")), status: 403},
		{name: "WAC-MODE-07 W09 Append is enough for PATCH", given: rules("Append", "Append"), call: as(writing("PATCH", "c/new", n3, insert)), status: 201},
		{name: "WAC-MODE-07 PATCH without the container", given: rules("", "Append"), call: as(writing("PATCH", "c/new", n3, insert)), status: 403},
		{name: "WAC-MODE-04 intermediate containers", given: rules("Append", "Write"), call: as(put("c/x/y/new", text, "x")), status: 201},
		{name: "WAC-MODE-04 intermediate containers without the deepest", given: rules("", "Write"), call: as(put("c/x/y/new", text, "x")), status: 403},
		{name: "WAC-MODE-05 W07 POST needs the container only", given: rules("Append", ""), call: as(post("c/", text, "x")), status: 201},
		{name: "WAC-MODE-05 POST is not for defaults", given: rules("", "Write"), call: as(post("c/", text, "x")), status: 403},
		{name: "WAC-MODE-05 POST of a container", given: rules("Append", ""), call: as(post("c/", ttl, "", typeLink("BasicContainer"))), status: 201},
		{name: "W15 WAC-MODE-08 DELETE without default", given: rules("Read, acl:Write", ""), call: as(deletion("c/r")), status: 403},
		{name: "WAC-MODE-08 DELETE without the container", given: rules("Read", "Read, acl:Write"), call: as(deletion("c/r")), status: 403},
		{name: "WAC-MODE-08 DELETE with Append on the container", given: rules("Append", "Read, acl:Write"), call: as(deletion("c/r")), status: 403},
		{name: "security 2.4 no ACL by POST and Slug", given: rules("Append", ""), call: as(post("c/", ttl, acl(root+"c/", all("Read")), fields{"Slug": ".acl"})), status: 201, lacks: fields{"Location": ".acl"}},
	})
}

func TestWACAllow(t *testing.T) {
	for _, c := range []struct{ modes, want string }{
		{"Read", "read"}, {"Read, acl:Control", "read control"}, {"Read, acl:Write", "read write"},
		{"Read, acl:Append", "read append"}, {"Read, acl:Write, acl:Append", "read write append"},
	} {
		for _, below := range []bool{false, true} {
			subject := "c/r"
			if below {
				subject = "c/"
			}
			for _, method := range []string{"GET", "HEAD"} {
				t.Run("W22 WAC-ALLOW-03 public "+c.modes+" "+subject+" "+method, func(t *testing.T) {
					p := newPod(t, []given{{"c/r", ttl, note}, aclOf(subject, rule{modes: c.modes, here: !below, below: below})})
					a := p.send(call{as: public, method: method, path: "/alice/c/r"}).is(200)
					checkWACAllow(a, c.want, c.want)
				})
				t.Run("W23 WAC-ALLOW-03 agent "+c.modes+" "+subject+" "+method, func(t *testing.T) {
					p := newPod(t, []given{{"c/r", ttl, note}, aclOf(subject, rule{agent: bob, modes: c.modes, here: !below, below: below})})
					a := p.send(call{as: bob, method: method, path: "/alice/c/r"}).is(200)
					checkWACAllow(a, c.want, "")
				})
			}
		}
	}
	t.Run("WAC-ALLOW-02 user includes public", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, note}, aclOf("r", rule{modes: "Read", here: true}, only("Append"))})
		checkWACAllow(p.get(bob, "/alice/r").is(200), "read append", "read")
		checkWACAllow(p.get(stranger, "/alice/r").is(200), "read", "read")
	})
	t.Run("W24 WAC-ALLOW-03 owner", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}})
		for _, path := range []string{"", "c/", "c/r"} {
			checkWACAllow(p.send(call{as: alice, method: "HEAD", path: "/alice/" + path}).is(200), "read write control", "")
		}
	})
	t.Run("WAC-ALLOW-05 ACL", func(t *testing.T) {
		p := newPod(t, nil)
		p.get(alice, "/alice/.acl").is(200).has(fields{"WAC-Allow": "control"}).has(fields{"WAC-Allow": `public=""`})
	})
}

// checkWACAllow compares the two groups of WAC-Allow. Append may go unsaid or
// be said where Write is.
func checkWACAllow(a *answer, user, public string) {
	a.t.Helper()
	value := a.header.Get("WAC-Allow")
	for group, want := range map[string]string{"user": user, "public": public} {
		_, rest, ok := strings.Cut(value, group+`="`)
		quoted, _, closed := strings.Cut(rest, `"`)
		if !ok || !closed {
			a.t.Errorf("WAC-ALLOW-01: no group %s in %q", group, value)
		}
		modes, wanted := strings.Fields(quoted), strings.Fields(want)
		if slices.Contains(wanted, "write") {
			modes = append(modes, "append")
			wanted = append(wanted, "append")
		}
		slices.Sort(modes)
		slices.Sort(wanted)
		if !slices.Equal(slices.Compact(modes), slices.Compact(wanted)) {
			a.t.Errorf("%s %s: WAC-Allow %q, want %s=%q", a.call.method, a.call.path, value, group, want)
		}
	}
}

// groupsOf is a source of remote groups: it knows members and which groups it
// was asked for.
type groupsOf struct {
	members map[string]string
	asked   chan string
}

func (g groupsOf) HasMember(_ context.Context, group, webID string) bool {
	select {
	case g.asked <- group:
	default:
	}
	return g.members[group] == webID
}

func TestGroups(t *testing.T) {
	const remote, down = "https://groups.example/team#us", "https://down.example/team#us"
	const team = "@prefix vcard: <http://www.w3.org/2006/vcard/ns#>. <#us> a vcard:Group; vcard:hasMember <" + bob + ">."
	withGroup := func(group string) []given {
		return []given{{"team", ttl, team}, {"r", ttl, note}, aclOf("r", rule{group: group, modes: "Read, acl:Write", here: true})}
	}
	t.Run("W28 WAC-SUBJ-03 local group, then removed", func(t *testing.T) {
		p := newPod(t, withGroup(root+"team#us"))
		p.get(bob, "/alice/team").is(403) // WAC-SUBJ-04: the author of the ACL decided
		p.get(bob, "/alice/r").is(200)
		p.write(bob, "PUT", "/alice/r", ttl, note).is(204)
		p.get(stranger, "/alice/r").is(403)
		p.get(public, "/alice/r").is(401)
		p.write(alice, "PATCH", "/alice/team", n3, insertDelete("", "<#us> <"+rdf.VCard+"hasMember> <"+bob+">.", "")).is(204)
		p.get(bob, "/alice/r").is(403)
		p.write(bob, "PUT", "/alice/r", ttl, note).is(403)
	})
	t.Run("WAC-SUBJ-03 another group of the same document", func(t *testing.T) {
		newPod(t, withGroup(root+"team#them")).get(bob, "/alice/r").is(403)
	})
	t.Run("WAC-SUBJ-04 remote group", func(t *testing.T) {
		groups := groupsOf{map[string]string{remote: bob}, make(chan string, 100)}
		p := newPod(t, withGroup(remote), func(c *ldp.Config) { c.Groups = groups })
		p.get(bob, "/alice/r").is(200)
		p.write(bob, "PUT", "/alice/r", ttl, note).is(204)
		p.write(bob, "PATCH", "/alice/r", n3, insertDelete("", "", "<> ex:p 1.")).is(204)
		p.get(stranger, "/alice/r").is(403)
	})
	t.Run("W29 WAC-SUBJ-04 group that cannot be had", func(t *testing.T) {
		p := newPod(t, withGroup(down), func(c *ldp.Config) { c.Groups = groupsOf{nil, nil} })
		p.get(bob, "/alice/r").is(403)
	})
	t.Run("W29 no source of remote groups", func(t *testing.T) {
		newPod(t, withGroup(remote)).get(bob, "/alice/r").is(403)
	})
	t.Run("WAC-SUBJ-05 a decided request asks for no group", func(t *testing.T) {
		groups := groupsOf{nil, make(chan string, 100)}
		p := newPod(t, []given{{"r", ttl, note}, aclOf("r", only("Read, acl:Write, acl:Control"), rule{group: remote, modes: "Read", here: true})},
			func(c *ldp.Config) { c.Groups = groups })
		p.get(bob, "/alice/r").is(200)
		p.get(public, "/alice/r").is(401)
		select {
		case asked := <-groups.asked:
			t.Errorf("asked for %s", asked)
		default:
		}
	})
}

// security 2.7: an ACL is read for everyone who asks for its resource, so that one
// which is too large to be remembered would cost them, and the server, each time.
func TestLargeACLs(t *testing.T) {
	p := newPod(t, []given{{"r", ttl, note}, {"grows", ttl, note}})
	large := acl("r", mine) + strings.Repeat(" ", 512<<10)
	p.write(alice, "PUT", "/alice/r.acl", ttl, large).is(413)
	p.get(alice, "/alice/r.acl").is(404)
	p.write(alice, "PUT", "/alice/r", ttl, large).is(204) // as a document it may
	p.write(alice, "PATCH", "/alice/r.acl", n3, insertDelete("", "", "<#x> <#y> <#z>. #"+large)).is(413)
	half := func(name string) string {
		return insertDelete("", "", "<#"+name+"> <#y> '"+strings.Repeat("x", 300<<10)+"'.")
	}
	p.write(alice, "PUT", "/alice/grows.acl", ttl, acl("grows", mine)).is(201)
	p.write(alice, "PATCH", "/alice/grows.acl", n3, half("a")).is(204)
	p.write(alice, "PATCH", "/alice/grows.acl", n3, half("b")).is(413)
}
