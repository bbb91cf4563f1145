package n3

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"domicile/rdfstore/patch"
	"domicile/rdfstore/rdf"
)

const base = "https://pod.example/alice/notes"

const prefixes = `@prefix solid: <http://www.w3.org/ns/solid/terms#>.
@prefix ex: <https://ex.example/>.
`

func TestParsePatch(t *testing.T) {
	p, err := ParsePatch(context.Background(), strings.NewReader(`@prefix solid: <http://www.w3.org/ns/solid/terms#>.
@prefix ex: <http://www.example.org/terms#>.

_:rename a solid:InsertDeletePatch;
  solid:where   { ?person ex:familyName "Garcia". };
  solid:inserts { ?person ex:givenName "Alex"; ex:note [ ex:on <> ] . <#me> ex:list ( 1 ) };
  solid:deletes { ?person ex:givenName "Claudia". }.`), base)
	if err != nil {
		t.Fatal(err)
	}
	op := p.Operations[0]
	person, ex := rdf.Variable("person"), "http://www.example.org/terms#"
	if want := []rdf.Triple{{S: person, P: rdf.IRI(ex + "familyName"), O: rdf.String("Garcia")}}; !slices.Equal(op.Where, want) {
		t.Errorf("where: %v", op.Where)
	}
	if want := []rdf.Triple{{S: person, P: rdf.IRI(ex + "givenName"), O: rdf.String("Claudia")}}; !slices.Equal(op.Deletes, want) {
		t.Errorf("deletes: %v", op.Deletes)
	}
	if len(op.Inserts) != 6 || op.Inserts[0].O != rdf.String("Alex") || op.Inserts[2].O != rdf.IRI(base) {
		t.Errorf("inserts: %v", op.Inserts)
	}
	if !p.Strict || !p.Reads() || !p.Inserts() || !p.Deletes() {
		t.Errorf("patch: %+v", p)
	}
}

func TestRules(t *testing.T) {
	for _, c := range []struct{ name, doc, rule string }{
		{"SP-N3-16 type only", `<> a solid:InsertDeletePatch.`, ""},
		{"SP-N3-05 empty clauses", `[] a solid:InsertDeletePatch; solid:where {}; solid:inserts {}; solid:deletes {}.`, ""},
		{"SP-N3-04 a further type", `[ a solid:InsertDeletePatch, solid:Patch; solid:inserts { <a> <b> <c> } ].`, ""},
		{"SP-N3-04 triples about something else", `<> a solid:InsertDeletePatch. <#x> a ex:Thing.`, ""},
		{"SP-N3-08 blank node in inserts", `<> a solid:InsertDeletePatch; solid:inserts { _:x ex:p _:x }.`, ""},
		{"SP-N3-09 label of the patch only", `_:patch a solid:InsertDeletePatch; solid:inserts { <a> <b> <c> }.`, ""},
		{"SP-N3-07 hyphen in a variable", `<> a solid:InsertDeletePatch; solid:where { ?a-b ex:p 1 }; solid:inserts { ?a-b ex:q 2 }.`, ""},

		{"SP-N3-04 nothing", ``, RuleSingle},
		{"SP-N3-04 another document", `<> a ex:Thing.`, RuleSingle},
		{"SP-N3-04 two patches", `<a> a solid:InsertDeletePatch. <b> a solid:InsertDeletePatch.`, RuleSingle},
		{"SP-N3-04 two subjects", `<a> a solid:InsertDeletePatch. <b> solid:inserts {}.`, RuleSingle},
		{"SP-N3-04 solid:Patch only", `<> a solid:Patch; solid:inserts { <a> <b> <c> }.`, RuleSimpleType},
		{"SP-N3-04 no type", `<> solid:inserts { <a> <b> <c> }.`, RuleSimpleType},
		{"SP-N3-04 variable as patch", `?p a solid:InsertDeletePatch.`, RuleIdentifier},
		{"SP-N3-04 formula as patch", `{} a solid:InsertDeletePatch.`, RuleIdentifier},
		{"SP-N3-05 two inserts", `<> a solid:InsertDeletePatch; solid:inserts {<a> <b> <c>}, {<a> <b> <c>}.`, RuleInserts},
		{"SP-N3-05 two deletes", `<> a solid:InsertDeletePatch; solid:deletes {}; solid:deletes {}.`, RuleDeletes},
		{"SP-N3-05 two wheres", `<> a solid:InsertDeletePatch; solid:where {}, {<a> <b> <c>}.`, RuleWhere},
		{"SP-N3-06 no formula", `<> a solid:InsertDeletePatch; solid:inserts <x>.`, RuleFormulae},
		{"SP-N3-06 list for a formula", `<> a solid:InsertDeletePatch; solid:inserts ( {} ).`, RuleFormulae},
		{"SP-N3-06 nested", `<> a solid:InsertDeletePatch; solid:inserts { <a> <b> { <c> <d> <e> } }.`, RuleFormulae},
		{"SP-N3-06 nested in a list", `<> a solid:InsertDeletePatch; solid:where { <a> <b> ( {} ) }.`, RuleFormulae},
		{"SP-N3-06 rule", `{ ?x a ex:A } => { ?x a ex:B }.`, RuleFormulae},
		{"SP-N3-06 reversed rule", `{ ?x a ex:A } <= { ?x a ex:B }.`, RuleFormulae},
		{"SP-N3-06 equation", `<> a solid:InsertDeletePatch; solid:inserts { <a> = <b> }.`, RuleFormulae},
		{"SP-N3-06 quantifier", `@forAll <#x>. <> a solid:InsertDeletePatch.`, RuleFormulae},
		{"SP-N3-06 path", `<> a solid:InsertDeletePatch; solid:inserts { <a>!ex:b ex:c 1 }.`, RuleFormulae},
		{"SP-N3-06 has", `<> a solid:InsertDeletePatch; solid:inserts { <a> has ex:c 1 }.`, RuleFormulae},
		{"SP-N3-06 literal subject", `<> a solid:InsertDeletePatch; solid:inserts { "a" ex:c 1 }.`, RuleFormulae},
		{"SP-N3-06 blank predicate", `<> a solid:InsertDeletePatch; solid:inserts { <a> _:p 1 }.`, RuleFormulae},
		{"SP-N3-06 literal predicate", `<> a solid:InsertDeletePatch; solid:inserts { <a> "p" 1 }.`, RuleFormulae},
		{"SP-N3-06 list predicate", `<> a solid:InsertDeletePatch; solid:inserts { <a> (<b>) 1 }.`, RuleFormulae},
		{"SP-N3-07 variable without where", `<> a solid:InsertDeletePatch; solid:inserts { ?x ex:p 1 }.`, RuleVariables},
		{"SP-N3-07 other variable in where", `<> a solid:InsertDeletePatch; solid:where { ?y ex:p 1 }; solid:deletes { ?x ex:p 1 }.`, RuleVariables},
		{"SP-N3-08 blank node in deletes", `<> a solid:InsertDeletePatch; solid:deletes { _:x ex:p 1 }.`, RuleBlankNodes},
		{"SP-N3-08 brackets in deletes", `<> a solid:InsertDeletePatch; solid:deletes { <x> ex:p [] }.`, RuleBlankNodes},
		{"SP-N3-08 list in deletes", `<> a solid:InsertDeletePatch; solid:deletes { <x> ex:p ( 1 ) }.`, RuleBlankNodes},
		{"SP-N3-09 label in inserts and where", `<> a solid:InsertDeletePatch; solid:where { _:x ex:p 1 }; solid:inserts { _:x ex:q 1 }.`, RuleLabels},
		{"SP-N3-09 label in inserts and outside", `_:x a solid:InsertDeletePatch; solid:inserts { _:x ex:q 1 }.`, RuleLabels},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePatch(context.Background(), strings.NewReader(prefixes+c.doc), base)
			var invalid *InvalidPatch
			switch {
			case c.rule == "" && err != nil:
				t.Errorf("unexpected: %v", err)
			case c.rule != "" && (!errors.As(err, &invalid) || invalid.Rule != c.rule):
				t.Errorf("want %s, got %v", c.rule, err)
			}
		})
	}
}

func TestSyntax(t *testing.T) {
	for _, c := range []struct {
		doc          string
		line, column int
	}{
		{"<> a solid:InsertDeletePatch.", 1, 6},
		{prefixes + "<> a solid:InsertDeletePatch", 3, 29},
		{prefixes + "<> a solid:InsertDeletePatch; solid:inserts { <a> <b> <c> .", 3, 60},
		{prefixes + "<> a solid:InsertDeletePatch; solid:inserts { <a> <b> <c> <d> }.", 3, 59},
		{prefixes + "<> solid:inserts { é ? }", 3, 20},
	} {
		_, err := ParsePatch(context.Background(), strings.NewReader(c.doc), base)
		var syntax *rdf.SyntaxError
		if !errors.As(err, &syntax) || syntax.Line != c.line || syntax.Column != c.column {
			t.Errorf("SP-N3-03 %q: %v, want line %d, column %d", c.doc, err, c.line, c.column)
		}
	}
}

func FuzzParsePatch(f *testing.F) {
	f.Add(prefixes + `<> a solid:InsertDeletePatch; solid:where {?s ex:p _:b}; solid:inserts {?s ex:q [ ex:r (1 2) ]}; solid:deletes {?s ex:p 1}.`)
	f.Add(`{ ?x a <y> } => { <= `)
	f.Add(strings.Repeat("{", 300))
	f.Fuzz(func(t *testing.T, doc string) {
		p, err := ParsePatch(context.Background(), strings.NewReader(doc), base)
		if (p == nil) != (err != nil) {
			t.Fatalf("patch %v, error %v", p, err)
		}
		if err != nil {
			return
		}
		g := rdf.NewGraph()
		if p.Reads() || p.Deletes() {
			return
		}
		if _, err := p.Apply(context.Background(), patch.Of(g)); err != nil {
			t.Fatalf("inserting into an empty graph: %v", err)
		}
	})
}
