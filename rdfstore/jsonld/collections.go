package jsonld

import "domicile/rdfstore/rdf"

// maxListDepth is how deep lists in lists are written as such; deeper ones are
// written cell by cell, so that what is written can be read again.
const maxListDepth = 16

var (
	rdfFirst = rdf.IRI(rdf.RDFFirst)
	rdfRest  = rdf.IRI(rdf.RDFRest)
	rdfNil   = rdf.IRI(rdf.RDFNil)
)

// collections knows which RDF collections of a dataset can be written as
// @list without losing anything: each cell is a blank node of one graph that
// has a first, a rest and nothing else, and that one triple points to.
type collections struct {
	references map[rdf.Term]int // of blank nodes, anywhere in the dataset
	items      map[rdf.Term][]rdf.Term
	cells      map[rdf.Term]bool // the cells of the lists in items
}

func findCollections(d *rdf.Dataset) *collections {
	c := &collections{references: map[rdf.Term]int{}, items: map[rdf.Term][]rdf.Term{}, cells: map[rdf.Term]bool{}}
	graphs := []*rdf.Graph{d.Default}
	for _, name := range d.Names() {
		c.references[name] += 2 // a graph's name is no cell
		graphs = append(graphs, d.Graph(name))
	}
	subjects := map[rdf.Term]int{} // the graphs that describe a blank node
	for _, g := range graphs {
		inGraph := map[rdf.Term]bool{}
		for t := range g.All() {
			if t.O.IsBlank() {
				c.references[t.O]++
			}
			if t.S.IsBlank() && !inGraph[t.S] {
				inGraph[t.S] = true
				subjects[t.S]++
			}
		}
	}
	for _, g := range graphs {
		c.find(g, func(t rdf.Term) bool { return c.references[t] == 1 && subjects[t] == 1 })
	}
	return c
}

// find looks for lists from the outside in: those that something other than a
// cell points to, then the lists in them.
func (c *collections) find(g *rdf.Graph, onlyHere func(rdf.Term) bool) {
	cell := func(t rdf.Term) (item, next rdf.Term, ok bool) {
		if !t.IsBlank() || !onlyHere(t) {
			return item, next, false
		}
		triples := 0
		for t := range g.Match(t, rdf.Term{}, rdf.Term{}) {
			triples++
			switch t.P {
			case rdfFirst:
				item = t.O
			case rdfRest:
				next = t.O
			}
		}
		return item, next, triples == 2 && !item.IsZero() && !next.IsZero()
	}
	var heads []rdf.Term
	for t := range g.All() {
		if _, _, ok := cell(t.O); !ok {
			continue
		}
		if _, _, inList := cell(t.S); !inList {
			heads = append(heads, t.O)
		}
	}
	for depth := 0; depth < maxListDepth && len(heads) > 0; depth++ {
		var inner []rdf.Term
		for _, head := range heads {
			items, cells := []rdf.Term{}, []rdf.Term{}
			at := head
			for at != rdfNil {
				item, next, ok := cell(at)
				if !ok {
					break
				}
				items, cells = append(items, item), append(cells, at)
				at = next
			}
			if at != rdfNil {
				continue
			}
			c.items[head] = items
			for _, done := range cells {
				c.cells[done] = true
			}
			for _, item := range items {
				if _, _, ok := cell(item); ok {
					inner = append(inner, item)
				}
			}
		}
		heads = inner
	}
}
