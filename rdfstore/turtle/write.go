package turtle

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"domicile/rdfstore/rdf"
)

// How much goes on one line.
const (
	objectsPerLine = 4
	itemsPerLine   = 8
)

// Write writes the default graph of doc as readable Turtle. The base is the
// absolute IRI of the document, or "": only the document itself and its
// fragments are written relative to it, so that a copy under another name keeps
// its other links.
//
// It fails when a term cannot be said in Turtle, for example an IRI that is not
// absolute; what w received by then is the beginning of a document.
func Write(w io.Writer, doc *rdf.Document, base string) error {
	t := newWriter(w, newNames(doc.Prefixes, newLabels(doc.Dataset), base))
	t.prologue()
	if err := t.describe(doc.Default, nil); err != nil {
		return err
	}
	return t.out.Flush()
}

type writer struct {
	out   *bufio.Writer // remembers its first error until Flush
	names *names
	// started: something stands above, and a blank line will keep it apart.
	started bool
	depth   int

	// The graph that is being written.
	graph   *rdf.Graph
	layout  *layout
	triples []rdf.Triple // of the subjects that are being written
}

func newWriter(w io.Writer, names *names) *writer {
	return &writer{out: bufio.NewWriterSize(w, 32<<10), names: names}
}

func (w *writer) write(s string) { w.out.WriteString(s) }

func (w *writer) newLine() {
	w.write("\n")
	w.indent()
}

func (w *writer) indent() {
	for range w.depth {
		w.write("    ")
	}
}

// separate puts a blank line between what stands above and what comes.
func (w *writer) separate() {
	if w.started {
		w.write("\n")
	}
	w.started = true
}

func (w *writer) prologue() {
	for _, prefix := range w.names.prefixes {
		w.write("@prefix " + prefix.Name + ": " + w.names.namespace(prefix.IRI) + " .\n")
		w.started = true
	}
}

// describe writes the triples of a graph. The blank nodes that are shared with
// other graphs keep their labels.
func (w *writer) describe(g *rdf.Graph, shared map[rdf.Term]bool) error {
	w.graph, w.layout = g, newLayout(g, shared)
	for subject := range g.Subjects() {
		if w.layout.inline(subject) != nil {
			continue
		}
		w.separate()
		w.indent()
		if err := w.subject(subject); err != nil {
			return err
		}
		w.write(" .\n")
	}
	return nil
}

func (w *writer) subject(subject rdf.Term) error {
	if subject.IsBlank() && !w.layout.needsLabel(subject) {
		w.write("[]")
	} else if err := w.subjectTerm(subject); err != nil {
		return err
	}
	w.write(" ")
	w.depth++
	defer func() { w.depth-- }()
	return w.description(subject)
}

func (w *writer) subjectTerm(subject rdf.Term) error {
	if !isNode(subject) {
		return fmt.Errorf("turtle: %s cannot be a subject", subject)
	}
	return w.term(subject)
}

// description writes the predicates and objects of a subject, each predicate
// but the first on a line of its own.
func (w *writer) description(subject rdf.Term) error {
	enclosing := len(w.triples)
	for t := range w.graph.Match(subject, rdf.Term{}, rdf.Term{}) {
		w.triples = append(w.triples, t)
	}
	triples := w.triples[enclosing:]
	defer func() { w.triples = w.triples[:enclosing] }()
	byPredicate(triples)
	for start := 0; start < len(triples); {
		predicate := triples[start].P
		end := start + 1
		for end < len(triples) && triples[end].P == predicate {
			end++
		}
		if start > 0 {
			w.write(" ;")
			w.newLine()
		}
		if err := w.predicate(predicate); err != nil {
			return err
		}
		if err := w.objects(triples[start:end]); err != nil {
			return err
		}
		start = end
	}
	return nil
}

// byPredicate brings triples with the same predicate together, predicates and
// objects in the order they first appear.
func byPredicate(triples []rdf.Triple) {
	const few = 16
	if len(triples) > few {
		rank := map[rdf.Term]int{}
		for _, t := range triples {
			if _, known := rank[t.P]; !known {
				rank[t.P] = len(rank)
			}
		}
		slices.SortStableFunc(triples, func(a, b rdf.Triple) int { return rank[a.P] - rank[b.P] })
		return
	}
	for i, t := range triples {
		to := i
		for to > 0 && triples[to-1].P != t.P {
			to--
		}
		if to > 0 && to < i {
			copy(triples[to+1:i+1], triples[to:i])
			triples[to] = t
		}
	}
}

func (w *writer) predicate(predicate rdf.Term) error {
	switch {
	case predicate == rdf.Type:
		w.write("a")
		return nil
	case !predicate.IsIRI():
		return fmt.Errorf("turtle: %s cannot be a predicate", predicate)
	}
	return w.term(predicate)
}

func (w *writer) objects(triples []rdf.Triple) error {
	wrapped := len(triples) > objectsPerLine
	if wrapped {
		w.depth++
		defer func() { w.depth-- }()
	}
	for i, t := range triples {
		switch {
		case i == 0:
			w.write(" ")
		case wrapped:
			w.write(",")
			w.newLine()
		default:
			w.write(", ")
		}
		if err := w.object(t.O); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) object(object rdf.Term) error {
	if object == listEnd {
		w.write("()")
		return nil
	}
	switch node := w.layout.inline(object); {
	case node == nil:
		return w.term(object)
	case node.list:
		return w.list(node.items)
	}
	return w.brackets(object)
}

func (w *writer) list(items []rdf.Term) error {
	w.depth++
	defer func() { w.depth-- }()
	w.write("(")
	for _, item := range items {
		if len(items) > itemsPerLine {
			w.newLine()
		} else {
			w.write(" ")
		}
		if err := w.object(item); err != nil {
			return err
		}
	}
	w.write(" )")
	return nil
}

func (w *writer) brackets(node rdf.Term) error {
	triples := 0
	for range w.graph.Match(node, rdf.Term{}, rdf.Term{}) {
		triples++
	}
	switch triples {
	case 0:
		w.write("[]")
		return nil
	case 1:
		w.write("[ ")
		err := w.description(node)
		w.write(" ]")
		return err
	}
	w.write("[")
	w.depth++
	w.newLine()
	err := w.description(node)
	w.depth--
	w.newLine()
	w.write("]")
	return err
}

func (w *writer) term(t rdf.Term) error {
	text, err := w.names.appendTerm(w.out.AvailableBuffer(), t)
	w.out.Write(text)
	return err
}
