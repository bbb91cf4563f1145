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

var sizes = []struct {
	name string
	size int
}{{"1MB", 1 << 20}, {"50MB", 50 << 20}}

func BenchmarkEach(b *testing.B) {
	for _, c := range sizes {
		b.Run(c.name, func(b *testing.B) {
			doc := contacts(c.size)
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
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, c := range sizes {
		b.Run(c.name, func(b *testing.B) {
			doc := contacts(c.size)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			triples := 0
			for b.Loop() {
				parsed, err := Parse(context.Background(), strings.NewReader(doc), base, DefaultLimits)
				if err != nil {
					b.Fatal(err)
				}
				triples = parsed.Len()
			}
			b.ReportMetric(float64(triples), "triples")
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, c := range sizes {
		doc, err := Parse(context.Background(), strings.NewReader(contacts(c.size)), base, DefaultLimits)
		if err != nil {
			b.Fatal(err)
		}
		for name, write := range map[string]func(io.Writer) error{
			"":       func(w io.Writer) error { return Write(w, doc, base) },
			"Stream": func(w io.Writer) error { return WriteStream(w, streamOf(doc), base) },
		} {
			b.Run(c.name+name, func(b *testing.B) {
				var size bytes.Buffer
				if err := write(&size); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(size.Len()))
				b.ReportAllocs()
				for b.Loop() {
					if err := write(io.Discard); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
