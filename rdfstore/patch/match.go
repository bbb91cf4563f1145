package patch

import (
	"context"
	"slices"
	"strings"

	"domicile/rdfstore/rdf"
)

// maxSteps bounds the triples that one patch may look at and make. A scan of a document
// of 100,000 triples by ten patterns stays below.
const maxSteps = 2_000_000

// solutionSteps is what a solution counts for, because it is kept in memory.
const solutionSteps = 20

// matcher finds the solutions of basic graph patterns by backtracking.
type matcher struct {
	ctx   context.Context
	graph *rdf.Graph
	steps int
}

// solution maps variables to terms of the graph, which are never variables.
type solution map[rdf.Term]rdf.Term

// solutions returns the distinct mappings of the pattern's variables in the
// order of the graph, but no more than most (0: all). Blank nodes of the
// pattern are left out of the mappings: two embeddings that differ in them only
// are one solution.
func (m *matcher) solutions(pattern []rdf.Triple, most int) ([]solution, error) {
	variables := variablesOf(pattern)
	seen := map[string]bool{}
	var found []solution
	keep := func(bound solution) (bool, error) {
		key := bound.key(variables)
		if seen[key] {
			return true, nil
		}
		seen[key] = true
		kept := make(solution, len(variables))
		for _, v := range variables {
			kept[v] = bound[v]
		}
		found = append(found, kept)
		return most == 0 || len(found) < most, m.spend(solutionSteps)
	}
	var open []rdf.Triple
	for _, t := range existential(pattern) {
		if hasVariable(t) {
			open = append(open, t)
			continue
		}
		if err := m.step(); err != nil || !m.graph.Has(t) {
			return nil, err
		}
	}
	_, err := m.search(open, solution{}, keep)
	return found, err
}

// search binds the variables of the pattern in every way that the graph allows
// and hands each to keep. It reports false when keep asked to stop.
func (m *matcher) search(pattern []rdf.Triple, bound solution, keep func(solution) (bool, error)) (bool, error) {
	if len(pattern) == 0 {
		return keep(bound)
	}
	if err := m.spend(len(pattern)); err != nil { // what choosing among them takes
		return false, err
	}
	next := cheapest(pattern, bound)
	want := bound.apply(pattern[next])
	others := slices.Delete(slices.Clone(pattern), next, next+1)
	if !hasVariable(want) {
		if err := m.step(); err != nil || !m.graph.Has(want) {
			return true, err
		}
		return m.search(others, bound, keep)
	}
	subject := want.S
	if subject.IsVariable() {
		subject = rdf.Term{}
	}
	for t := range m.graph.Match(subject, rdf.Term{}, rdf.Term{}) {
		if err := m.step(); err != nil {
			return false, err
		}
		extended, ok := bound.bind(want, t)
		if !ok {
			continue
		}
		if more, err := m.search(others, extended, keep); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// step counts one triple looked at.
func (m *matcher) step() error {
	if m.steps&0xFFF == 0 && m.ctx.Err() != nil {
		return m.ctx.Err()
	}
	return m.spend(1)
}

// spend counts steps.
func (m *matcher) spend(steps int) error {
	if m.steps += steps; m.steps > maxSteps {
		return ErrBudget
	}
	return nil
}

// cheapest picks the triple to match next: one whose subject is known before
// one that needs a scan of the graph, then the one with fewer variables.
func cheapest(pattern []rdf.Triple, bound solution) int {
	best, bestCost := 0, 8
	for i, t := range pattern {
		t, cost := bound.apply(t), 0
		if t.S.IsVariable() {
			cost += 4
		}
		if t.P.IsVariable() {
			cost++
		}
		if t.O.IsVariable() {
			cost++
		}
		if cost < bestCost {
			best, bestCost = i, cost
		}
	}
	return best
}

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

// bind returns s extended so that want becomes t; false when nothing makes
// them equal. s itself stays as it is.
func (s solution) bind(want, t rdf.Triple) (solution, bool) {
	var names, values [3]rdf.Term
	fresh := 0
	for _, pair := range [...][2]rdf.Term{{want.S, t.S}, {want.P, t.P}, {want.O, t.O}} {
		term, value := pair[0], pair[1]
		if i := slices.Index(names[:fresh], term); i >= 0 {
			term = values[i]
		} else if term.IsVariable() {
			names[fresh], values[fresh] = term, value
			fresh++
			continue
		}
		if term != value {
			return nil, false
		}
	}
	extended := make(solution, len(s)+fresh)
	for k, v := range s {
		extended[k] = v
	}
	for i := range fresh {
		extended[names[i]] = values[i]
	}
	return extended, true
}

// key tells solutions apart.
func (s solution) key(variables []rdf.Term) string {
	var key strings.Builder
	for _, v := range variables {
		key.WriteString(s[v].String())
		key.WriteByte('\n') // no term's text has a line end
	}
	return key.String()
}

func hasVariable(t rdf.Triple) bool {
	return t.S.IsVariable() || t.P.IsVariable() || t.O.IsVariable()
}

func variablesOf(pattern []rdf.Triple) []rdf.Term {
	var variables []rdf.Term
	for _, t := range pattern {
		for _, term := range [...]rdf.Term{t.S, t.P, t.O} {
			if term.IsVariable() && !slices.Contains(variables, term) {
				variables = append(variables, term)
			}
		}
	}
	return variables
}

// existential returns the pattern with its blank nodes as variables under names
// that no variable of a patch can have, so that they are not mistaken for the
// graph's own blank nodes.
func existential(pattern []rdf.Triple) []rdf.Triple {
	open := func(t rdf.Term) rdf.Term {
		if t.IsBlank() {
			return rdf.Variable(t.String())
		}
		return t
	}
	opened := make([]rdf.Triple, len(pattern))
	for i, t := range pattern {
		opened[i] = rdf.Triple{S: open(t.S), P: open(t.P), O: open(t.O)}
	}
	return opened
}
