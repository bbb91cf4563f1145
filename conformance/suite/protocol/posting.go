package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// wantMember wants the Location of something new that is directly in a
// container and returns it.
func wantMember(made *suite.Answer, container string) string {
	location := made.Want(http.StatusCreated).WantLocation()
	name, ok := strings.CutPrefix(location, container)
	if name = strings.TrimSuffix(name, "/"); !ok || name == "" || strings.ContainsAny(name, "/?#") {
		made.Failf("Location is %s, want something directly in %s", location, container)
	}
	return location
}

// posting is about creating by POST.
var posting = []suite.Case{
	suite.Must("SP-POST-01", "POST makes a member of any type", func(t *suite.T) {
		var made []string
		for _, content := range []suite.Part{
			suite.Turtle(note), suite.JSONLD(noteLD), suite.Text("x"), suite.Body("image/png", "\x89PNG"), suite.Body("application/x-thing", "x"),
		} {
			location := wantMember(t.Alice.Post(t.Container(), content), t.Container())
			t.Alice.Get(location).Want(http.StatusOK)
			made = append(made, location)
		}
		t.Alice.Get(made[0]).WantTriples(isNote)
		t.Alice.Get(made[2]).WantMediaType("text/plain").WantBody("x")
		wantMembers(t, t.Container(), made...)
	}),
	suite.Must("SP-POST-02", "POST to what is not there is 404 and makes nothing", func(t *suite.T) {
		put(t, "document", suite.Turtle(note))
		for _, name := range []string{"none/", "none/below/", "document/below/"} {
			t.Alice.Post(t.URL(name), suite.Turtle(note)).Want(http.StatusNotFound)
		}
		wantMembers(t, t.Container(), t.URL("document"))
	}),
	suite.Must("SP-POST-02 SP-HTTP-09", "POST to a document is 405 and adds nothing", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Post(url, suite.Turtle("<> a <#Other>.")).Want(http.StatusMethodNotAllowed).WantHeader("Allow")
		t.Alice.Get(url).WantTriples(isNote).WantNoTriples("<> a <#Other>.")
	}),
	suite.Should("SP-POST-03", "Slug names the member where it is free", func(t *suite.T) {
		location := wantMember(t.Alice.Post(t.Container(), suite.Turtle(note), suite.Slug("foobar")), t.Container())
		if !strings.Contains(location, "foobar") {
			t.Failf("Location is %s, want the Slug foobar in it", location)
		}
		again := wantMember(t.Alice.Post(t.Container(), suite.Turtle(""), suite.Slug("foobar")), t.Container())
		t.Alice.Get(location).WantTriples(isNote)
		wantMembers(t, t.Container(), location, again)
	}),
	suite.Should("SP-POST-04", "only a Link makes the member a container", func(t *suite.T) {
		for _, kind := range []string{suite.BasicContainer, rdf.LDP + "Container"} {
			made := t.Alice.Post(t.Container(), suite.Turtle(""), suite.TypeLink(kind), suite.Slug("folder"))
			location := wantMember(made, t.Container())
			if !strings.HasSuffix(location, "/") {
				made.Failf("Location is %s, want a container", location)
			}
			t.Alice.Head(location).Want(http.StatusOK).WantTyped(suite.BasicContainer)
			wantMember(t.Alice.Post(location, suite.Text("x")), location)
		}
	}),
	suite.Must("SP-POST-04 SP-URI-01", "without a Link the member is no container", func(t *suite.T) {
		for _, slug := range []string{"document", "document/"} {
			made := t.Alice.Post(t.Container(), suite.Turtle(note), suite.Slug(slug))
			if made.Status/100 != 2 && strings.HasSuffix(slug, "/") {
				made.WantRefused()
				continue
			}
			if location := made.Want(http.StatusCreated).WantLocation(); strings.HasSuffix(location, "/") {
				made.Failf("Location is %s, want a document", location)
			}
		}
	}),
	suite.Decision("SP-POST-06", "direct and indirect containers are refused, and it is told why", func(t *suite.T) {
		for _, kind := range []string{"DirectContainer", "IndirectContainer"} {
			refused := t.Alice.Post(t.Container(), suite.Turtle(""), suite.TypeLink(rdf.LDP+kind)).Want(http.StatusConflict, http.StatusBadRequest)
			if len(refused.Links(constrainedBy)) == 0 {
				refused.Failf("no link with rel=%s", constrainedBy)
			}
		}
		wantMembers(t, t.Container())
	}),
}

// slugs are names that nobody should get: whatever a server does with them, the
// member is directly in the container and no auxiliary resource.
func slugs() []suite.Case {
	var cases []suite.Case
	for _, row := range []struct{ name, slug string }{
		{"dot dot", ".."}, {"a dot", "."}, {"the parent", "../up"}, {"a path", "a/b"}, {"an escaped slash", "a%2Fb"},
		{"the escaped parent", "%2e%2e%2fup"}, {"a backslash", `a\b`}, {"blanks", " blank "}, {"an escaped NUL", "%00"},
		{"a query", "?query"}, {"a fragment", "#fragment"}, {"escaped UTF-8", "Stra%C3%9Fe"}, {"UTF-8", "Straße"},
		{"a broken escape", "%zz"}, {"a long name", strings.Repeat("long", 200)}, {"a slash", "/"}, {"a URL", "http://evil.example/x"},
	} {
		cases = append(cases, suite.Must("SP-POST-03 SP-SEC-01", "a Slug leads out of no container: "+row.name, func(t *suite.T) {
			c := container(t, "c/")
			made := t.Alice.Post(c, suite.Text("x"), suite.Slug(row.slug))
			if made.Status/100 != 2 {
				made.WantRefused()
				wantMembers(t, c)
				return
			}
			location := wantMember(made, c)
			t.Alice.Get(location).Want(http.StatusOK).WantBody("x")
			wantMembers(t, c, location)
			wantMembers(t, t.Container(), c)
		}))
	}
	return append(cases, suite.Must("SP-POST-03 SP-AUX-02", "a Slug names no auxiliary resource", func(t *suite.T) {
		document := put(t, "note.ttl", suite.Turtle(note))
		head, about := t.Alice.Head(document), t.Alice.Head(t.Container())
		var taken []string
		for _, answer := range []*suite.Answer{head, about} {
			taken = append(taken, answer.Links("acl")...)
			taken = append(taken, answer.Links("describedby")...)
		}
		for _, auxiliary := range taken {
			slug := auxiliary[strings.LastIndexByte(auxiliary, '/')+1:]
			made := t.Alice.Post(t.Container(), suite.Turtle(""), suite.Slug(slug))
			if made.Status/100 != 2 {
				made.WantRefused()
			} else if made.WantLocation() == auxiliary {
				made.Failf("Location is %s", auxiliary)
			}
		}
		t.Alice.Get(document).WantTriples(isNote)
	}))
}
