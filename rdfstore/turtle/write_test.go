package turtle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"domicile/rdfstore/rdf"
)

func TestWrite(t *testing.T) {
	for _, c := range []struct{ name, doc, want string }{
		{"empty", "", ""},
		{"prefixes are kept in order, used or not", "@prefix b: <https://b.example/>. @prefix a: <https://a.example/>. b:s b:p a:o.",
			"@prefix b: <https://b.example/> .\n@prefix a: <https://a.example/> .\n\nb:s b:p a:o .\n"},
		{"the document is relative, its neighbours are not", "@prefix : <#>. @prefix p: </alice/>. <> a :C. <#me> <#p> <other>, </alice/profile/card/x>, </>.",
			"@prefix : <#> .\n@prefix p: <https://pod.example/alice/> .\n\n<> a :C .\n\n:me :p <B/other>, <B/card/x>, <https://pod.example/> .\n"},
		{"grouped by subject and predicate, in order", "<a> <p> 1. <b> <p> 2. <a> <q> 3; <p> 4; a <c>.",
			"<B/a> <B/p> 1, 4 ;\n    <B/q> 3 ;\n    a <B/c> .\n\n<B/b> <B/p> 2 .\n"},
		{"many objects", "<a> <p> 1, 2, 3, 4, 5; <q> 6.",
			"<B/a> <B/p> 1,\n        2,\n        3,\n        4,\n        5 ;\n    <B/q> 6 .\n"},
		{"blank nodes nest", "<a> <p> [ <q> [ <r> 1; <s> 2 ] ], [], [ <t> () ].",
			"<B/a> <B/p> [ <B/q> [\n        <B/r> 1 ;\n        <B/s> 2\n    ] ], [], [ <B/t> () ] .\n"},
		{"lists", "<a> <p> ( 1 ( 2 [ <q> 3 ] ) ).", "<B/a> <B/p> ( 1 ( 2 [ <B/q> 3 ] ) ) .\n"},
		{"long lists", "<a> <p> ( 1 2 3 4 5 6 7 8 9 ).", "<B/a> <B/p> (\n        1\n        2\n        3\n        4\n        5\n        6\n        7\n        8\n        9 ) .\n"},
		{"nodes that two triples share keep a label", "<a> <p> _:x. <b> <p> _:x. _:x <q> 1.", "<B/a> <B/p> _:x .\n\n<B/b> <B/p> _:x .\n\n_:x <B/q> 1 .\n"},
		{"nodes that nothing refers to need none", "_:x <p> 1. _:y <p> 2.", "[] <B/p> 1 .\n\n[] <B/p> 2 .\n"},
		{"circles", "_:x <p> _:y. _:y <p> _:x.", "_:x <B/p> [ <B/p> _:x ] .\n"},
		{"a node that refers to itself", "_:x <p> _:x.", "_:x <B/p> _:x .\n"},
		{"a list that is a circle", "_:x <RDF#first> 1; <RDF#rest> _:y. _:y <RDF#first> 2; <RDF#rest> _:x.",
			"_:x <RDF#first> 1 ;\n    <RDF#rest> [\n        <RDF#first> 2 ;\n        <RDF#rest> _:x\n    ] .\n"},
		{"a list with a cell that says more", "<a> <p> _:x. _:x <RDF#first> 1; <RDF#rest> _:y. _:y <RDF#first> 2; <RDF#rest> <RDF#nil>; <q> 3.",
			"<B/a> <B/p> [\n        <RDF#first> 1 ;\n        <RDF#rest> [\n            <RDF#first> 2 ;\n            <RDF#rest> () ;\n            <B/q> 3\n        ]\n    ] .\n"},
		{"a list that breaks late", "<a> <p> _:x. _:x <RDF#first> 1; <RDF#rest> _:y. _:y <RDF#first> 2; <RDF#rest> _:z. _:z <RDF#first> 3; <RDF#rest> <b>.",
			"<B/a> <B/p> [\n        <RDF#first> 1 ;\n        <RDF#rest> [\n            <RDF#first> 2 ;\n            <RDF#rest> [\n                <RDF#first> 3 ;\n                <RDF#rest> <B/b>\n            ]\n        ]\n    ] .\n"},
		{"a list without an end", "<a> <p> _:x. _:x <RDF#first> 1; <RDF#rest> <b>.",
			"<B/a> <B/p> [\n        <RDF#first> 1 ;\n        <RDF#rest> <B/b>\n    ] .\n"},
		{"a list with two ends", "<a> <p> _:x. _:x <RDF#rest> <RDF#nil>, <b>.", "<B/a> <B/p> [\n        <RDF#rest> (), <B/b>\n    ] .\n"},
		{"shorthand only where it says the same", `<a> <p> 1, -1.5, .5, 1e0, true, "1."^^<XSD#decimal>, "x"^^<XSD#integer>, "1"^^<XSD#double>, "TRUE"^^<XSD#boolean>, ""^^<XSD#integer>, "+"^^<XSD#integer>, "1e"^^<XSD#double>, "1"^^<XSD#boolean>.`,
			"<B/a> <B/p> " + strings.Join([]string{"1", "-1.5", ".5", "1e0", "true", `"1."^^<XSD#decimal>`, `"x"^^<XSD#integer>`, `"1"^^<XSD#double>`,
				`"TRUE"^^<XSD#boolean>`, `""^^<XSD#integer>`, `"+"^^<XSD#integer>`, `"1e"^^<XSD#double>`, `"1"^^<XSD#boolean>`}, ",\n        ") + " .\n"},
		{"strings", `<a> <p> "a\"b\\c\td\re\u0001\u007f", "x\n\"\"\"y\\\r"@en.`,
			"<B/a> <B/p> \"a\\\"b\\\\c\\td\\re\\u0001\\u007F\", \"\"\"x\n\\\"\\\"\\\"y\\\\\\r\"\"\"@en .\n"},
		{"names that need a backslash are written in full", "@prefix e: <E/>. <E/a.b> <E/a/b> <E/%41>, <E/a.>, <E/-a>, <E/%zz>, <E/1:a_->, <E/>, <E/x?y>.",
			"@prefix e: <E/> .\n\ne:a.b <E/a/b> e:%41,\n        <E/a.>,\n        <E/-a>,\n        <E/%zz>,\n        e:1:a_-,\n        e:,\n        <E/x?y> .\n"},
		{"the longest prefix wins", "@prefix e: <E/>. @prefix f: <E/f#>. e:s f:p <E/f#o/x>.", "@prefix e: <E/> .\n@prefix f: <E/f#> .\n\ne:s f:p <E/f#o/x> .\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := parse(t, short.Replace(c.doc))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := written(t, doc), short.Replace(c.want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			checkRoundTrip(t, doc)
		})
	}
}

func written(t fataler, doc *rdf.Document) string {
	var buf bytes.Buffer
	if err := Write(&buf, doc, base); err != nil {
		t.Fatalf("write: %v", err)
	}
	return buf.String()
}

type fataler interface{ Fatalf(string, ...any) }

func checkRoundTrip(t fataler, doc *rdf.Document) {
	text := written(t, doc)
	again, err := Parse(context.Background(), strings.NewReader(text), base, DefaultLimits)
	if err != nil {
		t.Fatalf("read back: %v\n%s", err, text)
	}
	if !rdf.Isomorphic(doc.Dataset, again.Dataset) {
		t.Fatalf("changed by writing:\n%s\nfrom\n%s", text, nTriples(doc))
	}
	if second := written(t, again); len(second) != len(text) {
		t.Fatalf("written again:\n%s\nbefore:\n%s", second, text)
	}
}

// What is written is read back as the same graph, whatever the graph.
func TestWriteThenParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := rdf.NewDocument()
		doc.Prefixes = rapid.SliceOfN(rapid.Custom(drawPrefix), 0, 4).Draw(t, "prefixes")
		for range rapid.IntRange(0, 25).Draw(t, "triples") {
			doc.Add(rdf.Quad{S: drawSubject(t), P: drawPredicate(t), O: drawObject(t)})
		}
		checkRoundTrip(t, doc)
	})
}

func drawPrefix(t *rapid.T) rdf.Prefix {
	return rdf.Prefix{
		Name: rapid.SampledFrom([]string{"", "a", "b", "é.x", "not a name", "_x", "a."}).Draw(t, "name"),
		IRI:  rapid.SampledFrom([]string{"https://ex.example/", "https://ex.example/a", base + "#", base, "x:", "no iri", rdf.RDF}).Draw(t, "namespace"),
	}
}

func drawIRI(t *rapid.T) rdf.Term {
	local := rapid.StringOf(rapid.SampledFrom([]rune("ab1.-_:%4é·/?#~'(),;日"))).Draw(t, "local")
	return rdf.IRI(rapid.SampledFrom([]string{"https://ex.example/", base, base + "#", "x:"}).Draw(t, "start") + local)
}

func drawBlank(t *rapid.T) rdf.Term {
	return rdf.Blank(rapid.SampledFrom([]string{"a", "b1", "b2", "c.d", "with space", ""}).Draw(t, "label"))
}

func drawSubject(t *rapid.T) rdf.Term {
	if rapid.Bool().Draw(t, "blank") {
		return drawBlank(t)
	}
	return drawIRI(t)
}

func drawPredicate(t *rapid.T) rdf.Term {
	if rapid.Bool().Draw(t, "list") {
		return rapid.SampledFrom([]rdf.Term{listFirst, listRest, listRest, rdf.Type}).Draw(t, "predicate")
	}
	return drawIRI(t)
}

func drawObject(t *rapid.T) rdf.Term {
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return drawIRI(t)
	case 1, 2:
		return drawBlank(t)
	case 3:
		return listEnd
	case 4:
		return rdf.LangString(rapid.String().Draw(t, "text"), rapid.SampledFrom([]string{"en", "de-ch-1996"}).Draw(t, "tag"))
	}
	lexical := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("+-.eE019\"'\\\n\r\t\x00")))).Draw(t, "lexical")
	datatype := rapid.SampledFrom([]string{rdf.XSDString, rdf.XSDInteger, rdf.XSDDecimal, rdf.XSDDouble, rdf.XSDBoolean, "x:t"}).Draw(t, "datatype")
	return rdf.Typed(lexical, datatype)
}

func TestWriteRefusesWhatTurtleCannotSay(t *testing.T) {
	good := rdf.IRI("x:y")
	for _, bad := range []rdf.Triple{
		{S: rdf.String("x"), P: good, O: good},
		{S: good, P: rdf.Blank("b"), O: good},
		{S: good, P: rdf.String("x"), O: good},
		{S: good, P: good, O: rdf.Variable("x")},
		{S: rdf.IRI("relative"), P: good, O: good},
		{S: good, P: rdf.IRI("x:a b"), O: good},
		{S: good, P: good, O: rdf.IRI("x:\xff")},
		{S: good, P: good, O: rdf.String("\xff")},
		{S: good, P: good, O: rdf.LangString("x", "en_us")},
		{S: good, P: good, O: rdf.Typed("x", "relative")},
		{S: good, P: good, O: rdf.Term{}},
	} {
		doc := rdf.NewDocument()
		doc.Add(rdf.Quad{S: bad.S, P: bad.P, O: bad.O})
		if err := Write(io.Discard, doc, base); err == nil {
			t.Errorf("Turtle: wrote %s", bad)
		}
		if err := WriteNTriples(io.Discard, doc); err == nil {
			t.Errorf("N-Triples: wrote %s", bad)
		}
	}
}

// SP-CN-05
func TestNamedGraphsAreLeftOut(t *testing.T) {
	doc := rdf.NewDocument()
	doc.Add(rdf.Quad{S: rdf.IRI("x:a"), P: rdf.Type, O: rdf.IRI("x:b"), G: rdf.IRI("x:g")})
	doc.Add(rdf.Quad{S: rdf.IRI("x:c"), P: rdf.Type, O: rdf.IRI("x:d")})
	if got := written(t, doc); got != "<x:c> a <x:d> .\n" {
		t.Errorf("written: %s", got)
	}
}

// Structures that tempt a writer into recursion or quadratic work.
func TestLargeStructures(t *testing.T) {
	const n = 20_000
	first, rest, end := rdf.IRI(rdf.RDFFirst), rdf.IRI(rdf.RDFRest), rdf.IRI(rdf.RDFNil)
	node := func(i int) rdf.Term { return rdf.Blank(fmt.Sprintf("n%d", i)) }
	chain, list, broken := rdf.NewDocument(), rdf.NewDocument(), rdf.NewDocument()
	for i := range n {
		chain.Add(rdf.Quad{S: node(i), P: rdf.IRI("x:next"), O: node(i + 1)})
		for _, doc := range []*rdf.Document{list, broken} {
			doc.Add(rdf.Quad{S: node(i), P: first, O: rdf.IRI("x:item")})
			doc.Add(rdf.Quad{S: node(i), P: rest, O: node(i + 1)})
		}
	}
	for _, doc := range []*rdf.Document{list, broken} {
		doc.Add(rdf.Quad{S: rdf.IRI("x:s"), P: rdf.IRI("x:p"), O: node(0)})
		doc.Add(rdf.Quad{S: node(n), P: first, O: rdf.IRI("x:item")})
	}
	list.Add(rdf.Quad{S: node(n), P: rest, O: end})
	for name, doc := range map[string]*rdf.Document{"chain": chain, "list": list, "list without an end": broken} {
		again, err := Parse(context.Background(), strings.NewReader(written(t, doc)), base, DefaultLimits)
		if err != nil || again.Len() != doc.Len() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriteErrorsPass(t *testing.T) {
	doc, err := parse(t, "<a> <b> <c> .")
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(failing{}, doc, base); err != io.ErrClosedPipe {
		t.Errorf("Turtle: %v", err)
	}
	if err := WriteNTriples(failing{}, doc); err != io.ErrClosedPipe {
		t.Errorf("N-Triples: %v", err)
	}
}
