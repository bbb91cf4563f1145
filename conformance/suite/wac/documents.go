package wac

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// documents are about ACL resources themselves.
var documents = []suite.Case{
	suite.Must("WAC-DISC-01", "GET and HEAD link one ACL, also while it has no document", func(t *suite.T) {
		doc := document(t, "doc")
		acl := t.Alice.Get(doc).WantSuccess().WantLink("acl")
		if head := t.Alice.Head(doc); head.WantLink("acl") != acl {
			head.Failf("HEAD links another ACL than GET, %s", acl)
		}
		t.Alice.Get(acl).Want(http.StatusNotFound)
	}),
	suite.Must("WAC-DISC-02", "every container up to the root links its ACL", func(t *suite.T) {
		seen := map[string]bool{}
		for at := document(t, "a/b/doc"); ; {
			answer := t.Alice.Head(at).WantSuccess()
			acl := answer.WantLink("acl")
			if seen[acl] {
				answer.Failf("its ACL %s is that of a resource below it too", acl)
			}
			seen[acl] = true
			if at == t.Target.Root {
				return
			}
			at = at[:strings.LastIndexByte(strings.TrimSuffix(at, "/"), '/')+1]
		}
	}),
	suite.Decision("WAC-DISC-03 WAC-MODE-11", "a description has the ACL of what it describes, an ACL has none", func(t *suite.T) {
		head := t.Alice.Head(document(t, "doc"))
		acl := head.WantLink("acl")
		if description := t.Alice.Head(description(t, head)); len(description.Links("acl")) > 0 && description.WantLink("acl") != acl {
			description.Failf("it links another ACL than its subject's, %s", acl)
		}
		t.PutACL(acl, may(agent(t.Alice), "Read Write Control", head.URL))
		if own := t.Alice.Head(acl).WantSuccess(); len(own.Links("acl")) > 0 {
			own.Failf("an ACL has an ACL, %q", own.Links("acl"))
		}
	}),
	suite.Must("WAC-MODE-11", "a description takes what its subject would take", func(t *suite.T) {
		doc := document(t, "doc")
		about := description(t, t.Alice.Head(doc))
		t.Alice.Patch(about, suite.N3(strings.ReplaceAll(insert, "<#new>", "<"+doc+">"))).WantSuccess()
		t.Bob.Get(about).Want(http.StatusForbidden)
		t.Nobody.Get(about).Want(http.StatusUnauthorized)
		t.SetACL(doc, may(agent(t.Bob), "Read", doc))
		t.Bob.Get(about).WantSuccess()
		t.Bob.Patch(about, suite.N3(insert)).Want(http.StatusForbidden)
	}),
	suite.Decision("SP-AUX-02", "auxiliary resources have none of their own", func(t *suite.T) {
		doc := document(t, "doc")
		head := t.Alice.Head(doc)
		acl, about := head.WantLink("acl"), description(t, head)
		for _, auxiliary := range []string{acl, about} {
			for _, suffix := range []string{strings.TrimPrefix(acl, doc), strings.TrimPrefix(about, doc)} {
				t.Alice.Put(auxiliary+suffix, suite.Turtle("")).WantRefused()
				t.Alice.Get(auxiliary+suffix).Want(http.StatusNotFound, http.StatusBadRequest)
			}
		}
	}),
	suite.Must("WAC-REP-01", "an ACL can be read as Turtle", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(agent(t.Bob), "Read", doc))
		acl := t.Alice.Head(doc).WantLink("acl")
		for _, answer := range []*suite.Answer{t.Alice.Get(acl, suite.Accept("text/turtle")), t.Alice.Head(acl, suite.Accept("text/turtle"))} {
			answer.Want(http.StatusOK).WantMediaType("text/turtle")
		}
	}),
	suite.Must("WAC-REP-02", "the ACL of what inherits is 404, also when there was one", func(t *suite.T) {
		doc := document(t, "c/doc")
		container := t.URL("c/")
		t.SetACL(container, mayBelow(agent(t.Bob), "Read", container))
		acl := t.Alice.Head(doc).WantLink("acl")
		t.Alice.Get(acl).Want(http.StatusNotFound)
		t.SetACL(doc)
		t.Alice.Get(acl).Want(http.StatusOK)
		t.Alice.Delete(acl).WantSuccess()
		t.Alice.Get(acl).Want(http.StatusNotFound)
		t.Bob.Get(doc).Want(http.StatusOK)
	}),
	suite.Must("WAC-REP-03", "the root has an ACL document that gives somebody Control", func(t *suite.T) {
		answer := t.Alice.Get(t.Alice.Head(t.Target.Root).WantLink("acl")).Want(http.StatusOK)
		graph := answer.Graph()
		for control := range graph.Match(rdf.Term{}, aclMode, aclControl) {
			if graph.Has(rdf.Triple{S: control.S, P: aclAccessTo, O: rdf.IRI(t.Target.Root)}) {
				return
			}
		}
		answer.Failf("no authorization gives Control of the root")
	}),
	suite.Must("WAC-REP-04", "the root's ACL cannot be deleted", func(t *suite.T) {
		acl := t.Alice.Head(t.Target.Root).WantLink("acl")
		t.Alice.Delete(acl).Want(http.StatusMethodNotAllowed).WantUnlisted("Allow", "DELETE")
		t.Alice.Get(acl).Want(http.StatusOK).WantUnlisted("Allow", "DELETE")
	}).Needing(suite.OwnStorage),
	suite.Decision("WAC-REP-05 SP-HTTP-12", "a root ACL that leaves nobody Control is refused, and it is told which rule does", func(t *suite.T) {
		acl := t.Alice.Head(t.Target.Root).WantLink("acl")
		before := t.Alice.Get(acl).WantSuccess()
		refused := t.Alice.Put(acl, suite.Turtle("")).WantRefused()
		if len(refused.Links("http://www.w3.org/ns/ldp#constrainedBy")) == 0 {
			refused.Failf("no link with rel=ldp:constrainedBy")
		}
		t.Alice.Put(acl, suite.Turtle(suite.Prefixes+"[] a acl:Authorization; "+may("acl:origin <https://app.example>", "Control", t.Target.Root)+".")).WantRefused()
		t.Alice.Get(acl).WantBody(before.Body)
	}).Needing(suite.OwnStorage),
	suite.Must("WAC-REP-06", "an ACL is RDF that parses", func(t *suite.T) {
		doc := document(t, "doc")
		acl := t.Alice.Head(doc).WantLink("acl")
		for _, content := range []suite.Part{suite.Text("let Bob in"), suite.Turtle("let Bob in")} {
			if answer := t.Alice.Put(acl, content); answer.Status < 400 {
				answer.Failf("it is taken as an ACL")
			}
		}
		t.Alice.Get(acl).Want(http.StatusNotFound)
	}),
	suite.Must("WAC-REP-06 WAC-EFF-01", "an ACL without authorizations for somebody still stops what is inherited", func(t *suite.T) {
		doc := document(t, "c/doc")
		container := t.URL("c/")
		t.SetACL(container, mayBelow(agent(t.Bob), "Read", container))
		t.Bob.Get(doc).Want(http.StatusOK)
		t.SetACL(doc)
		t.Bob.Get(doc).Want(http.StatusForbidden)
	}),
	suite.Decision("WAC-REP-06 SP-STO-07", "an empty ACL leaves everything to the owner", func(t *suite.T) {
		doc := document(t, "c/doc")
		container := t.URL("c/")
		t.SetACL(container, mayBelow(everybody, "Read", container))
		acl := t.Alice.Head(doc).WantLink("acl")
		t.PutACL(acl)
		t.Nobody.Get(doc).Want(http.StatusUnauthorized)
		t.Bob.Get(doc).Want(http.StatusForbidden)
		t.Alice.Get(acl).Want(http.StatusOK)
		t.Alice.Delete(acl).WantSuccess()
		t.Nobody.Get(doc).Want(http.StatusOK)
		inner := document(t, "c/d/doc")
		t.Nobody.Get(inner).Want(http.StatusOK)
		t.PutACL(t.Alice.Head(t.URL("c/d/")).WantLink("acl"))
		t.Nobody.Get(inner).Want(http.StatusUnauthorized)
	}).Needing(suite.OwnStorage),
	suite.Must("WAC-REP-07 SP-DEL-02", "an ACL goes with its resource", func(t *suite.T) {
		doc := document(t, "c/doc")
		container := t.URL("c/")
		t.SetACL(doc, may(agent(t.Bob), "Read", doc))
		t.Bob.Get(doc).Want(http.StatusOK)
		t.Alice.Delete(doc).WantSuccess()
		document(t, "c/doc")
		t.Bob.Get(doc).Want(http.StatusForbidden)
		t.SetACL(container, mayBelow(agent(t.Bob), "Read", container))
		t.Bob.Get(doc).Want(http.StatusOK)
	}),
	// In Bob's storage, where no other case changes an ACL meanwhile.
	suite.Must("WAC-REP-07 WAC-EFF-05", "the ACL of a container goes with it", func(t *suite.T) {
		container := t.Bob.Storage + strings.TrimPrefix(t.Container(), t.Alice.Storage)
		t.Bob.Put(container, suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).WantSuccess()
		t.Bob.Put(t.Bob.Head(container).WantLink("acl"), suite.Turtle(suite.Prefixes+
			"[] a acl:Authorization; "+may(agent(t.Bob), "Read Write Control", container)+".\n"+
			"[] a acl:Authorization; "+mayBelow(agent(t.Alice), "Read", container)+".")).WantSuccess()
		t.Alice.Get(container + "none").Want(http.StatusNotFound)
		t.Bob.Delete(container).WantSuccess()
		t.Alice.Get(container + "none").Want(http.StatusForbidden)
	}).Needing(suite.OwnStorage),
	suite.Should("WAC-REP-08", "relative IRIs of an ACL are relative to its own URL", func(t *suite.T) {
		doc := document(t, "c/doc")
		for _, place := range []struct{ resource, authorization string }{
			{doc, agent(t.Bob) + "; acl:accessTo <./doc>; acl:mode acl:Read"},
			{t.URL("c/"), agent(t.Bob) + "; acl:accessTo <./>; acl:mode acl:Read"},
		} {
			t.SetACL(place.resource, place.authorization)
			t.Bob.Get(place.resource).Want(http.StatusOK)
		}
	}),
}

// description returns the URL of the description of what was answered.
func description(t *suite.T, of *suite.Answer) string {
	links := of.Links("describedby")
	if len(links) != 1 {
		t.NotApplicable("%d links with rel=describedby", len(links))
	}
	return links[0]
}
