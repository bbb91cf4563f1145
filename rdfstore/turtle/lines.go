package turtle

import (
	"bufio"
	"fmt"
	"io"
	"iter"

	"domicile/rdfstore/rdf"
)

// WriteNTriples writes the default graph of doc, one triple per line, in order.
func WriteNTriples(w io.Writer, doc *rdf.Document) error {
	return writeLines(w, func(yield func(rdf.Quad, error) bool) {
		for t := range doc.Default.All() {
			if !yield(rdf.Quad{S: t.S, P: t.P, O: t.O}, nil) {
				return
			}
		}
	}, newLabels(doc.Dataset))
}

// WriteNQuads writes doc whole, one quad per line, the default graph first.
func WriteNQuads(w io.Writer, doc *rdf.Document) error {
	return writeLines(w, func(yield func(rdf.Quad, error) bool) {
		for q := range doc.Quads() {
			if !yield(q, nil) {
				return
			}
		}
	}, newLabels(doc.Dataset))
}

func writeLines(w io.Writer, quads iter.Seq2[rdf.Quad, error], labels *labels) error {
	out := bufio.NewWriterSize(w, 32<<10)
	for q, err := range quads {
		if err != nil {
			return err
		}
		if !isNode(q.S) || !q.P.IsIRI() || !q.G.IsZero() && !isNode(q.G) {
			return fmt.Errorf("turtle: %s in %q is no RDF triple in a graph", q.Triple(), q.G)
		}
		terms := [...]rdf.Term{q.S, q.P, q.O, q.G}
		for i, term := range terms {
			if i == 3 && q.G.IsZero() {
				break
			}
			text, err := plain(term, labels)
			if err != nil {
				return err
			}
			out.WriteString(text)
			out.WriteByte(' ')
		}
		out.WriteString(".\n")
	}
	return out.Flush()
}

// isNode reports whether t can be a subject or name a graph.
func isNode(t rdf.Term) bool { return t.IsIRI() || t.IsBlank() }

func plain(t rdf.Term, labels *labels) (string, error) {
	switch t.Kind() {
	case rdf.IRIKind:
		return t.String(), checkIRI(t.Value())
	case rdf.BlankKind:
		label, err := labels.of(t)
		return "_:" + label, err
	case rdf.LiteralKind:
		if err := checkLiteral(t); err != nil {
			return "", err
		}
		if t.Lang() == "" && t.Datatype() != rdf.XSDString {
			return t.String(), checkIRI(t.Datatype())
		}
		return t.String(), nil
	}
	return "", fmt.Errorf("turtle: %q is no RDF term", t)
}
