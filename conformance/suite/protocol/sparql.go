package protocol

import (
	"net/http"

	"domicile/conformance/suite"
)

// sparql is about PATCH with SPARQL Update, which no text asks for.
var sparql = updating(
	suite.May("SP-SPU-01", "INSERT DATA and DELETE DATA, one after the other", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		update(t, url, `DELETE DATA { <> ex:title "first" . }; INSERT DATA { <> ex:title "second" . };`).WantSuccess()
		t.Alice.Get(url).WantTriples(`<> a ex:Note; ex:title "second".`).WantNoTriples(isFirst)
	}),
	suite.May("SP-SPU-01", "an update of what is not there makes it", func(t *suite.T) {
		url := t.URL("a/note.ttl")
		update(t, url, `INSERT DATA { <> a ex:Note; ex:title "first" . }`).WantSuccess()
		t.Alice.Get(url).WantTriples(isNote)
		wantMembers(t, t.URL("a/"), url)
	}),
	suite.May("SP-SPU-01", "DELETE and INSERT with WHERE", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		answer := update(t, url, `DELETE { ?x ex:title ?t } INSERT { ?x ex:was ?t } WHERE { ?x a ex:Note; ex:title ?t }`)
		if answer.Status/100 != 2 { // Community Solid Server takes ground updates only
			answer.WantRefused()
			t.NotApplicable("WHERE with variables is refused, with %d", answer.Status)
		}
		t.Alice.Get(url).WantTriples(`<> a ex:Note; ex:was "first".`).WantNoTriples(isFirst)
	}),
	suite.May("SP-SPU-02", "no solution is no change, several all count", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(suite.Prefixes+"<#a> a ex:Twice. <#b> a ex:Twice."))
		answer := update(t, url, `INSERT { ?x a ex:Other } WHERE { ?x a ex:Absent }`)
		if answer.Status/100 != 2 {
			answer.WantRefused()
			t.NotApplicable("WHERE with variables is refused, with %d", answer.Status)
		}
		t.Alice.Get(url).WantNoTriples("<#a> a ex:Other. <#b> a ex:Other.")
		update(t, url, `INSERT { ?x a ex:Other } WHERE { ?x a ex:Twice }`).WantSuccess()
		t.Alice.Get(url).WantTriples("<#a> a ex:Other. <#b> a ex:Other.")
	}),
	suite.May("SP-SPU-02", "other operations are refused, and what does not parse is 400", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		for _, text := range []string{
			"LOAD <https://conformance.example/>", "CLEAR ALL", "DROP DEFAULT", "CREATE GRAPH <#g>", "COPY <#a> TO <#b>", "MOVE <#a> TO <#b>",
			"ADD <#a> TO DEFAULT", "INSERT DATA { GRAPH <#g> { <> a ex:Other } }",
			"INSERT { <> a ex:Other } WHERE { SERVICE <https://conformance.example/sparql> { ?s ?p ?o } }",
		} {
			update(t, url, text).WantRefused()
		}
		update(t, url, "INSERT DATA {").Want(http.StatusBadRequest)
		t.Alice.Get(url).WantTriples(isNote).WantNoTriples("<> a ex:Other.")
	}),
	suite.Must("SP-SPU-02 SP-N3-12", "who may only append cannot delete", func(t *suite.T) {
		url := put(t, "note.ttl", suite.Turtle(note))
		t.SetACL(url, "acl:agent <"+t.Bob.WebID+">; acl:accessTo <"+url+">; acl:mode acl:Append")
		t.Bob.Patch(url, suite.SPARQL(`PREFIX ex: <https://conformance.example/ns#> DELETE DATA { <> ex:title "first" }`)).Want(http.StatusForbidden)
		t.Bob.Patch(url, suite.SPARQL(`PREFIX ex: <https://conformance.example/ns#> INSERT DATA { <> ex:n 1 }`)).WantSuccess()
		t.Alice.Get(url).WantTriples(isNote).WantTriples("<> ex:n 1.")
	}).Needing(suite.WebAccessControl, suite.SecondAgent),
	suite.May("SP-SPU-03", "patterns on a container match what clients wrote", func(t *suite.T) {
		member := put(t, "c/note.ttl", suite.Turtle(note))
		c := t.URL("c/")
		answer := update(t, c, `DELETE { ?s a ?o } INSERT { <> a ex:Box } WHERE { ?s a ?o }`)
		if answer.Status/100 != 2 {
			answer.WantRefused()
			t.NotApplicable("WHERE with variables is refused, with %d", answer.Status)
		}
		wantMembers(t, c, member)
		t.Alice.Get(c).WantTriples("<> a ldp:BasicContainer.")
	}),
)

func updating(cases ...suite.Case) []suite.Case {
	for i := range cases {
		cases[i] = cases[i].Needing(suite.SPARQLUpdate)
	}
	return cases
}

func update(t *suite.T, url, text string) *suite.Answer {
	return t.Alice.Patch(url, suite.SPARQL("PREFIX ex: <https://conformance.example/ns#>\n"+text))
}
