package wac

import (
	"net/http"
	"slices"
	"strings"

	"domicile/conformance/suite"
)

// operation is a row of the table of what takes which modes. The resource is
// what Bob asks for; without modes of its own it inherits.
type operation struct {
	ids, title string
	// container and below are Bob's modes on the container and, by its
	// acl:default, on what is in it; own are those of the resource's own ACL,
	// of which there is none when it is "".
	container, below, own string
	resource              string // "doc" and "d/" exist, "new" does not
	ask                   func(bob *suite.Agent, url string) *suite.Answer
	want                  []int
}

var (
	allowedStatus = []int{http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent, http.StatusResetContent}
	denied        = []int{http.StatusForbidden}
)

func get(bob *suite.Agent, url string) *suite.Answer    { return bob.Get(url) }
func head(bob *suite.Agent, url string) *suite.Answer   { return bob.Head(url) }
func put(bob *suite.Agent, url string) *suite.Answer    { return bob.Put(url, suite.Turtle(thing)) }
func post(bob *suite.Agent, url string) *suite.Answer   { return bob.Post(url, suite.Turtle(thing)) }
func remove(bob *suite.Agent, url string) *suite.Answer { return bob.Delete(url) }

func patch(text string) func(*suite.Agent, string) *suite.Answer {
	return func(bob *suite.Agent, url string) *suite.Answer { return bob.Patch(url, suite.N3(text)) }
}

var operations = []operation{
	{"WAC-MODE-01", "GET takes Read", "", "", "Read", "doc", get, allowedStatus},
	{"WAC-MODE-01", "HEAD takes Read", "", "", "Read", "doc", head, allowedStatus},
	{"WAC-MODE-01", "GET of a container takes Read", "Read", "", "", "", get, allowedStatus},
	{"WAC-MODE-01", "GET is not for who may all but read", "Read", "Read", "Append Write Control", "doc", get, denied},
	{"WAC-MODE-01", "HEAD is not for who may all but read", "Read", "Read", "Append Write Control", "doc", head, denied},

	{"WAC-MODE-02", "PUT over something takes Write, and nothing of the container", "", "", "Write", "doc", put, allowedStatus},
	{"WAC-MODE-02", "PUT over something is not for who may append", "Write", "Write", "Read Append", "doc", put, denied},
	{"WAC-MODE-03", "PUT of something new takes Write on it and Append on the container", "Append", "Write", "", "new", put, allowedStatus},
	{"WAC-MODE-03", "PUT of something new is not for who may not append to the container", "Read", "Read Write Control", "", "new", put, denied},
	{"WAC-MODE-04", "PUT makes containers on the way for who may", "Append", "Write", "", "new/er/doc", put, allowedStatus},
	{"WAC-MODE-04", "PUT makes no containers on the way for who may not append to the deepest", "Read", "Read Write", "", "new/er/doc", put, denied},

	{"WAC-MODE-05", "POST takes Append on the container, and nothing on what is in it", "Append", "", "", "", post, allowedStatus},
	{"WAC-MODE-05", "POST is not for who may do all to what is in the container", "Read", "Read Write Control", "", "", post, denied},
	{"WAC-MODE-14", "POST to a document is forbidden to who may only read it", "Read", "Read", "", "doc", post, denied},

	{"WAC-MODE-06", "PATCH that inserts takes Append", "", "", "Append", "doc", patch(insert), allowedStatus},
	{"WAC-MODE-06", "PATCH that inserts is not for readers", "Write", "Write", "Read", "doc", patch(insert), denied},
	{"WAC-MODE-06 SP-N3-12", "PATCH with conditions takes Read and Append", "", "", "Read Append", "doc", patch(where), allowedStatus},
	{"WAC-MODE-06 SP-N3-12", "PATCH with conditions is not for who may not read", "Read", "Read", "Write", "doc", patch(where), denied},
	{"WAC-MODE-06 SP-N3-12", "PATCH that deletes takes Read and Write", "", "", "Read Write", "doc", patch(replace), allowedStatus},
	{"WAC-MODE-06 SP-N3-12", "PATCH that deletes is not for who may append", "Write", "Write", "Read Append", "doc", patch(replace), denied},
	{"WAC-MODE-06 SP-N3-12", "PATCH that deletes is not for who may not read", "Read", "Read", "Write", "doc", patch(replace), denied},
	{"WAC-MODE-07", "PATCH of something new takes Append on it and on the container", "Append", "Append", "", "new", patch(insert), allowedStatus},
	{"WAC-MODE-07", "PATCH of something new is not for who may not append to the container", "Read", "Write", "", "new", patch(insert), denied},

	{"WAC-MODE-08", "DELETE takes Write on the resource and on its container", "Write", "Write", "", "doc", remove, allowedStatus},
	{"WAC-MODE-08", "DELETE is not for who may not write the container", "Read Append", "Read Write", "", "doc", remove, denied},
	{"WAC-MODE-08", "DELETE is not for who may not write the resource", "Read Write", "Read Append", "", "doc", remove, denied},
	{"WAC-MODE-09", "DELETE of a container takes Read on it besides", "Write", "Read Write", "", "d/", remove, allowedStatus},
	{"WAC-MODE-09", "DELETE of a container is not for who may not read it", "Write", "Write", "", "d/", remove, denied},

	{"WAC-EXIST-01", "GET of nothing is 404 to who may read there", "", "Read", "", "new", get, []int{http.StatusNotFound}},
	{"WAC-EXIST-02", "GET of nothing is 403 to who may not read there", "Read Write", "Append Write", "", "new", get, denied},
	{"WAC-EXIST-02", "HEAD of nothing is 403 to who may not read there", "Read Write", "Append Write", "", "new", head, denied},
	{"WAC-EXIST-03", "PUT of nothing is 403 to who may only read there", "Read", "Read", "", "new", put, denied},
	{"WAC-EXIST-03", "PATCH of nothing is 403 to who may only read there", "Read", "Read", "", "new", patch(insert), denied},
}

// noted are what only a note of the text or the official tests say.
var noted = []operation{
	{"WAC-MODE-03", "PUT of something new is not for who may only append to it", "Read Write", "Read Append", "", "new", put, denied},
	{"WAC-EXIST-02 SP-GET-10", "DELETE of nothing is 403 to who may not read there", "Read Write", "Append Write", "", "new", remove, denied},
}

var modes = slices.Concat(cases(suite.Must, operations), cases(suite.Should, noted), []suite.Case{
	suite.Must("WAC-MODE-10", "an ACL takes Control of its subject, inherited too, to be made, read, changed and deleted", func(t *suite.T) {
		makeACL(t, "Append Write")
	}),
	suite.Should("WAC-MODE-10", "an ACL takes Control of its subject and nothing of the container", func(t *suite.T) {
		makeACL(t, "Control")
	}),
	suite.Must("WAC-MODE-10", "an ACL is not for who may all but control", func(t *suite.T) {
		doc := document(t, "c/doc")
		container := t.URL("c/")
		const modes = "Read Append Write"
		t.SetACL(container, may(agent(t.Bob), modes, container), mayBelow(agent(t.Bob), modes, container))
		acl := t.Alice.Head(doc).WantLink("acl")
		for range 2 { // without and with a document
			for _, ask := range []func(*suite.Agent, string) *suite.Answer{get, head, put, patch(insert), remove} {
				ask(t.Bob, acl).Want(http.StatusForbidden)
			}
			t.SetACL(doc, may(agent(t.Bob), modes, doc))
		}
	}),
	suite.Must("WAC-MODE-10 SP-POST-03", "a Slug does not make an ACL", func(t *suite.T) {
		doc := document(t, "c/doc")
		container := t.URL("c/")
		t.SetACL(container, may(agent(t.Bob), "Append", container))
		acl := t.Alice.Head(doc).WantLink("acl")
		slug := acl[strings.LastIndexByte(acl, '/')+1:]
		if answer := t.Bob.Post(container, suite.Slug(slug), suite.Turtle(thing)); answer.Status/100 == 2 && answer.WantLocation() == acl {
			answer.Failf("it made the ACL of %s", doc)
		}
		t.Alice.Get(acl).Want(http.StatusNotFound)
	}),
	suite.Must("WAC-MODE-13 SP-STO-05", "the storage's description and preflights are for everybody", func(t *suite.T) {
		head := t.Alice.Head(t.Target.Root)
		if about := t.Nobody.Get(head.WantLink("http://www.w3.org/ns/solid/terms#storageDescription")); slices.Contains([]int{401, 403}, about.Status) {
			about.Failf("the description is private")
		}
		t.Nobody.Options(document(t, "doc"), suite.Origin("https://app.example"),
			suite.Header("Access-Control-Request-Method", "PUT"), suite.Header("Access-Control-Request-Headers", "authorization, dpop")).WantSuccess()
	}),
	suite.Must("WAC-MODE-14", "POST to a document is told to who may append that it does not apply", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(agent(t.Bob), "Append", doc))
		t.Bob.Post(doc, suite.Turtle(thing)).Want(http.StatusMethodNotAllowed)
	}),
})

// makeACL has Bob make, read and delete an ACL by the Control that he inherits.
// What he may do to the container does not say whether he can.
func makeACL(t *suite.T, container string) {
	doc, parent := document(t, "c/doc"), t.URL("c/")
	t.SetACL(parent, may(agent(t.Bob), container, parent), mayBelow(agent(t.Bob), "Control", parent))
	acl := t.Alice.Head(doc).WantLink("acl")
	t.Bob.Get(acl).Want(http.StatusNotFound)
	t.Bob.Put(acl, suite.Turtle(suite.Prefixes+"[] a acl:Authorization; "+may(agent(t.Bob), "Control", doc)+".")).WantSuccess()
	t.Bob.Get(acl).Want(http.StatusOK)
	t.Bob.Delete(acl).WantSuccess()
	t.Bob.Get(doc).Want(http.StatusForbidden)
}

// cases makes a case of each row.
func cases(level func(ids, title string, run func(*suite.T)) suite.Case, rows []operation) []suite.Case {
	made := make([]suite.Case, len(rows))
	for i, row := range rows {
		made[i] = level(row.ids, row.title, row.run)
	}
	return made
}

func (o operation) run(t *suite.T) {
	document(t, "c/doc")
	container := t.URL("c/")
	t.Alice.Put(container+"d/", suite.Turtle(""), suite.TypeLink(suite.BasicContainer)).WantSuccess()
	var authorizations []string
	if o.container != "" {
		authorizations = append(authorizations, may(agent(t.Bob), o.container, container))
	}
	if o.below != "" {
		authorizations = append(authorizations, mayBelow(agent(t.Bob), o.below, container))
	}
	t.SetACL(container, authorizations...)
	url := container + o.resource
	if o.own != "" {
		t.SetACL(url, may(agent(t.Bob), o.own, url))
	}
	o.ask(t.Bob, url).Want(o.want...)
}

// existence are about what refusals give away.
var existence = []suite.Case{
	suite.Should("WAC-EXIST-04", "who writes and does not read is not told what was there", func(t *suite.T) {
		doc := document(t, "doc")
		t.SetACL(doc, may(agent(t.Bob), "Write", doc))
		for _, answer := range []*suite.Answer{t.Bob.Put(doc, suite.Turtle("<> a <#Secret>.")), t.Bob.Patch(doc, suite.N3(insert)), t.Bob.Get(doc)} {
			if strings.Contains(answer.Body, "#Secret") || strings.Contains(answer.Body, "#Thing") {
				answer.Failf("it tells the content")
			}
		}
	}),
	suite.Must("WAC-EXIST-02", "a refusal is the same whether or not something is there", func(t *suite.T) {
		doc := document(t, "doc")
		none := t.URL("none")
		for _, agent := range []*suite.Agent{t.Bob, t.Nobody} {
			for _, ask := range []func(*suite.Agent, string) *suite.Answer{get, head, put, patch(insert), remove} {
				there, absent := ask(agent, doc).WantRefused(), ask(agent, none).WantRefused()
				if there.Status != absent.Status || there.List("Content-Type") != absent.List("Content-Type") {
					absent.Failf("it differs from the answer about what exists, %d of type %q", there.Status, there.List("Content-Type"))
				}
			}
		}
	}),
}
