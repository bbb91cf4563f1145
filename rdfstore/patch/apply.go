package patch

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"domicile/rdfstore/rdf"
)

// Apply works out what the patch changes in source, which stays as it is.
func (p *Patch) Apply(ctx context.Context, source Source) (Delta, error) {
	return p.apply(ctx, source, randomBlank)
}

// randomBlank makes a blank node that no document has: to look for a free
// label would be to read all of it.
func randomBlank() rdf.Term { return rdf.Blank("b" + strings.ToLower(rand.Text()[:13])) }

func (p *Patch) apply(ctx context.Context, source Source, fresh func() rdf.Term) (Delta, error) {
	m := &matcher{ctx: ctx, source: newOverlay(source), fresh: fresh}
	for _, op := range p.Operations {
		deletes, inserts, err := p.instantiate(m, op)
		if err == nil {
			err = m.source.apply(deletes, inserts)
		}
		if err != nil {
			return Delta{}, err
		}
	}
	d := m.source.delta()
	d.Steps = m.steps
	return d, nil
}

// instantiate returns the triples that op deletes and those that it inserts.
func (p *Patch) instantiate(m *matcher, op Operation) (deletes, inserts []rdf.Triple, err error) {
	solutions := []solution{{}}
	if len(op.Where) > 0 {
		if solutions, err = p.matches(m, op.Where); err != nil {
			return nil, nil, err
		}
	}
	for _, s := range solutions {
		for _, template := range op.Deletes {
			t := s.apply(template)
			has, err := m.source.Has(t)
			switch {
			case err != nil:
				return nil, nil, err
			case has:
				deletes = append(deletes, t)
			case p.Strict:
				return nil, nil, ErrDeleteAbsent
			}
		}
		blanks := solution{}
		for _, template := range op.Inserts {
			t := s.apply(m.rename(template, blanks))
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
		if err := m.spend(len(op.Deletes)*lookupSteps + len(op.Inserts)); err != nil {
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

// rename replaces the blank nodes of a template by fresh ones, the same label
// by the same node within one solution.
func (m *matcher) rename(t rdf.Triple, blanks solution) rdf.Triple {
	for _, term := range [...]*rdf.Term{&t.S, &t.O} {
		if !term.IsBlank() {
			continue
		}
		if _, known := blanks[*term]; !known {
			blanks[*term] = m.fresh()
		}
		*term = blanks[*term]
	}
	return t
}
