package wac

import (
	"net/http"
	"slices"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// conditions are about acl:condition, which WAC 1.1 adds.
var conditions = []suite.Case{
	suite.May("WAC-COND-01", "a client condition asks for the client of the token", func(t *suite.T) {
		tries := []conditioned{
			{"acl:condition [a acl:ClientCondition; acl:client <https://other.example/app>]", false},
			{"acl:condition [a acl:ClientCondition; acl:clientClass foaf:Agent]", true},
		}
		if client, _ := t.Bob.Claims()["client_id"].(string); strings.Contains(client, "://") { // else no IRI names it
			tries = append(tries, conditioned{"acl:condition [a acl:ClientCondition; acl:client <" + client + ">]", true})
		}
		tryConditions(t, "ClientCondition", tries)
	}),
	suite.May("WAC-COND-01", "an issuer condition asks for the issuer of the token", func(t *suite.T) {
		tryConditions(t, "IssuerCondition", []conditioned{
			{"acl:condition [a acl:IssuerCondition; acl:issuer <" + t.Target.Issuer + ">]", true},
			{"acl:condition [a acl:IssuerCondition; acl:issuer <https://other.example/>]", false},
		})
	}),
	suite.May("WAC-COND-02", "of several conditions all have to hold", func(t *suite.T) {
		const wrong = "acl:condition [a acl:IssuerCondition; acl:issuer <https://other.example/>]"
		right := "acl:condition [a acl:IssuerCondition; acl:issuer <" + t.Target.Issuer + ">]"
		tryConditions(t, "IssuerCondition", []conditioned{{right + "; " + right, true}, {right + "; " + wrong, false}, {wrong + "; " + right, false}})
	}),
	suite.Decision("WAC-COND-01", "conditions on clients and issuers are known, and it is said", func(t *suite.T) {
		about := t.Alice.Head(t.Alice.Head(t.Target.Root).WantLink("acl"))
		for _, kind := range []string{"ClientCondition", "IssuerCondition"} {
			if !slices.Contains(about.Links(rdf.ACL+"condition"), rdf.ACL+kind) {
				about.Failf("there is no link with rel=acl:condition to acl:%s", kind)
			}
		}
	}),
	suite.Decision("WAC-COND-02 SP-HTTP-12", "an ACL with a condition that is not known is refused", func(t *suite.T) {
		doc := document(t, "doc")
		acl := t.Alice.Head(doc).WantLink("acl")
		refused := t.Alice.Put(acl, suite.Turtle(suite.Prefixes+"[] a acl:Authorization; "+may(agent(t.Alice), "Read Write Control", doc)+
			"; acl:condition [a <https://example.org/FullMoon>].")).Want(http.StatusUnprocessableEntity)
		if len(refused.Links(rdf.LDP+"constrainedBy")) == 0 {
			refused.Failf("no link with rel=ldp:constrainedBy")
		}
		t.Alice.Get(acl).Want(http.StatusNotFound)
	}),
}

// conditioned is a condition in Turtle and whether it lets Bob in.
type conditioned struct {
	condition string
	holds     bool
}

func tryConditions(t *suite.T, kind string, tries []conditioned) {
	doc := document(t, "doc")
	t.SetACL(doc)
	acl := t.Alice.Head(doc).WantLink("acl")
	if !slices.Contains(t.Alice.Head(acl).Links(rdf.ACL+"condition"), rdf.ACL+kind) {
		t.NotApplicable("the ACL does not link acl:%s with rel=acl:condition", kind)
	}
	for _, try := range tries {
		t.SetACL(doc, may(agent(t.Bob), "Read", doc)+"; "+try.condition)
		want := http.StatusForbidden
		if try.holds {
			want = http.StatusOK
		}
		t.Bob.Get(doc).Want(want)
	}
}
