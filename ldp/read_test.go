package ldp_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

const storageDescription = rdf.Solid + "storageDescription"

// shelf is a container with one of each kind of resource.
var shelf = []given{
	{"c/", "", "<> <http://purl.org/dc/terms/title> 'Shelf'."},
	{"c/r", ttl, note},
	{"c/j", jld, `{"@id":"#it","http://example.org/name":"Milk"}`},
	{"c/pic.png", "image/png", "0123456789"},
	aclOf("c/r", rule{agent: alice, modes: "Read, acl:Control", here: true}),
	{"c/r.meta", ttl, "<r> <http://purl.org/dc/terms/title> 'A note'."},
}

// Each kind of resource with what its answers must and must not carry.
var kinds = []struct {
	path                 string
	types                []string // LDP classes in Link rel=type
	allow, never         string   // methods in Allow and not in it
	acl, description, of string   // targets of rel acl, describedby, describes
}{
	{"", []string{"Resource", "Container", "BasicContainer"}, "GET HEAD OPTIONS PUT POST PATCH", "DELETE", ".acl", ".meta", ""},
	{"c/", []string{"Resource", "Container", "BasicContainer"}, "GET HEAD OPTIONS PUT POST PATCH DELETE", "", "c/.acl", "c/.meta", ""},
	{"c/r", []string{"Resource"}, "GET HEAD OPTIONS PUT PATCH DELETE", "POST", "c/r.acl", "c/r.meta", ""},
	{"c/j", []string{"Resource"}, "GET HEAD OPTIONS PUT PATCH DELETE", "POST", "c/j.acl", "c/j.meta", ""},
	{"c/pic.png", []string{"Resource"}, "GET HEAD OPTIONS PUT DELETE", "POST", "c/pic.png.acl", "c/pic.png.meta", ""},
	{"c/r.acl", []string{"Resource"}, "GET HEAD OPTIONS PUT PATCH DELETE", "POST", "", "", ""},
	{"c/r.meta", []string{"Resource"}, "GET HEAD OPTIONS PUT PATCH", "POST", "c/r.acl", "", "c/r"},
	{".acl", []string{"Resource"}, "GET HEAD OPTIONS PUT PATCH", "DELETE POST", "", "", ""},
	{".well-known/solid", []string{"Resource"}, "GET HEAD OPTIONS", "PUT POST PATCH DELETE", "", "", ""},
}

func TestHeadersOfEachKind(t *testing.T) {
	p := newPod(t, shelf)
	for _, kind := range kinds {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run("SP-HTTP-05 SP-HTTP-07 SP-GET-02 SP-GET-03 SP-GET-05 SP-GET-06 SP-GET-07 SP-GET-08 SP-STO-03 SP-STO-04 SP-ETAG-01 "+method+" /"+kind.path, func(t *testing.T) {
				a := p.send(call{as: alice, method: method, path: "/alice/" + kind.path}).is(200)
				a.t = t
				checkAllow(a, kind.allow, kind.never)
				for _, class := range kind.types {
					if !slices.Contains(a.linked("type"), rdf.LDP+class) {
						t.Errorf("SP-GET-05: no type link for ldp:%s in %v", class, a.links())
					}
				}
				one := func(id, rel, path string) {
					want := []string{root + path}
					if path == "" {
						want = nil
					}
					if got := a.linked(rel); !slices.Equal(got, want) {
						t.Errorf("%s: rel=%s links %v, want %v", id, rel, got, want)
					}
				}
				one("SP-GET-06 WAC-DISC-01 WAC-DISC-03", "acl", kind.acl)
				one("SP-GET-07", "describedby", kind.description)
				one("SP-GET-07", "describes", kind.of)
				if got := a.linked(storageDescription); !slices.Equal(got, []string{root + ".well-known/solid"}) {
					t.Errorf("SP-STO-04: storageDescription links %v", got)
				}
				if got := slices.Contains(a.linked("type"), rdf.PIM+"Storage"); got != (kind.path == "") {
					t.Errorf("SP-STO-03: pim:Storage link is %v", got)
				}
				if modified, err := http.ParseTime(a.header.Get("Last-Modified")); err != nil || modified.After(time.Now()) {
					t.Errorf("SP-HTTP-07: Last-Modified %q", a.header.Get("Last-Modified"))
				}
				if tag := a.header.Get("ETag"); !strings.HasPrefix(tag, `"`) || len(tag) < 4 {
					t.Errorf("SP-ETAG-01: ETag %q is no strong tag", tag)
				}
				a.has(fields{"Vary": "Accept", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "WAC-Allow": `public="`})
				if a.header.Get("Content-Type") == "" {
					t.Error("SP-HTTP-05: no Content-Type")
				}
			})
		}
	}
}

// checkAllow checks Allow and the Accept-* field that goes with each method
// (SP-GET-02, SP-GET-03).
func checkAllow(a *answer, allow, never string) {
	a.t.Helper()
	value, _ := a.field("Allow")
	allowed := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	for _, method := range strings.Fields(allow) {
		if !slices.Contains(allowed, method) {
			a.t.Errorf("SP-GET-02: Allow %q lacks %s", value, method)
		}
	}
	for _, method := range strings.Fields(never) {
		if slices.Contains(allowed, method) {
			a.t.Errorf("SP-GET-02: Allow %q has %s", value, method)
		}
	}
	for method, field := range map[string]string{"PATCH": "Accept-Patch", "POST": "Accept-Post", "PUT": "Accept-Put"} {
		if _, got := a.field(field); got != slices.Contains(allowed, method) {
			a.t.Errorf("SP-GET-03: %s sent: %v, but Allow is %q", field, got, value)
		}
	}
	if slices.Contains(allowed, "PATCH") {
		a.has(fields{"Accept-Patch": n3}).has(fields{"Accept-Patch": sparql})
	}
	if slices.Contains(allowed, "PUT") {
		a.has(fields{"Accept-Put": ttl})
	}
}

func TestHEADSaysWhatGETSays(t *testing.T) {
	p := newPod(t, shelf)
	agents := []string{alice, stranger, public, forged}
	for _, kind := range append(slices.Collect(kindPaths()), "c/absent", "absent/", "c/r/", "c", "%00") {
		for _, agent := range agents {
			for _, accept := range []string{"", jld, "image/webp"} {
				t.Run("SP-HTTP-08 /"+kind+" "+agent+" "+accept, func(t *testing.T) {
					f := fields{"Origin": "https://app.example"}
					if accept != "" {
						f["Accept"] = accept
					}
					get := p.send(call{agent, "GET", "/alice/" + kind, f, ""})
					head := p.send(call{agent, "HEAD", "/alice/" + kind, f, ""})
					if get.status != head.status || head.body != "" {
						t.Fatalf("GET %d, HEAD %d with %d bytes", get.status, head.status, len(head.body))
					}
					g, h := maps.Clone(get.header), maps.Clone(head.header)
					if len(h["Content-Length"]) == 0 || get.status >= 400 {
						// RFC 9110 §9.3.2: a length known only by making the content
						// may be left out; an error's text holds an id of its own.
						delete(g, "Content-Length")
						delete(h, "Content-Length")
					}
					for _, perRequest := range []string{"Date", "X-Request-Id"} {
						delete(g, perRequest)
						delete(h, perRequest)
					}
					if !maps.EqualFunc(g, h, slices.Equal[[]string]) {
						t.Errorf("GET  %v\nHEAD %v", g, h)
					}
				})
			}
		}
	}
}

func kindPaths() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, k := range kinds {
			if !yield(k.path) {
				return
			}
		}
	}
}

func TestRead(t *testing.T) {
	run(t, []row{
		{name: "SP-CN-03 byte for byte as written", given: shelf, call: call{as: alice, method: "GET", path: "/alice/c/r"},
			status: 200, has: fields{"Content-Type": ttl}, holds: []string{note}},
		{name: "SP-URI-05 the query is no part of identity", given: shelf, call: call{as: alice, method: "GET", path: "/alice/c/r?x=1&y"},
			status: 200, holds: []string{note}},
		{name: "SP-URI-05 neither of a container", given: shelf, call: call{as: alice, method: "GET", path: "/alice/c/?x=1"},
			status: 200, holds: []string{"Shelf"}},
		{name: "T51 SP-GET-10 absent, agent may read", given: shelf, call: call{as: alice, method: "GET", path: "/alice/c/absent"},
			status: 404, has: fields{"Content-Type": "application/problem+json"}},
		{name: "T51 WAC-EXIST-02 absent, stranger", given: shelf, call: call{as: stranger, method: "GET", path: "/alice/c/absent"}, status: 403},
		{name: "T51 WAC-EXIST-02 absent, public", given: shelf, call: call{as: public, method: "GET", path: "/alice/c/absent"},
			status: 401, has: fields{"WWW-Authenticate": "DPoP"}},
		{name: "E12 ECO-CLI-12 an authorised 404 says how to create", given: shelf, call: call{as: alice, method: "GET", path: "/alice/c/absent"},
			status: 404, has: fields{"Allow": "PUT", "Accept-Put": ttl, "Accept-Patch": sparql}},
		{name: "SP-URI-03 no redirect to the twin of a container", given: shelf, call: call{as: alice, method: "GET", path: "/alice/c"}, status: 404},
		{name: "SP-URI-03 no redirect to the twin of a document", given: shelf, call: call{as: alice, method: "GET", path: "/alice/c/r/"}, status: 404},
		{name: "SP-URI-06 equivalent spelling", given: []given{{"c/caf%C3%A9", ttl, note}},
			call: call{as: alice, method: "GET", path: "/alice/%63/caf%c3%a9"}, status: 200, holds: []string{note}},
		{name: "SP-URI-06 encoded slash", call: call{as: alice, method: "GET", path: "/alice/c%2Fr"}, status: 400},
		{name: "SP-URI-06 encoded backslash", call: call{as: alice, method: "GET", path: "/alice/c%5Cr"}, status: 400},
		{name: "SP-URI-06 NUL", call: call{as: alice, method: "GET", path: "/alice/%00"}, status: 400},
		{name: "SP-URI-06 dot segments", call: call{as: alice, method: "GET", path: "/alice/c/%2e%2e/r"}, status: 400},
		{name: "SP-URI-06 plain dot segments", call: call{as: alice, method: "GET", path: "/alice/c/../r"}, status: 400},
		{name: "SP-URI-06 empty segment", call: call{as: alice, method: "GET", path: "/alice//r"}, status: 400},
		{name: "SP-URI-06 invalid UTF-8", call: call{as: alice, method: "GET", path: "/alice/%ff"}, status: 400},
		{name: "SP-HTTP-10 over-long target", call: call{as: alice, method: "GET", path: "/alice/" + strings.Repeat("a", resource.MaxPath)}, status: 414},
		{name: "no such storage", call: call{as: alice, method: "GET", path: "/nobody/c/r"}, status: 404},
		{name: "WAC-REP-02 an ACL that does not exist", given: []given{{"r", ttl, note}}, call: call{as: alice, method: "GET", path: "/alice/r.acl"}, status: 404},
		{name: "SP-AUX-02 no ACL of an ACL", given: shelf, call: call{as: alice, method: "GET", path: "/alice/c/r.acl.acl"}, status: 404},
		{name: "SP-HTTP-09 TRACE", given: shelf, call: call{as: alice, method: "TRACE", path: "/alice/c/r"}, status: 405, has: fields{"Allow": "GET"}},
	})
}

func TestStorageDescription(t *testing.T) {
	p := newPod(t, nil)
	for _, accept := range []string{ttl, jld} {
		t.Run("T47 SP-STO-05 "+accept, func(t *testing.T) {
			a := p.send(call{public, "GET", "/alice/.well-known/solid", fields{"Accept": accept}, ""}).is(200)
			a.has(fields{"Content-Type": accept}).states(root, rdf.RDFType, rdf.PIM+"Storage")
		})
	}
	for _, method := range []string{"PUT", "PATCH", "POST", "DELETE"} {
		t.Run("SP-STO-05 "+method, func(t *testing.T) {
			p.write(alice, method, "/alice/.well-known/solid", ttl, "").is(405).has(fields{"Allow": "GET"})
		})
	}
	t.Run("SP-STO-05 of no storage", func(t *testing.T) {
		p.get(public, "/nobody/.well-known/solid").is(404)
	})
	t.Run("SP-STO-03 a URL in no storage is said to be none", func(t *testing.T) {
		for _, path := range []string{"/nobody/", "/nobody/c/r"} {
			for _, method := range everyMethod {
				a := p.write(alice, method, path, ttl, "").is(404)
				if links := a.header.Values("Link"); len(links) > 0 {
					t.Errorf("%s %s links %v", method, path, links)
				}
			}
		}
	})
	t.Run("SP-STO-04 ECO-POD-02 a refusal leads to the storage", func(t *testing.T) {
		a := p.get(public, "/alice/").is(401)
		if !slices.Contains(a.linked("type"), rdf.PIM+"Storage") || !slices.Equal(a.linked(storageDescription), []string{root + ".well-known/solid"}) {
			t.Errorf("links of the 401: %v", a.links())
		}
	})
}

func TestCacheControl(t *testing.T) {
	p := newPod(t, []given{{"r", ttl, note}})
	t.Run("SP-HTTP-13 what everyone may read", func(t *testing.T) {
		p.get(alice, "/alice/profile/card").is(200).has(fields{"Cache-Control": "no-cache"}).lacks(fields{"Cache-Control": "private"})
	})
	t.Run("SP-HTTP-13 what some may read", func(t *testing.T) {
		p.get(alice, "/alice/r").is(200).has(fields{"Cache-Control": "private", "Vary": "Authorization"}).has(fields{"Cache-Control": "no-cache"})
	})
}

func TestOPTIONS(t *testing.T) {
	p := newPod(t, shelf)
	for _, path := range append(slices.Collect(kindPaths()), "c/absent") {
		t.Run("SP-GET-02 SP-GET-03 SP-GET-04 SP-STO-04 /"+path, func(t *testing.T) {
			a := p.send(call{as: alice, method: "OPTIONS", path: "/alice/" + path}).is(204).has(fields{"Allow": "OPTIONS"})
			a.t = t
			checkAllow(a, "GET HEAD OPTIONS", "TRACE")
			if a.body != "" {
				t.Errorf("a body of %d bytes", len(a.body))
			}
			if !slices.Equal(a.linked(storageDescription), []string{root + ".well-known/solid"}) {
				t.Errorf("SP-STO-04: %v", a.links())
			}
		})
	}
	t.Run("SP-GET-04 discloses nothing to the public", func(t *testing.T) {
		there := p.send(call{as: public, method: "OPTIONS", path: "/alice/c/r"}).is(204)
		absent := p.send(call{as: public, method: "OPTIONS", path: "/alice/c/absent"}).is(204)
		for _, h := range []http.Header{there.header, absent.header} {
			delete(h, "Date")
			delete(h, "X-Request-Id")
		}
		if !maps.EqualFunc(there.header, absent.header, slices.Equal[[]string]) {
			t.Errorf("existing %v\nabsent %v", there.header, absent.header)
		}
	})
}
