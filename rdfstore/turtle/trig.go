package turtle

import (
	"fmt"
	"io"

	"domicile/rdfstore/rdf"
)

// WriteTriG writes doc whole, the default graph first, each graph as [Write]
// does. Named graphs that are empty are left out.
func WriteTriG(w io.Writer, doc *rdf.Document, base string) error {
	t := newWriter(w, newNames(doc.Prefixes, newLabels(doc.Dataset), base))
	t.prologue()
	shared := sharedNodes(doc.Dataset)
	if err := t.describe(doc.Default, shared); err != nil {
		return err
	}
	for _, name := range doc.Names() {
		if g := doc.Graph(name); g.Len() > 0 {
			if err := t.namedGraph(name, g, shared); err != nil {
				return err
			}
		}
	}
	return t.out.Flush()
}

func (w *writer) namedGraph(name rdf.Term, g *rdf.Graph, shared map[rdf.Term]bool) error {
	if err := w.openGraph(name); err != nil {
		return err
	}
	err := w.describe(g, shared)
	w.closeGraph()
	return err
}

func (w *writer) openGraph(name rdf.Term) error {
	if !isNode(name) {
		return fmt.Errorf("turtle: %s cannot name a graph", name)
	}
	w.separate()
	err := w.term(name)
	w.write(" {\n")
	w.started = false
	w.depth++
	return err
}

func (w *writer) closeGraph() {
	w.depth--
	w.write("}\n")
}

// sharedNodes returns the blank nodes that name a graph or occur in more than
// one: they are the same node everywhere in the document (RDF 1.1 Concepts §4).
func sharedNodes(d *rdf.Dataset) map[rdf.Term]bool {
	shared := map[rdf.Term]bool{}
	graphs := map[rdf.Term]rdf.Term{} // of blank nodes, where they occurred first
	for q := range d.Quads() {
		if q.G.IsBlank() {
			shared[q.G] = true
		}
		for _, t := range [...]rdf.Term{q.S, q.O} {
			if !t.IsBlank() {
				continue
			}
			if g, known := graphs[t]; !known {
				graphs[t] = q.G
			} else if g != q.G {
				shared[t] = true
			}
		}
	}
	return shared
}
