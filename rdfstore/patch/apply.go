package patch

import (
	"context"
	"fmt"
	"strconv"

	"domicile/rdfstore/rdf"
)

// Apply changes g and returns what it changed in all. On an error g is as it
// was.
func (p *Patch) Apply(ctx context.Context, g *rdf.Graph) (Delta, error) {
	work := g
	if p.canFailMidway() {
		work = g.Clone()
	}
	m := &matcher{ctx: ctx, graph: work}
	var changes journal
	for _, op := range p.Operations {
		deletes, inserts, err := p.instantiate(m, op)
		if err != nil {
			return Delta{}, err
		}
		changes.apply(work, deletes, inserts)
	}
	if work != g {
		*g = *work
	}
	return changes.delta(), nil
}

// canFailMidway reports whether an operation behind the first can fail, when
// the graph has already been changed.
func (p *Patch) canFailMidway() bool {
	for i, op := range p.Operations {
		if i > 0 && (p.Strict || len(op.Where) > 0) {
			return true
		}
	}
	return false
}

// instantiate returns the triples that op deletes from the graph and those that
// it inserts, the graph unchanged.
func (p *Patch) instantiate(m *matcher, op Operation) (deletes, inserts []rdf.Triple, err error) {
	solutions := []solution{{}}
	if len(op.Where) > 0 {
		if solutions, err = p.matches(m, op.Where); err != nil {
			return nil, nil, err
		}
	}
	fresh := newLabels(m.graph)
	for _, s := range solutions {
		for _, template := range op.Deletes {
			t := s.apply(template)
			switch {
			case m.graph.Has(t):
				deletes = append(deletes, t)
			case p.Strict:
				return nil, nil, ErrDeleteAbsent
			}
		}
		blanks := solution{}
		for _, template := range op.Inserts {
			t := s.apply(fresh.rename(template, blanks))
			switch {
			case isTriple(t):
				inserts = append(inserts, t)
			case p.Strict:
				return nil, nil, fmt.Errorf("%w: %s", ErrNoTriple, t)
			}
		}
		if len(op.Where) == 0 {
			continue // data, as long as the patch itself
		}
		if err := m.spend(len(op.Deletes) + len(op.Inserts)); err != nil {
			return nil, nil, err
		}
	}
	return deletes, inserts, nil
}

func (p *Patch) matches(m *matcher, where []rdf.Triple) ([]solution, error) {
	if !p.Strict {
		return m.solutions(where, 0)
	}
	found, err := m.solutions(where, 2)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, ErrNoMapping
	case len(found) > 1:
		return nil, ErrSeveralMappings
	}
	return found, nil
}

// isTriple reports whether each term may stand in its place (RDF 1.1 Concepts
// §3.1); an unbound variable may stand nowhere.
func isTriple(t rdf.Triple) bool {
	return (t.S.IsIRI() || t.S.IsBlank()) && t.P.IsIRI() && (t.O.IsIRI() || t.O.IsBlank() || t.O.IsLiteral())
}

// labels makes blank nodes that are new to a graph.
type labels struct {
	graph *rdf.Graph
	taken map[rdf.Term]bool // nil until the first is asked for
	next  int
}

func newLabels(g *rdf.Graph) *labels { return &labels{graph: g} }

// rename replaces the blank nodes of a template by fresh ones, the same label
// by the same node within one solution.
func (l *labels) rename(t rdf.Triple, blanks solution) rdf.Triple {
	for _, term := range [...]*rdf.Term{&t.S, &t.O} {
		if !term.IsBlank() {
			continue
		}
		if _, known := blanks[*term]; !known {
			blanks[*term] = l.fresh()
		}
		*term = blanks[*term]
	}
	return t
}

func (l *labels) fresh() rdf.Term {
	if l.taken == nil {
		l.taken = map[rdf.Term]bool{}
		for t := range l.graph.All() {
			for _, term := range [...]rdf.Term{t.S, t.O} {
				if term.IsBlank() {
					l.taken[term] = true
				}
			}
		}
	}
	for {
		l.next++
		if node := rdf.Blank("b" + strconv.Itoa(l.next)); !l.taken[node] {
			return node
		}
	}
}

// journal adds up what several operations did to a graph.
type journal struct {
	order  []rdf.Triple
	before map[rdf.Triple]bool // whether a touched triple was in the graph
	after  map[rdf.Triple]bool // whether it is now
}

// apply deletes, then inserts. A triple that is in both lists keeps its place
// in the graph.
func (j *journal) apply(g *rdf.Graph, deletes, inserts []rdf.Triple) {
	if j.before == nil {
		j.before, j.after = map[rdf.Triple]bool{}, map[rdf.Triple]bool{}
	}
	stays := make(map[rdf.Triple]bool, len(inserts))
	for _, t := range inserts {
		stays[t] = true
	}
	for _, t := range deletes {
		if !stays[t] {
			j.touch(t, g.Remove(t), true)
		}
	}
	for _, t := range inserts {
		j.touch(t, g.Add(t), false)
	}
}

// touch notes that t was removed or added, when it was.
func (j *journal) touch(t rdf.Triple, changed, removed bool) {
	if !changed {
		return
	}
	if _, known := j.before[t]; !known {
		j.order = append(j.order, t)
		j.before[t] = removed
	}
	j.after[t] = !removed
}

func (j *journal) delta() Delta {
	var d Delta
	for _, t := range j.order {
		switch before, after := j.before[t], j.after[t]; {
		case before && !after:
			d.Removed = append(d.Removed, t)
		case !before && after:
			d.Added = append(d.Added, t)
		}
	}
	return d
}
