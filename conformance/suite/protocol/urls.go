package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// urls are about what a URL says of its resource, and how it may be spelled.
var urls = []suite.Case{
	suite.Must("SP-URI-01 SP-GET-05", "what ends in a slash is a container, and nothing else is", func(t *suite.T) {
		document, folder := put(t, "thing", suite.Turtle(note)), container(t, "folder/")
		t.Alice.Head(folder).WantTyped(suite.BasicContainer)
		for _, link := range t.Alice.Head(document).WantTyped(rdf.LDP + "Resource").Links("type") {
			if strings.HasSuffix(link, "Container") {
				t.Failf("%s is of type %s", document, link)
			}
		}
	}),
	suite.Must("SP-URI-03", "the twin of a resource is not there, or a redirect for who may read there", func(t *suite.T) {
		for there, twin := range map[string]string{
			put(t, "a", suite.Turtle(note)): t.URL("a/"),
			container(t, "b/"):              t.URL("b"),
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				answer := t.Alice.Do(method, twin).Want(http.StatusNotFound, http.StatusGone, http.StatusMovedPermanently)
				if answer.Status == http.StatusMovedPermanently && answer.WantLocation() != there {
					answer.Failf("Location is %s, want %s", answer.WantLocation(), there)
				}
				t.Nobody.Do(method, twin).Want(http.StatusUnauthorized, http.StatusNotFound)
			}
		}
	}),
	suite.Must("SP-URI-04 SP-POST-05", "a Slug of what exists takes nothing away", func(t *suite.T) {
		document, folder := put(t, "a", suite.Turtle(note)), container(t, "b/")
		for _, slug := range []string{"a", "b"} {
			for _, parts := range [][]suite.Part{
				{suite.Text("x"), suite.Slug(slug)}, {suite.Turtle(""), suite.Slug(slug), suite.TypeLink(suite.BasicContainer)},
			} {
				answer := t.Alice.Post(t.Container(), parts...).Want(http.StatusCreated, http.StatusConflict)
				if answer.Status == http.StatusConflict {
					continue
				}
				if made := strings.TrimSuffix(answer.WantLocation(), "/"); made == document || made+"/" == folder {
					answer.Failf("Location is %s, which is the twin of a resource", answer.WantLocation())
				}
			}
		}
		t.Alice.Get(document).WantTriples(isNote)
	}),
	suite.Decision("SP-URI-05", "the query is no part of identity", func(t *suite.T) {
		document := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Get(document + "?x=1").Want(http.StatusOK).WantBody(note)
		t.Alice.Get(t.Container() + "?x=1").Want(http.StatusOK)
		put(t, "note.ttl?x=1", suite.Turtle(""))
		t.Alice.Get(document).WantBody("")
	}),
	suite.Should("SP-URI-06", "equivalent spellings are one resource", func(t *suite.T) {
		document := put(t, "note-~.ttl", suite.Turtle(note)) // RFC 3986 §6.2.2
		for _, spelling := range []string{"%6Eote-~.ttl", "note-%7E.ttl", "note-%7e.ttl", "n%6fte%2D~%2ettl"} {
			t.Alice.Get(t.URL(spelling)).Want(http.StatusOK).WantMediaType("text/turtle")
		}
		t.Alice.Put(t.URL("%6Eote-~.ttl"), suite.Turtle("")).WantSuccess()
		t.Alice.Get(document).WantNoTriples(isNote)
		wantMembers(t, t.Container(), document)
	}),
	suite.Must("SP-URI-06", "escaped dot segments lead nowhere else", func(t *suite.T) {
		inner := container(t, "a/")
		for _, name := range []string{"..%2Fb", "%2e%2e%2fb", "..%5Cb", "..%252Fb"} {
			t.Nobody.Put(inner+name, suite.Text("x")).WantRefused()
			t.Alice.Put(inner+name, suite.Text("x"))
			wantAbsent(t, t.URL("b"))
		}
	}),
	suite.Decision("SP-URI-06", "escaped slashes, controls, dot and empty segments are 400", func(t *suite.T) {
		for _, name := range []string{"a%2Fb", "a%5Cb", "a%00", "a%0A", "a%7F", "a/../b", "a/%2E%2e/b", "./a", "a//b", "/a", "%FF", "%C0%AF"} {
			t.Alice.Get(t.URL(name)).Want(http.StatusBadRequest)
			t.Alice.Put(t.URL(name), suite.Text("x")).Want(http.StatusBadRequest)
		}
		wantMembers(t, t.Container())
	}),
	suite.Decision("SP-URI-06", "names of the server are not for clients to make", func(t *suite.T) {
		for _, name := range []string{".oidc/x", ".account/x", ".notifications/x", ".well-known/x", "/.oidc/x", "//.oidc/x"} {
			t.Alice.Put(t.Target.URL+name, suite.Text("x")).WantRefused()
		}
		t.Alice.Put(t.Target.Root+".well-known/x", suite.Text("x")).WantRefused()
	}),
	suite.Should("SP-URI-07", "case counts in paths", func(t *suite.T) {
		put(t, "note", suite.Text("small"))
		put(t, "Note", suite.Text("capital"))
		t.Alice.Get(t.URL("note")).WantBody("small")
		t.Alice.Get(t.URL("Note")).WantBody("capital")
	}),
	spelled("in UTF-8", "Stra%C3%9Fe%20%E6%97%A5%E6%9C%AC.txt"),
	spelled("with delimiters", "a+b&c=d;e,f.txt"),
	spelled("with an escaped per cent", "100%25.txt"),
	spelled("that Windows keeps to itself", "con.txt"),
	spelled("that ends in a dot", "dot."),
	suite.Must("SP-URI-08", "relative IRIs are relative to the resource", func(t *suite.T) {
		document := put(t, "a/note.ttl", suite.Turtle("<> <#p> <other>, </top>."))
		t.Alice.Get(document, suite.Accept("application/ld+json")).WantTriples("<> <#p> <other>, </top>.")
		posted := t.Alice.Post(t.Container(), suite.Turtle("<> <#p> <other>.")).Want(http.StatusCreated).WantLocation()
		t.Alice.Get(posted, suite.Accept("application/ld+json")).WantTriples("<> <#p> <other>.")
		t.Alice.Patch(document, suite.N3(suite.InsertPatch("<> ex:knows <friend>."))).WantSuccess()
		t.Alice.Get(document).WantTriples("<> ex:knows <friend>.")
	}),
}

// spelled is a case about a name that is not of letters only.
func spelled(title, name string) suite.Case {
	return suite.Must("SP-URI-07 SP-CON-02", "a name "+title+" is listed as its URL", func(t *suite.T) {
		t.Alice.Put(t.URL(name), suite.Text(name)).Want(http.StatusCreated)
		t.Alice.Get(t.URL(name)).WantBody(name)
		for _, member := range members(t.Alice.Get(t.Container())) {
			t.Alice.Delete(member).WantSuccess()
		}
		wantAbsent(t, t.URL(name))
	})
}
