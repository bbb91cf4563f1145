package rdf

import (
	"iter"
	"slices"
)

// Graph is a set of triples that remembers the order they were added in, so
// that what is written back resembles what was read. The zero Graph is empty
// and ready to use. A Graph is safe for concurrent readers while none writes.
type Graph struct {
	triples []Triple // in order; a removed one is left as the zero Triple
	at      map[Triple]int
	bySubj  map[Term][]int
	holes   int
}

// NewGraph returns a graph of the given triples.
func NewGraph(triples ...Triple) *Graph {
	g := new(Graph)
	for _, t := range triples {
		g.Add(t)
	}
	return g
}

// Len returns the number of triples.
func (g *Graph) Len() int { return len(g.at) }

// Has reports whether t is in the graph.
func (g *Graph) Has(t Triple) bool { _, ok := g.at[t]; return ok }

// Add adds t and reports whether it was new.
func (g *Graph) Add(t Triple) bool {
	if g.Has(t) {
		return false
	}
	if g.at == nil {
		g.at, g.bySubj = map[Triple]int{}, map[Term][]int{}
	}
	i := len(g.triples)
	g.triples = append(g.triples, t)
	g.at[t] = i
	g.bySubj[t.S] = append(g.bySubj[t.S], i)
	return true
}

// Remove removes t and reports whether it was there.
func (g *Graph) Remove(t Triple) bool {
	i, ok := g.at[t]
	if !ok {
		return false
	}
	delete(g.at, t)
	g.triples[i] = Triple{}
	g.holes++
	if rest := slices.DeleteFunc(g.bySubj[t.S], func(j int) bool { return j == i }); len(rest) > 0 {
		g.bySubj[t.S] = rest
	} else {
		delete(g.bySubj, t.S)
	}
	if g.holes > 64 && g.holes > len(g.at) {
		g.compact()
	}
	return true
}

func (g *Graph) compact() {
	kept := slices.Collect(g.All())
	*g = Graph{}
	for _, t := range kept {
		g.Add(t)
	}
}

// All yields every triple in the order it was added.
func (g *Graph) All() iter.Seq[Triple] {
	return func(yield func(Triple) bool) {
		if g == nil {
			return
		}
		for _, t := range g.triples {
			if t != (Triple{}) && !yield(t) {
				return
			}
		}
	}
}

// Match yields the triples that agree with every non-zero term, in order. It
// costs what the subject's triples cost when s is given, a full scan otherwise.
func (g *Graph) Match(s, p, o Term) iter.Seq[Triple] {
	fits := func(t Triple) bool {
		return (p.IsZero() || t.P == p) && (o.IsZero() || t.O == o)
	}
	return func(yield func(Triple) bool) {
		if g == nil {
			return
		}
		if s.IsZero() {
			for t := range g.All() {
				if fits(t) && !yield(t) {
					return
				}
			}
			return
		}
		for _, i := range g.bySubj[s] {
			if t := g.triples[i]; fits(t) && !yield(t) {
				return
			}
		}
	}
}

// Objects yields the objects of s and p.
func (g *Graph) Objects(s, p Term) iter.Seq[Term] {
	return func(yield func(Term) bool) {
		for t := range g.Match(s, p, Term{}) {
			if !yield(t.O) {
				return
			}
		}
	}
}

// Object returns the first object of s and p, or the zero Term.
func (g *Graph) Object(s, p Term) Term {
	for o := range g.Objects(s, p) {
		return o
	}
	return Term{}
}

// Clone returns a copy that shares nothing with g.
func (g *Graph) Clone() *Graph {
	c := new(Graph)
	for t := range g.All() {
		c.Add(t)
	}
	return c
}

// Dataset is a default graph and any number of named graphs
// (RDF 1.1 Concepts §4).
type Dataset struct {
	Default *Graph
	names   []Term
	named   map[Term]*Graph
}

// NewDataset returns an empty dataset.
func NewDataset() *Dataset { return &Dataset{Default: new(Graph), named: map[Term]*Graph{}} }

// Graph returns the named graph, made empty when there is none yet; the zero
// Term names the default graph.
func (d *Dataset) Graph(name Term) *Graph {
	if name.IsZero() {
		return d.Default
	}
	g, ok := d.named[name]
	if !ok {
		g = new(Graph)
		d.named[name] = g
		d.names = append(d.names, name)
	}
	return g
}

// Names returns the names of the named graphs in the order they first appeared.
func (d *Dataset) Names() []Term { return slices.Clone(d.names) }

// Add adds q and reports whether it was new.
func (d *Dataset) Add(q Quad) bool { return d.Graph(q.G).Add(q.Triple()) }

// Len returns the number of quads.
func (d *Dataset) Len() int {
	n := d.Default.Len()
	for _, g := range d.named {
		n += g.Len()
	}
	return n
}

// Quads yields every quad, the default graph's first.
func (d *Dataset) Quads() iter.Seq[Quad] {
	return func(yield func(Quad) bool) {
		for t := range d.Default.All() {
			if !yield(Quad{t.S, t.P, t.O, Term{}}) {
				return
			}
		}
		for _, name := range d.names {
			for t := range d.named[name].All() {
				if !yield(Quad{t.S, t.P, t.O, name}) {
					return
				}
			}
		}
	}
}

// Prefix is one prefix declaration of a document, for example
// {"foaf", "http://xmlns.com/foaf/0.1/"}.
type Prefix struct{ Name, IRI string }

// Document is what a parser read: the dataset and what a writer needs to give
// it back in its author's dress.
type Document struct {
	*Dataset
	// Prefixes are the document's own, in order, each name once (the last
	// declaration wins).
	Prefixes []Prefix
}

// NewDocument returns an empty document.
func NewDocument() *Document { return &Document{Dataset: NewDataset()} }
