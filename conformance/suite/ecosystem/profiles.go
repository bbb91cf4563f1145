package ecosystem

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"

	"domicile/clients/solid"
	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

func page(webID string) string {
	document, _, _ := strings.Cut(webID, "#")
	return document
}

// pointed returns what the profile points to, which the server at hand may not
// do.
func pointed(t *suite.T, property string) string {
	profile := t.Alice.Get(page(t.Alice.WebID)).WantSuccess()
	object := profile.Graph().Object(rdf.IRI(t.Alice.WebID), rdf.IRI(property))
	if !object.IsIRI() {
		t.NotApplicable("the profile has no %s", property)
	}
	return object.Value()
}

func insert(triples string) suite.Part {
	return suite.N3(suite.Prefixes + "_:p a solid:InsertDeletePatch; solid:inserts { " + triples + " }.")
}

var profiles = []suite.Case{
	suite.Must("ECO-WID-01 ECO-WID-02", "the document of a WebID is public RDF, in Turtle and JSON-LD, for scripts of every origin", func(t *suite.T) {
		for _, mediaType := range []string{"text/turtle", "application/ld+json"} {
			answer := t.Nobody.Get(page(t.Alice.WebID), suite.Accept(mediaType), suite.Origin("https://app.example")).Want(http.StatusOK).WantMediaType(mediaType)
			answer.Graph()
			if allowed := answer.List("Access-Control-Allow-Origin"); allowed != "*" && allowed != "https://app.example" {
				answer.Failf("Access-Control-Allow-Origin is %q", allowed)
			}
		}
	}),
	suite.Must("ECO-WID-03", "a profile names the issuer that vouches for it", func(t *suite.T) {
		t.Nobody.Get(page(t.Alice.WebID)).WantTriples("<" + t.Alice.WebID + "> solid:oidcIssuer <" + t.Target.Issuer + ">.")
	}).Needing(suite.Accounts),
	suite.Should("ECO-WID-03", "a profile names its storages", func(t *suite.T) {
		t.Nobody.Get(page(t.Alice.WebID)).WantTriples("<" + t.Alice.WebID + "> pim:storage <" + t.Alice.Storage + ">.")
	}).Needing(suite.Accounts),
	suite.Decision("ECO-WID-04", "a new profile is a person's and points to inbox, preferences and type indexes", func(t *suite.T) {
		answer := t.Nobody.Get(page(t.Alice.WebID))
		answer.WantTriples("<> a foaf:PersonalProfileDocument; foaf:primaryTopic <" + t.Alice.WebID + ">. <" + t.Alice.WebID + "> a foaf:Person.")
		for _, property := range []string{rdf.LDP + "inbox", rdf.PIM + "preferencesFile", rdf.Solid + "publicTypeIndex"} {
			pointed(t, property)
		}
	}).Needing(suite.Accounts),
	suite.Should("ECO-WID-05 ECO-WID-06", "apps of the owner extend a profile", func(t *suite.T) {
		profile := page(t.Alice.WebID)
		triple := "<" + t.Alice.WebID + "> <http://www.w3.org/2000/01/rdf-schema#seeAlso> <" + t.URL("more") + ">."
		t.Alice.Patch(profile, insert(triple)).WantSuccess()
		t.Nobody.Get(profile).WantTriples(triple)
		t.Alice.Patch(profile, suite.N3(suite.Prefixes+"_:p a solid:InsertDeletePatch; solid:deletes { "+triple+" }.")).WantSuccess()
	}).Needing(suite.OwnStorage),
	suite.Decision("ECO-WID-06", "no app changes who vouches for a profile, nor hides it", func(t *suite.T) {
		profile := page(t.Alice.WebID)
		t.Alice.Patch(profile, insert("<"+t.Alice.WebID+"> solid:oidcIssuer <https://issuer.example/>.")).Want(http.StatusConflict)
		t.Alice.Patch(profile, insert("<"+t.Alice.WebID+"> pim:storage <https://storage.example/>.")).Want(http.StatusConflict)
		t.Alice.Put(profile, suite.Turtle("<> a <#Empty>.")).Want(http.StatusConflict)
		t.Alice.Delete(profile).Want(http.StatusConflict)
		t.Nobody.Get(profile).WantTriples("<" + t.Alice.WebID + "> solid:oidcIssuer <" + t.Target.Issuer + ">.").
			WantNoTriples("<" + t.Alice.WebID + "> solid:oidcIssuer <https://issuer.example/>.")
	}).Needing(suite.OwnStorage),
	suite.May("ECO-WID-07", "a link to the issuer says what the document says", func(t *suite.T) {
		answer := t.Nobody.Get(page(t.Alice.WebID))
		at := strings.Index(answer.List("Link"), "oidcIssuer")
		if at < 0 {
			t.NotApplicable("there is no link with rel=solid:oidcIssuer")
		}
		if !strings.Contains(answer.List("Link"), "<"+t.Target.Issuer+">") {
			answer.Failf("Link is %q", answer.List("Link"))
		}
	}),
}

var hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// pods are about what is in a new pod, and how it is made.
var pods = []suite.Case{
	suite.Decision("ECO-PREF-01 ECO-TI-01 ECO-POD-03", "preferences and the private type index are the owner's, the public one is everybody's", func(t *suite.T) {
		preferences, public := pointed(t, rdf.PIM+"preferencesFile"), pointed(t, rdf.Solid+"publicTypeIndex")
		t.Nobody.Get(preferences).Want(http.StatusUnauthorized)
		private := t.Alice.Get(preferences).WantTriples("<> a pim:ConfigurationFile.").Graph().
			Object(rdf.IRI(t.Alice.WebID), rdf.IRI(rdf.Solid+"privateTypeIndex"))
		t.Nobody.Get(private.Value()).Want(http.StatusUnauthorized)
		t.Alice.Get(private.Value()).WantTriples("<> a solid:TypeIndex, solid:UnlistedDocument.")
		t.Nobody.Get(public).WantTriples("<> a solid:TypeIndex, solid:ListedDocument.")
	}).Needing(suite.Accounts),
	suite.Should("ECO-TI-02", "apps register types by patch", func(t *suite.T) {
		index := pointed(t, rdf.Solid+"publicTypeIndex")
		triples := "<#conformance> a solid:TypeRegistration; solid:forClass <" + t.URL("Thing") + ">; solid:instanceContainer <" + t.Container() + ">."
		t.Alice.Patch(index, insert(triples)).WantSuccess()
		t.Alice.Get(index).WantTriples(triples)
	}).Needing(suite.OwnStorage),
	suite.Should("ECO-POD-01", "a new pod is there when it was made: root, profile and their owner's rights", func(t *suite.T) {
		t.Alice.Head(t.Alice.Storage).Want(http.StatusOK).WantTyped(rdf.PIM + "Storage")
		t.Alice.Get(page(t.Alice.WebID)).Want(http.StatusOK)
		t.Alice.Get(t.Alice.Head(t.Alice.Storage).WantLink("acl")).Want(http.StatusOK)
	}).Needing(suite.Accounts, suite.WebAccessControl),
	suite.Decision("ECO-POD-02", "a new pod is its owner's alone, and says to everybody that it is a storage", func(t *suite.T) {
		t.Nobody.Get(t.Bob.Storage).Want(http.StatusUnauthorized).WantTyped(rdf.PIM + "Storage").WantLink(rdf.Solid + "storageDescription")
		t.Alice.Get(t.Bob.Storage).Want(http.StatusForbidden)
	}).Needing(suite.Accounts, suite.SecondAgent),
	suite.Must("ECO-POD-04", "no pod is made where there is one, nor under a name that is none", func(t *suite.T) {
		taken := strings.TrimPrefix(strings.TrimSuffix(t.Bob.Storage, "/"), t.Target.URL)
		if strings.ContainsAny(taken, "/:") {
			t.NotApplicable("the name of a pod is no path")
		}
		if _, err := t.Alice.Account.CreatePod(t.Context(), taken); err == nil {
			t.Failf("a pod is made over %s", t.Bob.Storage)
		}
		t.Bob.Get(t.Bob.Storage).Want(http.StatusOK)
		t.Alice.Get(t.Bob.Storage + "profile/").WantRefused()
	}).Needing(suite.Accounts, suite.SecondAgent),
	suite.Decision("ECO-POD-04", "pods are called as hosts may be, and as no path of the server is", func(t *suite.T) {
		account, err := solid.SignUp(t.Context(), t.Target.Issuer, strings.ToLower(rand.Text())+"@conformance.example", rand.Text())
		if err != nil {
			t.Failf("no account: %v", err)
		}
		for _, name := range []string{"-x", "x-", "X", "a b", "a/b", "..", ".oidc", ".well-known", ""} {
			pod, err := account.CreatePod(t.Context(), name)
			if called := strings.TrimSuffix(strings.TrimPrefix(pod.URL, t.Target.URL), "/"); err == nil && !hostLabel.MatchString(called) {
				t.Failf("a pod is made at %s for the name %q", pod.URL, name)
			}
		}
	}).Needing(suite.Accounts),
}
