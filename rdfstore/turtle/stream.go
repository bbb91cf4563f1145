package turtle

import (
	"io"
	"iter"

	"domicile/rdfstore/rdf"
)

// WriteStream writes the default graph of a document as it comes, in memory
// that does not grow with it. It groups by subject and predicate as [Write]
// does; but where else a blank node occurs is not known, so that none is nested
// and each has its label, which must be one that Turtle can write.
func WriteStream(w io.Writer, doc rdf.Stream, base string) error {
	return writeStream(w, rdf.Stream{Prefixes: doc.Prefixes, Quads: defaultGraph(doc.Quads)}, base)
}

// WriteTriGStream is [WriteStream] for TriG: it writes named graphs too.
func WriteTriGStream(w io.Writer, doc rdf.Stream, base string) error {
	return writeStream(w, doc, base)
}

// WriteNTriplesStream writes the default graph of a document as it comes, one
// triple per line. The order of the quads makes no difference.
func WriteNTriplesStream(w io.Writer, doc rdf.Stream) error {
	return writeLines(w, defaultGraph(doc.Quads), newLabels(nil))
}

// WriteNQuadsStream writes a document as it comes, one quad per line. The order
// of the quads makes no difference.
func WriteNQuadsStream(w io.Writer, doc rdf.Stream) error {
	return writeLines(w, doc.Quads, newLabels(nil))
}

// defaultGraph leaves out what stands in a named graph.
func defaultGraph(quads iter.Seq2[rdf.Quad, error]) iter.Seq2[rdf.Quad, error] {
	return func(yield func(rdf.Quad, error) bool) {
		for q, err := range quads {
			if (err != nil || q.G.IsZero()) && !yield(q, err) {
				return
			}
		}
	}
}

func writeStream(w io.Writer, doc rdf.Stream, base string) error {
	s := &stream{writer: newWriter(w, newNames(doc.Prefixes, newLabels(nil), base))}
	s.prologue()
	for q, err := range doc.Quads {
		if err == nil {
			err = s.quad(q)
		}
		if err != nil {
			return err
		}
	}
	s.leaveSubject()
	s.leaveGraph()
	return s.out.Flush()
}

// stream writes quads one by one, each as what it adds to the one before.
type stream struct {
	*writer
	last    rdf.Quad
	objects int // written of the last predicate; 0 before the first quad
}

func (s *stream) quad(q rdf.Quad) error {
	last := s.last
	switch {
	case s.objects == 0 || q.G != last.G || q.S != last.S:
		if err := s.begin(q); err != nil {
			return err
		}
	case q.P != last.P:
		s.write(" ;")
		s.newLine()
		if err := s.predicate(q.P); err != nil {
			return err
		}
		s.objects = 0
	}
	s.last = q
	s.separateObject()
	if q.O == listEnd {
		s.write("()")
		return nil
	}
	return s.term(q.O)
}

// begin writes everything of the first quad of a subject but its object.
func (s *stream) begin(q rdf.Quad) error {
	s.leaveSubject()
	if q.G != s.last.G {
		s.leaveGraph()
		if !q.G.IsZero() {
			if err := s.openGraph(q.G); err != nil {
				return err
			}
		}
	}
	s.separate()
	s.indent()
	if err := s.subjectTerm(q.S); err != nil {
		return err
	}
	s.write(" ")
	s.depth++
	s.objects = 0
	return s.predicate(q.P)
}

func (s *stream) leaveSubject() {
	if s.objects > 0 {
		s.depth--
		s.write(" .\n")
	}
}

func (s *stream) leaveGraph() {
	if !s.last.G.IsZero() {
		s.closeGraph()
	}
}

// separateObject separates an object from what stands before it.
func (s *stream) separateObject() {
	switch {
	case s.objects == 0:
		s.write(" ")
	case s.objects%objectsPerLine == 0:
		s.write(",")
		s.depth++
		s.newLine()
		s.depth--
	default:
		s.write(", ")
	}
	s.objects++
}
