package export

import (
	"strings"
	"testing"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
)

func TestLinesReadBack(t *testing.T) {
	s, p, graph := rdf.IRI("urn:s"), rdf.IRI("urn:p"), rdf.IRI("https://pod.example/a")
	scope := quadScope{graph: graph, document: "1"}
	for _, c := range []struct {
		name    string
		quad    rdf.Quad
		library bool // writes it
	}{
		{"quotes and escapes", rdf.Quad{S: s, P: p, O: rdf.String("\"a\" \\ \n\r\t\b\f \x00\x7f 'x'")}, true},
		{"unicode", rdf.Quad{S: rdf.IRI("https://é.example/日本"), P: p, O: rdf.String("日本 🏠 \u0301")}, true},
		{"empty", rdf.Quad{S: s, P: p, O: rdf.String("")}, true},
		{"language", rdf.Quad{S: s, P: p, O: rdf.LangString("hallo", "nl-BE")}, true},
		{"language of three parts", rdf.Quad{S: s, P: p, O: rdf.LangString("你好", "zh-hans-cn")}, false},
		{"datatype", rdf.Quad{S: s, P: p, O: rdf.Typed("01", rdf.XSD+"integer")}, true},
		{"language string without language", rdf.Quad{S: s, P: p, O: rdf.Typed("x", rdf.RDFLangString)}, false},
		{"IRI that needs escapes", rdf.Quad{S: rdf.IRI("urn:a b"), P: p, O: rdf.Typed("x", "urn:d>")}, false},
		{"blank nodes", rdf.Quad{S: rdf.Blank("b0"), P: p, O: rdf.Blank("b.1-é")}, true},
		{"a graph of its own", rdf.Quad{S: s, P: p, O: s, G: rdf.Blank("g")}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, ok := encode(rdf.Quad{S: c.quad.S, P: c.quad.P, O: c.quad.O, G: graph}); ok != c.library {
				t.Errorf("the library takes it: %t", ok)
			}
			line := scope.line(c.quad)
			document, err := codec.Parse(t.Context(), codec.NQuads, strings.NewReader(line), "")
			if strings.Contains(c.name, "needs escapes") {
				if err == nil || !strings.Contains(line, `\u0020`) {
					t.Errorf("%s: %v", line, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			want := rdf.NewDocument()
			if c.quad.G.IsZero() {
				c.quad.G = graph
			}
			want.Add(c.quad)
			if !rdf.Isomorphic(document.Dataset, want.Dataset) {
				t.Errorf("%s reads as something else", line)
			}
		})
	}
}

func TestBlankNodesOfTwoDocumentsStayTwo(t *testing.T) {
	labels := map[string]bool{}
	for _, document := range []string{"1", "2", "11"} {
		for _, label := range []string{"b0", "1b0", "x", "62", "b.", "b-"} {
			labels[quadScope{document: document}.own(rdf.Blank(label)).Value()] = true
		}
	}
	if len(labels) != 18 {
		t.Errorf("%d labels: %v", len(labels), labels)
	}
}
