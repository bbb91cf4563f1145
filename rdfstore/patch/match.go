package patch

import (
	"context"
	"slices"
	"strings"

	"domicile/rdfstore/rdf"
)

const (
	// maxSteps bounds the triples that one patch may look at and make. A scan
	// of a document of 100,000 triples by ten patterns stays below.
	maxSteps = 2_000_000
	// lookupSteps is what one question to the source counts for. It may read a
	// block of a store.
	lookupSteps = 5
	// solutionSteps is what a solution counts for, because it is kept in memory.
	solutionSteps = 20
	// stepsBetweenChecks is how often the context is asked.
	stepsBetweenChecks = 4096
)

// matcher finds the solutions of basic graph patterns by backtracking.
type matcher struct {
	ctx       context.Context
	source    *overlay
	fresh     func() rdf.Term
	steps     int
	nextCheck int
}

// solution maps variables to terms of the graph, which are never variables.
type solution map[rdf.Term]rdf.Term

// apply replaces the variables that s binds.
func (s solution) apply(t rdf.Triple) rdf.Triple {
	return rdf.Triple{S: s.of(t.S), P: s.of(t.P), O: s.of(t.O)}
}

func (s solution) of(t rdf.Term) rdf.Term {
	if value, ok := s[t]; ok {
		return value
	}
	return t
}

// solutions returns the distinct mappings of the pattern's variables in the
// order of the graph, but no more than most (0: all). Blank nodes of the
// pattern are left out of the mappings: two embeddings that differ in them only
// are one solution.
func (m *matcher) solutions(where []rdf.Triple, most int) ([]solution, error) {
	p := newPattern(where)
	for _, t := range p.ground {
		if err := m.spend(lookupSteps); err != nil {
			return nil, err
		}
		if has, err := m.source.Has(t); err != nil || !has {
			return nil, err
		}
	}
	seen := map[string]bool{}
	var found []solution
	_, err := m.search(p, p.open, func() (bool, error) {
		key := p.key()
		if seen[key] {
			return true, nil
		}
		seen[key] = true
		found = append(found, p.solution())
		return most == 0 || len(found) < most, m.spend(solutionSteps)
	})
	return found, err
}

// search binds the variables of the open triples in every way that the graph
// allows, and each time calls keep. It reports false when keep asked to stop.
func (m *matcher) search(p *pattern, open []openTriple, keep func() (bool, error)) (bool, error) {
	if len(open) == 0 {
		return keep()
	}
	if err := m.spend(len(open) + lookupSteps); err != nil { // what choosing among them takes
		return false, err
	}
	next := p.cheapest(open)
	want := open[next]
	others := slices.Delete(slices.Clone(open), next, next+1)
	for t, err := range m.source.Match(p.narrow(want)) {
		if err == nil {
			err = m.spend(1)
		}
		if err != nil {
			return false, err
		}
		fresh, ok := p.bind(want, t)
		if ok {
			if more, err := m.search(p, others, keep); err != nil || !more {
				return false, err
			}
		}
		p.unbind(want, fresh)
	}
	return true, nil
}

// spend counts steps.
func (m *matcher) spend(steps int) error {
	if m.steps += steps; m.steps > maxSteps {
		return ErrBudget
	}
	if m.steps >= m.nextCheck {
		m.nextCheck = m.steps + stepsBetweenChecks
		return m.ctx.Err()
	}
	return nil
}

// pattern is a basic graph pattern under evaluation.
type pattern struct {
	ground []rdf.Triple
	open   []openTriple
	// names are the variables and, behind the first exported ones, the blank
	// nodes of the pattern; values are the terms that they stand for now.
	names    []rdf.Term
	exported int
	values   []rdf.Term
}

// openTriple is a triple with at least one variable.
type openTriple [3]place

// place is a variable, by its index, or a constant.
type place struct {
	variable int // -1: none
	constant rdf.Term
}

func newPattern(where []rdf.Triple) *pattern {
	p := new(pattern)
	index := map[rdf.Term]int{}
	for _, wanted := range [...]rdf.Kind{rdf.VariableKind, rdf.BlankKind} {
		for _, t := range where {
			for _, term := range [...]rdf.Term{t.S, t.P, t.O} {
				if _, known := index[term]; !known && term.Kind() == wanted {
					index[term] = len(p.names)
					p.names = append(p.names, term)
				}
			}
		}
		if wanted == rdf.VariableKind {
			p.exported = len(p.names)
		}
	}
	p.values = make([]rdf.Term, len(p.names))
	for _, t := range where {
		var triple openTriple
		isOpen := false
		for i, term := range [...]rdf.Term{t.S, t.P, t.O} {
			variable, ok := index[term]
			if !ok {
				variable = -1
			}
			triple[i] = place{variable, term}
			isOpen = isOpen || ok
		}
		if isOpen {
			p.open = append(p.open, triple)
		} else {
			p.ground = append(p.ground, t)
		}
	}
	return p
}

// value returns the term that must stand in a place; the zero Term when it may
// be any.
func (p *pattern) value(at place) rdf.Term {
	if at.variable < 0 {
		return at.constant
	}
	return p.values[at.variable]
}

// narrow returns what the source is asked for: the known terms of a triple, as
// far as their order lets a source find them without reading others.
func (p *pattern) narrow(want openTriple) (subject, predicate, object rdf.Term) {
	if subject = p.value(want[0]); !subject.IsZero() {
		predicate = p.value(want[1])
	}
	if !predicate.IsZero() {
		object = p.value(want[2])
	}
	return subject, predicate, object
}

// cheapest picks the triple to match next: one whose subject is known before
// one that needs a scan of the graph, then the one with fewer unknown terms.
func (p *pattern) cheapest(open []openTriple) int {
	best, bestCost := 0, 8
	for i, t := range open {
		cost := 0
		for at, weight := range [...]int{4, 1, 1} {
			if p.value(t[at]).IsZero() {
				cost += weight
			}
		}
		if cost < bestCost {
			best, bestCost = i, cost
		}
	}
	return best
}

// bind lets want be t, if it can. Of the three places, fresh tells which ones
// gave a value to their variable; the caller must unbind them.
func (p *pattern) bind(want openTriple, t rdf.Triple) (fresh [3]bool, ok bool) {
	for i, term := range [...]rdf.Term{t.S, t.P, t.O} {
		switch value := p.value(want[i]); {
		case value.IsZero():
			p.values[want[i].variable] = term
			fresh[i] = true
		case value != term:
			return fresh, false
		}
	}
	return fresh, true
}

func (p *pattern) unbind(want openTriple, fresh [3]bool) {
	for i, isFresh := range fresh {
		if isFresh {
			p.values[want[i].variable] = rdf.Term{}
		}
	}
}

// solution returns what the variables stand for now.
func (p *pattern) solution() solution {
	s := make(solution, p.exported)
	for i, name := range p.names[:p.exported] {
		s[name] = p.values[i]
	}
	return s
}

// key tells solutions apart.
func (p *pattern) key() string {
	var key strings.Builder
	for _, value := range p.values[:p.exported] {
		key.WriteString(value.String())
		key.WriteByte('\n') // no term's text has a line end
	}
	return key.String()
}
