package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// reading are about the methods that read and the header fields of their
// answers.
var reading = []suite.Case{
	suite.Must("SP-GET-01", "GET, HEAD and OPTIONS are there for every resource and everybody", func(t *suite.T) {
		for _, thing := range append(things(t), thing{"nothing", t.URL("none")}) {
			for _, agent := range []*suite.Agent{t.Alice, t.Nobody} {
				for _, method := range reads {
					if answer := agent.Do(method, thing.url); answer.Status == http.StatusMethodNotAllowed || answer.Status >= 500 {
						answer.Failf("%s of a %s is %d", method, thing.kind, answer.Status)
					}
				}
			}
		}
	}),
	suite.Must("SP-GET-02", "Allow says what a resource supports", func(t *suite.T) {
		for _, thing := range things(t) {
			for _, method := range reads {
				answer := t.Alice.Do(method, thing.url).WantSuccess().WantListed("Allow", reads...).WantListed("Allow", http.MethodPut)
				if thing.isContainer() {
					answer.WantListed("Allow", http.MethodPost)
				} else {
					answer.WantUnlisted("Allow", http.MethodPost)
				}
				if thing.url != t.Target.Root {
					answer.WantListed("Allow", http.MethodDelete)
				}
			}
		}
	}),
	suite.Must("SP-GET-03", "Accept-Patch, Accept-Post and Accept-Put follow Allow", func(t *suite.T) {
		for _, thing := range things(t) {
			for _, method := range reads {
				answer := t.Alice.Do(method, thing.url).WantSuccess()
				for _, write := range []string{"Patch", "Post", "Put"} {
					if answer.Lists("Allow", strings.ToUpper(write)) {
						answer.WantHeader("Accept-" + write)
					}
				}
			}
		}
	}),
	suite.Must("SP-GET-03 SP-N3-01", "Accept-Patch of RDF names N3", func(t *suite.T) {
		for _, url := range []string{put(t, "note.ttl", suite.Turtle(note)), t.Container()} {
			for _, method := range reads {
				t.Alice.Do(method, url).WantSuccess().WantListed("Accept-Patch", "text/n3")
			}
		}
	}),
	suite.Must("SP-GET-04", "OPTIONS succeeds without content", func(t *suite.T) {
		for _, thing := range things(t) {
			t.Alice.Options(thing.url).Want(http.StatusNoContent, http.StatusOK).WantBody("")
		}
	}),
	suite.Must("SP-GET-04 SP-SEC-01", "OPTIONS tells strangers nothing about what is there", func(t *suite.T) {
		there := t.Nobody.Options(put(t, "there.ttl", suite.Turtle(note)))
		missing := t.Nobody.Options(t.URL("missing.ttl"))
		if there.Status != missing.Status {
			there.Failf("for what is not there it is %d", missing.Status)
		}
		for _, name := range []string{"ETag", "Last-Modified", "Content-Length", "Allow", "Accept-Patch"} {
			if there.List(name) != missing.List(name) {
				there.Failf("%s is %q, for what is not there %q", name, there.List(name), missing.List(name))
			}
		}
	}),
	suite.Must("SP-GET-05 SP-CON-01", "Link rel=type names the LDP types", func(t *suite.T) {
		for _, thing := range things(t) {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				answer := t.Alice.Do(method, thing.url).WantSuccess().WantTyped(rdf.LDP + "Resource")
				if thing.isContainer() {
					answer.WantTyped(suite.BasicContainer)
				}
			}
		}
	}),
	suite.Must("SP-GET-06 SP-AUX-01 SP-AUTHZ-01", "GET and HEAD link one ACL, another for each resource", func(t *suite.T) {
		seen := map[string]string{}
		for _, thing := range things(t) {
			acl := t.Alice.Get(thing.url).WantSuccess().WantLink("acl")
			if head := t.Alice.Head(thing.url); head.WantLink("acl") != acl {
				head.Failf("GET links another one, %s", acl)
			}
			if of, ok := seen[acl]; ok {
				t.Failf("%s is the ACL of a %s and of a %s", acl, of, thing.kind)
			}
			seen[acl] = thing.kind
		}
	}).Needing(suite.WebAccessControl),
	suite.Must("SP-GET-07 SP-AUX-01", "GET and HEAD link one description at most", func(t *suite.T) {
		for _, thing := range things(t) {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				if answer := t.Alice.Do(method, thing.url).WantSuccess(); len(answer.Links("describedby")) > 1 {
					answer.Failf("the descriptions are %q", answer.Links("describedby"))
				}
			}
		}
	}),
	suite.Must("SP-GET-08", "WAC-Allow on GET and HEAD", func(t *suite.T) {
		for _, thing := range things(t) {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				answer := t.Alice.Do(method, thing.url).WantSuccess()
				if allow := answer.WantHeader("WAC-Allow"); !strings.Contains(allow, `user="`) || !strings.Contains(allow, "read") {
					answer.Failf("WAC-Allow is %q", allow)
				}
			}
		}
	}).Needing(suite.WebAccessControl),
	suite.Should("SP-GET-09 SP-POST-04", "links of requests are read in every form that RFC 8288 allows", func(t *suite.T) {
		for _, link := range []string{
			`<` + suite.BasicContainer + `>; rel="type"`,
			`<` + suite.BasicContainer + `>;rel=type`,
			`<` + suite.BasicContainer + `> ; REL = "Type"`,
			`<` + suite.BasicContainer + `>; title="a, <b>; rel=x"; rel="describes type"`,
			`<` + rdf.LDP + `Resource>; rel="type", <` + suite.BasicContainer + `>; rel="type"`,
		} {
			made := t.Alice.Post(t.Container(), suite.Turtle(""), suite.Header("Link", link)).Want(http.StatusCreated)
			if location := made.WantLocation(); !strings.HasSuffix(location, "/") {
				made.Failf("it made %s, want a container", location)
			}
		}
	}),
	suite.Must("SP-GET-10", "what is missing is 404 for who may read there, else as if it were there", func(t *suite.T) {
		for _, missing := range []string{t.URL("none"), t.URL("none/"), t.URL("no/ne")} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				t.Alice.Do(method, missing).Want(http.StatusNotFound)
				t.Nobody.Do(method, missing).Want(http.StatusUnauthorized)
			}
		}
	}),
	suite.Must("SP-GET-10", "what is missing is 403 for who may not read there", func(t *suite.T) {
		t.Bob.Get(t.URL("none")).Want(http.StatusForbidden)
	}).Needing(suite.SecondAgent),
}
