package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
)

// pointers are about the texts that the Solid Protocol builds on and that have
// areas of their own.
var pointers = []suite.Case{
	suite.Must("SP-LDN-01", "an inbox receives notifications and lists them", func(t *suite.T) {
		inbox := container(t, "inbox/")
		made := t.Bob.Post(inbox, suite.JSONLD(noteLD))
		made.Want(http.StatusForbidden)
		t.SetACL(inbox, "acl:agent <"+t.Bob.WebID+">; acl:accessTo <"+inbox+">; acl:mode acl:Append")
		location := t.Bob.Post(inbox, suite.JSONLD(noteLD)).Want(http.StatusCreated, http.StatusAccepted).WantLocation()
		t.Bob.Get(inbox).Want(http.StatusForbidden)
		t.Alice.Get(inbox, suite.Accept("application/ld+json")).WantMediaType("application/ld+json").WantTriples(contains(location))
		t.Alice.Get(location, suite.Accept("application/ld+json")).Want(http.StatusOK).WantMediaType("application/ld+json").WantTriples(isNote)
	}).Needing(suite.WebAccessControl, suite.SecondAgent),
	suite.Must("SP-AUTHZ-01", "access is controlled by WAC or ACP", func(t *suite.T) {
		answer := t.Alice.Head(t.Container())
		acl := answer.WantLink("acl")
		t.Nobody.Get(acl).WantRefused()
	}),
	suite.Must("SP-ID-01", "a WebID is looked up by everybody, as RDF", func(t *suite.T) {
		document, _, _ := strings.Cut(t.Alice.WebID, "#")
		for _, accept := range []string{"text/turtle", "application/ld+json"} {
			t.Nobody.Get(document, suite.Accept(accept)).Want(http.StatusOK).WantMediaType(accept).
				WantTriples("<" + t.Alice.WebID + "> solid:oidcIssuer <" + t.Target.Issuer + ">.")
		}
	}).Needing(suite.Accounts),
	suite.Decision("SP-ID-01", "an app cannot say who vouches for a WebID", func(t *suite.T) {
		document, _, _ := strings.Cut(t.Alice.WebID, "#")
		t.Alice.Patch(document, suite.N3(suite.InsertPatch("<"+t.Alice.WebID+"> solid:oidcIssuer <https://evil.example/>."))).Want(http.StatusConflict)
		t.Alice.Delete(document).Want(http.StatusConflict)
	}).Needing(suite.Accounts),
}
