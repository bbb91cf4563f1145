package ldp_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
)

// What clients that people use send, as they send it, and what they need to get.
func TestRequestsOfClients(t *testing.T) {
	standing := []given{{"c/r", ttl, note}, {"c/pic.png", "image/png", "x"}}
	create := fields{"Accept": ttl, "If-None-Match": "*"}
	run(t, []row{
		{name: "ECO-CLI-01 Inrupt reads Turtle", given: standing, call: call{alice, "GET", "/alice/c/r", fields{"Accept": ttl}, ""},
			status: 200, has: fields{"Content-Type": ttl}},
		{name: "ECO-CLI-02 E06 Inrupt makes a dataset", call: put("c/new", ttl, note, create, typeLink("Resource")), status: 201},
		{name: "ECO-CLI-02 E06 Inrupt makes one that is there", given: standing, call: put("c/r", ttl, note, create, typeLink("Resource")), status: 412},
		{name: "ECO-CLI-03 Inrupt changes a dataset, insertion only", given: standing,
			call: writing("PATCH", "c/r", sparql, `INSERT DATA {<#it> <http://example.org/more> "x".};`), status: 204},
		{name: "ECO-CLI-04 E08 Inrupt makes a container", call: put("c/d/", ttl, "", create, typeLink("BasicContainer")),
			status: 201, has: fields{"Location": root + "c/d/"}},
		{name: "ECO-CLI-04 Inrupt makes a container by POST", given: standing, call: post("c/", ttl, "", fields{"Slug": "d"}, typeLink("BasicContainer")),
			status: 201, has: fields{"Location": root + "c/d/"}},
		{name: "ECO-CLI-05 E09 Inrupt saves a file", given: standing, call: post("c/", text, "x", fields{"Slug": "my file é.txt"}),
			status: 201, has: fields{"Location": root + "c/my%20file%20%C3%A9.txt"}},
		{name: "ECO-CLI-05 Inrupt overwrites a file", given: standing, call: put("c/pic.png", "image/png", "y"), status: 204},
		{name: "ECO-CLI-07 Inrupt reads problem details", given: standing, call: call{stranger, "GET", "/alice/c/r", fields{"Accept": ttl}, ""},
			status: 403, has: fields{"Content-Type": "application/problem+json"}, holds: []string{`"title"`, `"status":403`}},
		{name: "ECO-CLI-11 mashlib makes a folder", given: standing,
			call:   post("c/", ttl, "", fields{"Slug": "folder", "link": `<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"`}),
			status: 201, has: fields{"Location": root + "c/folder/"}},
		{name: "ECO-CLI-11 mashlib reads data where a browser gets a page", given: standing, call: call{alice, "GET", "/alice/c/", fields{"Accept": rdflibAccept}, ""},
			status: 200, has: fields{"Content-Type": ttl, "Vary": "Accept"}},
		{name: "ECO-CLI-13 the harness makes a container", call: put("test/", ttl, "", typeLink("BasicContainer")), status: 201},
		{name: "ECO-CLI-13 the harness writes an ACL", given: standing, call: put("c/.acl", ttl, acl(root+"c/", mine)), status: 201},
		{name: "ECO-TI-02 an app registers a type", given: []given{{"settings/index.ttl", ttl, "<> a <http://www.w3.org/ns/solid/terms#TypeIndex>."}},
			call: writing("PATCH", "settings/index.ttl", n3, insertDelete("", "", `<#notes> a solid:TypeRegistration; solid:forClass ex:Note; solid:instanceContainer </alice/notes/>.`)), status: 204},
		{name: "ECO-WID-05 an extended profile is a document", given: []given{{"profile/more", ttl, "<card#me> <http://xmlns.com/foaf/0.1/nick> 'Al'."}},
			call: writing("PATCH", "profile/card", n3, insertDelete("", "", "<#me> <http://www.w3.org/2000/01/rdf-schema#seeAlso> <more>.")), status: 204},
	})
}

// Inrupt's access functions and the harness climb from a resource to the root,
// by HEAD, and look for the ACL that counts.
func TestClimbingToTheRoot(t *testing.T) {
	p := newPod(t, []given{{"a/b/c/deep", ttl, note}})
	at := "a/b/c/deep"
	for {
		t.Run("SP-STO-01 SP-STO-03 ECO-CLI-06 E14 HEAD /"+at, func(t *testing.T) {
			a := p.send(call{as: alice, method: "HEAD", path: "/alice/" + at}).is(200)
			if got := a.linked("acl"); !slices.Equal(got, []string{root + at + ".acl"}) {
				t.Errorf("rel=acl links %v", got)
			}
			if got := slices.Contains(a.linked("type"), rdf.PIM+"Storage"); got != (at == "") {
				t.Errorf("says that it is a storage: %v", got)
			}
			want := map[bool]int{true: 200, false: 404}[at == ""] // only the root has an ACL
			p.get(alice, "/alice/"+at+".acl").is(want)
		})
		if at == "" {
			break
		}
		trimmed := strings.TrimSuffix(at, "/")
		at = trimmed[:strings.LastIndexByte(trimmed, '/')+1]
	}
}

// Headers have to fit into what proxies and clients take.
func TestHeaderSize(t *testing.T) {
	p := newPod(t, shelf)
	for _, kind := range kinds {
		t.Run("ECO-CLI-14 /"+kind.path, func(t *testing.T) {
			a := p.send(call{alice, "GET", "/alice/" + kind.path, fields{"Origin": app}, ""}).is(200)
			size := 0
			for name, values := range a.header {
				for _, value := range values {
					size += len(name) + len(value) + 4
				}
			}
			if size > 8<<10 {
				t.Errorf("%d bytes of header", size)
			}
		})
	}
}

// The harness deletes children side by side, then their container.
func TestHarnessCleansUp(t *testing.T) {
	t.Run("ECO-CLI-13 E13 fifty members, then their container", func(t *testing.T) {
		p := newPod(t, nil)
		for i := range 50 {
			p.send(put(fmt.Sprintf("c/%d", i), ttl, note)).is(201)
		}
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				if a, err := p.trySend(deletion(fmt.Sprintf("c/%d", i))); err != nil || a.status != 204 {
					t.Errorf("member %d: %+v, %v", i, a, err)
				}
			})
		}
		group.Wait()
		p.lists("c/")
		p.send(deletion("c/")).is(204)
	})
}

func TestMethodsOnEveryResource(t *testing.T) {
	p := newPod(t, shelf)
	for _, path := range append(slices.Collect(kindPaths()), "c/absent", "absent/") {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			for _, agent := range []string{alice, stranger, public} {
				t.Run("SP-GET-01 "+method+" /"+path+" "+agent, func(t *testing.T) {
					if a := p.send(call{as: agent, method: method, path: "/alice/" + path}); a.status == 405 || a.status == 501 {
						t.Errorf("status %d", a.status)
					}
				})
			}
		}
		for _, method := range everyMethod {
			if method == "OPTIONS" || path == ".well-known/solid" {
				continue
			}
			t.Run("SP-HTTP-04 "+method+" /"+path, func(t *testing.T) {
				p.write(stranger, method, "/alice/"+path, ttl, note).is(403)
			})
		}
	}
}

// A refusal by a constraint says which one.
func TestConstrainedBy(t *testing.T) {
	const rules = "https://id.example/.docs/errors/"
	standing := []given{{"c/r", ttl, note}, {"inbox/", "", ""}}
	for _, c := range []struct {
		name string
		call call
		want int
		rule string
	}{
		{"a container with members", deletion("c/"), 409, "SP-DEL-03"},
		{"the root", deletion(""), 405, "SP-DEL-04"},
		{"the root's ACL", deletion(".acl"), 405, "SP-DEL-04"},
		{"containment", put("c/", ttl, "<> <http://www.w3.org/ns/ldp#contains> <bogus>."), 409, "SP-CON-07"},
		{"containment by a patch", writing("PATCH", "c/", n3, insertDelete("", "", "<> ldp:contains <bogus>.")), 409, "SP-CON-07"},
		{"the size of a member", put("c/", ttl, "<r> <http://www.w3.org/ns/posix/stat#size> 1."), 409, "SP-CON-08"},
		{"a twin", put("c", ttl, note), 409, "SP-URI-02"},
		{"a direct container", post("c/", ttl, "", typeLink("DirectContainer")), 409, "SP-POST-06"},
		{"a reserved name", put(".well-known/mine", ttl, note), 404, "SP-URI-06"},
		{"the issuer of a profile", put("profile/card", ttl, "<#me> a <#Person>."), 409, "ECO-WID-06"},
		{"an ACL without Control", put(".acl", ttl, acl(root, rule{agent: alice, modes: "Read", here: true})), 409, "WAC-REP-05"},
	} {
		t.Run("SP-HTTP-12 "+c.name, func(t *testing.T) {
			p := newPod(t, standing, func(config *ldp.Config) { config.RulesURL = rules })
			a := p.send(c.call).is(c.want)
			if got := a.linked(rdf.LDP + "constrainedBy"); !slices.Equal(got, []string{rules + c.rule}) {
				t.Errorf("constrainedBy links %v, want %s", got, c.rule)
			}
			if got := a.problem()["type"]; got != rules+c.rule {
				t.Errorf("type %v", got)
			}
		})
	}
	t.Run("SP-HTTP-12 ECO-LDN-04 an inbox that takes no direct container", func(t *testing.T) {
		p := newPod(t, standing)
		p.send(post("inbox/", ttl, "", typeLink("IndirectContainer"))).is(409).has(fields{"Link": "constrainedBy"})
	})
	t.Run("SP-HTTP-12 a state that changes is no constraint", func(t *testing.T) {
		p := newPod(t, standing, func(config *ldp.Config) { config.RulesURL = rules })
		a := p.write(alice, "PATCH", "/alice/c/r", n3, insertDelete("", "<#it> ex:name 'Oats'.", "")).is(409).lacks(fields{"Link": "constrainedBy"})
		if got := a.problem()["type"]; got != rules+"SP-N3-11" {
			t.Errorf("type %v", got)
		}
	})
}

func TestAfterDELETE(t *testing.T) {
	t.Run("SP-HTTP-14 a URL may be used again", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, note}})
		p.send(deletion("r")).is(204)
		p.get(alice, "/alice/r").is(http.StatusNotFound)
		p.send(put("r", text, "new")).is(201)
	})
}

func TestIndexPages(t *testing.T) {
	t.Run("SP-CON-12 a container stays a container", func(t *testing.T) {
		p := newPod(t, []given{{"c/index.html", "text/html", "<h1>Mine</h1>"}})
		for _, accept := range []string{ttl, jld, browserAccept, "*/*"} {
			p.send(call{alice, "GET", "/alice/c/", fields{"Accept": accept}, ""}).is(200).omits("Mine").holds("index.html")
		}
	})
}

func TestLinksOfRequests(t *testing.T) {
	for name, value := range map[string]string{
		"quoted":          `<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"`,
		"unquoted":        `<http://www.w3.org/ns/ldp#BasicContainer>;rel=type`,
		"in upper case":   `<http://www.w3.org/ns/ldp#BasicContainer>; REL="Type"`,
		"list of rels":    `<http://www.w3.org/ns/ldp#BasicContainer>; rel="up type"`,
		"list of links":   `<http://www.w3.org/ns/ldp#Resource>; rel="type", <http://www.w3.org/ns/ldp#BasicContainer>; rel="type"`,
		"other parameter": `<http://www.w3.org/ns/ldp#BasicContainer>; title="a, b; c"; rel="type"`,
		"ldp:Container":   `<http://www.w3.org/ns/ldp#Container>; rel="type"`,
	} {
		t.Run("SP-GET-09 "+name, func(t *testing.T) {
			a := newPod(t, nil).send(post("", ttl, "", fields{"Link": value})).is(201)
			if got := a.header.Get("Location"); !strings.HasSuffix(got, "/") {
				t.Errorf("made %s", got)
			}
		})
	}
}

func TestJSONLDOutput(t *testing.T) {
	t.Run("SP-CN-09 identifiers are absolute", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}})
		a := p.send(call{alice, "GET", "/alice/c/r", fields{"Accept": jld}, ""}).is(200)
		a.holds(`"@id": "`+root+`c/r#it"`, `"@id": "`+root+`c/other"`)
	})
}

// What the RDF about a resource says of it, clients find in its Link headers.
func TestLinksFromContent(t *testing.T) {
	const (
		inboxRel, ownerRel = rdf.LDP + "inbox", rdf.Solid + "owner"
		podOwner, oidc     = rdf.Solid + "podOwner", rdf.Solid + "oidcIssuer"
	)
	linked := func(t *testing.T, a *answer, rel string, want ...string) {
		t.Helper()
		if got := a.linked(rel); !slices.Equal(got, want) {
			t.Errorf("rel=%s links %v, want %v", rel, got, want)
		}
	}
	t.Run("ECO-LDN-01 the inbox of a person is linked by her profile", func(t *testing.T) {
		a := newPod(t, nil).send(call{as: public, method: "HEAD", path: "/alice/profile/card"}).is(200)
		linked(t, a, inboxRel, root+"inbox/")
	})
	t.Run("ECO-WID-07 her issuer too", func(t *testing.T) {
		a := newPod(t, nil).get(public, "/alice/profile/card").is(200).has(fields{"Link": `anchor="#me"`})
		linked(t, a, oidc, issuer)
	})
	t.Run("ECO-WID-07 nobody else's document", func(t *testing.T) {
		p := newPod(t, []given{{"profile/other", ttl, "<card#me> <" + oidc + "> <https://evil.example/>."}})
		linked(t, p.get(alice, "/alice/profile/other").is(200), oidc)
	})
	t.Run("SP-STO-06 SP-STO-08 an owner is not advertised", func(t *testing.T) {
		a := newPod(t, nil).get(alice, "/alice/").is(200)
		linked(t, a, ownerRel)
		linked(t, a, podOwner)
	})
	t.Run("SP-STO-06 SP-STO-08 unless the root says so", func(t *testing.T) {
		p := newPod(t, nil)
		p.write(alice, "PATCH", "/alice/", n3, insertDelete("", "", "<> solid:owner <profile/card#me>.")).is(204)
		a := p.send(call{as: alice, method: "HEAD", path: "/alice/"}).is(200)
		linked(t, a, ownerRel, alice)
		linked(t, a, podOwner, alice)
		linked(t, p.get(alice, "/alice/profile/").is(200), ownerRel)
	})
	t.Run("SP-STO-06 or the account", func(t *testing.T) {
		p := newPod(t, []given{aclOf("", mine, rule{class: "foaf:Agent", modes: "Read", here: true})})
		p.setOwners(rdfstore.Owner{WebID: alice}, rdfstore.Owner{WebID: bob, Visible: true})
		a := p.get(public, "/alice/").is(200)
		linked(t, a, ownerRel, bob)
		linked(t, a, podOwner, bob)
		linked(t, p.get(alice, "/alice/profile/").is(200), ownerRel)
	})
	t.Run("SP-STO-06 and nobody else is", func(t *testing.T) {
		p := newPod(t, []given{aclOf("", mine, all("Read, acl:Append"))})
		p.write(bob, "PATCH", "/alice/", n3, insertDelete("", "", "<> solid:owner <"+bob+">.")).is(204)
		linked(t, p.get(alice, "/alice/").is(200), ownerRel)
	})
	t.Run("SP-ID-01 the profile is public RDF, its issuer protected", func(t *testing.T) {
		p := newPod(t, nil)
		for _, accept := range []string{ttl, jld} {
			a := p.send(call{public, "GET", "/alice/profile/card", fields{"Accept": accept, "Origin": app}, ""}).is(200)
			a.has(fields{"Content-Type": accept, "Access-Control-Allow-Origin": app}).states(alice, oidc, issuer)
		}
		p.write(alice, "PATCH", "/alice/profile/card", n3, insertDelete("", "", "<#me> solid:oidcIssuer <https://evil.example/>.")).is(409)
	})
}
