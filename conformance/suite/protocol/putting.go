package protocol

import (
	"net/http"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// putting is about creating and replacing by PUT.
var putting = []suite.Case{
	suite.Must("SP-PUT-01", "PUT of something new is 201, over something 200, 204 or 205", func(t *suite.T) {
		t.Alice.Put(t.URL("note.ttl"), suite.Turtle("<> a <#Note>.")).Want(http.StatusCreated)
		t.Alice.Put(t.URL("note.ttl"), suite.Turtle("<> a <#Other>.")).Want(http.StatusNoContent, http.StatusOK, http.StatusResetContent)
		t.Alice.Get(t.URL("note.ttl")).Want(http.StatusOK).WantTriples("<> a <#Other>.").WantNoTriples("<> a <#Note>.")
	}),
	suite.Must("SP-PUT-02 SP-CON-02", "PUT and PATCH make missing containers, each listed", func(t *suite.T) {
		put(t, "a/b/c/note.ttl", suite.Turtle(note))
		t.Alice.Patch(t.URL("x/y/note.ttl"), suite.N3(suite.InsertPatch(isNote))).WantSuccess()
		wantMembers(t, t.Container(), t.URL("a/"), t.URL("x/"))
		for parent, member := range map[string]string{"a/": "a/b/", "a/b/": "a/b/c/", "a/b/c/": "a/b/c/note.ttl", "x/": "x/y/", "x/y/": "x/y/note.ttl"} {
			wantMembers(t, t.URL(parent), t.URL(member))
			t.Alice.Head(t.URL(parent)).WantTyped(suite.BasicContainer)
		}
	}),
	suite.Must("SP-PUT-02", "what is refused makes no containers", func(t *suite.T) {
		t.Alice.Put(t.URL("a/b/note.ttl"), suite.Body("", note)).WantRefused()
		t.Alice.Patch(t.URL("a/b/note.ttl"), suite.N3(suite.Patch("?x a ex:Note.", "", "?x a ex:Other."))).WantRefused()
		t.Alice.Put(t.URL("a/b/note.ttl"), suite.Turtle(note), suite.IfMatch("*")).WantRefused()
		wantMembers(t, t.Container())
	}),
	suite.Must("SP-PUT-03", "PUT replaces everything, the media type too", func(t *suite.T) {
		url := t.URL("thing")
		t.Alice.Put(url, suite.Turtle(note)).WantSuccess()
		t.Alice.Put(url, suite.Text("plain")).WantSuccess()
		t.Alice.Get(url).WantMediaType("text/plain").WantBody("plain")
		t.Alice.Put(url, suite.JSONLD(`{"@id": "", "https://conformance.example/ns#title": "second"}`)).WantSuccess()
		t.Alice.Get(url, suite.Accept("text/turtle")).WantTriples(`<> ex:title "second".`).WantNoTriples(isNote)
		t.Alice.Put(url, suite.Body("image/png", "\x89PNG")).WantSuccess()
		t.Alice.Get(url).WantMediaType("image/png").WantBody("\x89PNG")
		wantMembers(t, t.Container(), url)
	}),
	suite.Should("SP-PUT-04", "PUT makes containers, with a Link and without", func(t *suite.T) {
		t.Alice.Put(t.URL("a/"), suite.Turtle("")).Want(http.StatusCreated)
		t.Alice.Put(t.URL("b/"), suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).Want(http.StatusCreated)
		t.Alice.Put(t.URL("c/"), suite.TypeLink(suite.BasicContainer)).Want(http.StatusCreated)
		t.Alice.Put(t.URL("d/"), suite.JSONLD(`{"@id": "", "http://purl.org/dc/terms/title": "mine"}`)).Want(http.StatusCreated)
		t.Alice.Get(t.URL("d/")).WantTriples(`<> dcterms:title "mine".`)
		wantMembers(t, t.Container(), t.URL("a/"), t.URL("b/"), t.URL("c/"), t.URL("d/"))
	}),
	suite.Decision("SP-PUT-04", "a container is no file: 409 by its Link, 415 by its type", func(t *suite.T) {
		t.Alice.Put(t.URL("a/"), suite.Turtle(""), suite.TypeLink(rdf.LDP+"NonRDFSource")).Want(http.StatusConflict)
		t.Alice.Put(t.URL("a/"), suite.Text("x")).Want(http.StatusUnsupportedMediaType)
		wantMembers(t, t.Container())
	}),
	suite.Decision("SP-PUT-05", "a container type for a URL without a slash is 409", func(t *suite.T) {
		t.Alice.Put(t.URL("a"), suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).Want(http.StatusConflict)
		t.Alice.Put(t.URL("b"), suite.Turtle(""), suite.TypeLink(rdf.LDP+"Resource")).Want(http.StatusCreated)
		wantMembers(t, t.Container(), t.URL("b"))
	}),
	suite.Decision("SP-PUT-06", "201 carries Location, validators and links, and no content", func(t *suite.T) {
		url := t.URL("note.ttl")
		made := t.Alice.Put(url, suite.Turtle(note)).Want(http.StatusCreated).WantBody("").WantValue("Location", url)
		made.WantHeader("Last-Modified")
		made.WantLink("acl")
		t.Alice.Put(url, suite.Turtle(""), suite.IfMatch(made.WantETag())).WantSuccess()
	}),
	suite.Should("SP-PUT-07", "PUT of a part is 400", func(t *suite.T) {
		url := put(t, "file.txt", suite.Text("0123456789"))
		t.Alice.Put(url, suite.Text("x"), suite.Header("Content-Range", "bytes 0-0/10")).Want(http.StatusBadRequest)
		t.Alice.Get(url).WantBody("0123456789")
	}),
}
