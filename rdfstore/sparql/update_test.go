package sparql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"domicile/rdfstore/patch"
	"domicile/rdfstore/rdf"
)

const base = "https://pod.example/alice/notes"

const prologue = "PREFIX ex: <https://ex.example/>\n"

func parse(request string) (string, error) {
	p, err := ParseUpdate(context.Background(), strings.NewReader(request), base)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, op := range p.Operations {
		fmt.Fprintf(&b, "where %v delete %v insert %v\n", op.Where, op.Deletes, op.Inserts)
	}
	return b.String(), nil
}

func TestParseUpdate(t *testing.T) {
	const s, p, q = "<https://pod.example/alice/s>", "<https://ex.example/p>", "<https://ex.example/q>"
	for _, c := range []struct{ name, request, want string }{
		{"SP-SPU-01 INSERT DATA", `insert data { <s> ex:p "x"@EN, 1 ; ex:q true . }`,
			"where [] delete [] insert [" + s + " " + p + ` "x"@en . ` + s + " " + p + ` "1"^^<http://www.w3.org/2001/XMLSchema#integer> . ` +
				s + " " + q + ` "true"^^<http://www.w3.org/2001/XMLSchema#boolean> .]` + "\n"},
		{"SP-SPU-01 DELETE DATA and INSERT DATA, trailing semicolon", `DELETE DATA { <s> ex:p <> }; INSERT DATA { <s> a ex:C };`,
			"where [] delete [" + s + " " + p + " <" + base + "> .] insert []\n" +
				"where [] delete [] insert [" + s + " <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://ex.example/C> .]\n"},
		{"SP-SPU-01 DELETE WHERE", `DELETE WHERE { ?s ex:p $o }`,
			"where [?s " + p + " ?o .] delete [?s " + p + " ?o .] insert []\n"},
		{"SP-SPU-01 DELETE INSERT WHERE", `DELETE { ?s ex:p ?o } INSERT { ?s ex:q ?o } WHERE { ?s ex:p ?o . _:x ex:q ?s }`,
			"where [?s " + p + " ?o . _:x " + q + " ?s .] delete [?s " + p + " ?o .] insert [?s " + q + " ?o .]\n"},
		{"SP-SPU-01 INSERT WHERE", `INSERT { ?s ex:q [ ex:p () ] } WHERE { ?s ex:p ?o }`,
			"where [?s " + p + " ?o .] delete [] insert [?s " + q + " _:b1 . _:b1 " + p + " <http://www.w3.org/1999/02/22-rdf-syntax-ns#nil> .]\n"},
		{"SP-SPU-01 variable as predicate", `DELETE WHERE { <s> ?p ?o }`, "where [" + s + " ?p ?o .] delete [" + s + " ?p ?o .] insert []\n"},
		{"prologue between operations", `INSERT DATA { <s> ex:p <s> } ; BASE <https://b.example/> PREFIX ex: <https://e2.example/> DELETE DATA { <s> ex:p <s> }`,
			"where [] delete [] insert [" + s + " " + p + " " + s + " .]\n" +
				"where [] delete [<https://b.example/s> <https://e2.example/p> <https://b.example/s> .] insert []\n"},
		{"collection as a statement", `INSERT DATA { ( 1 ) }`,
			`where [] delete [] insert [_:b1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> "1"^^<http://www.w3.org/2001/XMLSchema#integer> . ` +
				"_:b1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> <http://www.w3.org/1999/02/22-rdf-syntax-ns#nil> .]\n"},
		{"empty blocks", `DELETE {} INSERT {} WHERE {}`, "where [] delete [] insert []\n"},
		{"prologue only", ``, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := parse(prologue + c.request); got != c.want || err != nil {
				t.Errorf("got  %s\nwant %s\nerror %v", got, c.want, err)
			}
		})
	}
}

func TestUnsupported(t *testing.T) {
	for request, feature := range map[string]string{
		"LOAD <x>": "LOAD", "CLEAR ALL": "CLEAR", "DROP DEFAULT": "DROP", "CREATE GRAPH <x>": "CREATE", "COPY <a> TO <b>": "COPY",
		"MOVE <a> TO <b>": "MOVE", "ADD <a> TO <b>": "ADD", "WITH <g> DELETE {} WHERE {}": "WITH", "with <g> insert {} where {}": "WITH",
		"INSERT {} USING <g> WHERE {}": "USING", "DELETE {} USING NAMED <g> WHERE {}": "USING",
		"INSERT DATA { GRAPH <g> { <a> <b> <c> } }": "GRAPH", "DELETE WHERE { GRAPH ?g { ?a ?b ?c } }": "GRAPH",
		"INSERT {} WHERE { SERVICE <s> { ?a ?b ?c } }":            "SERVICE",
		"INSERT {} WHERE { ?a ?b ?c FILTER(?a = ?c) }":            "FILTER",
		"INSERT {} WHERE { ?a ?b ?c . FILTER(?a < 1) }":           "FILTER",
		"INSERT {} WHERE { OPTIONAL { ?a ?b ?c } }":               "OPTIONAL",
		"INSERT {} WHERE { { ?a ?b ?c } UNION { ?c ?b ?a } }":     "a nested group",
		"INSERT {} WHERE { ?a ?b ?c . { ?c ?b ?a } }":             "a nested group",
		"INSERT {} WHERE { ?a ?b ?c MINUS { ?c ?b ?a } }":         "MINUS",
		"INSERT {} WHERE { BIND(1 AS ?x) }":                       "BIND",
		"INSERT {} WHERE { VALUES ?x { 1 } }":                     "VALUES",
		"INSERT {} WHERE { SELECT * WHERE {} }":                   "SELECT",
		"INSERT {} WHERE { ?a <p>/<q> ?c }":                       "a property path",
		"INSERT {} WHERE { ?a <p>* ?c }":                          "a property path",
		"INSERT {} WHERE { ?a <p>+ ?c }":                          "a property path",
		"INSERT {} WHERE { ?a <p>? ?c }":                          "a property path",
		"INSERT {} WHERE { ?a a/<q> ?c }":                         "a property path",
		"INSERT {} WHERE { ?a ^<p> ?c }":                          "a property path",
		"INSERT {} WHERE { ?a !<p> ?c }":                          "a property path",
		"INSERT {} WHERE { ?a (<p>|<q>) ?c }":                     "a property path",
		"INSERT DATA { <a> <b> <c> } ; CLEAR ALL":                 "CLEAR",
		"DELETE {} INSERT { GRAPH <g> { <a> <b> <c> } } WHERE {}": "GRAPH",
	} {
		_, err := parse(request)
		var unsupported *Unsupported
		if !errors.As(err, &unsupported) || unsupported.Feature != feature {
			t.Errorf("SP-SPU-02 %s: %v, want unsupported %s", request, err, feature)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct {
		request      string
		line, column int
	}{
		{"SELECTED", 1, 1},
		{";", 1, 1},
		{"INSERT { <a> <b> <c> }", 1, 23},
		{"INSERT DATA { <a> <b> }", 1, 23},
		{"INSERT DATA { <a> <b> <c> ", 1, 27},
		{"INSERT DATA { <a> <b> <c> } INSERT DATA {}", 1, 29},
		{"INSERT DATA { <a> <b> <c> };\nDELETE DATA { <a> ex:b <c> }", 2, 19},
		{"INSERT DATA { ?a <b> <c> }", 1, 15},
		{"DELETE DATA { <a> ?b <c> }", 1, 19},
		{"DELETE DATA { _:a <b> <c> }", 1, 15},
		{"DELETE WHERE { [] <b> <c> }", 1, 16},
		{"DELETE { ?a <b> [] } WHERE { ?a <b> ?c }", 1, 17},
		{"DELETE { ?a <b> (1) } WHERE { ?a <b> ?c }", 1, 18},
		{"INSERT DATA { { <a> <b> <c> } }", 1, 15},
		{"DELETE WHERE { ?a <b>/<c> ?d }", 1, 22},
		{"INSERT DATA { 'a' <b> <c> }", 1, 19},
		{"INSERT {} WHERE { ?a-b <b> <c> }", 1, 19},
		{"INSERT DATA { _:a <b> <c> }; INSERT DATA { _:a <b> <c> }", 1, 57},
		{"INSERT {} WHERE { ?a <b> ?c . . }", 1, 31},
	} {
		_, err := parse(c.request)
		var syntax *rdf.SyntaxError
		if !errors.As(err, &syntax) || syntax.Line != c.line || syntax.Column != c.column {
			t.Errorf("%q: %v, want line %d, column %d", c.request, err, c.line, c.column)
		}
	}
}

func FuzzParseUpdate(f *testing.F) {
	f.Add(prologue + `DELETE DATA { <s> ex:p 1 } ; INSERT DATA { <s> ex:p [ ex:q ( 1 "x"@en ) ] } ;`)
	f.Add(prologue + `DELETE { ?s ex:p ?o } INSERT { ?s ex:q ?o } WHERE { ?s ex:p ?o ; a ex:C . _:x ?y $z }`)
	f.Add(`INSERT {} WHERE { FILTER(?a < 1) }`)
	f.Add(`DELETE WHERE { ?s ^<p>/<q>* ?o }`)
	f.Fuzz(func(t *testing.T, request string) {
		p, err := ParseUpdate(context.Background(), strings.NewReader(request), base)
		if (p == nil) != (err != nil) {
			t.Fatalf("patch %v, error %v", p, err)
		}
		if err != nil {
			return
		}
		// On an empty graph every request that parses succeeds (SP-SPU-02).
		if _, err := p.Apply(context.Background(), patch.Of(rdf.NewGraph())); err != nil {
			t.Fatalf("apply: %v", err)
		}
	})
}
