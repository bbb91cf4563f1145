package turtle

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"domicile/rdfstore/rdf"
)

const base = "https://pod.example/alice/profile/card"

// parse reads Turtle once whole and once byte by byte, so that every token of
// every test also crosses the end of the lexer's buffer.
func parse(t *testing.T, doc string) (*rdf.Document, error) {
	t.Helper()
	whole, err := Parse(context.Background(), strings.NewReader(doc), base, DefaultLimits)
	bytewise, again := Parse(context.Background(), iotest.OneByteReader(strings.NewReader(doc)), base, DefaultLimits)
	switch {
	case (err == nil) != (again == nil) || err != nil && err.Error() != again.Error():
		t.Fatalf("read whole: %v; read by bytes: %v", err, again)
	case err == nil && nTriples(whole) != nTriples(bytewise):
		t.Fatalf("read by bytes gives\n%s", nTriples(bytewise))
	}
	return whole, err
}

func nTriples(doc *rdf.Document) string {
	var b strings.Builder
	for triple := range doc.Default.All() {
		b.WriteString(triple.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// The abbreviations of the expected results below.
var short = strings.NewReplacer(
	"B/", "https://pod.example/alice/profile/", "E/", "https://ex.example/", "XSD#", rdf.XSD, "RDF#", rdf.RDF)

func TestGrammar(t *testing.T) {
	const ex = "@prefix ex: <https://ex.example/> .\n"
	for _, c := range []struct{ name, doc, want string }{
		{"[1] empty document", "", ""},
		{"[1] comments only", "# a\n#b", ""},
		{"byte order mark", "\uFEFF<a> <b> <c> .", "<B/a> <B/b> <B/c> ."},
		{"[2] statements", "<a> <b> <c> . <d> <e> <f>.", "<B/a> <B/b> <B/c> .\n<B/d> <B/e> <B/f> ."},
		{"comment without a line end", `<a> <b> "x" . # c`, `<B/a> <B/b> "x" .`},
		{"comment inside a triple", "<a> # b\r<b> # <c>\n<c>.", "<B/a> <B/b> <B/c> ."},
		{"number sign inside an IRI", "<a#b> <b> <c>.", "<B/a#b> <B/b> <B/c> ."},
		{"[4] @prefix", "@prefix p: <https://p.example/> . p:a p:b p: .", "<https://p.example/a> <https://p.example/b> <https://p.example/> ."},
		{"[4] empty prefix, relative namespace", "@prefix : <#> . :a :b :c .", "<B/card#a> <B/card#b> <B/card#c> ."},
		{"[4] prefix redeclared", "@prefix p: <x:>. p:a p:b p:c. @prefix p: <y:>. p:a p:b p:c.", "<x:a> <x:b> <x:c> .\n<y:a> <y:b> <y:c> ."},
		{"[5] @base", "@base <https://b.example/x/> . <a> <../b> </c> .", "<https://b.example/x/a> <https://b.example/b> <https://b.example/c> ."},
		{"[5] @base relative", "@base <sub/> . <a> <b> <c> . @base <deep/> . <a> <b> <c> .", "<B/sub/a> <B/sub/b> <B/sub/c> .\n<B/sub/deep/a> <B/sub/deep/b> <B/sub/deep/c> ."},
		{"[5s] BASE, [6s] PREFIX in any case", "base <https://b.example/> PreFix p: <p#> p:a <b> <c> .", "<https://b.example/p#a> <https://b.example/b> <https://b.example/c> ."},
		{"[7] predicates and objects", ex + "<a> ex:p <b>, <c>; ex:q <d> .", "<B/a> <E/p> <B/b> .\n<B/a> <E/p> <B/c> .\n<B/a> <E/q> <B/d> ."},
		{"[7] runs of semicolons", ex + "<a> ex:p <b>;;; ex:q <c> ; ; .", "<B/a> <E/p> <B/b> .\n<B/a> <E/q> <B/c> ."},
		{"[9] a", "<a> a <b> .", "<B/a> <RDF#type> <B/b> ."},
		{"[13] boolean", "<a> <b> true, false.", `<B/a> <B/b> "true"^^<XSD#boolean> .` + "\n" + `<B/a> <B/b> "false"^^<XSD#boolean> .`},
		{"[14] blank node property list", ex + "<a> ex:p [ ex:q <b>; ex:r [ ] ] .", "<B/a> <E/p> _:b1 .\n_:b1 <E/q> <B/b> .\n_:b1 <E/r> _:b2 ."},
		{"[14] as subject", ex + "[ ex:p <a> ] ex:q <b> .", "_:b1 <E/p> <B/a> .\n_:b1 <E/q> <B/b> ."},
		{"[14] alone", ex + "[ ex:p <a>; ] .", "_:b1 <E/p> <B/a> ."},
		{"[162s] ANON", ex + "[ ] ex:p [\n#c\n] .", "_:b1 <E/p> _:b2 ."},
		{"[15] collection", ex + "<a> ex:p ( 1 <b> () ) .", "<B/a> <E/p> _:b1 .\n" +
			`_:b1 <RDF#first> "1"^^<XSD#integer> .` + "\n_:b1 <RDF#rest> _:b2 .\n_:b2 <RDF#first> <B/b> .\n_:b2 <RDF#rest> _:b3 .\n_:b3 <RDF#first> <RDF#nil> .\n_:b3 <RDF#rest> <RDF#nil> ."},
		{"[15] collection as subject", ex + "( <a> ) ex:p () . () ex:q <b> .", "_:b1 <RDF#first> <B/a> .\n_:b1 <RDF#rest> <RDF#nil> .\n_:b1 <E/p> <RDF#nil> .\n<RDF#nil> <E/q> <B/b> ."},
		{"[18] IRIREF with escapes", `<\u0061> <b\U00000063> <d\u00e9> .`, "<B/a> <B/bc> <B/dé> ."},
		{"[18] IRI in other scripts", "<日本> <é%C3%A9> <a?b=c&d#e> .", "<B/日本> <B/é%C3%A9> <B/a?b=c&d#e> ."},
		{"[18] absolute IRI keeps its dot segments", "<http://x/a/../b> <b> <urn:x:y> .", "<http://x/a/../b> <B/b> <urn:x:y> ."},
		{"[19] integer", "<a> <b> 0, -5, +5, 05 .", lines(`"0"^^<XSD#integer>`, `"-5"^^<XSD#integer>`, `"+5"^^<XSD#integer>`, `"05"^^<XSD#integer>`)},
		{"[20] decimal", "<a> <b> 1.50, -.5, +.5, .5, 2 .", lines(`"1.50"^^<XSD#decimal>`, `"-.5"^^<XSD#decimal>`, `"+.5"^^<XSD#decimal>`, `".5"^^<XSD#decimal>`, `"2"^^<XSD#integer>`)},
		{"[21] double", "<a> <b> 1e0, 1.e5, .5E-1, -1.5e+10 .", lines(`"1e0"^^<XSD#double>`, `"1.e5"^^<XSD#double>`, `".5E-1"^^<XSD#double>`, `"-1.5e+10"^^<XSD#double>`)},
		{"number before the dot", "<a> <b> 1.<a> <b> 2.", lines(`"1"^^<XSD#integer>`, `"2"^^<XSD#integer>`)},
		{"[22] short strings", `<a> <b> "", '', "'", '"', "x y" .`, lines(`""`, `"'"`, `"\""`, `"x y"`)},
		{"[24] long strings", `<a> <b> """""", '''''', """a"b""c
d""", '''a'b''c''' .`, lines(`""`, `"a\"b\"\"c\nd"`, `"a'b''c"`)},
		{"[26] UCHAR, [159s] ECHAR", `<a> <b> "\t\b\n\r\f\"\'\\", "\u00e9\U0001F600", '''\'\'\'''' .`, lines(`"\t\b\n\r\f\"'\\"`, `"é😀"`, `"'''"`)},
		{"NUL in a string", "<a> <b> \"a\x00b\" .", lines("\"a\x00b\"")},
		{"[144s] language", `<a> <b> "x"@en, "x"@de-CH-1996 , "x" @fr.`, lines(`"x"@en`, `"x"@de-ch-1996`, `"x"@fr`)},
		{"language that is named like a directive", `<a> <b> "x"@prefix, "x"@base .`, lines(`"x"@prefix`, `"x"@base`)},
		{"[128s] datatype", ex + `<a> <b> "1"^^ex:t, "2"^^<t>, "3"^^<` + rdf.XSDString + `> .`, lines(`"1"^^<E/t>`, `"2"^^<B/t>`, `"3"`)},
		{"[141s] labels", "_:a <b> _:0-1.x, _:é·, _:a.b. _:_ <b> _:a.", "_:a <B/b> _:0-1.x .\n_:a <B/b> _:é· .\n_:a <B/b> _:a.b .\n_:_ <B/b> _:a ."},
		{"labels that look generated", "_:b1 <p> [] . [] <p> _:b2 . _:b1 <p> _:b3.", "_:b1 <B/p> _:b2 .\n_:b3 <B/p> _:b4 .\n_:b1 <B/p> _:b5 ."},
		{"[167s] prefix names", "@prefix a.b-c: <x:> . @prefix é: <y:> . a.b-c:d é:e <f> .", "<x:d> <y:e> <B/f> ."},
		{"prefixes that look like words", "@prefix a: <x:> . @prefix true: <t:>. @prefix prefix: <p:> . a:a true:b prefix:c.", "<x:a> <t:b> <p:c> ."},
		{"[168s] dots, colons, digits", ex + "ex:a.b..c ex:a:b:c ex:1. ex:é ex::x ex:_.", "<E/a.b..c> <E/a:b:c> <E/1> .\n<E/é> <E/:x> <E/_> ."},
		{"[170s] percent stays", ex + "ex:%41b%2f ex:b ex:c.", "<E/%41b%2f> <E/b> <E/c> ."},
		{"[172s] escapes", ex + `ex:\~\.\-\!\$\&\'\(\)\*\+\,\;\=\/\?\#\@\%\_ ex:a\. ex:c.`, "<E/~.-!$&'()*+,;=/?#@%_> <E/a.> <E/c> ."},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := parse(t, c.doc)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.TrimSpace(nTriples(doc)), short.Replace(c.want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// lines gives each object a triple with the subject <a> and the predicate <b>.
func lines(objects ...string) string {
	return "<B/a> <B/b> " + strings.Join(objects, " .\n<B/a> <B/b> ") + " ."
}

// Relative IRIs are resolved, not concatenated.
func TestRelativeIRIs(t *testing.T) {
	for ref, want := range map[string]string{
		"": base, "#me": base + "#me", "?q": base + "?q", "foo": "https://pod.example/alice/profile/foo", "/x": "https://pod.example/x",
		"../y": "https://pod.example/alice/y", "//h/x": "https://h/x", ".": "https://pod.example/alice/profile/",
	} {
		doc, err := parse(t, "<"+ref+"> a <x:y> .")
		if err != nil {
			t.Fatal(err)
		}
		if !doc.Default.Has(rdf.Triple{S: rdf.IRI(want), P: rdf.Type, O: rdf.IRI("x:y")}) {
			t.Errorf("<%s> gives %s", ref, nTriples(doc))
		}
	}
	if _, err := Parse(context.Background(), strings.NewReader("<a> a <b> ."), "", DefaultLimits); err == nil {
		t.Error("a relative IRI without a base was accepted")
	}
	if _, err := Parse(context.Background(), strings.NewReader(""), "no base", DefaultLimits); err == nil {
		t.Error("a base that is no IRI was accepted")
	}
}

func TestPrefixesAreRemembered(t *testing.T) {
	doc, err := parse(t, "@prefix b: <x:> . PREFIX a: <y:> @prefix b: <z:> . @prefix : <#> .")
	want := []rdf.Prefix{{Name: "b", IRI: "z:"}, {Name: "a", IRI: "y:"}, {Name: "", IRI: base + "#"}}
	if err != nil || !slices.Equal(doc.Prefixes, want) {
		t.Errorf("prefixes %v, error %v", doc.Prefixes, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("@prefix e: <x:> . e:a e:b [ e:c ( 1 2.5 \"x\"@en '''y\n''' _:b1 ) ] ; a e:\\~x .")
	f.Add(`<a:b> <a:c> """"y"" .`)
	f.Add("<a:b> <a:c> \n.5 .")
	f.Add(`<http://a/\u0041\> <a:p> <a:o> .`)
	f.Add("<s> <p> 123..0e1 .")
	f.Add("_:a <p> _:b . _:b <p> _:a . _:c <p> _:c .")
	f.Add("<s> <p> \"\\u0000\u007f\x00\"^^<" + rdf.XSDInteger + ">, \"a\"^^<" + rdf.RDFLangString + "> .")
	f.Add("@base <x:/a/b> . PREFIX : <../c#> :s :p <?q>, <//h>, <.> .")
	f.Fuzz(func(t *testing.T, text string) {
		if doc, err := Parse(context.Background(), strings.NewReader(text), base, DefaultLimits); err == nil {
			checkRoundTrip(t, doc)
		}
	})
}
