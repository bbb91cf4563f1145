package turtle

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

// rule is a production of a grammar, with documents that it lets in and others
// that it keeps out; "|" stands between two. What the first mean is told by the
// tables of each language.
type rule struct{ name, good, bad string }

const pre = "PREFIX e: <x:> "

// The rules of Turtle §6.5, all of them.
var turtleRules = []rule{
	{"[1] turtleDoc", "| <a> <b> <c> .|<a> <b> <c> . <d> <e> <f> .", "<a>|."},
	{"[2] statement", pre + "e:a <b> <c> .|<a> <b> <c>.", "<a> <b> <c>|" + pre + "."},
	{"[3] directive", "@prefix e: <x:> .|@base <x:> .|PREFIX e: <x:>|BASE <x:>", "@keywords a .|USE <x:>"},
	{"[4] prefixID", "@prefix : <x:> .|@prefix e: <x:>.", "@prefix e: <x:>|@prefix e <x:> .|@prefix e: e:x .|@Prefix e: <x:> ."},
	{"[5] base", "@base <x:> .|@base <y> .", "@base <x:>|@base e: .|@BASE <x:> ."},
	{"[5s] sparqlBase", "BASE <x:>|base <x:> <a> <b> <c> .", "BASE <x:> .|BASE"},
	{"[6s] sparqlPrefix", "PREFIX e: <x:>|prefix : <x:>", "PREFIX e: <x:> .|PREFIX <x:>"},
	{"[6] triples", "<a> <b> <c> .|[ <a> <b> ] .|[ <a> <b> ] <c> <d> .", "<a> .|[] .|( <a> ) ."},
	{"[7] predicateObjectList", "<a> <b> <c> ; <d> <e> .|<a> <b> <c> ;; ; .", "<a> ; .|<a> <b> ; .|<a> <b> <c> <d> ."},
	{"[8] objectList", "<a> <b> <c>, <d>, 'e' .", "<a> <b> <c>, .|<a> <b> , <c> ."},
	{"[9] verb", "<a> a <b> .|<a> <b> <c> .", "<a> A <b> .|a <b> <c> ."},
	{"[10] subject", "<a> <b> <c> .|_:a <b> <c> .|() <b> <c> .|[] <b> <c> .", "'a' <b> <c> .|1 <b> <c> .|true <b> <c> ."},
	{"[11] predicate", "<a> <b> <c> .|" + pre + "<a> e:b <c> .", "<a> _:b <c> .|<a> [] <c> .|<a> 'b' <c> .|<a> () <c> ."},
	{"[12] object", "<a> <b> <c>, _:d, (), [], 'e' .", "<a> <b> a .|<a> <b> { } .|<a> <b> ?c ."},
	{"[13] literal", "<a> <b> 'c', 1, true .", "<a> <b> c ."},
	{"[14] blankNodePropertyList", "[ <a> <b> ; ] <c> [ <d> <e>, <f> ] .", "[ <a> ] <b> <c> .|[ <a> <b> . ] <c> <d> .|<a> <b> [ <c> <d> ."},
	{"[15] collection", "( <a> 'b' ( 1 ) [] ) <c> () .", "( <a>, <b> ) <c> <d> .|<a> <b> ( <c> .|<a> <b> ) ."},
	{"[16] NumericLiteral", "<a> <b> 1, 1.0, 1e0 .", "<a> <b> 1x0 .|<a> <b> 1..0 ."},
	{"[128s] RDFLiteral", "<a> <b> 'c', 'c'@en, 'c'^^<d> .|" + pre + "<a> <b> 'c'^^e:d .", "<a> <b> 'c'^<d> .|<a> <b> 'c'^^'d' .|<a> <b> 'c'@en^^<d> ."},
	{"[133s] BooleanLiteral", "<a> <b> true, false .", "<a> <b> TRUE .|<a> <b> falsey ."},
	{"[17] String", `<a> <b> "c", 'c', """c""", '''c''' .`, `<a> <b> "c' .|<a> <b> ` + "`c` ."},
	{"[135s] iri", "<a> <b> <c> .|" + pre + "e:a e:b e:c .", "a <b> <c> ."},
	{"[136s] PrefixedName", pre + "e:a e: e:b.c .", "e:a <b> <c> .|" + pre + "f:a <b> <c> ."},
	{"[137s] BlankNode", "_:a <b> [] .", "_ <b> <c> ."},
	{"[18] IRIREF", `<> <#b> <c?d=é&f\u00e9\U0001F600> .`, "<a b> <b> <c> .|<a\"> <b> <c> .|<a{> <b> <c> .|<a^> <b> <c> .|<a`> <b> <c> .|<a\\> <b> <c> .|<a\n> <b> <c> ."},
	{"[139s] PNAME_NS", pre + "e: e: e: .|@prefix : <x:> . : : : .|@prefix a.b-c: <x:> . a.b-c: a <x:> .", "@prefix a.: <x:> .|@prefix 1a: <x:> .|@prefix _a: <x:> .|@prefix -a: <x:> ."},
	{"[140s] PNAME_LN", pre + "e:a e:1 e:a:b .", pre + "e:-a <b> <c> .|" + pre + "e:.a <b> <c> ."},
	{"[141s] BLANK_NODE_LABEL", "_:a <b> _:0, _:a.b, _:_ .", "_:-a <b> <c> .|_: <b> <c> .|_:.a <b> <c> ."},
	{"[144s] LANGTAG", "<a> <b> 'c'@en, 'c'@de-CH-1996 .", "<a> <b> 'c'@1 .|<a> <b> 'c'@en- .|<a> <b> 'c'@en_us ."},
	{"[19] INTEGER", "<a> <b> 0, +1, -2, 003 .", "<a> <b> + .|<a> <b> - 1 ."},
	{"[20] DECIMAL", "<a> <b> 1.0, -.5, +0.50 .", "<a> <b> 1.0.0 .|<a> <b> . ."},
	{"[21] DOUBLE", "<a> <b> 1e1, 1.e1, .1E-1, -1.5e+10 .", "<a> <b> e1 .|<a> <b> 1e1.0 ."},
	{"[154s] EXPONENT", "<a> <b> 1e1, 1E+1, 1e-01 .", "<a> <b> 1e .|<a> <b> 1e+ .|<a> <b> 1e1e1 ."},
	{"[22] STRING_LITERAL_QUOTE", `<a> <b> "", "c'd\"\\" .`, "<a> <b> \"c\nd\" .|<a> <b> \"c\rd\" .|<a> <b> \"c .|<a> <b> \"c\"\"d\" ."},
	{"[23] STRING_LITERAL_SINGLE_QUOTE", `<a> <b> '', 'c"d\'' .`, "<a> <b> 'c\nd' .|<a> <b> 'c .|<a> <b> 'c''d' ."},
	{"[24] STRING_LITERAL_LONG_SINGLE_QUOTE", "<a> <b> '''''', '''c\nd''', '''c'd''e''' .", "<a> <b> '''c .|<a> <b> '''c'' .|<a> <b> ''''c'''' ."},
	{"[25] STRING_LITERAL_LONG_QUOTE", "<a> <b> \"\"\"\"\"\", \"\"\"c\nd\"\"\", \"\"\"c\"d\"\"e\"\"\" .", `<a> <b> """c .|<a> <b> """c"" .|<a> <b> """"c"""" .`},
	{"[26] UCHAR", `<\u0061\U00000062> <b> '\u00e9\U0010FFFF' .`, `<a> <b> '\u12' .|<a> <b> '\u12G4' .|<a> <b> '\U00110000' .|<a> <b> '\uD800' .|<a> <b> '\U0001F60' .`},
	{"[159s] ECHAR", `<a> <b> '\t\b\n\r\f\"\'\\' .`, `<a> <b> '\a' .|<a> <b> '\/' .|<\t> <b> <c> .`},
	{"[161s] WS", "<a>\t<b>\r\n<c>\n.", "<a>\u00a0<b> <c> .|<a>\v<b> <c> .|<a>\f<b> <c> ."},
	{"[162s] ANON", "[] <b> [ \t\r\n# comment\n] .", "[ <b> .|] <b> <c> ."},
	{"[163s] PN_CHARS_BASE", "_:é <b> _:\u037f, _:\u2070, _:\u3001, _:\U00010000, _:Zz .", "_:\u00d7 <b> <c> .|_:\u00f7 <b> <c> .|_:\u2000 <b> <c> .|_:\u3000 <b> <c> ."},
	{"[164s] PN_CHARS_U", "_:_ <b> _:__a .", pre + "@prefix _: <x:> ."},
	{"[166s] PN_CHARS", "_:a-1 <b> _:a\u00b7, _:a\u0300, _:a\u203f .", "_:a\u200b <b> <c> .|_:\u00b7 <b> <c> .|_:\u0300 <b> <c> ."},
	{"[167s] PN_PREFIX", "@prefix a..b: <x:> . a..b:c a <x:> .|@prefix é-1: <x:> .", "@prefix .a: <x:> .|@prefix a.: <x:> ."},
	{"[168s] PN_LOCAL", pre + "e:a.b e:: e:1a.2 .|" + pre + "e:_ a e:a..b.", pre + "e:·a <b> <c> .|" + pre + "e:a%4 <b> <c> ."},
	{"[169s] PLX", pre + `e:%41 <b> e:\~ .`, pre + `e:% <b> <c> .|` + pre + `e:\ <b> <c> .`},
	{"[170s] PERCENT", pre + "e:%e9%C3 <b> <c> .", pre + "e:%4G <b> <c> .|" + pre + "e:%4 <b> <c> ."},
	{"[171s] HEX", pre + "e:%0a%9F <b> <c> .", pre + "e:%g0 <b> <c> ."},
	{"[172s] PN_LOCAL_ESC", pre + `e:\_\~\.\-\!\$\&\'\(\)\*\+\,\;\=\/\?\#\@\% <b> <c> .`, pre + `e:\a <b> <c> .|` + pre + `e:\: <b> <c> .|` + pre + `e:\u0061 <b> <c> .`},
}

// What TriG §4.5 has beyond Turtle's rules, or otherwise.
var triGRules = []rule{
	{"[1g] trigDoc", "| <a> <b> <c> . <g> { } { }", "<g>|{"},
	{"[2g] block", "GRAPH <g> { }|graph _:g { <a> <b> <c> }|{ <a> <b> <c> }|<a> <b> <c> .", "GRAPH { }|GRAPH 'g' { }|<g> { } ."},
	{"[3g] triplesOrGraph", "<g> { <a> <b> <c> }|<a> <b> <c> .", "<g> .|'g' { }"},
	{"[4g] triples2", "[ <a> <b> ] .|( <a> ) <b> <c> .|[ <a> <b> ] <c> <d> .", "[] .|() .|[ <a> <b> ] { }|( ) { }"},
	{"[5g] wrappedGraph", "{ }|{ <a> <b> <c> . <d> <e> <f> }", "{ <a> <b> <c>|{ { } }|} {"},
	{"[6g] triplesBlock", "<g> { <a> <b> <c> . [ <d> <e> ] . }", "<g> { <a> <b> <c> .. }|<g> { <a> <b> <c> <d> <e> <f> }|<g> { @base <x:> . }|<g> { PREFIX e: <x:> }"},
	{"[7g] labelOrSubject", "<g> { }|_:g { }|[] { }|" + pre + "e:g { }", "[ <a> <b> ] { }|GRAPH [ <a> <b> ] { }|GRAPH () { }"},
}

// The rules of N-Triples §7, all of them.
var nTriplesRules = []rule{
	{"[1] ntriplesDoc", "|\n\n|<x:a> <x:b> <x:c> .\r\n\n_:a <x:b> \"c\" .\n", "<x:a> <x:b> <x:c> . <x:a> <x:b> <x:c> ."},
	{"[2] triple", "<x:a> <x:b> <x:c>.|<x:a> <x:b> <x:c> . # comment", "<x:a> <x:b> .|<x:a> <x:b> <x:c>|<x:a>\n<x:b> <x:c> .|<x:a> <x:b> <x:c>, <x:d> .|<x:a> <x:b> <x:c> ; ."},
	{"[3] subject", "<x:a> <x:b> <x:c> .|_:a <x:b> <x:c> .", "'a' <x:b> <x:c> .|[] <x:b> <x:c> .|() <x:b> <x:c> .|x:a <x:b> <x:c> ."},
	{"[4] predicate", "<x:a> <x:b> <x:c> .", "<x:a> a <x:c> .|<x:a> _:b <x:c> ."},
	{"[5] object", "<x:a> <x:b> <x:c> .|<x:a> <x:b> _:c .|<x:a> <x:b> \"c\" .", "<x:a> <x:b> 1 .|<x:a> <x:b> true .|<x:a> <x:b> [] ."},
	{"[6] literal", `<x:a> <x:b> "c"@en .|<x:a> <x:b> "c"^^<x:d> .`, `<x:a> <x:b> "c"^^x:d .|<x:a> <x:b> "c"@en^^<x:d> .`},
	{"[144s] LANGTAG", `<x:a> <x:b> "c"@de-CH-1996 .`, `<x:a> <x:b> "c"@1 .|<x:a> <x:b> "c"@en- .`},
	{"[7] EOL", "<x:a> <x:b> <x:c> .\r<x:a> <x:b> <x:d> .", ""},
	{"[8] IRIREF", `<x:\u0061é> <x:b> <x:c> .`, "<a> <x:b> <x:c> .|<> <x:b> <x:c> .|<x:a b> <x:b> <x:c> .|<x:\\u0020> <x:b> <x:c> ."},
	{"[9] STRING_LITERAL_QUOTE", `<x:a> <x:b> "" .|<x:a> <x:b> "c'd\"" .`, "<x:a> <x:b> 'c' .|<x:a> <x:b> \"\"\"c\"\"\" .|<x:a> <x:b> \"c\nd\" ."},
	{"[141s] BLANK_NODE_LABEL", "_:0a.b <x:b> _:_ .", "_:-a <x:b> <x:c> .|_: <x:b> <x:c> ."},
	{"[10] UCHAR", `<x:a> <x:b> "\u00e9\U0001F600" .`, `<x:a> <x:b> "\u12" .|<x:a> <x:b> "\U00110000" .`},
	{"[153s] ECHAR", `<x:a> <x:b> "\t\b\n\r\f\"\'\\" .`, `<x:a> <x:b> "\a" .`},
	{"[157s] PN_CHARS_BASE", "_:é <x:b> _:\u3001 .", "_:\u00d7 <x:b> <x:c> ."},
	{"[158s] PN_CHARS_U", "_:_ <x:b> <x:c> .", "_:\u00b7 <x:b> <x:c> ."},
	{"[160s] PN_CHARS", "_:a-\u00b7\u0300 <x:b> <x:c> .", "_:a\u200b <x:b> <x:c> ."},
	{"[162s] HEX", `<x:a> <x:b> "\u00Ea" .`, `<x:a> <x:b> "\u00Eg" .`},
}

// What N-Quads §6 has beyond the rules of N-Triples, or otherwise.
var nQuadsRules = []rule{
	{"[1] nquadsDoc", "|<x:a> <x:b> <x:c> <x:g> .\n<x:a> <x:b> <x:c> .\n", "<x:a> <x:b> <x:c> <x:g> . <x:a> <x:b> <x:c> ."},
	{"[2] statement", "<x:a> <x:b> <x:c> <x:g> .|<x:a> <x:b> \"c\"@en _:g.", "<x:a> <x:b> <x:c> <x:g>|<x:a> <x:b> <x:c> <x:g> <x:h> .|<x:a> <x:b> <x:c>\n<x:g> ."},
	{"[6] graphLabel", "<x:a> <x:b> <x:c> _:g .", "<x:a> <x:b> <x:c> 'g' .|<x:a> <x:b> <x:c> \"g\" .|<x:a> <x:b> <x:c> <g> .|<x:a> <x:b> <x:c> [] ."},
}

func TestRules(t *testing.T) {
	lines := func(each func(context.Context, io.Reader, Limits, func(rdf.Quad) error) error) func(string) error {
		return func(doc string) error {
			return each(context.Background(), strings.NewReader(doc), DefaultLimits, func(rdf.Quad) error { return nil })
		}
	}
	turtle := func(doc string) error {
		_, err := parse(t, doc)
		return err
	}
	triG := func(doc string) error {
		_, err := ParseTriG(context.Background(), strings.NewReader(doc), base, DefaultLimits)
		return err
	}
	for _, language := range []struct {
		name  string
		read  func(string) error
		rules []rule
	}{
		{"Turtle", turtle, turtleRules}, {"TriG", triG, turtleRules}, {"TriG", triG, triGRules},
		{"N-Triples", lines(EachNTriples), nTriplesRules}, {"N-Quads", lines(EachNQuads), nTriplesRules}, {"N-Quads", lines(EachNQuads), nQuadsRules},
	} {
		for _, rule := range language.rules {
			for _, doc := range strings.Split(rule.good, "|") {
				if err := language.read(doc); err != nil {
					t.Errorf("%s %s: %q: %v", language.name, rule.name, doc, err)
				}
			}
			for _, doc := range strings.FieldsFunc(rule.bad, func(r rune) bool { return r == '|' }) {
				var syntax *rdf.SyntaxError
				if err := language.read(doc); !errors.As(err, &syntax) || syntax.Line == 0 {
					t.Errorf("%s %s: %q: %v, want a syntax error with its place", language.name, rule.name, doc, err)
				}
			}
		}
	}
}
