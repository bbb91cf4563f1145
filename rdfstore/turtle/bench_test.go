package turtle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

// contacts returns about size bytes of an address book, some 35 bytes a triple.
func contacts(size int) string {
	var b strings.Builder
	b.WriteString("@prefix foaf: <http://xmlns.com/foaf/0.1/> .\n@prefix : <#> .\n@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, ":p%d a foaf:Person ;\n    foaf:name \"Person %d\"@en ;\n    foaf:age %d ;\n    foaf:knows :p%d, :p%d ;\n"+
			"    vcard:hasEmail <mailto:p%d@example.org> ;\n    vcard:hasAddress [ vcard:locality \"Town\" ; vcard:postal-code \"%05d\" ] .\n",
			i, i, 20+i%60, i+1, i+7, i, i)
	}
	return b.String()
}

func BenchmarkEach(b *testing.B) {
	doc := contacts(1 << 20)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	triples := 0
	for b.Loop() {
		triples = 0
		_, err := Each(context.Background(), strings.NewReader(doc), base, DefaultLimits, func(rdf.Quad) error {
			triples++
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(triples), "triples")
}

func BenchmarkParse(b *testing.B) {
	doc := contacts(1 << 20)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(context.Background(), strings.NewReader(doc), base, DefaultLimits); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	doc, err := Parse(context.Background(), strings.NewReader(contacts(1<<20)), base, DefaultLimits)
	if err != nil {
		b.Fatal(err)
	}
	var size bytes.Buffer
	if err := Write(&size, doc, base); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, doc, base); err != nil {
			b.Fatal(err)
		}
	}
}
