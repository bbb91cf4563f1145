package wac

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

var (
	aclMode     = rdf.IRI(rdf.ACL + "mode")
	aclControl  = rdf.IRI(rdf.ACL + "Control")
	aclAccessTo = rdf.IRI(rdf.ACL + "accessTo")
)

// authorizations are about what makes an authorization, and whom it is for.
var authorizations = []suite.Case{
	// PutACL types what it writes, so this one writes for itself.
	suite.Must("WAC-CONF-01", "what is not typed acl:Authorization authorizes nobody", func(t *suite.T) {
		doc := document(t, "doc")
		t.Alice.Put(t.Alice.Head(doc).WantLink("acl"), suite.Turtle(suite.Prefixes+
			"[] a acl:Authorization; "+may(agent(t.Alice), "Read Write Control", doc)+".\n"+
			"[] "+may(agent(t.Bob), "Read", doc)+".\n"+
			"[] a <#Authorization>; "+may(agent(t.Bob), "Read", doc)+".")).WantSuccess()
		t.Bob.Get(doc).Want(http.StatusForbidden)
	}),
	suite.Must("WAC-CONF-01", "an authorization without mode, subject or object authorizes nobody", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc,
			agent(t.Bob)+"; acl:accessTo <"+doc+">",
			"acl:accessTo <"+doc+">; acl:mode acl:Read",
			agent(t.Bob)+"; acl:mode acl:Read")
		t.Bob.Get(doc).Want(http.StatusForbidden)
		t.Nobody.Get(doc).Want(http.StatusUnauthorized)
	}),
	suite.Decision("WAC-CONF-01", "an authorization that has ended (schema:validThrough) authorizes nobody", func(t *suite.T) {
		doc := document(t, "doc")
		for _, c := range []struct {
			until  string
			status int
		}{{"2999-01-01T00:00:00Z", http.StatusOK}, {"2001-01-01T00:00:00Z", http.StatusForbidden}} {
			t.SetACL(doc, may(agent(t.Bob), "Read", doc)+
				`; <http://schema.org/validThrough> "`+c.until+`"^^<http://www.w3.org/2001/XMLSchema#dateTime>`)
			t.Bob.Get(doc).Want(c.status)
		}
	}),
	suite.Must("WAC-CONF-02", "modes of several authorizations add up", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(agent(t.Bob), "Append", doc), may(signedIn, "Read", doc))
		t.Bob.Patch(doc, suite.N3(where)).WantSuccess()
		t.Bob.Patch(doc, suite.N3(replace)).Want(http.StatusForbidden)
	}),
	suite.Must("WAC-CONF-03", "Write includes Append", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(agent(t.Bob), "Write", doc))
		t.Bob.Patch(doc, suite.N3(insert)).WantSuccess()
	}),
	suite.Must("WAC-CONF-03", "Write does not include Control", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(agent(t.Bob), "Read Write Append", doc))
		acl := t.Alice.Head(doc).WantLink("acl")
		t.Bob.Get(acl).Want(http.StatusForbidden)
		t.Bob.Put(acl, suite.Turtle("")).Want(http.StatusForbidden)
	}),
	suite.Must("WAC-CONF-03 WAC-MODE-10", "Control includes neither Read nor Write", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(agent(t.Bob), "Control", doc))
		t.Bob.Get(doc).Want(http.StatusForbidden)
		t.Bob.Put(doc, suite.Turtle(thing)).Want(http.StatusForbidden)
		t.Bob.Patch(doc, suite.N3(insert)).Want(http.StatusForbidden)
		acl := t.Alice.Head(doc).WantLink("acl")
		t.Bob.Get(acl).Want(http.StatusOK)
		t.Bob.Patch(acl, suite.N3(insert)).WantSuccess()
	}),
	suite.Must("WAC-CONF-03", "modes that are not known grant nothing and spoil nothing", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, agent(t.Bob)+"; acl:accessTo <"+doc+">; acl:mode <https://example.org/Fancy>, acl:Access")
		t.Bob.Get(doc).Want(http.StatusForbidden)
		t.SetACL(doc, agent(t.Bob)+"; acl:accessTo <"+doc+">; acl:mode <https://example.org/Fancy>, acl:Read")
		t.Bob.Get(doc).Want(http.StatusOK)
	}),
	suite.Must("WAC-CONF-04", "acl:accessToClass is no object of an authorization", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, agent(t.Bob)+"; acl:accessToClass <#Thing>, <http://www.w3.org/ns/ldp#Resource>; acl:mode acl:Read")
		t.Bob.Get(doc).Want(http.StatusForbidden)
	}),
	suite.Must("WAC-SUBJ-01", "a WebID is compared as it stands, fragment included", func(t *suite.T) {
		doc := document(t, "doc")
		page, _, _ := strings.Cut(t.Bob.WebID, "#")
		t.SetACL(doc, may("acl:agent <"+page+">, <"+page+"#other>, <mailto:bob@conformance.example>", "Read", doc))
		if page != t.Bob.WebID {
			t.Bob.Get(doc).Want(http.StatusForbidden)
		}
		t.SetACL(doc, may(agent(t.Bob), "Read", doc))
		t.Bob.Get(doc).Want(http.StatusOK)
		t.Nobody.Get(doc).Want(http.StatusUnauthorized)
	}),
	suite.Must("WAC-SUBJ-02", "foaf:Agent is everybody", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(everybody, "Read", doc))
		t.Nobody.Get(doc).Want(http.StatusOK)
		t.Nobody.Head(doc).Want(http.StatusOK)
		t.Bob.Get(doc).Want(http.StatusOK)
		t.Bob.Put(doc, suite.Turtle(thing)).Want(http.StatusForbidden)
		t.Nobody.Put(doc, suite.Turtle(thing)).Want(http.StatusUnauthorized)
	}),
	suite.Must("WAC-SUBJ-02", "acl:AuthenticatedAgent is whoever is signed in", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(signedIn, "Read", doc))
		t.Bob.Get(doc).Want(http.StatusOK)
		t.Nobody.Get(doc).Want(http.StatusUnauthorized)
	}),
	suite.Must("WAC-ORIG-03", "an origin authorizes nobody by itself", func(t *suite.T) {
		doc := document(t, "doc")
		const app = "https://app.example"
		t.SetACL(doc, may("acl:origin <"+app+">", "Read", doc))
		t.Bob.Get(doc, suite.Origin(app)).Want(http.StatusForbidden)
		t.Nobody.Get(doc, suite.Origin(app)).Want(http.StatusUnauthorized)
	}),
	suite.Must("WAC-RESP-01", "a refusal is 401 with a challenge to nobody, 403 to somebody", func(t *suite.T) {
		doc := document(t, "doc")
		for _, ask := range []func(*suite.Agent) *suite.Answer{
			func(a *suite.Agent) *suite.Answer { return a.Get(doc) },
			func(a *suite.Agent) *suite.Answer { return a.Put(doc, suite.Turtle(thing)) },
			func(a *suite.Agent) *suite.Answer { return a.Patch(doc, suite.N3(insert)) },
			func(a *suite.Agent) *suite.Answer { return a.Delete(doc) },
			func(a *suite.Agent) *suite.Answer { return a.Post(t.Container(), suite.Turtle(thing)) },
		} {
			ask(t.Nobody).Want(http.StatusUnauthorized).WantHeader("WWW-Authenticate")
			ask(t.Bob).Want(http.StatusForbidden)
		}
		t.Alice.Get(doc).Want(http.StatusOK)
	}),
}
