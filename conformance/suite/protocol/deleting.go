package protocol

import (
	"net/http"

	"domicile/conformance/suite"
)

// deleting is about DELETE.
var deleting = []suite.Case{
	suite.Must("SP-DEL-01 SP-CON-02", "DELETE takes documents, files and empty containers, and what lists them", func(t *suite.T) {
		for _, url := range []string{put(t, "note.ttl", suite.Turtle(note)), put(t, "file.txt", suite.Text("x")), container(t, "c/")} {
			t.Alice.Delete(url).Want(http.StatusNoContent, http.StatusOK, http.StatusAccepted, http.StatusResetContent)
			wantAbsent(t, url)
			t.Alice.Get(t.Container()).WantNoTriples(contains(url))
		}
		wantMembers(t, t.Container())
	}),
	suite.Must("SP-DEL-01", "what was deleted can be made again, as new", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Delete(url).WantSuccess()
		again := t.Alice.Put(url, suite.Text("x"))
		if again.Status == http.StatusGone || again.Status == http.StatusConflict {
			t.NotApplicable("the server does not use URLs again")
		}
		again.Want(http.StatusCreated)
		t.Alice.Get(url).WantMediaType("text/plain").WantBody("x")
	}),
	suite.Must("SP-DEL-02 SP-AUX-02", "a description goes with its subject", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		about := description(t, url)
		t.Alice.Patch(about, suite.N3(suite.InsertPatch("<"+url+"> ex:about \"it\"."))).WantSuccess()
		t.Alice.Get(about).WantTriples("<" + url + "> ex:about \"it\".")
		t.Alice.Delete(url).WantSuccess()
		put(t, "note.ttl", suite.Turtle(note))
		if answer := t.Alice.Get(about); answer.Status == http.StatusOK {
			answer.WantNoTriples("<" + url + "> ex:about \"it\".")
		}
	}),
	suite.Must("SP-DEL-02", "an ACL goes with its subject", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.SetACL(url, "acl:agentClass foaf:Agent; acl:accessTo <"+url+">; acl:mode acl:Read")
		acl := t.Alice.Head(url).WantLink("acl")
		t.Nobody.Get(url).Want(http.StatusOK)
		t.Alice.Delete(url).WantSuccess()
		t.Alice.Get(acl).WantRefused()
		put(t, "note.ttl", suite.Turtle(note))
		t.Nobody.Get(url).Want(http.StatusUnauthorized)
	}).Needing(suite.WebAccessControl),
	suite.Must("SP-DEL-03", "a container with members is 409, told in words, and nothing goes", func(t *suite.T) {
		for _, name := range []string{"a/note.ttl", "b/file.txt", "c/d/"} {
			member := t.URL(name)
			t.Alice.Put(member, suite.Turtle(note)).WantSuccess()
			c := t.URL(name[:2])
			if answer := t.Alice.Delete(c).Want(http.StatusConflict); answer.Body == "" {
				answer.Failf("there are no words")
			}
			wantMembers(t, c, member)
		}
	}),
	suite.Must("SP-DEL-03 SP-DEL-01", "auxiliary resources do not keep a container", func(t *suite.T) {
		c := container(t, "c/")
		if t.Target.WAC {
			t.SetACL(c)
		}
		t.Alice.Delete(c).WantSuccess()
		wantAbsent(t, c)
	}),
	suite.Must("SP-DEL-04 SP-GET-02", "a storage cannot be deleted, and Allow does not offer it", func(t *suite.T) {
		root := t.Target.Root
		for _, method := range reads {
			t.Alice.Do(method, root).WantSuccess().WantUnlisted("Allow", http.MethodDelete)
		}
		t.Alice.Delete(root).Want(http.StatusMethodNotAllowed).WantUnlisted("Allow", http.MethodDelete)
		t.Nobody.Delete(root).WantRefused()
		t.Alice.Get(root).Want(http.StatusOK)
	}).Needing(suite.OwnStorage),
	suite.Must("SP-DEL-04", "the ACL of a storage cannot be deleted, and Allow does not offer it", func(t *suite.T) {
		acl := t.Alice.Head(t.Target.Root).WantLink("acl")
		t.Alice.Get(acl).Want(http.StatusOK).WantUnlisted("Allow", http.MethodDelete)
		t.Alice.Delete(acl).Want(http.StatusMethodNotAllowed).WantUnlisted("Allow", http.MethodDelete)
		t.Alice.Get(acl).Want(http.StatusOK)
	}).Needing(suite.WebAccessControl, suite.OwnStorage),
	suite.Must("SP-DEL-05", "DELETE of what is not there is 404", func(t *suite.T) {
		put(t, "there", suite.Turtle(note))
		for _, name := range []string{"none", "none/", "there/"} {
			t.Alice.Delete(t.URL(name)).Want(http.StatusNotFound, http.StatusGone)
		}
		t.Nobody.Delete(t.URL("none")).Want(http.StatusUnauthorized)
		t.Alice.Get(t.URL("there")).WantTriples(isNote)
	}),
	suite.Must("SP-DEL-06", "without its ACL a resource inherits again", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.SetACL(url, "acl:agentClass foaf:Agent; acl:accessTo <"+url+">; acl:mode acl:Read")
		t.Nobody.Get(url).Want(http.StatusOK)
		acl := t.Alice.Head(url).WantLink("acl")
		t.Alice.Delete(acl).WantSuccess()
		t.Nobody.Get(url).Want(http.StatusUnauthorized)
		t.Alice.Get(acl).Want(http.StatusNotFound)
		t.Alice.Get(url).WantTriples(isNote)
	}).Needing(suite.WebAccessControl),
}
