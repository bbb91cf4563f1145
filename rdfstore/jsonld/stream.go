package jsonld

import (
	"bufio"
	"io"

	"domicile/rdfstore/rdf"
)

// WriteStream writes a document as expanded JSON-LD as it comes, in memory that
// does not grow with it. Whether a collection can be said as @list is not known
// before its end, so all are written cell by cell, and blank nodes keep their
// labels.
func WriteStream(w io.Writer, doc rdf.Stream, _ string) error {
	s := &stream{printer: printer{w: bufio.NewWriter(w), lists: new(collections)}}
	s.text("[")
	for q, err := range doc.Quads {
		if err != nil {
			return err
		}
		s.quad(q)
	}
	s.leaveNode()
	s.leaveGraph()
	s.text("\n]\n")
	return s.w.Flush() // reports the first error of all writes
}

// stream writes quads one by one, each as what it adds to the one before.
type stream struct {
	printer
	last      rdf.Quad
	name      string // of the member that holds the last quad's object; "" before the first quad
	separator string // what a node object has to be separated by from what stands before it
}

func (s *stream) quad(q rdf.Quad) {
	name, last, indent := memberName(q.Triple()), s.last, nodeIndent(q.G)
	switch {
	// A type that is a literal has another name, so a second node object is
	// begun for it: no name may occur twice in one.
	case s.name == "", q.G != last.G, q.S != last.S, q.P == last.P && name != s.name:
		s.leaveNode()
		if q.G != last.G {
			s.leaveGraph()
			s.enterGraph(q.G)
		}
		s.text(s.separator, indent, "{", indent, `  "@id": `)
		s.string(s.id(q.S))
		s.member(name, indent)
		s.separator = ","
	case name != s.name:
		s.text("]")
		s.member(name, indent)
	default:
		s.text(",", indent, "    ")
	}
	s.last, s.name = q, name
	if name == "@type" {
		s.string(s.id(q.O))
	} else {
		s.value(q.O)
	}
}

// nodeIndent returns the line end and indentation of the node objects of a
// graph.
func nodeIndent(graph rdf.Term) string {
	if graph.IsZero() {
		return "\n  "
	}
	return "\n      "
}

// member begins a member whose value is an array.
func (s *stream) member(name, indent string) {
	s.text(",", indent, "  ")
	s.string(name)
	s.text(": [")
}

func (s *stream) leaveNode() {
	if s.name != "" {
		s.text("]", nodeIndent(s.last.G), "}")
	}
}

func (s *stream) enterGraph(name rdf.Term) {
	if name.IsZero() {
		return
	}
	s.text(s.separator, "\n  {\n    \"@id\": ")
	s.string(s.id(name))
	s.text(",\n    \"@graph\": [")
	s.separator = ""
}

func (s *stream) leaveGraph() {
	if !s.last.G.IsZero() {
		s.text("\n    ]\n  }")
		s.separator = ","
	}
}
