package ecosystem

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// rdflibAccept is what rdflib asks for.
const rdflibAccept = "image/*;q=0.9, */*;q=0.1, application/rdf+xml;q=0.9, application/xhtml+xml, text/xml;q=0.5, application/xml;q=0.5, " +
	"text/html;q=0.9, text/plain;q=0.5, text/n3;q=1.0, text/turtle;q=1, application/ld+json;q=0.9"

// habits are about requests as the libraries send them, and what they do with
// the answers.
var habits = []suite.Case{
	suite.Should("ECO-CLI-01", "Inrupt: Turtle is given as text/turtle", func(t *suite.T) {
		doc := t.URL("doc")
		t.Alice.Put(doc, suite.Turtle("<> a <#Thing>.")).WantSuccess()
		t.Alice.Get(doc, suite.Accept("text/turtle")).Want(http.StatusOK).WantMediaType("text/turtle")
	}),
	suite.Should("ECO-CLI-02", "Inrupt: a dataset is made where there is none", func(t *suite.T) {
		doc := t.URL("doc")
		make := func() *suite.Answer {
			return t.Alice.Put(doc, suite.Turtle("<#it> a <#Thing>."), suite.IfNoneMatch("*"), suite.TypeLink(rdf.LDP+"Resource"))
		}
		make().Want(http.StatusCreated)
		make().Want(http.StatusPreconditionFailed)
	}),
	suite.Should("ECO-CLI-03", "Inrupt: a dataset is changed by SPARQL with either part", func(t *suite.T) {
		doc := t.URL("doc")
		t.Alice.Put(doc, suite.Turtle(`<> <https://example.org/p> "a".`)).WantSuccess()
		for _, update := range []string{
			`DELETE DATA {<` + doc + `> <https://example.org/p> "a".}; INSERT DATA {<` + doc + `> <https://example.org/p> "b".};`,
			`INSERT DATA {<` + doc + `> <https://example.org/p> "c".};`,
			`DELETE DATA {<` + doc + `> <https://example.org/p> "b".};`,
		} {
			t.Alice.Patch(doc, suite.SPARQL(update)).WantSuccess()
		}
		t.Alice.Get(doc).WantTriples(`<> <https://example.org/p> "c".`).WantNoTriples(`<> <https://example.org/p> "a", "b".`)
	}).Needing(suite.SPARQLUpdate),
	suite.Should("ECO-CLI-04 ECO-CLI-13", "Inrupt and the harness: a container is made by PUT without content, and by POST", func(t *suite.T) {
		t.Alice.Put(t.URL("a/"), suite.Turtle(""), suite.Accept("text/turtle"), suite.IfNoneMatch("*"), suite.TypeLink(suite.BasicContainer)).Want(http.StatusCreated)
		made := t.Alice.Post(t.Container(), suite.Slug("b"), suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).Want(http.StatusCreated)
		if location := made.WantLocation(); !strings.HasSuffix(location, "/") {
			made.Failf("the container is called %s", location)
		}
		t.Alice.Delete(t.URL("a/")).WantSuccess()
	}),
	suite.Should("ECO-CLI-05 ECO-CLI-14", "Inrupt: a file is saved in a container, whatever its name", func(t *suite.T) {
		for _, name := range []string{"my file é.txt", "a+b&c.txt", "100%.txt"} {
			made := t.Alice.Post(t.Container(), suite.Slug(name), suite.Text("hello")).Want(http.StatusCreated)
			if u, err := url.Parse(made.WantHeader("Location")); err != nil || !u.IsAbs() {
				made.Failf("Location is %q", made.WantHeader("Location"))
			}
			t.Alice.Get(made.WantLocation()).Want(http.StatusOK).WantBody("hello")
		}
	}),
	suite.Should("ECO-CLI-06", "Inrupt: the ACL that counts is found by climbing", func(t *suite.T) {
		doc := t.URL("a/b/doc")
		t.Alice.Put(doc, suite.Turtle("<> a <#Thing>.")).WantSuccess()
		for at := doc; ; at = at[:strings.LastIndexByte(strings.TrimSuffix(at, "/"), '/')+1] {
			acl := t.Alice.Get(t.Alice.Head(at).Want(http.StatusOK).WantLink("acl"), suite.Accept("text/turtle"))
			if acl.Want(http.StatusOK, http.StatusNotFound).Status == http.StatusOK {
				acl.WantMediaType("text/turtle").Graph()
				return
			}
		}
	}).Needing(suite.WebAccessControl),
	suite.Should("ECO-CLI-07", "Inrupt: refusals say in application/problem+json what is wrong", func(t *suite.T) {
		t.Alice.Get(t.URL("none"), suite.Accept("application/problem+json, text/turtle")).Want(http.StatusNotFound).WantMediaType("application/problem+json")
	}),
	suite.Should("ECO-CLI-08", "solid-client-authn: the discovery document says what it looks for", func(t *suite.T) {
		answer := t.Nobody.Get(strings.TrimSuffix(t.Target.Issuer, "/")+"/.well-known/openid-configuration", suite.Origin("https://app.example")).Want(http.StatusOK)
		var found struct {
			Registration string   `json:"registration_endpoint"`
			Scopes       []string `json:"scopes_supported"`
			Algorithms   []string `json:"id_token_signing_alg_values_supported"`
			Grants       []string `json:"grant_types_supported"`
		}
		if err := json.Unmarshal([]byte(answer.Body), &found); err != nil {
			answer.Failf("the content is no JSON as expected: %v", err)
		}
		if found.Registration == "" || !slices.Contains(found.Scopes, "webid") || !slices.Contains(found.Scopes, "offline_access") ||
			!slices.Contains(found.Algorithms, "ES256") || !slices.Contains(found.Grants, "refresh_token") {
			answer.Failf("it offers %+v", found)
		}
	}),
	suite.Should("ECO-CLI-09", "rdflib: its long list of media types gets Turtle, with credentials, and it is told what it may change", func(t *suite.T) {
		doc := t.URL("doc")
		t.Alice.Put(doc, suite.Turtle("<> a <#Thing>.")).WantSuccess()
		for _, target := range []string{doc, t.Container()} {
			answer := t.Alice.Get(target, suite.Accept(rdflibAccept), suite.Origin("https://app.example")).Want(http.StatusOK)
			if mediaType := answer.List("Content-Type"); !strings.HasPrefix(mediaType, "text/turtle") && !strings.HasPrefix(mediaType, "text/n3") {
				answer.Failf("it gets %s", mediaType)
			}
			answer.WantValue("Access-Control-Allow-Origin", "https://app.example").WantValue("Access-Control-Allow-Credentials", "true")
			answer.WantHeader("Accept-Patch")
			answer.WantHeader("WAC-Allow")
		}
	}),
	suite.Should("ECO-CLI-10", "rdflib: its patches are understood", func(t *suite.T) {
		doc := t.URL("doc")
		t.Alice.Put(doc, suite.Turtle(`<#a> <#p> "old".`)).WantSuccess()
		t.Alice.Patch(doc, suite.N3("@prefix solid: <http://www.w3.org/ns/solid/terms#>.\n@prefix ex: <http://www.example.org/terms#>.\n\n_:patch\n\n"+
			`      solid:deletes {<`+doc+`#a> <`+doc+`#p> "old" .};`+"\n"+
			`      solid:inserts {<`+doc+`#a> <`+doc+`#p> "new" .};   a solid:InsertDeletePatch .`)).WantSuccess()
		t.Alice.Get(doc).WantTriples(`<#a> <#p> "new".`)
	}),
	suite.Should("ECO-CLI-11", "browsers: a page for people, data for programs, and no cache that takes one for the other", func(t *suite.T) {
		doc := t.URL("doc")
		t.Alice.Put(doc, suite.Turtle("<> a <#Thing>.")).WantSuccess()
		t.Alice.Get(t.Container(), suite.Accept("text/html,application/xhtml+xml,*/*;q=0.8")).Want(http.StatusOK, http.StatusSeeOther).WantListed("Vary", "Accept")
		t.Alice.Get(t.Container(), suite.Accept("text/turtle")).Want(http.StatusOK).WantMediaType("text/turtle")
		t.Alice.Get(t.Container(), suite.Accept("*/*")).Want(http.StatusOK).WantMediaType("text/turtle")
	}),
	suite.Should("ECO-CLI-12", "Comunica: what is not there says how to make it", func(t *suite.T) {
		t.Alice.Get(t.URL("none")).Want(http.StatusNotFound).WantListed("Allow", "PUT").WantListed("Accept-Put", "text/turtle")
		doc := t.URL("doc")
		t.Alice.Put(doc, suite.Turtle("<> a <#Thing>.")).WantSuccess()
		t.Alice.Get(doc).WantListed("Accept-Patch", "application/sparql-update")
	}),
	suite.Should("ECO-CLI-13", "the harness: members are deleted at once, then their container", func(t *suite.T) {
		container := t.URL("c/")
		var members []string
		for _, name := range strings.Fields("a b c d e f g h i j k l") {
			members = append(members, container+name)
			t.Alice.Put(container+name, suite.Text(name)).Want(http.StatusCreated)
		}
		var wait sync.WaitGroup
		answers := make([]*suite.Answer, len(members))
		for i, member := range members {
			wait.Go(func() { answers[i] = t.Alice.Delete(member) })
		}
		wait.Wait()
		for _, answer := range answers {
			answer.WantSuccess()
		}
		t.Alice.Get(container).Want(http.StatusOK).WantNoTriples("<> ldp:contains <" + members[0] + ">.")
		t.Alice.Delete(container).WantSuccess()
	}),
	suite.Should("ECO-CLI-14", "headers are of moderate size", func(t *suite.T) {
		doc := t.URL("doc")
		t.Alice.Put(doc, suite.Turtle("<> a <#Thing>.")).WantSuccess()
		answer := t.Alice.Get(doc, suite.Origin("https://app.example"))
		size := 0
		for name, values := range answer.Header {
			for _, value := range values {
				size += len(name) + len(value) + 4
			}
		}
		if size > 8<<10 {
			answer.Failf("they are %d bytes", size)
		}
	}),
}
