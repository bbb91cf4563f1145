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
	graph *rdf.Graph
	// subjects are in the order they first appear, the inline ones too.
	subjects   []rdf.Term
	references map[rdf.Term]int // how often a blank node is an object
	inline     map[rdf.Term]bool
	lists      map[rdf.Term][]rdf.Term // items of the inline nodes that begin a list
	placed     map[rdf.Term]bool       // inline, or written for itself
	notList    map[rdf.Term]bool       // cells that are known to begin no list
}

// newLayout lays out a graph. The shared blank nodes, which may be nil, occur
// outside it too.
func newLayout(g *rdf.Graph, shared map[rdf.Term]bool) *layout {
	l := &layout{
		graph:      g,
		references: map[rdf.Term]int{},
		inline:     map[rdf.Term]bool{},
		lists:      map[rdf.Term][]rdf.Term{},
		placed:     map[rdf.Term]bool{},
		notList:    map[rdf.Term]bool{},
	}
	for node := range shared {
		l.references[node] = 2 // at the least, so that it gets a label
	}
	seen := map[rdf.Term]bool{}
	for t := range g.All() {
		if !seen[t.S] {
			seen[t.S] = true
			l.subjects = append(l.subjects, t.S)
		}
		if t.O.IsBlank() {
			l.references[t.O]++
		}
	}
	for _, subject := range l.subjects {
		if !l.mayNest(subject) {
			l.place(subject)
		}
	}
	// What no other subject led to is in a circle, or below one: the first of
	// it is written for itself.
	for _, subject := range l.subjects {
		if !l.placed[subject] {
			l.place(subject)
		}
	}
	return l
}

func (l *layout) mayNest(t rdf.Term) bool { return t.IsBlank() && l.references[t] == 1 }

// place has a subject written for itself, and below it what can be nested.
func (l *layout) place(subject rdf.Term) {
	l.placed[subject] = true
	for deep := []rdf.Term{subject}; len(deep) > 0; {
		node := deep[0]
		deep = append(deep[1:], l.nestObjects(node, 1)...)
	}
}

// nestObjects makes the objects of a subject inline. It returns those that are
// too deep for that; they are placed but not yet looked into.
func (l *layout) nestObjects(subject rdf.Term, depth int) (deep []rdf.Term) {
	for object := range l.graph.Match(subject, rdf.Term{}, rdf.Term{}) {
		deep = append(deep, l.nest(object.O, depth)...)
	}
	return deep
}

func (l *layout) nest(object rdf.Term, depth int) (deep []rdf.Term) {
	if !l.mayNest(object) || l.placed[object] {
		return nil
	}
	l.placed[object] = true
	if depth > maxNesting {
		return []rdf.Term{object}
	}
	l.inline[object] = true
	items, isList := l.list(object)
	if !isList {
		return l.nestObjects(object, depth+1)
	}
	l.lists[object] = items
	for _, item := range items {
		deep = append(deep, l.nest(item, depth+1)...)
	}
	return deep
}

// list returns the items of the list that begins at head, and makes its cells
// inline. Each cell must have a first, a rest and nothing else, and be
// referenced by the cell before it only.
func (l *layout) list(head rdf.Term) (items []rdf.Term, ok bool) {
	var cells []rdf.Term
	for cell := head; cell != listEnd; {
		item, next, ok := l.cell(cell)
		if !ok || l.notList[cell] || cell != head && (!l.mayNest(cell) || l.placed[cell]) {
			// Without this memory each rest of a broken list would be tried
			// again, to its end.
			for _, c := range append(cells, cell) {
				l.notList[c] = true
			}
			l.unplace(cells, head)
			return nil, false
		}
		cells, items = append(cells, cell), append(items, item)
		l.placed[cell] = true
		cell = next
	}
	for _, cell := range cells {
		l.inline[cell] = true
	}
	return items, true
}

func (l *layout) unplace(cells []rdf.Term, head rdf.Term) {
	for _, cell := range cells {
		if cell != head {
			delete(l.placed, cell)
		}
	}
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
