package protocol

import (
	"net/http"

	"domicile/conformance/suite"
)

// httpBase is part A of the requirements: HTTP itself.
var httpBase = []suite.Case{
	suite.Must("SP-HTTP-03 OIDC-CHL-01", "who is not signed in gets 401 and a challenge from every method", func(t *suite.T) {
		note := t.URL("note.ttl")
		t.Alice.Put(note, suite.Turtle("<> a <#Note>.")).WantSuccess()
		for _, answer := range []*suite.Answer{
			t.Nobody.Get(note), t.Nobody.Head(note), t.Nobody.Delete(note),
			t.Nobody.Put(note, suite.Turtle("")), t.Nobody.Post(t.Container(), suite.Text("x")),
			t.Nobody.Patch(note, suite.N3(suite.InsertPatch("<> a ex:Note."))),
		} {
			answer.Want(http.StatusUnauthorized).WantHeader("WWW-Authenticate")
		}
	}),
	suite.Must("SP-HTTP-04", "who is signed in and not allowed gets 403", func(t *suite.T) {
		note := t.URL("note.ttl")
		t.Alice.Put(note, suite.Turtle("")).WantSuccess()
		t.Bob.Get(note).Want(http.StatusForbidden)
		t.Bob.Put(note, suite.Turtle("")).Want(http.StatusForbidden)
	}).Needing(suite.SecondAgent),
}
