package turtle

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

func TestNTriples(t *testing.T) {
	const text = "# comment\n<a:a> <a:b> <a:c> . # comment\n\r\n\t_:x <a:b> _:x .\r<a:a> <a:b> \"x\\u00e9\"@en .\n<a:a> <a:b> \"1\"^^<a:t>."
	doc, err := ParseNTriples(context.Background(), strings.NewReader(text), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := WriteNTriples(&buf, doc); err != nil {
		t.Fatal(err)
	}
	if want := "<a:a> <a:b> <a:c> .\n_:x <a:b> _:x .\n<a:a> <a:b> \"xé\"@en .\n<a:a> <a:b> \"1\"^^<a:t> .\n"; buf.String() != want {
		t.Errorf("written:\n%s", buf.String())
	}
}

func TestNTriplesIsStrict(t *testing.T) {
	for _, bad := range []string{
		"<a> <a:b> <a:c> .", "@prefix a: <b:> .", "a:b <a:b> <a:c> .", "<a:a> a <a:b> .", "<a:a> <a:b> 1 .", "<a:a> <a:b> true .",
		"<a:a> <a:b> 'x' .", `<a:a> <a:b> """x""" .`, "<a:a> <a:b> <a:c>, <a:d> .", "<a:a> <a:b> <a:c> ; <a:d> <a:e> .", "<a:a> <a:b> [] .",
		"<a:a> <a:b> <a:c> . <a:a> <a:b> <a:d> .", "<a:a>\n<a:b> <a:c> .", "<a:a> <a:b>\n<a:c> .", "<a:a> <a:b> <a:c>\n.", "<a:a> _:b <a:c> .",
		`"x" <a:b> <a:c> .`, "<a:a> <a:b> <a:c>", "<a:a> <a:b>", "<a:a>",
	} {
		var syntax *rdf.SyntaxError
		if _, err := ParseNTriples(context.Background(), strings.NewReader(bad), DefaultLimits); !errors.As(err, &syntax) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestNQuads(t *testing.T) {
	const text = "<a:a> <a:b> \"x\" <a:g> . # comment\n<a:a> <a:b> <a:c>.\n_:x <a:b> _:y _:g.\r\n<a:a> <a:b> \"x\"@en<a:g>."
	doc, err := ParseNQuads(context.Background(), strings.NewReader(text), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := WriteNQuads(&buf, doc); err != nil {
		t.Fatal(err)
	}
	if want := "<a:a> <a:b> <a:c> .\n<a:a> <a:b> \"x\" <a:g> .\n<a:a> <a:b> \"x\"@en <a:g> .\n_:x <a:b> _:y _:g .\n"; buf.String() != want {
		t.Errorf("written:\n%s", buf.String())
	}
}

func TestNQuadsIsStrict(t *testing.T) {
	for _, bad := range []string{
		"<a:a> <a:b> <a:c> <g> .", "<a:a> <a:b> <a:c> \"g\" .", "<a:a> <a:b> <a:c> <a:g> <a:h> .", "<a:a> <a:b> <a:c>\n<a:g> .",
		"<a:a> <a:b> <a:c> <a:g>\n.", "<a:a> <a:b> <a:c> <a:g>", "<a:a> <a:b> <a:c> <a:g> . <a:a> <a:b> <a:d> <a:g> .", "<a:g> { <a:a> <a:b> <a:c> }",
		"<a:a> <a:b> <a:c> a:g .", "<a:a> <a:b> <a:c> [] .", "<a:a> <a:b> <a:c> a .",
	} {
		var syntax *rdf.SyntaxError
		if _, err := ParseNQuads(context.Background(), strings.NewReader(bad), DefaultLimits); !errors.As(err, &syntax) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseNQuads(f *testing.F) {
	f.Add("<a:a> <a:b> <a:c> <a:g> . # c\n_:x <a:b> \"y\\n\"@en _:x .\r\n<a:a> <a:b> \"\\u00e9\"^^<a:t>.")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := ParseNQuads(context.Background(), strings.NewReader(text), DefaultLimits)
		if err != nil {
			return
		}
		checkNQuads(t, doc)
		checkTriG(t, doc)
	})
}

// checkNQuads writes a document and reads it back.
func checkNQuads(t fataler, doc *rdf.Document) {
	var buf bytes.Buffer
	if err := WriteNQuads(&buf, doc); err != nil {
		t.Fatalf("write: %v", err)
	}
	again, err := ParseNQuads(context.Background(), bytes.NewReader(buf.Bytes()), DefaultLimits)
	if err != nil {
		t.Fatalf("read back: %v\n%s", err, buf.String())
	}
	if !rdf.Isomorphic(doc.Dataset, again.Dataset) {
		t.Fatalf("changed by writing:\n%s", buf.String())
	}
}

func FuzzParseNTriples(f *testing.F) {
	f.Add("<a:a> <a:b> <a:c> . # c\n_:x <a:b> \"y\\n\"@en .\r\n")
	f.Add(`<a:a> <a:b> "\u00e9\U0001F600"^^<a:t>.`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := ParseNTriples(context.Background(), strings.NewReader(text), DefaultLimits)
		if err != nil {
			return
		}
		var buf bytes.Buffer
		if err := WriteNTriples(&buf, doc); err != nil {
			t.Fatalf("write: %v", err)
		}
		again, err := ParseNTriples(context.Background(), bytes.NewReader(buf.Bytes()), DefaultLimits)
		if err != nil {
			t.Fatalf("read back: %v\n%s", err, buf.String())
		}
		if !rdf.Isomorphic(doc.Dataset, again.Dataset) {
			t.Fatalf("changed by writing:\n%s", buf.String())
		}
		// Every N-Triples document is a Turtle document.
		asTurtle, err := Parse(context.Background(), strings.NewReader(text), "", DefaultLimits)
		if err != nil || !rdf.Isomorphic(doc.Dataset, asTurtle.Dataset) {
			t.Fatalf("as Turtle: %v", err)
		}
	})
}
