package ecosystem

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

const note = `{"@context": "https://www.w3.org/ns/activitystreams", "type": "Note", "content": "hello"}`

const relInbox = rdf.LDP + "inbox"

// inboxes are about Linked Data Notifications.
var inboxes = []suite.Case{
	suite.Must("ECO-LDN-02", "an inbox takes JSON-LD, lists it and gives it back", func(t *suite.T) {
		inbox := t.URL("inbox/")
		t.Alice.Put(inbox, suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).WantSuccess()
		for _, mediaType := range []string{"application/ld+json", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`} {
			message := t.Alice.Post(inbox, suite.Body(mediaType, `{"@id": "", "https://example.org/says": "hello"}`)).Want(http.StatusCreated).WantLocation()
			t.Alice.Get(message, suite.Accept("application/ld+json")).Want(http.StatusOK).WantMediaType("application/ld+json")
			t.Alice.Get(inbox, suite.Accept("application/ld+json")).Want(http.StatusOK).WantTriples("<> ldp:contains <" + message + ">.")
		}
		t.Alice.Options(inbox).WantSuccess().WantHeader("Accept-Post")
	}),
	suite.Should("ECO-LDN-02", "an inbox says that it takes JSON-LD", func(t *suite.T) {
		inbox := t.URL("inbox/")
		t.Alice.Put(inbox, suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).WantSuccess()
		if answer := t.Alice.Options(inbox); !answer.Lists("Accept-Post", "application/ld+json") && !answer.Lists("Accept-Post", "*/*") {
			answer.Failf("Accept-Post is %q", answer.List("Accept-Post"))
		}
	}),
	suite.Decision("ECO-LDN-01", "the inbox that a description names is linked", func(t *suite.T) {
		photo := t.URL("photo")
		t.Alice.Put(photo, suite.Body("image/png", "not really")).WantSuccess()
		t.Alice.Patch(t.Alice.Head(photo).WantLink("describedby"), insert("<"+photo+"> ldp:inbox <"+t.URL("photos/")+">.")).WantSuccess()
		if head := t.Alice.Head(photo); head.WantLink(relInbox) != t.URL("photos/") {
			head.Failf("the link is to %s", head.WantLink(relInbox))
		}
	}),
	suite.Decision("ECO-LDN-01", "a profile links the inbox of its person", func(t *suite.T) {
		inbox := pointed(t, relInbox)
		if head := t.Nobody.Head(page(t.Alice.WebID)).WantSuccess(); head.WantLink(relInbox) != inbox {
			head.Failf("the link is not to %s", inbox)
		}
	}).Needing(suite.Accounts),
	suite.Must("SP-SEC-01", "what an inbox is called spoils no header", func(t *suite.T) {
		photo := t.URL("photo")
		t.Alice.Put(photo, suite.Body("image/png", "not really")).WantSuccess()
		t.Alice.Patch(t.Alice.Head(photo).WantLink("describedby"), insert("<"+photo+"> ldp:inbox <https://example.org/ünbox/>.")) // refused or not
		answer := t.Alice.Head(photo)
		for _, value := range answer.Header.Values("Link") {
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
				answer.Failf("the Link %q has other characters than ASCII's", value)
			}
		}
	}),
	suite.Decision("ECO-LDN-03", "who is signed in may append to the inbox of a new pod, and no more", func(t *suite.T) {
		inbox := pointed(t, relInbox)
		t.Nobody.Post(inbox, suite.JSONLD(note)).Want(http.StatusUnauthorized)
		message := t.Bob.Post(inbox, suite.JSONLD(note)).Want(http.StatusCreated).WantLocation()
		t.Bob.Get(inbox).Want(http.StatusForbidden)
		t.Bob.Get(message).Want(http.StatusForbidden)
		t.Bob.Put(message, suite.JSONLD(note)).Want(http.StatusForbidden)
		t.Alice.Get(message, suite.Accept("application/ld+json")).Want(http.StatusOK)
		t.Alice.Delete(message).WantSuccess()
	}).Needing(suite.Accounts, suite.SecondAgent),
}
