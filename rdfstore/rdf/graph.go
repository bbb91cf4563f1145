package rdf

import (
	"iter"
	"slices"
)

// Graph is a set of triples that remembers the order they were added in, so
// that what is written back resembles what was read. The zero Graph is empty
// and ready to use. A Graph is safe for concurrent readers while none writes.
type Graph struct {
	// entries are the triples in order, those of one subject in a chain. A
	// removed one stays in its place as the zero Triple.
	entries  []entry
	chains   []chain
	subjects map[Term]int // places in chains
	latest   int          // the chain of the last entry
	size     int          // entries that were not removed
}

type entry struct {
	Triple
	next int // the following entry of the same subject; 0 behind the last
}

// chain is the entries of one subject, removed ones included.
type chain struct {
	subject             Term
	first, last, length int
	// index has the places of the triples once the chain is too long to be
	// searched from end to end.
	index map[statement]int
}

// statement is a triple of a known subject.
type statement struct{ p, o Term }

// searched is how long a chain may be without an index.
const searched = 16

// NewGraph returns a graph of the given triples.
func NewGraph(triples ...Triple) *Graph {
	g := new(Graph)
	for _, t := range triples {
		g.Add(t)
	}
	return g
}

// Len returns the number of triples.
func (g *Graph) Len() int { return g.size }

// Has reports whether t is in the graph.
func (g *Graph) Has(t Triple) bool { return g.find(g.chain(t.S), t) >= 0 }

// chain returns the chain of a subject, or nil.
func (g *Graph) chain(subject Term) *chain {
	if at, ok := g.subjects[subject]; ok {
		return &g.chains[at]
	}
	return nil
}

// among yields what stands in the chain, with its places in entries. What is
// added meanwhile may be left out.
func (c *chain) among(entries []entry) iter.Seq2[int, Triple] {
	return func(yield func(int, Triple) bool) {
		if c == nil {
			return
		}
		for i := c.first; ; {
			e := &entries[i]
			if e.Triple != (Triple{}) && !yield(i, e.Triple) {
				return
			}
			if i = e.next; i == 0 || i >= len(entries) {
				return
			}
		}
	}
}

// find returns the place of t in the chain of its subject, or -1.
func (g *Graph) find(c *chain, t Triple) int {
	if c != nil && c.index != nil {
		if i, ok := c.index[statement{t.P, t.O}]; ok {
			return i
		}
		return -1
	}
	for i, other := range c.among(g.entries) {
		if other == t {
			return i
		}
	}
	return -1
}

// Add adds t and reports whether it was new.
func (g *Graph) Add(t Triple) bool {
	at, known := g.latest, true
	// Documents keep the triples of a subject together.
	if last := len(g.entries) - 1; last < 0 || g.entries[last].S != t.S {
		at, known = g.subjects[t.S]
	}
	if known && g.find(&g.chains[at], t) >= 0 {
		return false
	}
	i := len(g.entries)
	if i == cap(g.entries) {
		g.entries = slices.Grow(g.entries, i+1) // append alone would copy more often
	}
	g.entries = append(g.entries, entry{Triple: t})
	g.size++
	if !known {
		at = g.begin(t.S, i)
	}
	g.latest = at
	g.chains[at].extend(g.entries, i)
	return true
}

// begin makes the chain of a new subject and returns its place.
func (g *Graph) begin(subject Term, first int) int {
	if g.subjects == nil {
		g.subjects = map[Term]int{}
	}
	at := len(g.chains)
	g.subjects[subject] = at
	g.chains = append(g.chains, chain{subject: subject, first: first, last: first})
	return at
}

// extend puts the new entry i behind the last.
func (c *chain) extend(entries []entry, i int) {
	if i != c.first {
		entries[c.last].next = i
	}
	c.last = i
	c.length++
	switch {
	case c.index != nil:
		c.index[statement{entries[i].P, entries[i].O}] = i
	case c.length > searched:
		c.index = map[statement]int{}
		for j, t := range c.among(entries) {
			c.index[statement{t.P, t.O}] = j
		}
	}
}

// Remove removes t and reports whether it was there.
func (g *Graph) Remove(t Triple) bool {
	c := g.chain(t.S)
	i := g.find(c, t)
	if i < 0 {
		return false
	}
	g.entries[i].Triple = Triple{}
	g.size--
	delete(c.index, statement{t.P, t.O})
	if removed := len(g.entries) - g.size; removed > 64 && removed > g.size {
		*g = *g.Clone()
	}
	return true
}

// All yields every triple in the order it was added.
func (g *Graph) All() iter.Seq[Triple] {
	return func(yield func(Triple) bool) {
		if g == nil {
			return
		}
		entries := g.entries // yield may change the graph
		for i := range entries {
			if t := entries[i].Triple; t != (Triple{}) && !yield(t) {
				return
			}
		}
	}
}

// Match yields the triples that agree with every non-zero term, in order. It
// costs what the subject's triples cost when s is given, a full scan otherwise.
func (g *Graph) Match(s, p, o Term) iter.Seq[Triple] {
	fits := func(t *Triple) bool {
		return (p.IsZero() || t.P == p) && (o.IsZero() || t.O == o)
	}
	return func(yield func(Triple) bool) {
		if g == nil {
			return
		}
		if s.IsZero() {
			for t := range g.All() {
				if fits(&t) && !yield(t) {
					return
				}
			}
			return
		}
		for _, t := range g.chain(s).among(g.entries) {
			if fits(&t) && !yield(t) {
				return
			}
		}
	}
}

// Subjects yields each subject once, in the order in which they were first
// added.
func (g *Graph) Subjects() iter.Seq[Term] {
	return func(yield func(Term) bool) {
		chains, entries := g.chains, g.entries // yield may change the graph
		for i := range chains {
			for range chains[i].among(entries) {
				if !yield(chains[i].subject) {
					return
				}
				break
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

// Stream is a document that is read piece by piece, so that it need not fit
// into memory.
type Stream struct {
	Prefixes []Prefix
	// Quads yields each quad once: those of one graph in a row, in it those of
	// one subject, in them those of one predicate. An error is the last.
	Quads iter.Seq2[Quad, error]
}
