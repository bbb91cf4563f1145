package ldp_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"domicile/rdfstore/rdf"
)

const bogusMember = "<> <http://www.w3.org/ns/ldp#contains> <bogus>."

func TestContainerPUT(t *testing.T) {
	standing := []given{{"c/", "", "<> <http://example.org/p> 'old'."}, {"c/r", ttl, note}}
	run(t, []row{
		{name: "SP-PUT-04 creates by its slash", call: put("new/", ttl, ""), status: 201, has: fields{"Location": root + "new/"}},
		{name: "SP-PUT-04 creates without Content-Type", call: put("new/", "", ""), status: 201},
		{name: "E08 SP-PUT-04 as the Inrupt library does", call: put("new/", ttl, "", typeLink("BasicContainer"), fields{"If-None-Match": "*"}),
			status: 201, has: fields{"Location": root + "new/"}},
		{name: "SP-PUT-04 with triples", call: put("new/", ttl, "<> <http://example.org/p> 'x'."), status: 201},
		{name: "SP-PUT-04 with JSON-LD", call: put("new/", jld, `{"@id":"","http://example.org/p":"x"}`), status: 201},
		{name: "SP-PUT-04 T42 as a non-RDF source", call: put("new/", ttl, "", typeLink("NonRDFSource")), status: 409},
		{name: "SP-PUT-04 with a picture", call: put("new/", "image/png", "x"), status: 415},
		{name: "SP-CN-07 with malformed Turtle", call: put("new/", ttl, "oops"), status: 400},
		{name: "SP-CON-09 replaces the description", given: standing, call: put("c/", ttl, "<> <http://example.org/p> 'new'."), status: 204},
		{name: "SP-CON-07 repeats the containment", given: standing, call: put("c/", ttl, "<> <http://www.w3.org/ns/ldp#contains> <r>."), status: 204},
		{name: "SP-CON-07 T40 adds containment", given: standing, call: put("c/", ttl, bogusMember), status: 409, has: fields{"Link": "constrainedBy"}},
		{name: "SP-CON-07 adds containment to a new one", call: put("new/", ttl, bogusMember), status: 409},
		{name: "SP-CON-07 repeats a part of the containment", given: append(standing, given{"c/other", text, "x"}),
			call: put("c/", ttl, "<> <http://www.w3.org/ns/ldp#contains> <r>."), status: 409},
		{name: "SP-CON-08 date of its own", given: standing, call: put("c/", ttl, `<> <`+rdf.DCTerms+`modified> "2001-01-01T00:00:00Z"^^<`+rdf.XSDDateTime+`>.`), status: 409},
		{name: "SP-CON-08 size of a member", given: standing, call: put("c/", ttl, "<r> <"+rdf.POSIX+"size> 1."), status: 409},
		{name: "SP-CON-08 date of a member", given: standing, call: put("c/", ttl, `<r> <`+rdf.DCTerms+`modified> "2001-01-01T00:00:00Z"^^<`+rdf.XSDDateTime+`>.`), status: 409},
		{name: "SP-CON-08 by POST", given: standing, call: post("c/", ttl, bogusMember, typeLink("BasicContainer")), status: 409},
		{name: "SP-STO-03 no storage of one's own making", given: standing, call: put("c/", ttl, "<> a <"+rdf.PIM+"Storage>."), status: 409},
		{name: "SP-CON-07 SP-N3-14 T41 PATCH adds containment", given: standing, call: writing("PATCH", "c/", n3, insertDelete("", "", "<> ldp:contains <x>.")), status: 409},
		{name: "SP-CON-07 PATCH removes containment", given: standing, call: writing("PATCH", "c/", n3, insertDelete("", "<> ldp:contains <r>.", "")), status: 409},
		{name: "SP-AUX-05 protected in the description resource too", given: standing, call: put("c/.meta", ttl, "<./> <http://www.w3.org/ns/ldp#contains> <bogus>."), status: 409},
	})
	t.Run("SP-CON-06 what clients wrote is merged with what the server knows", func(t *testing.T) {
		p := newPod(t, standing)
		p.send(put("c/", ttl, "<> <http://example.org/p> 'new'.")).is(204)
		a := p.get(alice, "/alice/c/").is(200).omits("old")
		a.says(root+"c/", "http://example.org/p", "new").states(root+"c/", rdf.LDP+"contains", root+"c/r")
	})
	t.Run("SP-CON-07 a refused change changes nothing", func(t *testing.T) {
		p := newPod(t, standing)
		p.send(put("c/", ttl, bogusMember)).is(409)
		p.get(alice, "/alice/c/").says(root+"c/", "http://example.org/p", "old").omits("bogus")
		p.send(put("new/", ttl, bogusMember)).is(409)
		p.get(alice, "/alice/new/").is(404)
	})
	t.Run("SP-URI-08 JSON-LD of a new container", func(t *testing.T) {
		p := newPod(t, nil)
		p.send(put("new/", jld, `{"@id":"","http://example.org/p":{"@id":"x"}}`)).is(201)
		p.get(alice, "/alice/new/").is(200).has(fields{"Content-Type": ttl}).states(root+"new/", "http://example.org/p", root+"new/x")
	})
}

func TestContainerPATCH(t *testing.T) {
	const dcterms = rdf.DCTerms
	t.Run("T41 SP-CON-09 a title", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}})
		p.write(alice, "PATCH", "/alice/c/", n3, insertDelete("", "", `<> dcterms:title "t".`)).is(204)
		p.get(alice, "/alice/c/").says(root+"c/", dcterms+"title", "t").states(root+"c/", rdf.LDP+"contains", root+"c/r")
	})
	t.Run("T48 SP-SPU-03 types of the server are out of reach", func(t *testing.T) {
		p := newPod(t, []given{{"c/", "", ""}, aclOf("c/", all("Read, acl:Write"))})
		p.write(bob, "PATCH", "/alice/c/", sparql,
			"DELETE { ?s a ?o. } INSERT { <> a <http://example.org/Bar>. } WHERE { ?s a ?o. }").is(204)
		p.get(bob, "/alice/c/").is(200).states(root+"c/", rdf.RDFType, rdf.LDP+"BasicContainer")
	})
	t.Run("SP-N3-01 creates an absent container", func(t *testing.T) {
		p := newPod(t, nil)
		p.write(alice, "PATCH", "/alice/a/b/", n3, insertDelete("", "", `<> dcterms:title "t".`)).is(201)
		p.get(alice, "/alice/a/b/").is(200).says(root+"a/b/", dcterms+"title", "t")
		p.lists("a/", "a/b/")
	})
}

func TestContainerListing(t *testing.T) {
	p := newPod(t, []given{{"c/", "", ""}, {"c/r", ttl, note}, {"c/pic.png", "image/png", "0123456789"}, {"c/sub/deep", text, "x"},
		aclOf("c/r", only("Read")), {"c/r.meta", ttl, "<r> <http://example.org/p> 'x'."}, {"c/caf%C3%A9%20x", text, "x"}})
	a := p.get(alice, "/alice/c/").is(200)
	t.Run("SP-CON-02 direct members and no auxiliary resources", func(t *testing.T) {
		p.lists("c/", "c/caf%C3%A9%20x", "c/pic.png", "c/r", "c/sub/")
	})
	t.Run("SP-CON-03 types of the container", func(t *testing.T) {
		for _, class := range []string{"Container", "BasicContainer", "Resource"} {
			a.states(root+"c/", rdf.RDFType, rdf.LDP+class)
		}
		p.get(alice, "/alice/").states(root, rdf.RDFType, rdf.PIM+"Storage")
	})
	t.Run("SP-CON-04 what is said of members", func(t *testing.T) {
		a.states(root+"c/sub/", rdf.RDFType, rdf.LDP+"Container").states(root+"c/r", rdf.RDFType, rdf.LDP+"Resource")
		a.states(root+"c/pic.png", rdf.RDFType, rdf.IANA+"image/png#Resource").states(root+"c/r", rdf.RDFType, rdf.IANA+"text/turtle#Resource")
		picture := rdf.IRI(root + "c/pic.png")
		if got := a.graph().Object(picture, rdf.IRI(rdf.POSIX+"size")); got != rdf.Typed("10", rdf.XSDInteger) {
			t.Errorf("stat:size %v", got)
		}
		lastModified, err := time.Parse(time.RFC1123, p.get(alice, "/alice/c/pic.png").header.Get("Last-Modified"))
		if err != nil {
			t.Fatal(err)
		}
		modified := a.graph().Object(picture, rdf.IRI(rdf.DCTerms+"modified"))
		stated, err := time.Parse(time.RFC3339Nano, modified.Value())
		if err != nil || modified.Datatype() != rdf.XSDDateTime || !stated.Truncate(time.Second).Equal(lastModified) {
			t.Errorf("dcterms:modified %v, Last-Modified %v", modified, lastModified)
		}
		mtime := a.graph().Object(picture, rdf.IRI(rdf.POSIX+"mtime"))
		if seconds, err := strconv.ParseFloat(mtime.Value(), 64); err != nil || int64(seconds) != lastModified.Unix() {
			t.Errorf("stat:mtime %v, Last-Modified %v", mtime, lastModified)
		}
	})
	t.Run("SP-CON-10 the same triples as JSON-LD", func(t *testing.T) {
		other := p.send(call{alice, "GET", "/alice/c/", fields{"Accept": jld}, ""}).is(200)
		if !rdf.Isomorphic(other.document().Dataset, a.document().Dataset) {
			t.Errorf("Turtle: %s\nJSON-LD: %s", a.body, other.body)
		}
	})
	t.Run("SP-CON-10 names and prefixes that could be misread", func(t *testing.T) {
		odd := []string{"c/a:b", "c/it's(1)", "c/%3Cx%3E", "c/%22", "c/http:", "c/a%25b", "c/@x", "c/-"}
		stored := []given{{"c/", "", "@prefix ldp: <http://example.org/>. @prefix stat: <http://example.org/>. <> ldp:p 'mine'."}}
		for _, path := range odd {
			stored = append(stored, given{path, text, "x"})
		}
		p := newPod(t, stored)
		p.lists("c/", odd...)
		p.get(alice, "/alice/c/").says(root+"c/", "http://example.org/p", "mine")
	})
	t.Run("SP-CON-02 1,000 members", func(t *testing.T) {
		var many []given
		var want []string
		for i := range 1000 {
			path := fmt.Sprintf("c/%04d", i)
			many = append(many, given{path, text, "x"})
			want = append(want, path)
		}
		newPod(t, many).lists("c/", want...)
	})
}

func TestIntermediateContainers(t *testing.T) {
	insert := insertDelete("", "", "<> ex:p ex:o.")
	for _, c := range []struct {
		name string
		call call
	}{
		{"T08 SP-PUT-02 PUT of a document", put("a/b/x", text, "x")},
		{"SP-PUT-02 PUT of a container", put("a/b/x/", ttl, "")},
		{"T09 SP-PUT-02 N3 Patch", writing("PATCH", "a/b/x", n3, insert)},
		{"T09 SP-PUT-02 SPARQL Update", writing("PATCH", "a/b/x", sparql, "INSERT DATA { <#hello> <#linked> <#world>. }")},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPod(t, nil)
			p.send(c.call).is(201)
			p.lists("", "a/", "profile/")
			p.lists("a/", "a/b/")
			p.lists("a/b/", c.call.path[len("/alice/"):])
		})
	}
}

func TestDescriptionResources(t *testing.T) {
	const p1 = "http://example.org/p"
	t.Run("SP-AUX-05 of a container is the container's own", func(t *testing.T) {
		p := newPod(t, []given{{"c/r", ttl, note}})
		p.send(put("c/.meta", ttl, "<./> <"+p1+"> 'from the description'.")).isOneOf(201, 204)
		p.get(alice, "/alice/c/").says(root+"c/", p1, "from the description")
		p.write(alice, "PATCH", "/alice/c/", n3, insertDelete("", "", `<> ex:p "from the container".`)).is(204)
		a := p.get(alice, "/alice/c/.meta").is(200).says(root+"c/", p1, "from the container")
		a.says(root+"c/", p1, "from the description").omits("contains")
		p.lists("c/", "c/r")
	})
	t.Run("SP-AUX-01 of a document is its own record", func(t *testing.T) {
		p := newPod(t, []given{{"c/pic.png", "image/png", "x"}})
		p.get(alice, "/alice/c/pic.png.meta").isOneOf(200, 404)
		p.write(alice, "PATCH", "/alice/c/pic.png.meta", n3, insertDelete("", "", `<pic.png> ex:p "a cat".`)).isOneOf(201, 204)
		p.get(alice, "/alice/c/pic.png.meta").is(200).says(root+"c/pic.png", p1, "a cat")
		p.get(alice, "/alice/c/pic.png").is(200).has(fields{"Content-Type": "image/png"}).omits("cat")
		p.lists("c/", "c/pic.png")
	})
	t.Run("SP-AUX-04 a description is RDF", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, note}})
		p.send(put("r.meta", text, "x")).is(415)
	})
}

func TestContainerState(t *testing.T) {
	tag := func(a *answer) string { return a.header.Get("ETag") }
	p := newPod(t, []given{{"c/d/r", ttl, note}, {"c/x", text, "x"}})
	t.Run("SP-CON-05 a grandchild does not ripple", func(t *testing.T) {
		before := tag(p.get(alice, "/alice/c/"))
		p.send(put("c/d/r", ttl, "<> a <#B>.")).is(204)
		if after := tag(p.get(alice, "/alice/c/")); after != before {
			t.Errorf("ETag %s became %s", before, after)
		}
		before = tag(p.get(alice, "/alice/"))
		p.send(put("c/d/new", ttl, "<> a <#B>.")).is(201)
		if after := tag(p.get(alice, "/alice/")); after != before {
			t.Errorf("ETag of the root %s became %s", before, after)
		}
	})
	t.Run("SP-CON-05 a child's update is in the ETag and not in the membership", func(t *testing.T) {
		before := p.get(alice, "/alice/c/")
		p.send(put("c/x", text, "longer")).is(204)
		after := p.get(alice, "/alice/c/")
		if tag(before) == tag(after) {
			t.Error("the same ETag says another size")
		}
		if before.header.Get("Last-Modified") != after.header.Get("Last-Modified") {
			t.Error("Last-Modified follows a child's update")
		}
		p.send(put("c/", ttl, "", fields{"If-Match": tag(before)})).is(204)
	})
	t.Run("SP-CON-05 a new child is a change", func(t *testing.T) {
		before := p.get(alice, "/alice/c/")
		p.send(put("c/y", text, "y")).is(201)
		p.send(put("c/", ttl, "", fields{"If-Match": tag(before)})).is(412)
		if after := tag(p.get(alice, "/alice/c/")); after == tag(before) {
			t.Errorf("ETag stays %s", after)
		}
	})
}
