package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
	"domicile/rdfstore/rdf"
)

// head begins a patch document with a resource that is a patch.
const head = suite.Prefixes + "_:patch a solid:InsertDeletePatch"

// patching is about N3 Patch documents that are applied.
var patching = []suite.Case{
	suite.Must("SP-N3-01", "a patch inserts and deletes", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Patch(url, suite.N3(suite.Patch("", `<> ex:title "first".`, `<> ex:title "second"; ex:by <#me>.`))).
			Want(http.StatusNoContent, http.StatusOK, http.StatusResetContent)
		t.Alice.Get(url).WantTriples(`<> a ex:Note; ex:title "second"; ex:by <#me>.`).WantNoTriples(`<> ex:title "first".`)
	}),
	suite.Must("SP-N3-01", "a patch of what is not there makes it", func(t *suite.T) {
		url := t.URL("note.ttl")
		t.Alice.Patch(url, suite.N3(suite.InsertPatch(isNote))).Want(http.StatusCreated)
		t.Alice.Get(url).WantTriples(isNote)
		wantMembers(t, t.Container(), url)
	}),
	suite.Must("SP-N3-04", "a patch may be named by an IRI, and be a solid:Patch too", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Patch(url, suite.N3(suite.Prefixes+`<#patch> a solid:InsertDeletePatch; solid:inserts { <> ex:n 1 }.`)).WantSuccess()
		t.Alice.Patch(url, suite.N3(suite.Prefixes+`[] a solid:Patch, solid:InsertDeletePatch; solid:inserts { <> ex:n 2 }.`)).WantSuccess()
		t.Alice.Get(url).WantTriples("<> ex:n 1, 2.")
	}),
	suite.Must("SP-N3-02", "a patch of another type is 415, and Accept-Patch names others", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		for _, content := range []suite.Part{suite.Text("x"), suite.Body("application/json-patch+json", "[]"), suite.Body("text/x-thing", "x")} {
			t.Alice.Patch(url, content).Want(http.StatusUnsupportedMediaType)
		}
		t.Alice.Get(url).WantTriples(isNote).WantListed("Accept-Patch", "text/n3")
	}),
	suite.Should("SP-N3-02", "415 tells the types of patches", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Patch(url, suite.Text("x")).Want(http.StatusUnsupportedMediaType).WantListed("Accept-Patch", "text/n3")
	}),
	suite.Must("SP-N3-02", "a patch of a file is refused and changes nothing", func(t *suite.T) {
		url := put(t, "file.txt", suite.Text("some text"))
		t.Alice.Patch(url, suite.N3(suite.InsertPatch(isNote))).WantRefused()
		t.Alice.Get(url).WantMediaType("text/plain").WantBody("some text")
	}),
	suite.Should("SP-N3-02", "a patch of a file is 415", func(t *suite.T) {
		t.Alice.Patch(put(t, "file.txt", suite.Text("x")), suite.N3(suite.InsertPatch(isNote))).Want(http.StatusUnsupportedMediaType)
	}),
	suite.Must("SP-N3-03", "N3 that does not parse is 400", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		for _, text := range []string{"invalid", head + `; solid:inserts { <> a .`, "", head + `; solid:inserts { <> <a b> 1 }.`} {
			if answer := t.Alice.Patch(url, suite.N3(text)); text == "" {
				answer.WantRefused() // it parses, and has no patch
			} else {
				answer.Want(http.StatusBadRequest)
			}
		}
		t.Alice.Get(url).WantTriples(isNote)
	}),
	suite.May("SP-N3-08", "a blank node in inserts is a new one", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		patch := suite.N3(suite.InsertPatch(`<> ex:part _:b . _:b ex:is "here" .`))
		for n := 1; n <= 2; n++ {
			answer := t.Alice.Patch(url, patch)
			if answer.Status == http.StatusUnprocessableEntity {
				t.NotApplicable("the server keeps to version 0.11, which forbids it")
			}
			answer.WantSuccess()
			read := t.Alice.Get(url)
			parts := 0
			for part := range read.Graph().Objects(rdf.IRI(url), rdf.IRI("https://conformance.example/ns#part")) {
				if !read.Graph().Has(rdf.Triple{S: part, P: rdf.IRI("https://conformance.example/ns#is"), O: rdf.String("here")}) {
					read.Failf("a part lacks what was said of it")
				}
				parts++
			}
			if parts != n {
				read.Failf("there are %d parts, want %d", parts, n)
			}
		}
	}),
	suite.Must("SP-N3-10", "the one match of where fills the variables of both others", func(t *suite.T) {
		url := put(t, "people.ttl", suite.Turtle(suite.Prefixes+`<#a> ex:family "G"; ex:name "C". <#b> ex:family "H"; ex:name "D".`))
		t.Alice.Patch(url, suite.N3(suite.Patch(`?p ex:family "G"; ex:name ?n.`, `?p ex:name ?n.`, `?p ex:name "A"; ex:was ?n.`))).WantSuccess()
		t.Alice.Get(url).WantTriples(`<#a> ex:name "A"; ex:was "C". <#b> ex:name "D".`).WantNoTriples(`<#a> ex:name "C". <#b> ex:name "A".`)
	}),
	suite.Must("SP-N3-10", "a where without variables is a condition", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Patch(url, suite.N3(suite.Patch(`<> ex:title "first".`, "", "<> ex:n 1."))).WantSuccess()
		t.Alice.Get(url).WantTriples("<> ex:n 1.")
		t.Alice.Patch(url, suite.N3(suite.Patch(`<> ex:title "other".`, "", "<> ex:n 2."))).Want(http.StatusConflict)
		t.Alice.Get(url).WantNoTriples("<> ex:n 2.")
	}),
	suite.Must("SP-N3-11", "inserting what is there changes nothing", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Patch(url, suite.N3(suite.InsertPatch(`<> a ex:Note.`))).WantSuccess()
		t.Alice.Get(url).WantTriples(isNote)
	}),
	suite.Must("SP-N3-11", "what is deleted and inserted stays", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Patch(url, suite.N3(suite.Patch("", `<> a ex:Note.`, `<> a ex:Note.`))).WantSuccess()
		t.Alice.Get(url).WantTriples(isNote)
	}),
	suite.Must("SP-N3-15", "a JSON-LD document is patched too", func(t *suite.T) {
		url := put(t, "note", suite.JSONLD(noteLD))
		t.Alice.Patch(url, suite.N3(suite.Patch(`?n ex:title "first".`, `?n ex:title "first".`, `?n ex:title "second".`))).WantSuccess()
		for _, accept := range []string{"text/turtle", "application/ld+json"} {
			t.Alice.Get(url, suite.Accept(accept)).WantMediaType(accept).WantTriples(`<> a ex:Note; ex:title "second".`).WantNoTriples(isFirst)
		}
	}),
	suite.Decision("SP-N3-15", "a patched document keeps its media type, a new one is Turtle", func(t *suite.T) {
		url := put(t, "note", suite.JSONLD(noteLD))
		t.Alice.Patch(url, suite.N3(suite.InsertPatch("<> ex:n 1."))).Want(http.StatusNoContent)
		t.Alice.Get(url).WantMediaType("application/ld+json")
		t.Alice.Patch(t.URL("new"), suite.N3(suite.InsertPatch("<> ex:n 1."))).Want(http.StatusCreated)
		t.Alice.Get(t.URL("new")).WantMediaType("text/turtle")
	}),
	suite.Decision("SP-N3-14", "prefixes survive a patch", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle("@prefix mine: <https://conformance.example/ns#>.\n<> a mine:Note."))
		t.Alice.Patch(url, suite.N3(suite.InsertPatch("<> ex:n 1."))).WantSuccess()
		if read := t.Alice.Get(url); !strings.Contains(read.Body, "mine:n") {
			read.Failf("the prefix mine is not used")
		}
	}),
	suite.Decision("SP-N3-04", "a clause of something else makes that a patch too, and two are 422", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Patch(url, suite.N3(head+"; solid:inserts { <> a ex:Other }. _:two solid:deletes { <> a ex:Note }.")).Want(http.StatusUnprocessableEntity)
		t.Alice.Get(url).WantTriples(isNote)
	}),
	suite.Decision("SP-N3-16", "a patch without clauses changes and makes nothing", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.Alice.Patch(url, suite.N3(head+".")).Want(http.StatusNoContent)
		t.Alice.Get(url).WantBody(note)
		t.Alice.Patch(t.URL("new"), suite.N3(head+"."))
		wantAbsent(t, t.URL("new"))
	}),
}

const isFirst = `<> ex:title "first".`

// invalidPatches are N3 documents that parse and are no patches of the kind
// that every server takes.
func invalidPatches() []suite.Case {
	var cases []suite.Case
	for _, row := range []struct{ id, title, text string }{
		{"SP-N3-04", "no patch at all", suite.Prefixes + "<> a ex:Other."},
		{"SP-N3-04", "a solid:Patch only", suite.Prefixes + "_:patch a solid:Patch; solid:inserts { <> a ex:Other }."},
		{"SP-N3-04", "a patch without a type", suite.Prefixes + "_:patch solid:inserts { <> a ex:Other }."},
		{"SP-N3-04", "two patches", head + "; solid:inserts { <> a ex:Other }. _:two a solid:InsertDeletePatch; solid:inserts { <> a ex:Other }."},
		{"SP-N3-05", "inserts twice", head + "; solid:inserts { <> a ex:Other }, { <> a ex:More }."},
		{"SP-N3-05", "deletes twice", head + "; solid:deletes { <> a ex:Note }, { <> ex:title \"first\" }; solid:inserts { <> a ex:Other }."},
		{"SP-N3-05", "where twice", head + "; solid:where { <> a ex:Note }, { <> ex:title \"first\" }; solid:inserts { <> a ex:Other }."},
		{"SP-N3-06", "inserts that is no formula", head + "; solid:inserts <#formula>."},
		{"SP-N3-06", "a formula in a formula", head + "; solid:inserts { <> ex:says { <> a ex:Other } . <> a ex:Other }."},
		{"SP-N3-07", "a variable in inserts that where has not", head + "; solid:where { ?a a ex:Note }; solid:inserts { ?a a ex:Other . ?b a ex:Other }."},
		{"SP-N3-07", "a variable in deletes that where has not", head + "; solid:deletes { ?a a ex:Note }; solid:inserts { <> a ex:Other }."},
		{"SP-N3-08", "a blank node in deletes", head + "; solid:deletes { _:b a ex:Note }; solid:inserts { <> a ex:Other }."},
		{"SP-N3-08", "a blank node in deletes, without a label", head + "; solid:deletes { [] a ex:Note }; solid:inserts { <> a ex:Other }."},
		{"SP-N3-09", "one blank node label in where and inserts", head + "; solid:where { _:b a ex:Note }; solid:inserts { <> a ex:Other . _:b a ex:Other }."},
		{"SP-N3-09", "the label of the patch in inserts", head + "; solid:inserts { <> a ex:Other . _:patch a ex:Other }."},
	} {
		cases = append(cases, suite.Must(row.id, "422: "+row.title, func(t *suite.T) {
			url := put(t, "note.ttl", suite.Turtle(note))
			t.Alice.Patch(url, suite.N3(row.text)).Want(http.StatusUnprocessableEntity)
			t.Alice.Get(url).WantTriples(isNote).WantNoTriples("<> a ex:Other.")
		}))
	}
	return cases
}

// patchConflicts are patches that do not fit the state.
func patchConflicts() []suite.Case {
	var cases []suite.Case
	for _, row := range []struct{ id, title, where, deletes, inserts string }{
		{"SP-N3-10", "where matches nothing", "?x a ex:Absent.", "", "?x a ex:Other."},
		{"SP-N3-10", "where matches twice", "?x a ex:Twice.", "", "?x a ex:Other."},
		{"SP-N3-10", "one pattern of where matches nothing", "?x a ex:Note; ex:title \"other\".", "", "<> a ex:Other."},
		{"SP-N3-11", "what is deleted is not there", "", `<> ex:title "other".`, "<> a ex:Other."},
		{"SP-N3-11", "one of what is deleted is not there", "", `<> ex:title "first", "other".`, "<> a ex:Other."},
		{"SP-N3-11", "what is deleted and inserted is not there", "", "<> a ex:Other.", "<> a ex:Other."},
		{"SP-N3-11", "what is deleted is not there with what where found", "?x a ex:Note.", `?x ex:title "other".`, "?x a ex:Other."},
		{"SP-N3-11", "a literal of another datatype is deleted", "", `<> ex:title "first"^^ex:type.`, "<> a ex:Other."},
	} {
		cases = append(cases, suite.Must(row.id, "409: "+row.title, func(t *suite.T) {
			url := put(t, "note.ttl", suite.Turtle(note+"\n<#a> a ex:Twice. <#b> a ex:Twice."))
			t.Alice.Patch(url, suite.N3(suite.Patch(row.where, row.deletes, row.inserts))).Want(http.StatusConflict)
			t.Alice.Get(url).WantTriples(isNote).WantNoTriples("<> a ex:Other. <#a> a ex:Other. <#b> a ex:Other.")
		}))
	}
	return append(cases, suite.Must("SP-N3-11 SP-PUT-02", "409: a patch that deletes makes nothing where nothing is", func(t *suite.T) {
		t.Alice.Patch(t.URL("new"), suite.N3(suite.Patch("", "<> a ex:Note.", "<> a ex:Other."))).Want(http.StatusConflict)
		t.Alice.Patch(t.URL("new"), suite.N3(suite.Patch("?x a ex:Note.", "", "<> a ex:Other."))).Want(http.StatusConflict)
		wantMembers(t, t.Container())
	}))
}

// patchModes are the modes that clauses take. Bob has some of them.
func patchModes() []suite.Case {
	const w, d, i = "<> a ex:Note.", `<> ex:title "first".`, "<> a ex:Other."
	var cases []suite.Case
	for _, row := range []struct {
		modes                   string
		where, deletes, inserts string
		allowed                 bool
	}{
		{"Append", "", "", i, true},
		{"Write", "", "", i, true},
		{"Read", "", "", i, false},
		{"Append", w, "", i, false},
		{"Read Append", w, "", i, true},
		{"Read Append", "", d, "", false},
		{"Read Append", w, d, i, false},
		{"Write", "", d, "", false},
		{"Write", w, "", i, false},
		{"Read Write", "", d, "", true},
		{"Read Write", w, d, i, true},
		{"Control", "", "", i, false},
	} {
		var clauses []string
		for _, clause := range []struct{ name, text string }{{"where", row.where}, {"deletes", row.deletes}, {"inserts", row.inserts}} {
			if clause.text != "" {
				clauses = append(clauses, clause.name)
			}
		}
		title := row.modes + " is enough for a patch with " + strings.Join(clauses, ", ")
		if !row.allowed {
			title = strings.Replace(title, "is enough", "is not enough", 1)
		}
		cases = append(cases, suite.Must("SP-N3-12", title, func(t *suite.T) {
			url := put(t, "note.ttl", suite.Turtle(note))
			modes := "acl:" + strings.Join(strings.Fields(row.modes), ", acl:")
			t.SetACL(url, "acl:agent <"+t.Bob.WebID+">; acl:accessTo <"+url+">; acl:mode "+modes)
			answer := t.Bob.Patch(url, suite.N3(suite.Patch(row.where, row.deletes, row.inserts)))
			if row.allowed {
				answer.WantSuccess()
				return
			}
			answer.Want(http.StatusForbidden)
			t.Alice.Get(url).WantTriples(isNote).WantNoTriples(i)
		}).Needing(suite.WebAccessControl, suite.SecondAgent))
	}
	return append(cases, suite.Decision("SP-N3-13", "who may not append is refused whatever she sends", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		for _, text := range []string{"invalid", head + ".", suite.Patch("?x a ex:Absent.", "", "<> a ex:Other.")} {
			t.Bob.Patch(url, suite.N3(text)).Want(http.StatusForbidden)
			t.Nobody.Patch(url, suite.N3(text)).Want(http.StatusUnauthorized)
		}
	}).Needing(suite.SecondAgent))
}
