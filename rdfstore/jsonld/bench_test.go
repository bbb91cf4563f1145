package jsonld

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// megabyte is an array of node objects in expanded form.
func megabyte() string {
	var b strings.Builder
	b.WriteString("[")
	for i := 0; b.Len() < 1<<20; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"@id":"https://pod.example/alice/contacts#%d","@type":["http://www.w3.org/2006/vcard/ns#Individual"],`+
			`"http://www.w3.org/2006/vcard/ns#fn":[{"@value":"Person %d","@language":"en"}],"http://www.w3.org/2006/vcard/ns#rev":[{"@value":%d}]}`, i, i, i)
	}
	return b.String() + "]"
}

func BenchmarkParse(b *testing.B) {
	text := megabyte()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(b.Context(), strings.NewReader(text), testBase); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseSchemaOrg reads documents of twenty triples that are alike but
// for the context.
func BenchmarkParseSchemaOrg(b *testing.B) {
	for name, context := range map[string]string{"named": `"https://schema.org"`, "vocab": `{"@vocab":"http://schema.org/"}`} {
		var text strings.Builder
		fmt.Fprintf(&text, `{"@context":%s,"@id":"urn:e","@type":"Event"`, context)
		for i := range 15 {
			fmt.Fprintf(&text, `,"name%d":"text %d"`, i, i)
		}
		text.WriteString(`,"startDate":"2026-06-01","location":{"@type":"Place","name":"Plein"}}`)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(b.Context(), strings.NewReader(text.String()), testBase); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	text := megabyte()
	doc, err := Parse(b.Context(), strings.NewReader(text), testBase)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, doc, testBase); err != nil {
			b.Fatal(err)
		}
	}
}
