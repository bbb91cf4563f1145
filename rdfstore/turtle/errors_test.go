package turtle

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"domicile/rdfstore/rdf"
)

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct {
		doc          string
		line, column int
		message      string
	}{
		{"<a> <b> <c>", 1, 12, `expected ".", found the end of the document`},
		{"<a> <b>\n  <c> <d> .", 2, 7, `expected ".", found IRI <d>`},
		{"\"é\" <b> <c> .", 1, 5, "a literal cannot be a subject"},
		{"<é> <b> é:c .", 1, 9, `the prefix "é:" is not declared`},
		{"\r\n\r\n<a> b <c> .", 3, 5, "expected a predicate, found word b"},
		{"<a> <b> .", 1, 9, `expected a term, found "."`},
		{"<a> _:b <c> .", 1, 5, "expected a predicate, found blank node _:b"},
		{"<a> [] <c> .", 1, 5, `expected a predicate, found "["`},
		{"[] .", 1, 4, `expected a predicate, found "."`},
		{"( <a> ) .", 1, 9, `expected a predicate, found "."`},
		{"<a> <b> [ <c> <d> .", 1, 19, `expected "]", found "."`},
		{"<a> <b> ( <c> .", 1, 15, `expected a term, found "."`},
		{"<a> <b> { } .", 1, 9, `expected a term, found "{"`},
		{"<a> <b> ?x .", 1, 9, "expected a term, found variable ?x"},
		{"<a> ; <b> <c> .", 1, 5, `expected a predicate, found ";"`},
		{"<a> <b> <c> , .", 1, 15, `expected a term, found "."`},
		{"<a b> <b> <c> .", 1, 3, "an IRI cannot contain ' '"},
		{"<a> <b> <c{d> .", 1, 11, "an IRI cannot contain '{'"},
		{`<a\u0020b> <b> <c> .`, 1, 3, "an IRI cannot contain ' ', escaped or not"},
		{`<a\u003Eb> <b> <c> .`, 1, 3, "an IRI cannot contain '>', escaped or not"},
		{`<a\n> <b> <c> .`, 1, 3, `expected \u and 4 or \U and 8 hexadecimal digits`},
		{`<\u0061 b> <b> <c> .`, 1, 8, "an IRI cannot contain ' '"},
		{`<\u0061`, 1, 8, "the document ends inside an IRI"},
		{"<a> <b> <1a:b> .", 1, 9, "the IRI does not begin with a valid scheme"},
		{"<a> <b> <c", 1, 11, "the document ends inside an IRI"},
		{`<a> <b> "c`, 1, 11, "the document ends inside a string"},
		{"<a> <b> \"c\nd\" .", 1, 11, "a string in one pair of quotation marks ends on its line"},
		{"<a> <b> '''c\nd\n", 3, 1, "the document ends inside a string"},
		{`<a> <b> "\x" .`, 1, 10, `expected \u and 4 or \U and 8 hexadecimal digits`},
		{`<a> <b> "\u12G4" .`, 1, 10, "expected 4 hexadecimal digits"},
		{`<a> <b> "\uD800" .`, 1, 10, "the escape stands for no character"},
		{`<a> <b> "\U00110000" .`, 1, 10, "the escape stands for no character"},
		{`<a> <b> "c"@ .`, 1, 13, `expected a language tag or directive after "@"`},
		{`<a> <b> "c"^^"d" .`, 1, 14, `expected a datatype IRI, found string "d"`},
		{"<a> <b> True .", 1, 9, "expected a term, found word True"},
		{"<a> <b> 1e .", 1, 10, `expected ".", found word e`},
		{"<a> <b> +a .", 1, 9, `expected a term, found "+"`},
		{"_:a <b> _:-c .", 1, 11, "expected a blank node label"},
		{"_a <b> <c> .", 1, 2, `expected ":" after "_"`},
		{"@prefix p <x:> .", 1, 9, "expected a prefix and its colon, found word p"},
		{"@prefix p:q <x:> .", 1, 9, "expected a prefix and its colon, found prefixed name p:q"},
		{"@prefix p: <x:>", 1, 16, `expected ".", found the end of the document`},
		{"@prefix p: p:x .", 1, 12, "expected an IRI in angle brackets, found prefixed name p:x"},
		{"PREFIX p: <x:> .", 1, 16, `expected a term, found "."`},
		{"@PREFIX p: <x:> .", 1, 1, `expected a statement, "@prefix" or "@base", found word @PREFIX`},
		{"@base <x y> .", 1, 9, "an IRI cannot contain ' '"},
		{"@prefix e: <x:>. e:a e:- e:c .", 1, 24, `expected a term, found "-"`},
		{"@prefix e: <x:>. e:%41%zz e:b e:c .", 1, 23, "unexpected character '%'"},
		{`@prefix e: <x:>. e:a\u0062 e:b e:c .`, 1, 21, "this escape cannot stand in a name"},
		{"<a> <b> <c> .\n<a> <b> \"\xff\" .", 2, 10, "bytes that are not UTF-8"},
		{"<a> <b> <c> . # é\xc3", 1, 18, "bytes that are not UTF-8"},
		{"<a> <b> \x01 .", 1, 9, `unexpected character '\x01'`},
		{"<a> <b> \x00 .", 1, 9, `unexpected character '\x00'`},
		{"<a> <b> <c> . ×", 1, 15, `unexpected character '×'`},
	} {
		_, err := parse(t, c.doc)
		var syntax *rdf.SyntaxError
		if !errors.As(err, &syntax) || syntax.Line != c.line || syntax.Column != c.column || syntax.Message != c.message {
			t.Errorf("SP-CN-07 %q:\ngot  %v\nwant line %d, column %d: %s", c.doc, err, c.line, c.column, c.message)
		}
	}
}

func TestErrorNamesNoMoreThanTheToken(t *testing.T) {
	_, err := parse(t, `<a> "`+strings.Repeat("é", 1000)+`" <c> .`)
	if err == nil || len(err.Error()) > 150 || !strings.HasSuffix(err.Error(), "é…") {
		t.Errorf("error: %v", err)
	}
}

// Bodies that end the process, hang or leak in other Go parsers.
func TestHostileBodies(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, doc := range []string{
		`<a:b> <a:c> """"y"" .`,
		`<http://a/\u0041\> <a:p> <a:o> .`,
		`<s> <p> 123..0e1 .`,
		"<a> <b> 1 ; ] .",
		strings.Repeat("<a> <b> ", 1000),
	} {
		if _, err := parse(t, doc); err == nil {
			t.Errorf("accepted %q", doc)
		}
	}
	for _, doc := range []string{"<a:b> <a:c> \n.5 .", `<a:s> <a:p> "x" . # c`} {
		if _, err := parse(t, doc); err != nil {
			t.Errorf("%q: %v", doc, err)
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, before %d", after, before)
	}
}

func TestNestingIsBounded(t *testing.T) {
	for _, opening := range []string{"[ <p> ", "(", "[ <p> ("} {
		doc := "<a> <p> " + strings.Repeat(opening, 1_000_000)
		if _, err := Parse(context.Background(), strings.NewReader(doc), base, DefaultLimits); !errors.Is(err, rdf.ErrLimit) {
			t.Errorf("a million of %q: %v", opening, err)
		}
	}
	doc := "<a> <p> " + strings.Repeat("[ <p> ", 999) + "[]" + strings.Repeat("]", 999) + " ."
	if _, err := Parse(context.Background(), strings.NewReader(doc), base, DefaultLimits); err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	limits := Limits{Bytes: 1000, Triples: 3, LiteralBytes: 100, Depth: 2, Prefixes: 2}
	long := strings.Repeat("x", 101)
	for _, c := range []struct {
		name, doc string
		over      bool
	}{
		{"1000 bytes", "<a> <b> <c> ." + strings.Repeat(" ", 987), false},
		{"1001 bytes", "<a> <b> <c> ." + strings.Repeat(" ", 988), true},
		{"3 triples", "<a> <b> 1, 2, 3 .", false},
		{"4 triples", "<a> <b> 1, 2, 3, 4 .", true},
		{"a literal of 100 bytes", `<a> <b> "` + long[1:] + `" .`, false},
		{"a literal of 101 bytes", `<a> <b> "` + long + `" .`, true},
		{"depth 2", "<a> <b> [ <c> [] ] .", false},
		{"depth 3", "<a> <b> [ <c> [ <d> () ] ] .", true},
		{"2 prefixes, one twice", "@prefix a: <a:> . @prefix b: <b:> . @prefix a: <c:> .", false},
		{"3 prefixes", "@prefix a: <a:> . @prefix b: <b:> . @prefix c: <c:> .", true},
	} {
		_, err := Parse(context.Background(), strings.NewReader(c.doc), base, limits)
		if errors.Is(err, rdf.ErrLimit) != c.over || !c.over && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestEndlessInputStops(t *testing.T) {
	limits := DefaultLimits
	limits.Bytes, limits.LiteralBytes = 4<<20, 1<<20
	for start, filler := range map[string]byte{
		"": ' ', "# ": '1', `<a> <b> "`: '1', "<a> <b> '''": '\n', "<": '1', "<a> <b> a:": '1', "a:b": '.', "_:": '1', "<a> <b> 1": '1', "@": 'a', "a": '.',
	} {
		in := io.MultiReader(strings.NewReader(start), endless(filler))
		if _, err := Parse(context.Background(), in, base, limits); !errors.Is(err, rdf.ErrLimit) {
			t.Errorf("%q without end: %v", start, err)
		}
	}
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestTenMegabyteLiteral(t *testing.T) {
	for _, unit := range []string{"xxxxxxxxxx", "xxxxxxxxx\n", `\n\t\\\"xx`, `\u00e9xxxx`, "ééééé", `""xxxxxxxx`} {
		body := strings.Repeat(unit, 1_000_000)
		doc, err := Parse(context.Background(), strings.NewReader(`<a> <b> """`+body+`""" .`), base, DefaultLimits)
		if err != nil || doc.Len() != 1 {
			t.Errorf("10 MB of %q: %v", unit, err)
		}
	}
}

func TestReadErrorsPass(t *testing.T) {
	broken := errors.New("the line is dead")
	for _, doc := range []string{"", "<a> <b> <c> .", `<a> <b> "x`, "# x", "<a", "<a> <b> 12", `<a> <b> "\u00`, "@prefix a:"} {
		in := io.MultiReader(strings.NewReader(doc), iotest.ErrReader(broken))
		if _, err := Parse(context.Background(), in, base, DefaultLimits); !errors.Is(err, broken) {
			t.Errorf("%q and a read error: %v", doc, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Parse(ctx, strings.NewReader("<a> <b> <c> ."), base, DefaultLimits); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	_, err := Each(context.Background(), strings.NewReader("<a> <b> <c> ."), base, DefaultLimits, func(rdf.Quad) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("error of emit: %v", err)
	}
}
