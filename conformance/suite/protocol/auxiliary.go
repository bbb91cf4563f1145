package protocol

import (
	"net/http"

	"domicile/conformance/suite"
)

// description returns the URL of the description of a resource.
func description(t *suite.T, url string) string {
	links := t.Alice.Head(url).WantSuccess().Links("describedby")
	if len(links) == 0 {
		t.NotApplicable("there is no link with rel=describedby")
	}
	return links[0]
}

// about is a triple that a description says of a URL.
func about(url string) string { return "<" + url + `> ex:about "it".` }

// auxiliaries are about ACLs and descriptions.
var auxiliaries = []suite.Case{
	suite.Must("SP-AUX-01 SP-AUX-02", "PUT and PATCH make and change a description", func(t *suite.T) {
		for _, url := range []string{put(t, "note.ttl", suite.Turtle(note)), put(t, "file.txt", suite.Text("x"))} {
			described := description(t, url)
			t.Alice.Put(described, suite.Turtle(suite.Prefixes+about(url))).WantSuccess()
			t.Alice.Patch(described, suite.N3(suite.InsertPatch("<"+url+"> ex:n 1."))).WantSuccess()
			for _, accept := range []string{"text/turtle", "application/ld+json"} {
				t.Alice.Get(described, suite.Accept(accept)).Want(http.StatusOK).WantMediaType(accept).WantTriples(about(url) + "<" + url + "> ex:n 1.")
			}
		}
		t.Alice.Get(t.URL("file.txt")).WantMediaType("text/plain").WantBody("x")
	}),
	suite.Should("SP-GET-07", "a description links what it describes", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		described := description(t, url)
		t.Alice.Patch(described, suite.N3(suite.InsertPatch(about(url)))).WantSuccess()
		if answer := t.Alice.Head(described); answer.WantLink("describes") != url {
			answer.Failf("it describes %s, want %s", answer.WantLink("describes"), url)
		}
	}),
	suite.Must("SP-AUX-02", "auxiliary resources have no auxiliary resources", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		described := description(t, url)
		t.Alice.Patch(described, suite.N3(suite.InsertPatch(about(url)))).WantSuccess()
		answer := t.Alice.Head(described)
		for _, again := range answer.Links("describedby") {
			if again != described {
				answer.Failf("it is described by %s", again)
			}
		}
	}),
	suite.Decision("SP-AUX-02", "nothing that does not exist is described", func(t *suite.T) {
		described := description(t, put(t, "note.ttl", suite.Turtle(note)))
		t.Alice.Delete(t.URL("note.ttl")).WantSuccess()
		t.Alice.Put(described, suite.Turtle(suite.Prefixes+about(t.URL("note.ttl")))).Want(http.StatusConflict)
		wantMembers(t, t.Container())
	}),
	suite.Must("SP-AUX-03", "a description takes the modes of its subject", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		described := description(t, url)
		t.Alice.Patch(described, suite.N3(suite.InsertPatch(about(url)))).WantSuccess()
		t.Nobody.Get(described).Want(http.StatusUnauthorized)
		t.SetACL(url, "acl:agentClass foaf:Agent; acl:accessTo <"+url+">; acl:mode acl:Read")
		t.Nobody.Get(described).Want(http.StatusOK)
		t.Nobody.Put(described, suite.Turtle("")).Want(http.StatusUnauthorized)
		t.SetACL(url, "acl:agent <"+t.Bob.WebID+">; acl:accessTo <"+url+">; acl:mode acl:Read, acl:Write")
		t.Bob.Patch(described, suite.N3(suite.InsertPatch("<"+url+"> ex:n 1."))).WantSuccess()
	}).Needing(suite.WebAccessControl, suite.SecondAgent),
	suite.Must("SP-AUX-04", "an ACL is RDF", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		acl := t.Alice.Head(url).WantLink("acl")
		t.Alice.Put(acl, suite.Text("x")).WantRefused()
		t.Alice.Put(acl, suite.Turtle("<> a")).WantRefused()
		t.Alice.Get(url).Want(http.StatusOK)
	}).Needing(suite.WebAccessControl),
	suite.Decision("SP-AUX-04", "an ACL of another type is 415, one that does not parse 400", func(t *suite.T) {
		acl := t.Alice.Head(put(t, "note.ttl", suite.Turtle(note))).WantLink("acl")
		t.Alice.Put(acl, suite.Text("x")).Want(http.StatusUnsupportedMediaType)
		t.Alice.Put(acl, suite.Turtle("<> a")).Want(http.StatusBadRequest)
		t.Alice.Get(acl).Want(http.StatusNotFound).WantUnlisted("Accept-Put", "*/*")
	}).Needing(suite.WebAccessControl),
	suite.Decision("SP-AUX-05", "a container and its description are one graph", func(t *suite.T) {
		c := container(t, "c/")
		described := description(t, c)
		t.Alice.Patch(described, suite.N3(suite.InsertPatch(about(c)))).WantSuccess()
		t.Alice.Get(c).WantTriples(about(c))
		t.Alice.Patch(c, suite.N3(suite.InsertPatch(`<> ex:n 1.`))).WantSuccess()
		t.Alice.Get(described).WantTriples(about(c) + "<" + c + "> ex:n 1.")
		t.Alice.Patch(described, suite.N3(suite.InsertPatch("<"+c+"> ldp:contains <"+c+"bogus>."))).Want(http.StatusConflict)
	}),
	suite.Decision("SP-AUX-06", "PUT on a subject keeps its description", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		described := description(t, url)
		t.Alice.Patch(described, suite.N3(suite.InsertPatch(about(url)))).WantSuccess()
		t.Alice.Put(url, suite.Turtle("")).WantSuccess()
		t.Alice.Get(described).WantTriples(about(url))
	}),
}
