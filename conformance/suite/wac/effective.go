package wac

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
)

// effective are about which ACL counts, and what of it.
var effective = []suite.Case{
	suite.Must("WAC-EFF-01", "rules of ancestors are not merged with those of the nearest ACL", func(t *suite.T) {
		doc := document(t, "a/b/doc")
		above, nearest := t.URL("a/"), t.URL("a/b/")
		t.SetACL(above, may(agent(t.Bob), "Read", above), mayBelow(agent(t.Bob), "Read", above))
		t.Bob.Get(doc).Want(http.StatusOK)
		t.SetACL(nearest)
		t.Bob.Get(doc).Want(http.StatusForbidden)
		t.Bob.Get(nearest).Want(http.StatusForbidden)
		t.Bob.Get(above).Want(http.StatusOK)
	}),
	suite.Must("WAC-EFF-01", "what is inherited counts for what does not exist", func(t *suite.T) {
		container := t.URL("c/")
		document(t, "c/doc")
		t.SetACL(container, mayBelow(agent(t.Bob), "Read", container))
		t.Bob.Get(container + "none/of/these").Want(http.StatusNotFound)
	}),
	suite.Must("WAC-EFF-02", "acl:default reaches everything below, and not the container itself", func(t *suite.T) {
		doc := document(t, "c/d/doc")
		container := t.URL("c/")
		t.SetACL(container, mayBelow(agent(t.Bob), "Read", container))
		t.Bob.Get(container).Want(http.StatusForbidden)
		t.Bob.Get(t.URL("c/d/")).Want(http.StatusOK)
		t.Bob.Get(doc).Want(http.StatusOK)
	}),
	suite.Must("WAC-EFF-02", "acl:accessTo reaches the container itself, and nothing below", func(t *suite.T) {
		doc := document(t, "c/doc")
		container := t.URL("c/")
		t.SetACL(container, may(agent(t.Bob), "Read", container), may(agent(t.Bob), "Read", doc))
		t.Bob.Get(container).Want(http.StatusOK)
		t.Bob.Get(doc).Want(http.StatusForbidden)
	}),
	suite.Must("WAC-EFF-02", "acl:default of another container counts for nothing", func(t *suite.T) {
		doc := document(t, "c/d/doc")
		container := t.URL("c/")
		t.SetACL(container, mayBelow(agent(t.Bob), "Read", t.URL("c/d/")), mayBelow(agent(t.Bob), "Read", t.Container()))
		t.Bob.Get(doc).Want(http.StatusForbidden)
	}),
	suite.Must("WAC-EFF-02", "an IRI with a fragment is no resource", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(agent(t.Bob), "Read", doc+"#it"))
		t.Bob.Get(doc).Want(http.StatusForbidden)
	}),
	suite.Decision("SP-URI-07 WAC-EFF-02", "a host in an ACL has no case", func(t *suite.T) {
		doc := document(t, "doc")
		scheme, rest, _ := strings.Cut(doc, "://")
		host, path, _ := strings.Cut(rest, "/")
		t.SetACL(doc, may(agent(t.Bob), "Read", scheme+"://"+strings.ToUpper(host)+"/"+path))
		t.Bob.Get(doc).Want(http.StatusOK)
	}),
	suite.Must("WAC-EFF-05", "changes of an ACL act on the next request", func(t *suite.T) {
		doc := document(t, "c/doc")
		container := t.URL("c/")
		for range 3 {
			t.SetACL(container, mayBelow(agent(t.Bob), "Read Write", container))
			t.Bob.Get(doc).Want(http.StatusOK)
			t.Bob.Put(doc, suite.Turtle(thing)).WantSuccess()
			t.SetACL(container, mayBelow(agent(t.Bob), "Read", container))
			t.Bob.Put(doc, suite.Turtle(thing)).Want(http.StatusForbidden)
			t.SetACL(container)
			t.Bob.Get(doc).Want(http.StatusForbidden)
		}
	}),
	suite.Must("WAC-EFF-05", "a deleted ACL counts no more", func(t *suite.T) {
		doc := document(t, "c/d/doc")
		above, container := t.URL("c/"), t.URL("c/d/")
		t.SetACL(above, mayBelow(agent(t.Bob), "Read", above))
		t.SetACL(container)
		t.Bob.Get(doc).Want(http.StatusForbidden)
		t.Alice.Delete(t.Alice.Head(container).WantLink("acl")).WantSuccess()
		t.Bob.Get(doc).Want(http.StatusOK)
	}),
}
