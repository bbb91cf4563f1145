package protocol

import (
	"encoding/json"
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// decided are about what the texts leave to servers and this one has decided.
var decided = []suite.Case{
	suite.Decision("SP-HTTP-11", "a refusal says by its type which rule it follows, and there is a page about it", func(t *suite.T) {
		refused := t.Nobody.Get(t.Container()).Want(http.StatusUnauthorized)
		var problem struct{ Type string }
		if err := json.Unmarshal([]byte(refused.Body), &problem); err != nil || !strings.Contains(problem.Type, "://") {
			refused.Failf("type is %q: %v", problem.Type, err)
		}
		t.Nobody.Get(problem.Type).Want(http.StatusOK)
	}),
	suite.Decision("SP-CN-11", "who wants data as much as a page gets data", func(t *suite.T) {
		t.Alice.Get(t.Container(), suite.Accept("text/html, text/turtle")).Want(http.StatusOK).WantMediaType("text/turtle")
	}),
	suite.Decision("SP-CON-11", "what else is preferred leaves no members out", func(t *suite.T) {
		t.Alice.Put(t.URL("doc"), suite.Turtle(note)).WantSuccess()
		t.Alice.Get(t.Container(), suite.Header("Prefer", `other=representation; include="`+rdf.LDP+`PreferMinimalContainer"`)).
			Want(http.StatusOK).WantTriples("<> ldp:contains <doc>.")
	}),
	suite.Decision("SP-STO-06", "no storage is said to be of whoever its description says", func(t *suite.T) {
		root := t.Bob.Head(t.Bob.Storage).WantSuccess()
		about, claim := root.WantLink("describedby"), "<"+t.Bob.Storage+"> solid:owner <https://mallory.example/#me>."
		t.Bob.Patch(about, suite.N3(suite.Prefixes+"_:p a solid:InsertDeletePatch; solid:inserts { "+claim+" }."))
		if owners := t.Bob.Head(t.Bob.Storage).Links(rdf.Solid + "owner"); len(owners) > 0 {
			t.Failf("the owner is said to be %q", owners)
		}
		t.Bob.Patch(about, suite.N3(suite.Prefixes+"_:p a solid:InsertDeletePatch; solid:deletes { "+claim+" }."))
	}).Needing(suite.SecondAgent, suite.OwnStorage),
	suite.Decision("SP-SEC-01", "nothing that somebody has put into a storage runs in a browser", func(t *suite.T) {
		page := t.URL("page.html")
		t.Alice.Put(page, suite.Body("text/html", "<script>alert(1)</script>")).WantSuccess()
		for _, target := range []string{page, t.Container()} {
			answer := t.Alice.Get(target, suite.Accept("text/html")).Want(http.StatusOK).WantValue("X-Content-Type-Options", "nosniff")
			if policy := answer.List("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-scripts") {
				answer.Failf("Content-Security-Policy is %q", policy)
			}
		}
	}),
}
