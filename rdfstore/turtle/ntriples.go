package turtle

import (
	"bufio"
	"fmt"
	"io"

	"domicile/rdfstore/rdf"
)

// WriteNTriples writes the default graph of doc, one triple per line, in order.
func WriteNTriples(w io.Writer, doc *rdf.Document) error {
	out := bufio.NewWriterSize(w, 32<<10)
	labels := newLabels(doc.Default)
	for t := range doc.Default.All() {
		if !(t.S.IsIRI() || t.S.IsBlank()) || !t.P.IsIRI() {
			return fmt.Errorf("turtle: %s is no RDF triple", t)
		}
		for _, term := range [...]rdf.Term{t.S, t.P, t.O} {
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

func plain(t rdf.Term, labels *labels) (string, error) {
	switch t.Kind() {
	case rdf.IRIKind:
		return t.String(), checkIRI(t.Value())
	case rdf.BlankKind:
		return "_:" + labels.of(t), nil
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
