package ldp_test

import (
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

// What real clients send.
const (
	rdflibAccept = "text/turtle;q=0.9, application/rdf+xml;q=0.8, application/n-triples;q=0.7, text/n3;q=0.9, " +
		"application/xhtml+xml;q=0.8, text/html;q=0.7, application/ld+json;q=0.6, text/plain;q=0.7, image/*;q=0.5, */*;q=0.1"
	mashlibAccept = "text/n3, text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8, text/html;q=0.7, */*;q=0.1"
	browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
)

const expandedNote = `[{"@id":"` + root + `j#it","http://example.org/name":[{"@value":"Milk"}]}]`

func TestNegotiation(t *testing.T) {
	const ntriples = "application/n-triples"
	stored := []given{{"r", ttl, note}, {"j", jld, expandedNote}, {"c/", "", ""}, {"pic.png", "image/png", "0123"}, {"plain", text, "Hello"}}
	p := newPod(t, stored)
	for _, c := range []struct {
		name, path, accept string
		status             int
		mediaType          string
	}{
		{"SP-CN-03 no Accept, Turtle", "r", "", 200, ttl},
		{"SP-CN-03 no Accept, JSON-LD", "j", "", 200, jld},
		{"SP-CN-10 no Accept, container", "c/", "", 200, ttl},
		{"SP-CON-10 anything, container", "c/", "*/*", 200, ttl},
		{"SP-CN-02 anything, Turtle", "r", "*/*", 200, ttl},
		{"SP-CN-02 anything, JSON-LD", "j", "*/*", 200, jld},
		{"SP-CN-01 the other way, to JSON-LD", "r", jld, 200, jld},
		{"SP-CN-01 the other way, to Turtle", "j", ttl, 200, ttl},
		{"SP-CON-10 container as JSON-LD", "c/", jld, 200, jld},
		{"SP-CN-06 N-Triples", "r", ntriples, 200, ntriples},
		{"SP-CN-02 quality", "r", "text/turtle;q=0.5, application/ld+json", 200, jld},
		{"SP-CN-02 quality of three digits", "j", "text/turtle;q=0.501, application/ld+json;q=0.5", 200, ttl},
		{"SP-CN-02 a tie goes to the stored type", "j", "text/turtle, application/ld+json", 200, jld},
		{"SP-CN-02 a tie, stored Turtle", "r", "application/ld+json, text/turtle", 200, ttl},
		{"SP-CN-02 a tie of a container goes to Turtle", "c/", "application/ld+json, text/turtle", 200, ttl},
		{"SP-CN-02 type wildcard", "j", "text/*", 200, ttl},
		{"SP-CN-02 subtype beats wildcard", "r", "*/*;q=0.8, application/ld+json;q=0.9", 200, jld},
		{"SP-CN-02 q=0 refuses", "r", "text/turtle;q=0, application/ld+json;q=0.1", 200, jld},
		{"SP-CN-02 the more specific q=0 beats the wildcard", "r", "text/turtle;q=0, application/n-triples;q=0, */*", 200, jld},
		{"SP-CN-02 case", "j", "TEXT/Turtle", 200, ttl},
		{"SP-CN-02 charset means nothing", "j", "text/turtle; charset=utf-8", 200, ttl},
		{"SP-CN-02 profile means nothing", "r", `application/ld+json; profile="http://www.w3.org/ns/json-ld#expanded"`, 200, jld},
		{"T19 rdflib's list, document", "r", rdflibAccept, 200, ttl},
		{"T19 rdflib's list, container", "c/", rdflibAccept, 200, ttl},
		{"ECO-CLI-09 mashlib's list", "r", mashlibAccept, 200, ttl},
		{"SP-CN-03 nothing acceptable", "r", "image/png", 406, ""},
		{"SP-CN-03 nothing acceptable of a container", "c/", "image/png, audio/*", 406, ""},
		{"SP-CN-02 a range that is malformed is no range", "r", "turtle, application/ld+json", 200, jld},
		{"SP-CN-04 binary as its own type", "pic.png", "image/png", 200, "image/png"},
		{"SP-CN-04 binary by wildcard", "pic.png", "image/*;q=0.1", 200, "image/png"},
		{"SP-CN-04 binary in a browser", "pic.png", browserAccept, 200, "image/png"},
		{"SP-CN-04 no conversion of binaries", "plain", ttl, 406, ""},
		{"SP-CN-11 a wildcard is no wish for HTML", "r", "*/*", 200, ttl},
		{"SP-CN-11 HTML no more than RDF", "r", "text/turtle, text/html", 200, ttl},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fields{}
			if c.accept != "" {
				f["Accept"] = c.accept
			}
			a := p.send(call{alice, "GET", "/alice/" + c.path, f, ""}).is(c.status).has(fields{"Vary": "Accept"})
			if c.status == 200 {
				a.has(fields{"Content-Type": c.mediaType})
			}
		})
	}
	t.Run("SP-CN-03 the 406 lists what there is", func(t *testing.T) {
		p.send(call{alice, "GET", "/alice/r", fields{"Accept": "image/png"}, ""}).is(406).holds(ttl, jld)
	})
}

func TestVariantsOfOneState(t *testing.T) {
	const triples = `@prefix ex: <http://example.org/>.
<> ex:part <#a>, <sub/b>, </alice/c>, [ ex:n 1, 1.5, 1e0, true, "x"@en, "2026-01-02"^^<http://www.w3.org/2001/XMLSchema#date> ].
<#a> ex:list ("one" <#two> _:b). _:b ex:p "line\nbreak \"quoted\" é".
`
	p := newPod(t, []given{{"c/r", ttl, triples}})
	written := p.get(alice, "/alice/c/r").document()
	variant := func(path, accept string) *answer {
		return p.send(call{alice, "GET", path, fields{"Accept": accept}, ""}).is(200).has(fields{"Content-Type": accept})
	}
	for _, accept := range []string{jld, "application/n-triples"} {
		t.Run("T17 SP-CN-01 "+accept, func(t *testing.T) {
			if got := variant("/alice/c/r", accept); !rdf.Isomorphic(got.document().Dataset, written.Dataset) {
				t.Errorf("other triples: %s", got.body)
			}
		})
	}
	t.Run("T17 back from JSON-LD", func(t *testing.T) {
		body := variant("/alice/c/r", jld).body
		p.write(alice, "PUT", "/alice/c/r", jld, body).is(204)
		if got := variant("/alice/c/r", ttl); !rdf.Isomorphic(got.document().Dataset, written.Dataset) {
			t.Errorf("other triples: %s", got.body)
		}
		if got := variant("/alice/c/r", jld); got.body != body {
			t.Errorf("SP-CN-03: not byte for byte: %s", got.body)
		}
	})
	t.Run("SP-URI-08 relative IRIs of JSON-LD", func(t *testing.T) {
		p.write(alice, "PUT", "/alice/c/rel", jld, `{"@id":"#it","http://example.org/next":{"@id":"other"}}`).is(201)
		variant("/alice/c/rel", ttl).states(root+"c/rel#it", "http://example.org/next", root+"c/other")
	})
}

func TestDatasets(t *testing.T) {
	const trig, nquads = "application/trig", "application/n-quads"
	const dataset = "<#a> <http://example.org/p> 'open' . <#g> { <#a> <http://example.org/p> 'named' }"
	p := newPod(t, nil)
	p.write(alice, "PUT", "/alice/d", trig, dataset).is(201)
	as := func(accept string) *answer {
		return p.send(call{alice, "GET", "/alice/d", fields{"Accept": accept}, ""}).is(200).has(fields{"Content-Type": accept})
	}
	if got := as(trig); got.body != dataset {
		t.Errorf("SP-CN-03: not byte for byte: %s", got.body)
	}
	whole := as(trig).document()
	for _, accept := range []string{jld, nquads} {
		if got := as(accept); whole.Len() != 2 || !rdf.Isomorphic(got.document().Dataset, whole.Dataset) {
			t.Errorf("SP-CN-05 %s: not the whole dataset: %s", accept, got.body)
		}
	}
	for _, accept := range []string{ttl, "application/n-triples"} {
		if got := as(accept).says(root+"d#a", "http://example.org/p", "open"); strings.Contains(got.body, "named") {
			t.Errorf("SP-CN-05 %s: %s", accept, got.body)
		}
	}
	p.write(alice, "PATCH", "/alice/d", n3, insertDelete("", "<#a> ex:p 'open'.", "<#a> ex:p 'patched'.")).is(204)
	if got := as(trig); !strings.Contains(got.body, "patched") || !strings.Contains(got.body, "named") {
		t.Errorf("SP-N3-15 SP-CN-05: patched to %s", got.body)
	}
	p.write(alice, "PUT", "/alice/d", nquads, "<x:a> <x:b> <x:c> <x:g> .").is(204)
	as(nquads)
	p.write(alice, "PUT", "/alice/d", trig, "<#g> {").is(400)
}

func TestVariantsFollowWrites(t *testing.T) {
	const p1 = "http://example.org/p"
	p := newPod(t, []given{{"r", ttl, "<> <" + p1 + "> 'first'."}})
	as := func(accept string) *answer {
		return p.send(call{alice, "GET", "/alice/r", fields{"Accept": accept}, ""}).is(200)
	}
	for _, accept := range []string{jld, "application/n-triples", ttl} {
		as(accept).says(root+"r", p1, "first")
	}
	p.send(put("r", ttl, "<> <"+p1+"> 'second'.")).is(204)
	for _, accept := range []string{jld, "application/n-triples", ttl} {
		as(accept).says(root+"r", p1, "second").omits("first")
	}
	p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "<> ex:p 'second'.", "<> ex:p 'third'.")).is(204)
	for _, accept := range []string{jld, "application/n-triples", ttl} {
		as(accept).says(root+"r", p1, "third").omits("second")
	}
	p.send(deletion("r")).is(204)
	p.send(put("r", jld, `{"@id":"","`+p1+`":"first"}`)).is(201)
	for _, accept := range []string{jld, "application/n-triples", ttl} {
		as(accept).says(root+"r", p1, "first").omits("third")
	}
}

func TestEqualBytesOfTwoDocuments(t *testing.T) {
	p := newPod(t, []given{{"c/a", ttl, note}, {"c/b", ttl, note}})
	for _, path := range []string{"c/a", "c/b"} {
		a := p.send(call{alice, "GET", "/alice/" + path, fields{"Accept": jld}, ""}).is(200)
		a.says(root+path+"#it", "http://example.org/name", "Milk")
	}
}

func TestNamedGraphs(t *testing.T) {
	const dataset = `[{"@id":"` + root + `d#g","@graph":[{"@id":"` + root + `d#it","http://example.org/in":[{"@value":"named"}]}]},
{"@id":"` + root + `d#it","http://example.org/in":[{"@value":"default"}]}]`
	p := newPod(t, []given{{"d", jld, dataset}})
	t.Run("T18 SP-CN-05 whole as JSON-LD", func(t *testing.T) {
		if got := p.send(call{alice, "GET", "/alice/d", fields{"Accept": jld}, ""}).is(200); got.body != dataset {
			t.Errorf("not as written: %s", got.body)
		}
	})
	t.Run("SP-CN-05 the default graph as Turtle", func(t *testing.T) {
		a := p.send(call{alice, "GET", "/alice/d", fields{"Accept": ttl}, ""}).is(200).omits("named")
		a.says(root+"d#it", "http://example.org/in", "default")
	})
	t.Run("SP-N3-15 a patch leaves named graphs and the media type", func(t *testing.T) {
		p.write(alice, "PATCH", "/alice/d", n3, insertDelete("", "", `<#it> ex:in "patched".`)).is(204)
		a := p.get(alice, "/alice/d").is(200).has(fields{"Content-Type": jld})
		a.says(root+"d#it", "http://example.org/in", "patched").says(root+"d#it", "http://example.org/in", "default")
		named := a.document().Graph(rdf.IRI(root + "d#g"))
		if !named.Has(rdf.Triple{S: rdf.IRI(root + "d#it"), P: rdf.IRI("http://example.org/in"), O: rdf.String("named")}) {
			t.Errorf("the named graph is gone: %s", a.body)
		}
	})
}

func TestHTML(t *testing.T) {
	p := newPod(t, []given{{"c/r", ttl, note + `<#x> ex:p "<script>alert(1)</script>".`}})
	for _, path := range []string{"/alice/c/", "/alice/c/r", "/alice/"} {
		t.Run("T52 E11 SP-CN-11 "+path, func(t *testing.T) {
			a := p.send(call{alice, "GET", path, fields{"Accept": browserAccept, "Sec-Fetch-Mode": "navigate"}, ""}).is(200)
			a.has(fields{"Content-Type": "text/html", "Vary": "Accept", "Content-Security-Policy": "sandbox"}).lacks(fields{"Content-Disposition": ""}).omits("<script")
			p.get(alice, path).is(200).has(fields{"Content-Type": ttl})
		})
	}
	t.Run("SP-HTTP-11 errors in HTML when preferred", func(t *testing.T) {
		a := p.send(call{public, "GET", "/alice/c/", fields{"Accept": browserAccept}, ""}).is(401)
		a.has(fields{"Content-Type": "text/html", "WWW-Authenticate": "DPoP"}).omits("<script")
	})
}

func TestUserAuthoredBodies(t *testing.T) {
	active := map[string]string{
		"page.html": "text/html", "page.xhtml": "application/xhtml+xml", "pic.svg": "image/svg+xml",
		"parts": `multipart/x-mixed-replace; boundary=x`, "mail": "message/rfc822",
		"feed.xml": "application/xml", "feed2.xml": "text/xml", "doc.pdf": "application/pdf", "odd.html": "Text/HTML; charset=utf-8",
		"atom.xml": "application/atom+xml",
	}
	stored := []given{{"r", ttl, note}, {"pic.png", "image/png", "x"}, {"plain", text, "x"}}
	for path, mediaType := range active {
		stored = append(stored, given{path, mediaType, "<script/>"})
	}
	p := newPod(t, stored)
	for _, g := range stored {
		t.Run("security 2.2 "+g.mediaType, func(t *testing.T) {
			a := p.send(call{alice, "GET", "/alice/" + g.path, fields{"Accept": "*/*"}, ""}).is(200)
			a.has(fields{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"})
			a.lacks(fields{"Content-Security-Policy": "allow-same-origin"}).lacks(fields{"Content-Security-Policy": "allow-scripts"})
			_, isActive := active[g.path]
			if got := strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment"); got != isActive {
				t.Errorf("attachment: %v, want %v", got, isActive)
			}
		})
	}
}
