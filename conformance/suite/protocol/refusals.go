package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// constrainedBy is the relation by which a refusal names its reason.
const constrainedBy = rdf.LDP + "constrainedBy"

// refusals are about requests that cannot be fulfilled.
var refusals = []suite.Case{
	suite.Must("SP-HTTP-03 OIDC-CHL-01", "who is not signed in gets 401 and a challenge from every method", func(t *suite.T) {
		note := put(t, "note.ttl", suite.Turtle(note))
		for _, answer := range []*suite.Answer{
			t.Nobody.Get(note), t.Nobody.Head(note), t.Nobody.Delete(note),
			t.Nobody.Put(note, suite.Turtle("")), t.Nobody.Post(t.Container(), suite.Text("x")),
			t.Nobody.Patch(note, suite.N3(suite.InsertPatch("<> a ex:Note."))),
		} {
			answer.Want(http.StatusUnauthorized).WantHeader("WWW-Authenticate")
		}
		t.Alice.Get(note).WantTriples(isNote)
	}),
	suite.Must("SP-HTTP-04", "who is signed in and not allowed gets 403", func(t *suite.T) {
		note := put(t, "note.ttl", suite.Turtle(note))
		for _, answer := range []*suite.Answer{
			t.Bob.Get(note), t.Bob.Head(note), t.Bob.Delete(note),
			t.Bob.Put(note, suite.Turtle("")), t.Bob.Post(t.Container(), suite.Text("x")),
			t.Bob.Patch(note, suite.N3(suite.InsertPatch("<> a ex:Note."))),
		} {
			answer.Want(http.StatusForbidden)
		}
		t.Alice.Get(note).WantTriples(isNote)
	}).Needing(suite.SecondAgent),
	suite.Must("SP-HTTP-09", "POST to a document is 405, and Allow says what is possible", func(t *suite.T) {
		for _, url := range []string{put(t, "note.ttl", suite.Turtle(note)), put(t, "file.txt", suite.Text("x"))} {
			t.Alice.Post(url, suite.Turtle("")).Want(http.StatusMethodNotAllowed).
				WantListed("Allow", "GET", "HEAD", "OPTIONS", "PUT").WantUnlisted("Allow", "POST")
		}
	}),
	suite.Should("SP-HTTP-09", "a method that nobody knows is 405 or 501", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Do("FROBNICATE", url).Want(http.StatusMethodNotAllowed, http.StatusNotImplemented)
	}),
	suite.Must("SP-HTTP-09", "TRACE is refused", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Do(http.MethodTrace, url).Want(http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusBadRequest)
	}),
	suite.Should("SP-HTTP-10 SP-URI-06", "a URL with a broken escape is 400", func(t *suite.T) {
		for _, name := range []string{"a%zz", "a%", "a%f"} {
			t.Nobody.Get(t.URL(name)).Want(http.StatusBadRequest)
			t.Nobody.Put(t.URL(name), suite.Text("x")).Want(http.StatusBadRequest)
		}
	}),
	suite.Must("SP-HTTP-10", "a URL that is too long is refused, not cut", func(t *suite.T) {
		t.Alice.Put(t.URL(strings.Repeat("long", 5_000)), suite.Text("x")).WantRefused()
		if members := members(t.Alice.Get(t.Container())); len(members) > 0 {
			t.Failf("the container has %q", members)
		}
	}),
	suite.Decision("SP-HTTP-10", "a URL that is too long is 414", func(t *suite.T) {
		t.Alice.Get(t.URL(strings.Repeat("long", 2_000))).Want(http.StatusRequestURITooLong)
	}),
	suite.Decision("SP-HTTP-11", "refusals are problem details, or a page for who prefers one", func(t *suite.T) {
		missing := t.URL("none")
		for _, accept := range []string{"*/*", "text/turtle", "application/json"} {
			t.Alice.Get(missing, suite.Accept(accept)).Want(http.StatusNotFound).WantMediaType("application/problem+json")
		}
		t.Alice.Get(missing, suite.Accept("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")).Want(http.StatusNotFound).WantMediaType("text/html")
	}),
	suite.Should("SP-HTTP-11 SP-SEC-01", "refusals do not repeat what was sent, nor where it broke inside", func(t *suite.T) {
		const secret = "correct-horse-battery-staple"
		for _, answer := range []*suite.Answer{
			t.Nobody.Put(t.URL("x.ttl"), suite.Turtle("<> <#is> \""+secret+"\".")),
			t.Alice.Put(t.Container(), suite.Turtle("<> <http://www.w3.org/ns/ldp#contains> <#"+secret+">.")),
		} {
			answer.WantRefused()
			for _, leak := range []string{secret, ".js:", ".go:", "goroutine ", "Traceback", "\tat "} {
				if strings.Contains(answer.Body, leak) {
					answer.Failf("the content has %q", leak)
				}
			}
		}
	}),
	suite.Should("SP-HTTP-12", "what a constraint refuses links the constraint", func(t *suite.T) {
		put(t, "c/note.ttl", suite.Turtle(note))
		for _, answer := range []*suite.Answer{
			t.Alice.Delete(t.URL("c/")), t.Alice.Put(t.URL("c/"), suite.Turtle(suite.Prefixes+contains("bogus"))),
		} {
			if answer.WantRefused(); len(answer.Links(constrainedBy)) == 0 {
				answer.Failf("no link with rel=%s", constrainedBy)
			}
		}
	}),
	suite.Must("SP-HTTP-14 SP-DEL-01", "what was deleted is 404 or 410", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Delete(url).WantSuccess()
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			t.Alice.Do(method, url).Want(http.StatusNotFound, http.StatusGone)
		}
	}),
	suite.Should("SP-HTTP-16", "the cookies of who is signed in open nothing", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.NewBrowser(t.Alice).SignIn().Open(url).Want(http.StatusUnauthorized)
	}).Needing(suite.Accounts),
	suite.Should("SP-SEC-01", "who may not read cannot tell what exists", func(t *suite.T) {
		there, missing := put(t, "there", suite.Turtle(note)), t.URL("none")
		for _, agent := range []*suite.Agent{t.Nobody, t.Bob} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
				a, b := agent.Do(method, there), agent.Do(method, missing)
				if same := strings.ReplaceAll(b.Body, missing, there); a.Status != b.Status || len(a.Body) != len(same) {
					b.Failf("the answer is not that for what exists, %d", a.Status)
				}
			}
		}
	}).Needing(suite.SecondAgent),
}
