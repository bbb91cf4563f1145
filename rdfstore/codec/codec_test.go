package codec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

const base = "https://pod.example/alice/card"

func TestIsRDF(t *testing.T) {
	for mediaType, want := range map[string]bool{
		"text/turtle": true, "Text/Turtle; charset=utf-8": true, "application/ld+json": true, "application/n-triples": true,
		"application/trig": true, "application/n-quads": true,
		"text/n3": false, "text/plain": false, "": false, "text/turtlex": false,
	} {
		if IsRDF(mediaType) != want {
			t.Errorf("IsRDF(%q) = %v", mediaType, !want)
		}
	}
}

// SP-CN-01: what was written in one format can be read in every other.
func TestEveryPair(t *testing.T) {
	doc, err := Parse(context.Background(), Turtle, strings.NewReader(`@prefix foaf: <http://xmlns.com/foaf/0.1/>.
<#me> a foaf:Person; foaf:name "Alice"@en, "Ålice"; foaf:age 42, 4.2, true; foaf:knows [ foaf:name "Bob" ]; foaf:topic ( 1 <x> ).`), base)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range Writable() {
		var body bytes.Buffer
		if err := Write(&body, from, doc, base); err != nil {
			t.Fatalf("write %s: %v", from, err)
		}
		read, err := Parse(context.Background(), from, bytes.NewReader(body.Bytes()), base)
		if err != nil {
			t.Fatalf("read %s: %v\n%s", from, err, body.Bytes())
		}
		if !rdf.Isomorphic(doc.Dataset, read.Dataset) {
			t.Errorf("%s changes the document:\n%s", from, body.Bytes())
		}
		// SP-CN-07: checking is reading, without the result.
		if err := Check(context.Background(), from, bytes.NewReader(body.Bytes()), base); err != nil {
			t.Errorf("check %s: %v", from, err)
		}
		cut := body.Bytes()[:body.Len()*2/3]
		_, want := Parse(context.Background(), from, bytes.NewReader(cut), base)
		if err := Check(context.Background(), from, bytes.NewReader(cut), base); want == nil || err == nil || err.Error() != want.Error() {
			t.Errorf("check of a part of %s: %v; parse: %v", from, err, want)
		}
	}
}

// SP-CN-05: formats with named graphs keep the dataset whole, the others its
// default graph.
func TestNamedGraphs(t *testing.T) {
	const text = `@prefix : <#>.
:a :p _:x, _:y . _:x :q _:z .
:g { :b :p _:x, [ :r 1 ] . _:g :s () }
_:g { _:z :p "in a graph that a blank node names" }`
	whole, err := Parse(context.Background(), TriG, strings.NewReader(text), base)
	if err != nil {
		t.Fatal(err)
	}
	alone := rdf.NewDocument()
	for triple := range whole.Default.All() {
		alone.Default.Add(triple)
	}
	for mediaType, want := range map[string]*rdf.Document{TriG: whole, NQuads: whole, JSONLD: whole, Turtle: alone, NTriples: alone} {
		var body bytes.Buffer
		if err := Write(&body, mediaType, whole, base); err != nil {
			t.Fatalf("write %s: %v", mediaType, err)
		}
		read, err := Parse(context.Background(), mediaType, bytes.NewReader(body.Bytes()), base)
		if err != nil {
			t.Fatalf("read %s: %v\n%s", mediaType, err, body.Bytes())
		}
		if !rdf.Isomorphic(want.Dataset, read.Dataset) {
			t.Errorf("%s changes the document:\n%s", mediaType, body.Bytes())
		}
	}
}

func TestErrors(t *testing.T) {
	if _, err := Parse(context.Background(), "text/csv", strings.NewReader(""), base); err == nil {
		t.Error("text/csv was read")
	}
	var unsupported *UnsupportedError
	if err := Write(io.Discard, "text/csv", rdf.NewDocument(), base); !errors.As(err, &unsupported) {
		t.Errorf("text/csv: %v", err)
	}
	for mediaType, body := range map[string]string{Turtle: "<a> <b>", NTriples: "<a:a> <a:b> 1 .", TriG: "<a> {", NQuads: "<a:a> <a:b> <a:c> 1 .", JSONLD: `{"@id":`} {
		_, err := Parse(context.Background(), mediaType, strings.NewReader(body), base)
		var syntax *rdf.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("SP-CN-07 %s: %v", mediaType, err)
		}
	}
}

// SP-CN-08
func TestJSONLDIsBounded(t *testing.T) {
	body := io.MultiReader(strings.NewReader(`{"https://ex.example/p":"`), io.LimitReader(endless('a'), 10<<20), strings.NewReader(`"}`))
	if _, err := Parse(context.Background(), JSONLD, body, base); !errors.Is(err, rdf.ErrLimit) {
		t.Errorf("more than 10 MiB of JSON-LD: %v", err)
	}
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}
