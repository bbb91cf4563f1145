package jsonld

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

// FuzzParse looks for a document that breaks the parser, gives an error of
// another kind than promised, or does not survive being written.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		``, `[]`, `{}`, `{"@id":"urn:s","urn:p":[1,1.5,true,"x",{"@value":"y","@language":"en"}]}`,
		`{"@context":{"@base":"../x/","@vocab":"#","p":{"@id":"q","@type":"@id","@container":"@list"}},"@id":"","p":["a",["b"]]}`,
		`{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","contentMap":{"en":"x"},"to":["urn:a",{"id":"_:b"}]}`,
		`{"@context":{"@version":1.1,"T":{"@id":"urn:T","@context":{"n":"@nest","p":{"@reverse":"urn:p"}}}},"@type":"T","n":{"p":{"@id":"urn:o"}}}`,
		`{"@context":{"g":{"@id":"urn:g","@container":["@graph","@id"]}},"g":{"urn:a":{"urn:p":"x"},"_:b":{"urn:p":{"@list":[{"@list":[]}]}}}}`,
		`{"@context":{"a":"b:c","b":"a:d"},"@graph":[{"@id":"@x","@included":{"@set":[null]}}]}`,
		`{"@context":{"i":{"@id":"urn:i","@container":"@index","@index":"urn:x"},"l":{"@id":"urn:l","@container":"@language"}},"i":{"a":"b"},"l":{"en":["x",null]}}`,
		`{"urn:p":{"@value":{},"@type":"@json"}}`, `[[{"@reverse":{"urn:p":{"@value":1}}}]]`, `{"urn:p":1e400}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := Parse(t.Context(), strings.NewReader(text), testBase)
		if err != nil {
			var syntax *rdf.SyntaxError
			if !errors.As(err, &syntax) && !errors.Is(err, rdf.ErrLimit) && !errors.Is(err, ErrRemoteContext) {
				t.Fatalf("an error of no promised kind: %v", err)
			}
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatal("accepted, and is not JSON")
		}
		doc.Prefixes = []rdf.Prefix{{Name: "p", IRI: testBase + "#"}, {Name: "urn", IRI: "http://h/"}, {Name: "u", IRI: "urn:"}, {Name: "rdf", IRI: rdf.RDF}}
		var b bytes.Buffer
		if err := Write(&b, doc, testBase); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(t.Context(), &b, "")
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if again.Len() != doc.Len() || doc.Len() < 40 && !rdf.Isomorphic(again.Dataset, doc.Dataset) {
			t.Fatalf("written and read again: %q, want %q", quads(again), quads(doc))
		}
	})
}
