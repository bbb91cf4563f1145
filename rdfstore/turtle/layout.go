package turtle

import "domicile/rdfstore/rdf"

// maxNesting bounds the brackets within brackets that are written; what is
// deeper gets a label and stands for itself. It keeps documents readable and
// far from the limit of any reader.
const maxNesting = 16

var (
	listFirst = rdf.IRI(rdf.RDFFirst)
	listRest  = rdf.IRI(rdf.RDFRest)
	listEnd   = rdf.IRI(rdf.RDFNil)
)

// layout decides which blank nodes are written where they are referenced. Such
// a node is the object of exactly one triple and is not part of a circle, for
// then it would be written nowhere.
type layout struct {
	graph  *rdf.Graph
	blanks map[rdf.Term]*blank
}

// blank is how a blank node is written.
type blank struct {
	references int        // how often it is an object
	placed     bool       // inline, or written for itself
	inline     bool       // where it is referenced
	list       bool       // inline, as a list
	items      []rdf.Term // of the list
	notList    bool       // a cell that is known to begin no list
}

// newLayout lays out a graph. The shared blank nodes, which may be nil, occur
// outside it too.
func newLayout(g *rdf.Graph, shared map[rdf.Term]bool) *layout {
	l := &layout{graph: g, blanks: map[rdf.Term]*blank{}}
	for node := range shared {
		l.blanks[node] = &blank{references: 2} // at the least, so that it gets a label
	}
	for t := range g.All() {
		if !t.O.IsBlank() {
			continue
		}
		if l.blanks[t.O] == nil {
			l.blanks[t.O] = new(blank)
		}
		l.blanks[t.O].references++
	}
	if len(l.blanks) == 0 {
		return l
	}
	for subject := range g.Subjects() {
		if !l.mayNest(subject) {
			l.place(subject)
		}
	}
	// What no other subject led to is in a circle, or below one: the first of
	// it is written for itself.
	for subject := range g.Subjects() {
		if l.mayNest(subject) && !l.blanks[subject].placed {
			l.place(subject)
		}
	}
	return l
}

// needsLabel tells a blank node that is referred to from one that is not.
func (l *layout) needsLabel(t rdf.Term) bool { return l.blanks[t] != nil }

// inline returns a blank node that is written where it is referenced, or nil.
func (l *layout) inline(t rdf.Term) *blank {
	if !t.IsBlank() {
		return nil
	}
	if b := l.blanks[t]; b != nil && b.inline {
		return b
	}
	return nil
}

// mayNest reports whether a blank node is the object of exactly one triple.
func (l *layout) mayNest(t rdf.Term) bool {
	if !t.IsBlank() {
		return false
	}
	b := l.blanks[t]
	return b != nil && b.references == 1
}

// place has a subject written for itself, and below it what can be nested.
func (l *layout) place(subject rdf.Term) {
	if b := l.blanks[subject]; b != nil {
		b.placed = true
	}
	for deep := []rdf.Term{subject}; len(deep) > 0; {
		node := deep[0]
		deep = append(deep[1:], l.nestObjects(node, 1)...)
	}
}

// nestObjects makes the objects of a subject inline. It returns those that are
// too deep for that; they are placed but not yet looked into.
func (l *layout) nestObjects(subject rdf.Term, depth int) (deep []rdf.Term) {
	for t := range l.graph.Match(subject, rdf.Term{}, rdf.Term{}) {
		deep = append(deep, l.nest(t.O, depth)...)
	}
	return deep
}

func (l *layout) nest(object rdf.Term, depth int) (deep []rdf.Term) {
	if !object.IsBlank() {
		return nil
	}
	b := l.blanks[object]
	if b.references != 1 || b.placed {
		return nil
	}
	b.placed = true
	if depth > maxNesting {
		return []rdf.Term{object}
	}
	b.inline = true
	if b.items, b.list = l.list(object); !b.list {
		return l.nestObjects(object, depth+1)
	}
	for _, item := range b.items {
		deep = append(deep, l.nest(item, depth+1)...)
	}
	return deep
}

// list returns the items of the list that begins at head, and makes its cells
// inline. Each cell must have a first, a rest and nothing else, and be
// referenced by the cell before it only.
func (l *layout) list(head rdf.Term) (items []rdf.Term, ok bool) {
	var cells []*blank
	for node := head; node != listEnd; {
		item, next, ok := l.cell(node)
		b := l.blanks[node]
		if !ok || b.notList || node != head && (b.references != 1 || b.placed) {
			// Without this memory each rest of a broken list would be tried
			// again, to its end.
			b.notList = true
			for i, c := range cells {
				c.notList = true
				c.placed = i == 0 // the head
			}
			return nil, false
		}
		b.placed = true
		cells, items = append(cells, b), append(items, item)
		node = next
	}
	for _, c := range cells {
		c.inline = true
	}
	return items, true
}

// cell returns what a list cell holds and the cell behind it.
func (l *layout) cell(node rdf.Term) (item, next rdf.Term, ok bool) {
	triples := 0
	for t := range l.graph.Match(node, rdf.Term{}, rdf.Term{}) {
		switch t.P {
		case listFirst:
			item = t.O
		case listRest:
			next = t.O
		}
		if triples++; triples > 2 {
			return item, next, false
		}
	}
	ok = !item.IsZero() && (next.IsBlank() || next == listEnd)
	return item, next, ok
}
