package wac

import (
	"net/http"
	"sync/atomic"
	"time"

	"domicile/conformance/suite"
)

// groups are about acl:agentGroup.
var groups = []suite.Case{
	suite.Must("WAC-SUBJ-03", "members of a group are those that its document names, of this group and no other", func(t *suite.T) {
		doc, group := document(t, "doc"), publicGroups(t, "groups", t.Bob.WebID, "https://elsewhere.example/#me")
		t.SetACL(doc, may("acl:agentGroup <"+group+"#other>", "Read", doc))
		t.Bob.Get(doc).Want(http.StatusForbidden)
		t.SetACL(doc, may("acl:agentGroup <"+group+"#group>", "Read", doc))
		t.Bob.Get(doc).Want(http.StatusOK)
		t.Nobody.Get(doc).Want(http.StatusUnauthorized)
		t.Bob.Put(doc, suite.Turtle(thing)).Want(http.StatusForbidden)
	}),
	suite.Must("WAC-SUBJ-03 WAC-EFF-05", "who is taken out of a group is out at once", func(t *suite.T) {
		doc, group := document(t, "doc"), publicGroups(t, "groups", t.Bob.WebID, t.Alice.WebID)
		t.SetACL(doc, may("acl:agentGroup <"+group+"#group>", "Read", doc))
		t.Bob.Get(doc).Want(http.StatusOK)
		t.Alice.Put(group, suite.Turtle("<#group> a <http://www.w3.org/2006/vcard/ns#Group>.")).WantSuccess()
		t.Bob.Get(doc).Want(http.StatusForbidden)
	}),
	suite.Decision("WAC-SUBJ-04", "a group here counts whoever may read its document", func(t *suite.T) {
		doc, group := document(t, "doc"), t.URL("private")
		t.Alice.Put(group, suite.Turtle(groupDocument(t.Bob.WebID, t.Alice.WebID))).WantSuccess()
		t.SetACL(doc, may("acl:agentGroup <"+group+"#group>", "Read", doc))
		t.Bob.Get(group).Want(http.StatusForbidden)
		t.Bob.Get(doc).Want(http.StatusOK)
	}),
	suite.Should("WAC-SUBJ-04", "a group that cannot be had has no members, and that is no error", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may("acl:agentGroup <http://localhost:1/groups#group>, <"+t.URL("none")+"#group>", "Read", doc))
		t.Bob.Get(doc).Want(http.StatusForbidden)
		t.Alice.Get(doc).Want(http.StatusOK)
	}),
	suite.May("WAC-SUBJ-04", "a group elsewhere is fetched", func(t *suite.T) {
		doc := document(t, "doc")
		var asked atomic.Bool
		elsewhere := t.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Store(true)
			w.Header().Set("Content-Type", "text/turtle")
			_, _ = w.Write([]byte(groupDocument(t.Bob.WebID, t.Alice.WebID)))
		}))
		t.SetACL(doc, may("acl:agentGroup <"+elsewhere+"groups#group>", "Read", doc))
		answer := t.Bob.Get(doc)
		if !asked.Load() {
			t.NotApplicable("the server does not fetch from %s", elsewhere)
		}
		answer.Want(http.StatusOK)
		t.SetACL(doc, may("acl:agentGroup <"+elsewhere+"groups#other>", "Read", doc))
		t.Bob.Get(doc).Want(http.StatusForbidden)
	}),
	suite.Decision("WAC-SUBJ-04", "who is taken out of a group elsewhere is out when the group's document says it is old", func(t *suite.T) {
		doc := document(t, "doc")
		var asked, left atomic.Bool
		elsewhere := t.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Store(true)
			w.Header().Set("Content-Type", "text/turtle")
			w.Header().Set("Cache-Control", "max-age=5")
			member := t.Bob.WebID
			if left.Load() {
				member = "https://elsewhere.example/#me"
			}
			_, _ = w.Write([]byte(groupDocument(member, t.Alice.WebID)))
		}))
		t.SetACL(doc, may("acl:agentGroup <"+elsewhere+"groups#group>", "Read", doc))
		answer := t.Bob.Get(doc)
		if !asked.Load() {
			t.NotApplicable("the server does not fetch from %s", elsewhere)
		}
		answer.Want(http.StatusOK)
		left.Store(true)
		time.Sleep(6 * time.Second)
		t.Bob.Get(doc).Want(http.StatusForbidden)
	}),
	suite.Decision("WAC-SUBJ-05", "no group is asked for what is known without", func(t *suite.T) {
		doc := document(t, "doc")
		var asked atomic.Bool
		elsewhere := t.Serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
		t.SetACL(doc, may(agent(t.Bob), "Read", doc), may("acl:agentGroup <"+elsewhere+"groups#group>", "Read", doc))
		if answer := t.Bob.Get(doc).Want(http.StatusOK); asked.Load() {
			answer.Failf("the group was asked for")
		}
	}),
	suite.Must("WAC-ALLOW-03", "WAC-Allow says what comes by a group", func(t *suite.T) {
		doc, group := document(t, "doc"), publicGroups(t, "groups", t.Bob.WebID, t.Alice.WebID)
		t.SetACL(doc, may("acl:agentGroup <"+group+"#group>", "Read Append", doc))
		wantAllow(t.Bob.Get(doc).Want(http.StatusOK), "read append", "")
	}),
}

// publicGroups puts a document of two groups, each with a member, where
// everybody may read it.
func publicGroups(t *suite.T, name, member, other string) string {
	url := t.URL(name)
	t.Alice.Put(url, suite.Turtle(groupDocument(member, other))).WantSuccess()
	t.SetACL(url, may(everybody, "Read", url))
	return url
}

func groupDocument(member, other string) string {
	return "@prefix vcard: <http://www.w3.org/2006/vcard/ns#>.\n" +
		"<#group> a vcard:Group; vcard:hasMember <" + member + ">.\n" +
		"<#other> a vcard:Group; vcard:hasMember <" + other + ">.\n"
}
