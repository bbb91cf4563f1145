package lex

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
)

// tokens renders the tokens of a text as "kind:text", with what is read whole
// and what is read byte by byte being the same.
func tokens(t *testing.T, text string) string {
	t.Helper()
	whole := scanAll(New(context.Background(), strings.NewReader(text), 1<<20, 1<<20))
	bytewise := scanAll(New(context.Background(), iotest.OneByteReader(strings.NewReader(text)), 1<<20, 1<<20))
	if whole != bytewise {
		t.Fatalf("%q read whole: %s; by bytes: %s", text, whole, bytewise)
	}
	return whole
}

func scanAll(l *Lexer) string {
	var found []string
	for {
		if err := l.Next(); err != nil {
			return strings.Join(append(found, "error: "+err.Error()), " ")
		}
		switch {
		case l.Kind == EOF:
			return strings.Join(found, " ")
		case int(l.Kind) < len(kindNames):
			found = append(found, fmt.Sprintf("%s:%s", kinds[l.Kind], l.Text))
		default:
			found = append(found, string(l.Text))
		}
	}
}

var kinds = [...]string{
	IRIRef: "iri", PrefixedName: "name", BlankLabel: "blank", QuotedString: "string", AtWord: "at", Integer: "integer",
	Decimal: "decimal", Double: "double", Word: "word", VariableName: "variable", DatatypeMark: "type", Implies: "implies", ImpliedBy: "implied",
}

func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		" \t\r\n# c\r#d\n":              "",
		"<a><b#c>":                      "iri:a iri:b#c",
		`<\u00e9\U0001F600>`:            "iri:é😀",
		"a:b a: : :b a.b:c a-:d":        "name:a:b name:a: name:: name::b name:a.b:c name:a-:d",
		"a:b.c. a:b..c a:b...":          "name:a:b.c . name:a:b..c name:a:b . . .",
		`a:\-\~x a:b\. a:%2F:1`:         `name:a:\-\~x name:a:b\. name:a:%2F:1`,
		"a:-b a:.b":                     "name:a: - word:b name:a: . word:b",
		"_:a.b. _:1-. _:_":              "blank:a.b . blank:1- . blank:_",
		"_:a·b _:·b":                    "blank:a·b error: line 1, column 9: expected a blank node label",
		`"" '' "a'" 'b"'`:               `string: string: string:a' string:b"`,
		`"""a"b""c""" '''''' '''a\''''`: `string:a"b""c string: string:a'`,
		`"\t\b\n\r\f\"\'\\"`:            "string:\t\b\n\r\f\"'\\",
		"@en @de-CH-1996 @en-":          "at:en at:de-CH-1996 at:en -",
		"1 -1 +1 1. 1.5 .5 -.5 1.e1 1e1 1.5E-10 1e": "integer:1 integer:-1 integer:+1 integer:1 . decimal:1.5 decimal:.5 decimal:-.5 " +
			"double:1.e1 double:1e1 double:1.5E-10 integer:1 word:e",
		"1..2 1.2.3":                           "integer:1 . decimal:.2 decimal:1.2 decimal:.3",
		"a true. INSERT{é}":                    "word:a word:true . word:INSERT { word:é }",
		"?a $b ?1_é ?a-b.? $ ??":               "variable:a variable:b variable:1_é variable:a-b . ? $ ? ?",
		"^^ ^ => = <= <=> ! / | * + -":         "type:^^ ^ implies:=> = implied:<= iri:= ! / | * + -",
		". , ; [ ] ( ) { }":                    ". , ; [ ] ( ) { }",
		"\uFEFF<a>":                            "iri:a",
		"<a>\uFEFF<b>":                         "iri:a word:\uFEFF iri:b",
		"&":                                    "error: line 1, column 1: unexpected character '&'",
		"\"é\"\n \"é\" ~":                      "string:é string:é error: line 2, column 6: unexpected character '~'",
		"\"\"\"a\n\n\"\"\" ~":                  "string:a\n\n error: line 3, column 5: unexpected character '~'",
		strings.Repeat(" ", 100_000) + "\n é~": "word:é error: line 2, column 3: unexpected character '~'",
	} {
		if got := tokens(t, text); got != want {
			t.Errorf("%.50q:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestNewLine(t *testing.T) {
	l := New(context.Background(), strings.NewReader("a b\nc # d\r e f"), 100, 100)
	for _, want := range []bool{false, false, true, true, false} {
		if err := l.Next(); err != nil || l.NewLine != want {
			t.Errorf("%s: NewLine %v, error %v", l.Text, l.NewLine, err)
		}
	}
}

func TestWritableNames(t *testing.T) {
	for _, c := range []struct {
		s                    string
		prefix, label, local bool
	}{
		{"", true, false, true},
		{"a", true, true, true},
		{"é", true, true, true},
		{"a.b-1", true, true, true},
		{"a.", false, false, false},
		{".a", false, false, false},
		{"-a", false, false, false},
		{"1a", false, true, true},
		{"_a", false, true, true},
		{"a:b", false, false, true},
		{":", false, false, true},
		{"%41", false, false, true},
		{"%4", false, false, false},
		{"%zz", false, false, false},
		{"a%41.b", false, false, true},
		{"a/b", false, false, false},
		{"a b", false, false, false},
		{"×", false, false, false},
		{"·a", false, false, false},
		{"a·", true, true, true},
		{"a~", false, false, false},
	} {
		if IsPrefix(c.s) != c.prefix || IsLabel(c.s) != c.label || IsPlainLocal(c.s) != c.local {
			t.Errorf("%q: prefix %v, label %v, local %v", c.s, IsPrefix(c.s), IsLabel(c.s), IsPlainLocal(c.s))
		}
		// What may be written is read back as one token.
		if c.local && tokens(t, "p:"+c.s) != "name:p:"+c.s {
			t.Errorf("p:%s is read as %s", c.s, tokens(t, "p:"+c.s))
		}
		if c.label && tokens(t, "_:"+c.s) != "blank:"+c.s {
			t.Errorf("_:%s is read as %s", c.s, tokens(t, "_:"+c.s))
		}
		if c.prefix && tokens(t, c.s+":") != "name:"+c.s+":" {
			t.Errorf("%s: is read as %s", c.s, tokens(t, c.s+":"))
		}
	}
	for tag, want := range map[string]bool{"en": true, "de-ch-1996": true, "": false, "en-": false, "en_us": false, "1": false, "en--x": false} {
		if IsLanguageTag(tag) != want {
			t.Errorf("IsLanguageTag(%q) = %v", tag, !want)
		}
	}
}

func TestUnescape(t *testing.T) {
	for local, want := range map[string]string{"": "", "ab": "ab", `\~a\.%2F`: "~a.%2F", `\\`: `\`} {
		if got := string(Unescape(nil, []byte(local))); got != want {
			t.Errorf("%s gives %s", local, got)
		}
	}
}
