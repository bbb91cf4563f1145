// Package protocol holds the cases about the Solid Protocol and what it builds
// on: HTTP, LDP and CORS.
//
// Spec: https://solidproject.org/TR/protocol
package protocol

import (
	"net/http"
	"slices"

	"domicile/conformance/suite"
)

// Area is all of them.
var Area = suite.Area{
	Name:  "protocol",
	Title: "Solid Protocol",
	Cases: slices.Concat(messages, refusals, urls, twins(), storages, containers, protected(), reading,
		negotiation, accepting(), validators, preconditions(), ranges(), putting, posting, slugs(),
		patching, invalidPatches(), patchConflicts(), patchModes(), sparql, deleting, auxiliaries, cors, pointers, codings, wire, slow, decided),
	Unseen: map[string]string{
		"SP-NOT-01": "its requirements are those of the area of notifications (NOT-…)",
	},
}

// note is a small document, as Turtle and as JSON-LD.
const (
	note   = suite.Prefixes + `<> a ex:Note; ex:title "first".`
	noteLD = `{"@context": {"ex": "https://conformance.example/ns#"}, "@id": "", "@type": "ex:Note", "ex:title": "first"}`
)

// isNote are the triples of note.
const isNote = `<> a ex:Note; ex:title "first".`

// put has Alice put something into the case's container and returns its URL.
func put(t *suite.T, name string, content suite.Part) string {
	url := t.URL(name)
	t.Alice.Put(url, content).WantSuccess()
	return url
}

// container has Alice make a container in the case's container and returns its
// URL.
func container(t *suite.T, name string) string {
	url := t.URL(name)
	t.Alice.Put(url, suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).WantSuccess()
	return url
}

// thing is one of each kind of resource.
type thing struct{ kind, url string }

func (th thing) isContainer() bool { return th.url[len(th.url)-1] == '/' }

// things are a document, a file, a container and the storage.
func things(t *suite.T) []thing {
	return []thing{
		{"document", put(t, "note.ttl", suite.Turtle(note))},
		{"file", put(t, "file.txt", suite.Text("some text"))},
		{"container", container(t, "container/")},
		{"storage", t.Target.Root},
	}
}

// reads are the methods that read.
var reads = []string{http.MethodGet, http.MethodHead, http.MethodOptions}

// wantAbsent wants nobody to have made something at a URL.
func wantAbsent(t *suite.T, url string) {
	t.Alice.Get(url).Want(http.StatusNotFound, http.StatusGone)
}

// contains is the triple that lists a member.
func contains(member string) string { return "<> ldp:contains <" + member + ">." }
