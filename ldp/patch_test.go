package ldp_test

import (
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

const people = `@prefix ex: <http://example.org/>.
<#a> ex:family "Garcia"; ex:given "Claudia".
<#b> ex:family "Smith"; ex:given "Claudia".
<#c> ex:family "Smith"; ex:given "Ann".
<#d> ex:knows [ ex:given "Nobody" ].
`

func TestN3Patch(t *testing.T) {
	const prologue = "@prefix solid: <http://www.w3.org/ns/solid/terms#>.\n@prefix ex: <http://example.org/>.\n"
	for _, c := range []struct {
		name, path, patch string
		want              int
		holds, omits      string // of the document afterwards
	}{
		{"T29 SP-N3-10 one match", "r", insertDelete(`?p ex:family "Garcia".`, `?p ex:given "Claudia".`, `?p ex:given "Alex".`), 204, `"Alex"`, ""},
		{"T29 SP-N3-10 two matches", "r", insertDelete(`?p ex:family "Smith".`, "", `?p ex:given "Alex".`), 409, "", `"Alex"`},
		{"T29 SP-N3-10 no match", "r", insertDelete(`?p ex:family "Jones".`, "", `?p ex:given "Alex".`), 409, "", `"Alex"`},
		{"SP-N3-10 ground where as a precondition", "r", insertDelete(`<#a> ex:family "Garcia".`, "", `<#a> ex:given "Alex".`), 204, `"Alex"`, ""},
		{"SP-N3-10 ground where that fails", "r", insertDelete(`<#a> ex:family "Smith".`, "", `<#a> ex:given "Alex".`), 409, "", `"Alex"`},
		{"SP-N3-10 where of several patterns", "r", insertDelete(`?p ex:family "Smith"; ex:given "Ann".`, "", `?p ex:given "Alex".`), 204, `"Alex"`, ""},
		{"SP-N3-09 blank node in where matches anything", "r", insertDelete(`?p ex:knows [ ex:given "Nobody" ].`, "", `?p ex:given "Alex".`), 204, `"Alex"`, ""},
		{"SP-N3-01 insert", "r", insertDelete("", "", `<#a> ex:given "Alex".`), 204, `"Alex"`, ""},
		{"SP-N3-11 insert of what is there", "r", insertDelete("", "", `<#a> ex:given "Claudia".`), 204, `"Claudia"`, ""},
		{"SP-N3-11 delete", "r", insertDelete("", `<#c> ex:given "Ann".`, ""), 204, `"Smith"`, `"Ann"`},
		{"T36 SP-N3-11 delete of what is not there", "r", insertDelete("", `<#a> ex:given "Alex".`, ""), 409, `"Claudia"`, ""},
		{"T36 SP-N3-11 delete and insert of the same absent triple", "r", insertDelete("", `<#a> ex:given "Alex".`, `<#a> ex:given "Alex".`), 409, "", `"Alex"`},
		{"SP-N3-11 some deletes missing change nothing", "r", insertDelete("", `<#a> ex:given "Claudia", "Alex".`, ""), 409, `"Claudia"`, ""},
		{"T33 SP-N3-08 blank node in inserts", "r", insertDelete("", "", `_:b ex:given "Alex".`), 204, `"Alex"`, ""},
		{"T32 SP-N3-08 blank node in deletes", "r", insertDelete("", `_:b ex:given "Claudia".`, ""), 422, `"Claudia"`, ""},
		{"T32 SP-N3-08 anonymous node in deletes", "r", insertDelete("", `<#d> ex:knows [].`, ""), 422, "knows", ""},
		{"T34 SP-N3-09 label shared by where and inserts", "r", insertDelete(`_:b ex:given "Claudia".`, "", `_:b ex:given "Alex".`), 422, "", `"Alex"`},
		{"T31 SP-N3-07 variable not in where", "r", insertDelete("", "", `?x ex:given "Alex".`), 422, "", `"Alex"`},
		{"SP-N3-07 variable of deletes not in where", "r", insertDelete("", `?x ex:given "Ann".`, ""), 422, `"Ann"`, ""},
		{"T30 SP-N3-04 only solid:Patch", "r", prologue + `_:p a solid:Patch; solid:inserts { <#a> ex:given "Alex". }.`, 422, "", `"Alex"`},
		{"SP-N3-04 no patch resource", "r", prologue + `<#a> ex:given "Alex".`, 422, "", `"Alex"`},
		{"SP-N3-04 empty document", "r", prologue, 422, "", ""},
		{"T35 SP-N3-05 two inserts", "r", prologue + `_:p a solid:InsertDeletePatch; solid:inserts { <#a> ex:given "Alex". }, { <#a> ex:given "Bo". }.`, 422, "", `"Alex"`},
		{"T35 SP-N3-04 two patch resources", "r", prologue + `_:p a solid:InsertDeletePatch; solid:inserts { <#a> ex:given "Alex". }. _:q a solid:InsertDeletePatch.`, 422, "", `"Alex"`},
		{"SP-N3-06 clause that is no formula", "r", prologue + `_:p a solid:InsertDeletePatch; solid:inserts <#a>.`, 422, "", ""},
		{"T38 SP-N3-03 syntax error", "r", "invalid syntax", 400, "", ""},
		{"SP-N3-16 nothing to do", "r", insertDelete("", "", ""), 204, `"Claudia"`, ""},
		{"ECO-CLI-10 rdflib's order of clauses", "r", prologue + `_:patch
  solid:deletes { <#c> ex:given "Ann". };
  solid:inserts { <#c> ex:given "Alex". };   a solid:InsertDeletePatch .`, 204, `"Alex"`, `"Ann"`},
		{"SP-URI-08 relative IRIs", "r", insertDelete("", "", `<> ex:see <other>.`), 204, "other", ""},
		{"T39 SP-N3-02 a document that is not RDF", "plain", insertDelete("", "", `<#a> ex:given "Alex".`), 415, "Hello", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPod(t, []given{{"r", ttl, people}, {"plain", text, "Hello"}})
			a := p.write(alice, "PATCH", "/alice/"+c.path, n3, c.patch).is(c.want)
			if c.want == 415 {
				a.has(fields{"Accept-Patch": n3})
			}
			after := p.get(alice, "/alice/"+c.path).is(200).holds(c.holds)
			if c.omits != "" {
				after.omits(c.omits)
			}
			if c.want != 204 && c.path == "r" {
				after.holds(people) // what failed left every byte
			}
		})
	}
}

func TestPatchMediaTypes(t *testing.T) {
	doc := []given{{"r", ttl, people}, {"plain", text, "Hello"}}
	run(t, []row{
		{name: "T39 SP-N3-02 text/plain to a text", given: doc, call: writing("PATCH", "plain", text, "x"), status: 415, has: fields{"Accept-Patch": n3}},
		{name: "SP-N3-02 Turtle to RDF", given: doc, call: writing("PATCH", "r", ttl, note), status: 415, has: fields{"Accept-Patch": sparql}},
		{name: "SP-N3-02 unknown type to an absent document", call: writing("PATCH", "new", "application/json-patch+json", "[]"), status: 415, has: fields{"Accept-Patch": n3}},
		{name: "T03 SP-HTTP-06 without Content-Type", given: doc, call: writing("PATCH", "r", "", "x"), status: 400},
		{name: "SP-N3-02 with a charset", given: doc, call: writing("PATCH", "r", "text/n3; charset=utf-8", insertDelete("", "", "<> ex:p 1.")), status: 204},
		{name: "T02 SP-HTTP-03 nobody's SPARQL to a container", given: []given{{"c/", "", ""}},
			call: call{public, "PATCH", "/alice/c/", fields{"Content-Type": sparql}, "INSERT DATA {}"}, status: 401, has: fields{"WWW-Authenticate": "DPoP"}},
	})
}

func TestPatchCreates(t *testing.T) {
	insert := insertDelete("", "", `<> ex:p "new".`)
	t.Run("SP-N3-01 SP-N3-15 an absent document becomes Turtle", func(t *testing.T) {
		p := newPod(t, nil)
		p.write(alice, "PATCH", "/alice/new", n3, insert).is(201).has(fields{"Location": root + "new", "ETag": `"`})
		p.get(alice, "/alice/new").is(200).has(fields{"Content-Type": ttl}).says(root+"new", "http://example.org/p", "new")
		p.write(alice, "PATCH", "/alice/new", n3, insert).is(204)
	})
	for name, c := range map[string]struct {
		patch string
		want  int
	}{
		"T37 SP-N3-11 delete":       {insertDelete("", `<> ex:p "old".`, `<> ex:p "new".`), 409},
		"SP-N3-10 where":            {insertDelete(`?s ex:p "old".`, "", `?s ex:p "new".`), 409},
		"SP-N3-16 nothing to write": {insertDelete("", "", ""), 204},
		"T38 SP-N3-03 syntax error": {"invalid syntax", 400},
		"T30 SP-N3-04 no patch":     {"<> a <#T>.", 422},
	} {
		t.Run(name+" creates nothing", func(t *testing.T) {
			p := newPod(t, nil)
			p.write(alice, "PATCH", "/alice/a/new", n3, c.patch).is(c.want)
			p.get(alice, "/alice/a/new").is(404)
			p.get(alice, "/alice/a/").is(404)
		})
	}
	t.Run("SP-URI-02 T10 below a document", func(t *testing.T) {
		p := newPod(t, []given{{"dahut", ttl, note}})
		p.write(alice, "PATCH", "/alice/dahut/bar", n3, insert).is(409)
		p.write(alice, "PATCH", "/alice/dahut/foo/bar", sparql, "INSERT DATA { <> <#p> 1. }").is(409)
		p.lists("", "dahut", "profile/")
	})
}

func TestPatchKeepsTheDocument(t *testing.T) {
	t.Run("SP-CN-03 SP-N3-14 byte for byte until the first PATCH, prefixes after it", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, note}})
		p.get(alice, "/alice/r").is(200).holds(note)
		p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "", `<#it> ex:more "x".`)).is(204)
		a := p.get(alice, "/alice/r").is(200).omits("kept until").holds("@prefix ex: <http://example.org/>")
		a.says(root+"r#it", "http://example.org/name", "Milk").says(root+"r#it", "http://example.org/more", "x")
		a.states(root+"r#it", "http://example.org/next", root+"other")
	})
	t.Run("SP-N3-15 JSON-LD keeps its media type", func(t *testing.T) {
		p := newPod(t, []given{{"j", jld, `{"@id":"#it","http://example.org/name":"Milk"}`}})
		p.write(alice, "PATCH", "/alice/j", n3, insertDelete("", "", `<#it> ex:more "x".`)).is(204)
		a := p.get(alice, "/alice/j").is(200).has(fields{"Content-Type": jld})
		a.says(root+"j#it", "http://example.org/name", "Milk").says(root+"j#it", "http://example.org/more", "x")
	})
	t.Run("SP-N3-08 each blank node of inserts is fresh", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, "<#d> <http://example.org/knows> _:b. _:b <http://example.org/given> 'Nobody'."}})
		p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "", `_:b ex:given "Alex".`)).is(204)
		p.write(alice, "PATCH", "/alice/r", n3, insertDelete("", "", `_:b ex:given "Alex".`)).is(204)
		nodes := map[rdf.Term]bool{}
		for triple := range p.get(alice, "/alice/r").graph().Match(rdf.Term{}, rdf.IRI("http://example.org/given"), rdf.Term{}) {
			nodes[triple.S] = true
		}
		if len(nodes) != 3 {
			t.Errorf("%d nodes have a name, want 3", len(nodes))
		}
	})
	t.Run("SP-N3-01 a patch of an ACL is a patch", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, note}, aclOf("r", only("Read"))})
		p.get(bob, "/alice/r").is(200)
		p.write(alice, "PATCH", "/alice/r.acl", sparql, `PREFIX acl: <http://www.w3.org/ns/auth/acl#>
DELETE DATA { <#rule0> acl:mode acl:Read }; INSERT DATA { <#rule0> acl:mode acl:Append };`).is(204)
		p.get(bob, "/alice/r").is(403)
	})
}

func TestSPARQLUpdate(t *testing.T) {
	const prefix = "PREFIX ex: <http://example.org/>\n"
	for _, c := range []struct {
		name, update string
		want         int
		holds, omits string
	}{
		{"SP-SPU-01 INSERT DATA", prefix + `INSERT DATA { <#a> ex:given "Alex" }`, 204, `"Alex"`, ""},
		{"SP-SPU-01 DELETE DATA", prefix + `DELETE DATA { <#c> ex:given "Ann" }`, 204, "", `"Ann"`},
		{"T49 E07 ECO-CLI-03 as the Inrupt library does", prefix + `DELETE DATA { <#c> ex:given "Ann". }; INSERT DATA { <#c> ex:given "Alex". };`, 204, `"Alex"`, `"Ann"`},
		{"E07 without prefixes", `DELETE DATA {<#c> <http://example.org/given> "Ann".}; INSERT DATA {<> <http://example.org/p> "b".};`, 204, `"b"`, `"Ann"`},
		{"SP-SPU-02 DELETE DATA of what is not there", prefix + `DELETE DATA { <#a> ex:given "Alex" }`, 204, `"Claudia"`, ""},
		{"SP-SPU-01 DELETE/INSERT WHERE", prefix + `DELETE { ?p ex:given "Ann" } INSERT { ?p ex:given "Alex" } WHERE { ?p ex:given "Ann" }`, 204, `"Alex"`, `"Ann"`},
		{"SP-SPU-02 several solutions", prefix + `DELETE { ?p ex:family "Smith" } INSERT { ?p ex:family "Miller" } WHERE { ?p ex:family "Smith" }`, 204, `"Miller"`, `"Smith"`},
		{"SP-SPU-02 no solution is a success", prefix + `DELETE { ?p ex:given "Zoe" } INSERT { ?p ex:given "Alex" } WHERE { ?p ex:given "Zoe" }`, 204, `"Ann"`, `"Alex"`},
		{"SP-SPU-01 DELETE WHERE", prefix + `DELETE WHERE { ?p ex:given "Ann" }`, 204, "", `"Ann"`},
		{"SP-SPU-02 blank node in INSERT", prefix + `INSERT DATA { _:x ex:given "Alex" }`, 204, `"Alex"`, ""},
		{"SP-SPU-02 syntax error", `INSERT DATA { oops`, 400, "", ""},
		{"SP-SPU-02 LOAD", `LOAD <http://127.0.0.1/x>`, 422, "", ""},
		{"SP-SPU-02 CLEAR", `CLEAR ALL`, 422, `"Ann"`, ""},
		{"SP-SPU-02 GRAPH", prefix + `INSERT DATA { GRAPH <#g> { <#a> ex:given "Alex" } }`, 422, "", `"Alex"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPod(t, []given{{"r", ttl, people}})
			a := p.write(alice, "PATCH", "/alice/r", sparql, c.update)
			if c.want == 422 {
				a.isOneOf(422, 400)
			} else {
				a.is(c.want)
			}
			after := p.get(alice, "/alice/r").is(200).holds(c.holds)
			if c.omits != "" {
				after.omits(c.omits)
			}
			if c.want != 204 && !strings.Contains(after.body, people) {
				t.Error("what failed changed the document")
			}
		})
	}
}
