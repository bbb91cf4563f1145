package jsonld

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"domicile/rdfstore/rdf"
)

func write(t interface {
	Helper()
	Fatal(...any)
}, doc *rdf.Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, doc, testBase); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func document(quads ...rdf.Quad) *rdf.Document {
	doc := rdf.NewDocument()
	for _, q := range quads {
		doc.Add(q)
	}
	return doc
}

func TestWrite(t *testing.T) {
	s, p, q, o := rdf.IRI("urn:s"), rdf.IRI("urn:p"), rdf.IRI("urn:q"), rdf.IRI("urn:o")
	doc := document(
		rdf.Quad{S: s, P: rdf.Type, O: rdf.IRI("urn:T")},
		rdf.Quad{S: s, P: p, O: rdf.String("a \"b\" \\ <c>\n\u0001é")},
		rdf.Quad{S: o, P: q, O: rdf.Blank("x")},
		rdf.Quad{S: s, P: q, O: rdf.LangString("Hallo", "de")},
		rdf.Quad{S: s, P: p, O: rdf.Typed("5", rdf.XSDInteger)},
		rdf.Quad{S: s, P: p, O: rdf.Typed("05", rdf.XSDInteger)},
		rdf.Quad{S: s, P: p, O: rdf.Typed("true", rdf.XSDBoolean)},
		rdf.Quad{S: s, P: p, O: rdf.Typed("1", rdf.XSDBoolean)},
		rdf.Quad{S: s, P: p, O: rdf.Typed("9007199254740993", rdf.XSDInteger)},
		rdf.Quad{S: rdf.Blank("x"), P: p, O: rdf.Blank("l")},
		rdf.Quad{S: rdf.Blank("l"), P: rdfFirst, O: o},
		rdf.Quad{S: rdf.Blank("l"), P: rdfRest, O: rdfNil},
		rdf.Quad{S: s, P: p, O: rdf.String("named"), G: rdf.IRI("urn:g")},
	)
	const want = `[
  {
    "@id": "urn:s",
    "@type": ["urn:T"],
    "urn:p": [
      {"@value": "a \"b\" \\ <c>\n\u0001é"},
      {"@value": 5},
      {"@value": "05", "@type": "http://www.w3.org/2001/XMLSchema#integer"},
      {"@value": true},
      {"@value": "1", "@type": "http://www.w3.org/2001/XMLSchema#boolean"},
      {"@value": "9007199254740993", "@type": "http://www.w3.org/2001/XMLSchema#integer"}
    ],
    "urn:q": [{"@value": "Hallo", "@language": "de"}]
  },
  {
    "@id": "urn:o",
    "urn:q": [{"@id": "_:b0"}]
  },
  {
    "@id": "_:b0",
    "urn:p": [{"@list": [{"@id": "urn:o"}]}]
  },
  {
    "@id": "urn:g",
    "@graph": [
      {
        "@id": "urn:s",
        "urn:p": [{"@value": "named"}]
      }
    ]
  }
]
`
	if got := write(t, doc); got != want {
		t.Errorf("SP-CN-09: got\n%s\nwant\n%s", got, want)
	}
	if got, want := write(t, rdf.NewDocument()), "[\n]\n"; got != want {
		t.Errorf("an empty document: got %q, want %q", got, want)
	}
}

// A document about one subject is one object, as short as its prefixes allow.
func TestWriteCompact(t *testing.T) {
	me, p := rdf.IRI("https://pod.example/me"), func(local string) rdf.Term { return rdf.IRI("http://ex.example/" + local) }
	doc := document(
		rdf.Quad{S: me, P: rdf.Type, O: p("T")},
		rdf.Quad{S: me, P: p("name"), O: rdf.String("Alice")},
		rdf.Quad{S: me, P: p("name"), O: rdf.LangString("Ålice", "sv")},
		rdf.Quad{S: me, P: p("age"), O: rdf.Typed("42", rdf.XSDInteger)},
		rdf.Quad{S: me, P: p("height"), O: rdf.Typed("1.70", rdf.XSDDecimal)},
		rdf.Quad{S: me, P: p("born"), O: rdf.Typed("1970-01-01", "http://ex.example/deep#date")},
		rdf.Quad{S: me, P: p("knows"), O: p("bob")},
		rdf.Quad{S: me, P: p("//x"), O: rdf.IRI("mailto:a@b.example")},
		rdf.Quad{S: me, P: p(""), O: rdf.Blank("l")},
		rdf.Quad{S: rdf.Blank("l"), P: rdfFirst, O: rdf.String("x")},
		rdf.Quad{S: rdf.Blank("l"), P: rdfRest, O: rdfNil},
	)
	doc.Prefixes = []rdf.Prefix{
		{Name: "ex", IRI: "http://ex.example/"}, {Name: "d", IRI: "http://ex.example/deep#"}, {Name: "unused", IRI: "urn:x:"},
		{Name: "", IRI: "http://ex.example/"}, {Name: "noDelimiter", IRI: "http://ex.example/kn"}, {Name: "mailto", IRI: "http://ex.example/"},
		{Name: "long", IRI: "http://ex.example/" + strings.Repeat("x", maxNamespace) + "/"}, {Name: "relative", IRI: "x/"},
	}
	const want = `{
  "@context": {
    "ex": "http://ex.example/",
    "d": "http://ex.example/deep#",
    "unused": "urn:x:"
  },
  "@id": "https://pod.example/me",
  "@type": "ex:T",
  "ex:name": [
    "Alice",
    {"@value": "Ålice", "@language": "sv"}
  ],
  "ex:age": 42,
  "ex:height": {"@value": "1.70", "@type": "http://www.w3.org/2001/XMLSchema#decimal"},
  "ex:born": {"@value": "1970-01-01", "@type": "d:date"},
  "ex:knows": {"@id": "http://ex.example/bob"},
  "http://ex.example///x": {"@id": "mailto:a@b.example"},
  "http://ex.example/": {"@list": ["x"]}
}
`
	text := write(t, doc)
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if !rdf.Isomorphic(parse(t, text).Dataset, doc.Dataset) {
		t.Error("reads back as another dataset")
	}
	for range maxPrefixes {
		doc.Prefixes = append(doc.Prefixes, rdf.Prefix{Name: fmt.Sprint("p", len(doc.Prefixes)), IRI: "urn:x:"})
	}
	if n := strings.Count(write(t, doc), `": "urn:x:"`); n != maxPrefixes-2 {
		t.Errorf("%d prefixes are declared", n)
	}
	doc.Prefixes = nil
	if text := write(t, doc); !strings.HasPrefix(text, "{\n  \"@id\":") {
		t.Errorf("without prefixes:\n%s", text)
	}
}

// Lists that @list would not give back are written cell by cell.
func TestListsThatAreNone(t *testing.T) {
	b := rdf.Blank
	s, p, item := rdf.IRI("urn:s"), rdf.IRI("urn:p"), rdf.String("x")
	cell := func(label string, next rdf.Term) []rdf.Quad {
		return []rdf.Quad{{S: b(label), P: rdfFirst, O: item}, {S: b(label), P: rdfRest, O: next}}
	}
	with := func(cells []rdf.Quad, more ...rdf.Quad) []rdf.Quad {
		return append(append([]rdf.Quad{{S: s, P: p, O: b("a")}}, cells...), more...)
	}
	for name, quads := range map[string][]rdf.Quad{
		"two references":            with(cell("a", rdfNil), rdf.Quad{S: s, P: rdf.IRI("urn:q"), O: b("a")}),
		"more said of a cell":       with(cell("a", rdfNil), rdf.Quad{S: b("a"), P: p, O: item}),
		"two items in a cell":       with(cell("a", rdfNil), rdf.Quad{S: b("a"), P: rdfFirst, O: s}),
		"no item":                   with([]rdf.Quad{{S: b("a"), P: rdfRest, O: rdfNil}}),
		"no end":                    with(cell("a", b("z"))),
		"an end in an IRI":          with(cell("a", s)),
		"a ring":                    append(cell("a", b("c")), cell("c", b("a"))...),
		"a ring that is pointed to": with(append(cell("a", b("c")), cell("c", b("a"))...)),
		"nobody points to it":       cell("a", rdfNil),
		"said in two graphs":        with(cell("a", rdfNil), rdf.Quad{S: b("a"), P: p, O: item, G: s}),
		"a cell that names a graph": with(cell("a", rdfNil), rdf.Quad{S: s, P: p, O: item, G: b("a")}),
		"an item that is its own":   {{S: s, P: p, O: b("a")}, {S: b("a"), P: rdfFirst, O: b("a")}, {S: b("a"), P: rdfRest, O: rdfNil}},
		"pointed to in other graph": append(cell("a", rdfNil), rdf.Quad{S: s, P: p, O: b("a"), G: s}),
		"a literal type":            {{S: s, P: rdf.Type, O: item}},
	} {
		t.Run(name, func(t *testing.T) {
			doc := document(quads...)
			text := write(t, doc)
			if strings.Contains(text, "@list") && !strings.Contains(text, `{"@list": []}`) {
				t.Errorf("written as @list:\n%s", text)
			}
			if !rdf.Isomorphic(parse(t, text).Dataset, doc.Dataset) {
				t.Errorf("reads back as another dataset:\n%s", text)
			}
		})
	}
}

func TestListsInLists(t *testing.T) {
	for _, depth := range []int{1, 2, maxListDepth, maxListDepth + 1, 5 * maxDepth} {
		t.Run(fmt.Sprintf("%d levels", depth), func(t *testing.T) {
			doc := document(rdf.Quad{S: rdf.IRI("urn:s"), P: rdf.IRI("urn:p"), O: rdf.Blank("0")})
			for i := range depth {
				at := rdf.Blank(fmt.Sprint(i))
				doc.Add(rdf.Quad{S: at, P: rdfFirst, O: rdf.Blank(fmt.Sprint(i + 1))})
				doc.Add(rdf.Quad{S: at, P: rdfRest, O: rdfNil})
			}
			text := write(t, doc)
			if n, want := strings.Count(text, `"@list": [{`), min(depth, maxListDepth); n != want {
				t.Errorf("%d lists are written as such, want %d", n, want)
			}
			if got := parse(t, text); got.Len() != doc.Len() {
				t.Errorf("reads back as %d triples, want %d", got.Len(), doc.Len())
			}
		})
	}
}

func TestWriteReportsErrors(t *testing.T) {
	broken := errors.New("connection reset")
	doc := document(rdf.Quad{S: rdf.IRI("urn:s"), P: rdf.IRI("urn:p"), O: rdf.String("x")})
	if err := Write(errorWriter{broken}, doc, ""); !errors.Is(err, broken) {
		t.Errorf("got error %v, want the writer's", err)
	}
}

type errorWriter struct{ err error }

func (w errorWriter) Write([]byte) (int, error) { return 0, w.err }

// randomDocument draws a small dataset, rich in blank nodes and list cells.
func randomDocument(t *rapid.T) *rdf.Document {
	iris := []rdf.Term{rdf.IRI("urn:s"), rdf.IRI("http://h/é?q#f"), rdf.IRI("https://h/a//b%2F%zz"), rdf.IRI("mailto:a@b"), rdfNil}
	blanks := []rdf.Term{rdf.Blank("b0"), rdf.Blank("b1"), rdf.Blank("x.y-z"), rdf.Blank("cell0"), rdf.Blank("cell1")}
	literal := rapid.OneOf(
		rapid.Map(rapid.String(), rdf.String),
		rapid.Map(rapid.String(), func(s string) rdf.Term { return rdf.LangString(s, "en-GB") }),
		rapid.Map(rapid.StringMatching(`[+-]?0?[0-9]{1,20}`), func(s string) rdf.Term { return rdf.Typed(s, rdf.XSDInteger) }),
		rapid.Map(rapid.SampledFrom([]string{"true", "false", "1", "TRUE", ""}), func(s string) rdf.Term { return rdf.Typed(s, rdf.XSDBoolean) }),
		rapid.Map(rapid.Float64(), func(f float64) rdf.Term { return rdf.Typed(fmt.Sprint(f), rdf.XSDDouble) }),
		rapid.Map(rapid.String(), func(s string) rdf.Term { return rdf.Typed(s, "urn:datatype") }),
		rapid.Map(rapid.String(), func(s string) rdf.Term { return rdf.Typed(s, rdf.RDFLangString) }),
		rapid.Map(rapid.String(), func(s string) rdf.Term { return rdf.Typed(s, rdf.RDF+"JSON") }),
	)
	subject := rapid.SampledFrom(append(append([]rdf.Term{}, iris[:4]...), blanks...))
	predicate := rapid.SampledFrom([]rdf.Term{rdf.IRI("urn:p"), rdf.IRI("http://h/q"), rdf.Type, rdfFirst, rdfRest, rdfFirst, rdfRest})
	object := rapid.OneOf(rapid.SampledFrom(append(append([]rdf.Term{}, iris...), blanks...)), literal)
	graph := rapid.SampledFrom([]rdf.Term{{}, {}, {}, rdf.IRI("urn:g"), rdf.Blank("cell0")})
	doc := rdf.NewDocument()
	doc.Prefixes = rapid.SliceOfN(rapid.SampledFrom([]rdf.Prefix{
		{Name: "h", IRI: "http://h/"}, {Name: "hh", IRI: "http://h/é?q#"}, {Name: "a", IRI: "https://h/a/"}, {Name: "u", IRI: "urn:"}, {Name: "urn", IRI: "http://h/"},
		{Name: "rdf", IRI: rdf.RDF}, {Name: "x", IRI: rdf.RDF + "JS"}, {Name: "", IRI: "urn:"}, {Name: "http", IRI: "urn:"}, {Name: "u", IRI: "http://h/"},
	}), 0, 6).Draw(t, "prefixes")
	if rapid.Bool().Draw(t, "one subject") {
		subject, graph = rapid.Just(subject.Draw(t, "s")), rapid.Just(rdf.Term{})
	}
	for range rapid.IntRange(0, 6).Draw(t, "quads") {
		doc.Add(rdf.Quad{S: subject.Draw(t, "s"), P: predicate.Draw(t, "p"), O: object.Draw(t, "o"), G: graph.Draw(t, "g")})
	}
	head := rdfNil // of a well-formed list, unless what is above disturbs it
	for i := range rapid.IntRange(0, 3).Draw(t, "cells") {
		cell := rdf.Blank(fmt.Sprint("cell", i))
		doc.Add(rdf.Quad{S: cell, P: rdfFirst, O: object.Draw(t, "item")})
		doc.Add(rdf.Quad{S: cell, P: rdfRest, O: head})
		head = cell
	}
	doc.Add(rdf.Quad{S: subject.Draw(t, "s"), P: rdf.IRI("urn:p"), O: head})
	return doc
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := randomDocument(t)
		text := write(t, doc)
		got, err := Parse(t.Context(), strings.NewReader(text), "")
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !rdf.Isomorphic(got.Dataset, doc.Dataset) {
			t.Fatalf("SP-CN-01: reads back as another dataset:\n%s\ngot %q", text, quads(got))
		}
	})
}
