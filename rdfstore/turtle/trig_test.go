package turtle

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"domicile/rdfstore/rdf"
)

// nQuads gives the quads in the order of the dataset, labels as they are.
func nQuads(doc *rdf.Document) string {
	var b strings.Builder
	for q := range doc.Quads() {
		b.WriteString(strings.TrimSuffix(q.Triple().String(), "."))
		if !q.G.IsZero() {
			b.WriteString(q.G.String() + " ")
		}
		b.WriteString(".\n")
	}
	return b.String()
}

func TestTriGGrammar(t *testing.T) {
	const ex = "@prefix ex: <https://ex.example/> .\n"
	for _, c := range []struct{ name, doc, want string }{
		{"[1g] empty document", "", ""},
		{"[1g] Turtle is TriG", ex + "<a> ex:p 1; a ex:C. [] ex:p [ ex:q 2 ] .", "<B/a> <E/p> \"1\"^^<XSD#integer> .\n<B/a> <RDF#type> <E/C> .\n_:b1 <E/p> _:b2 .\n_:b2 <E/q> \"2\"^^<XSD#integer> ."},
		{"[2g] named graph", "<g> { <a> <b> <c> }", "<B/a> <B/b> <B/c> <B/g> ."},
		{"[2g] GRAPH in any case", "GRAPH <g> { <a> <b> <c> } graph _:g { <a> <b> <c> } Graph [] {<a> <b> <c>}",
			"<B/a> <B/b> <B/c> <B/g> .\n<B/a> <B/b> <B/c> _:g .\n<B/a> <B/b> <B/c> _:b1 ."},
		{"[2g] default graph in braces", "{ <a> <b> <c> . <d> <e> <f> . }", "<B/a> <B/b> <B/c> .\n<B/d> <B/e> <B/f> ."},
		{"[3g] prefixed names and labels as names", ex + "ex:g { <a> <b> <c> } _:g { <a> <b> <c> } [ ] { <a> <b> <c> }",
			"<B/a> <B/b> <B/c> <E/g> .\n<B/a> <B/b> <B/c> _:g .\n<B/a> <B/b> <B/c> _:b1 ."},
		{"a prefix that looks like a keyword", "@prefix graph: <x:> . graph:g { <a> <b> <c> }", "<B/a> <B/b> <B/c> <x:g> ."},
		{"[4g] triples2", "[ <p> 'x' ] . [ <p> 'x' ] <q> 'y' . ( 'z' ) <q> 'y' .",
			"_:b1 <B/p> \"x\" .\n_:b2 <B/p> \"x\" .\n_:b2 <B/q> \"y\" .\n_:b3 <RDF#first> \"z\" .\n_:b3 <RDF#rest> <RDF#nil> .\n_:b3 <B/q> \"y\" ."},
		{"[5g] empty graphs leave no trace", "{ } <g> {} GRAPH <h> { }", ""},
		{"graphs of one name are one graph", "<g> { <a> <b> 'c' } <a> <b> <c> . <g> { <a> <b> 'd', 'c' }",
			"<B/a> <B/b> <B/c> .\n<B/a> <B/b> \"c\" <B/g> .\n<B/a> <B/b> \"d\" <B/g> ."},
		{"[6g] blank nodes and lists inside", "<g> { [ <p> 'x' ] . <a> <q> [ <p> ( 'y' ) ] }",
			"_:b1 <B/p> \"x\" <B/g> .\n<B/a> <B/q> _:b2 <B/g> .\n_:b2 <B/p> _:b3 <B/g> .\n_:b3 <RDF#first> \"y\" <B/g> .\n_:b3 <RDF#rest> <RDF#nil> <B/g> ."},
		{"a label means one node in the whole document", "_:x <p> _:g . _:g { _:x <p> 'y' }", "_:x <B/p> _:g .\n_:x <B/p> \"y\" _:g ."},
		{"directives between graphs", "<g> { <a> <b> <c> } PREFIX p: <x:> p:g { p:a p:b p:c } @base <y:/> . <g> { <a> <b> <c> }",
			"<B/a> <B/b> <B/c> <B/g> .\n<x:a> <x:b> <x:c> <x:g> .\n<y:/a> <y:/b> <y:/c> <y:/g> ."},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := ParseTriG(context.Background(), strings.NewReader(c.doc), base, DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.TrimSpace(nQuads(doc)), short.Replace(c.want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			bytewise, err := ParseTriG(context.Background(), iotest.OneByteReader(strings.NewReader(c.doc)), base, DefaultLimits)
			if err != nil || nQuads(bytewise) != nQuads(doc) {
				t.Errorf("read by bytes: %v", err)
			}
			checkTriG(t, doc)
		})
	}
}

func TestTriGErrors(t *testing.T) {
	for _, c := range []struct {
		doc          string
		line, column int
		message      string
	}{
		{"<g> { <a> <b> <c>", 1, 18, `expected "." or "}", found the end of the document`},
		{"<g> { <a> <b> <c> . } .", 1, 23, `expected a term, found "."`},
		{"<g> { <a> <b> <c> .. }", 1, 20, `expected a term, found "."`},
		{"<g> { { <a> <b> <c> } }", 1, 7, `expected a term, found "{"`},
		{"<g> { @prefix p: <x:> . }", 1, 7, "expected a term, found word @prefix"},
		{"<g> { GRAPH <h> { } }", 1, 7, "expected a term, found word GRAPH"},
		{"GRAPH { <a> <b> <c> }", 1, 7, `expected the name of a graph, found "{"`},
		{"GRAPH 'g' { }", 1, 7, "expected the name of a graph, found string 'g'"},
		{"GRAPH <g> <a> <b> <c> .", 1, 11, `expected "{", found IRI <a>`},
		{"GRAPH () { }", 1, 7, `expected the name of a graph, found "("`},
		{"GRAPH [ <p> <o> ] { }", 1, 19, `expected the name of a graph and its "{", found "{"`},
		{"[ <p> <o> ] { }", 1, 13, `expected a predicate, found "{"`},
		{"() { }", 1, 4, `expected a predicate, found "{"`},
		{"'g' { }", 1, 5, "a literal cannot be a subject"},
		{"<g> <p> { }", 1, 9, `expected a term, found "{"`},
		{"} ", 1, 1, `expected a term, found "}"`},
		{"<g> { } }", 1, 9, `expected a term, found "}"`},
		{"[] .", 1, 4, `expected a predicate, found "."`},
	} {
		_, err := ParseTriG(context.Background(), strings.NewReader(c.doc), base, DefaultLimits)
		var syntax *rdf.SyntaxError
		if !errors.As(err, &syntax) || syntax.Line != c.line || syntax.Column != c.column || syntax.Message != c.message {
			t.Errorf("%q:\ngot  %v\nwant line %d, column %d: %s", c.doc, err, c.line, c.column, c.message)
		}
	}
}

func TestWriteTriG(t *testing.T) {
	const text = `@prefix : <#> . :a :p _:x, [ :q 1 ] ; :r _:only . :h {} :g { :b :p [ :q _:x ], ( 1 2 ) ; :q :c . [] :p :d } _:n { _:n :p 1 }`
	const want = `@prefix : <#> .

:a :p _:x, [ :q 1 ] ;
    :r [] .

:g {
    :b :p [ :q _:x ], ( 1 2 ) ;
        :q :c .

    [] :p :d .
}

_:n {
    _:n :p 1 .
}
`
	doc, err := ParseTriG(context.Background(), strings.NewReader(text), base, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := WriteTriG(&buf, doc, base); err != nil || buf.String() != want {
		t.Errorf("error %v, written:\n%s", err, buf.String())
	}
}

func TestWritersOfDatasetsRefuse(t *testing.T) {
	good := rdf.Triple{S: rdf.IRI("x:s"), P: rdf.IRI("x:p"), O: rdf.IRI("x:o")}
	for _, name := range []rdf.Term{rdf.String("x"), rdf.Variable("x"), rdf.IRI("relative"), rdf.IRI("x:a b")} {
		doc := rdf.NewDocument()
		doc.Graph(name).Add(good)
		if err := WriteTriG(new(bytes.Buffer), doc, base); err == nil {
			t.Errorf("TriG: wrote a graph named %s", name)
		}
		if err := WriteNQuads(new(bytes.Buffer), doc); err == nil {
			t.Errorf("N-Quads: wrote a graph named %s", name)
		}
	}
	doc := rdf.NewDocument()
	doc.Add(rdf.Quad{S: good.S, P: rdf.Blank("p"), O: good.O, G: rdf.IRI("x:g")})
	if WriteTriG(new(bytes.Buffer), doc, base) == nil || WriteNQuads(new(bytes.Buffer), doc) == nil {
		t.Error("wrote a blank node as predicate")
	}
}

// What is written is read back as the same dataset, whatever the dataset.
func TestWriteThenParseDatasets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := rdf.NewDocument()
		doc.Prefixes = rapid.SliceOfN(rapid.Custom(drawPrefix), 0, 3).Draw(t, "prefixes")
		for range rapid.IntRange(0, 25).Draw(t, "quads") {
			q := rdf.Quad{S: drawSubject(t), P: drawPredicate(t), O: drawObject(t)}
			if rapid.IntRange(0, 2).Draw(t, "place") > 0 {
				q.G = drawSubject(t)
			}
			doc.Add(q)
		}
		checkTriG(t, doc)
		checkNQuads(t, doc)
	})
}

// checkTriG writes a document and reads it back.
func checkTriG(t fataler, doc *rdf.Document) {
	var buf bytes.Buffer
	if err := WriteTriG(&buf, doc, base); err != nil {
		t.Fatalf("write: %v", err)
	}
	again, err := ParseTriG(context.Background(), bytes.NewReader(buf.Bytes()), base, DefaultLimits)
	if err != nil {
		t.Fatalf("read back: %v\n%s", err, buf.String())
	}
	if !rdf.Isomorphic(doc.Dataset, again.Dataset) {
		t.Fatalf("changed by writing:\n%s\nfrom\n%s", buf.String(), nQuads(doc))
	}
}

func FuzzParseTriG(f *testing.F) {
	f.Add("@prefix e: <x:> . e:g { e:a e:b [ e:c ( 1 \"x\"@en ) ] } GRAPH _:g { _:g a e:C . } [] { } { e:a a e:b }")
	f.Add("_:x <p> _:y . <g> { _:y <p> _:x } _:y { [] <p> [] }")
	f.Fuzz(func(t *testing.T, text string) {
		if doc, err := ParseTriG(context.Background(), strings.NewReader(text), base, DefaultLimits); err == nil {
			checkTriG(t, doc)
			checkNQuads(t, doc)
		}
	})
}
