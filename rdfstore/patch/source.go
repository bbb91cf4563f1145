package patch

import (
	"iter"

	"domicile/rdfstore/rdf"
)

// Source is what a patch is applied to: one graph, in one state.
type Source interface {
	Has(t rdf.Triple) (bool, error)
	// Match yields the triples that agree with every non-zero term. It may
	// yield others, so that its cost is bounded by what it yields.
	Match(s, p, o rdf.Term) iter.Seq2[rdf.Triple, error]
}

// Of returns a graph as a Source.
func Of(g *rdf.Graph) Source { return graphSource{g} }

type graphSource struct{ graph *rdf.Graph }

func (s graphSource) Has(t rdf.Triple) (bool, error) { return s.graph.Has(t), nil }

func (s graphSource) Match(subject, _, _ rdf.Term) iter.Seq2[rdf.Triple, error] {
	return func(yield func(rdf.Triple, error) bool) {
		for t := range s.graph.Match(subject, rdf.Term{}, rdf.Term{}) {
			if !yield(t, nil) {
				return
			}
		}
	}
}

// overlay is a source as the operations so far have changed it.
type overlay struct {
	source  Source
	added   *rdf.Graph
	removed *rdf.Graph
}

func newOverlay(source Source) *overlay {
	return &overlay{source: source, added: rdf.NewGraph(), removed: rdf.NewGraph()}
}

func (o *overlay) Has(t rdf.Triple) (bool, error) {
	if o.added.Has(t) || o.removed.Has(t) {
		return o.added.Has(t), nil
	}
	return o.source.Has(t)
}

func (o *overlay) Match(subject, predicate, object rdf.Term) iter.Seq2[rdf.Triple, error] {
	return func(yield func(rdf.Triple, error) bool) {
		for t, err := range o.source.Match(subject, predicate, object) {
			if err != nil {
				yield(t, err)
				return
			}
			if !o.removed.Has(t) && !yield(t, nil) {
				return
			}
		}
		for t := range o.added.Match(subject, rdf.Term{}, rdf.Term{}) {
			if !yield(t, nil) {
				return
			}
		}
	}
}

// apply deletes, then inserts. added and removed stay what differs from the
// source: added triples are not in it, removed ones are.
func (o *overlay) apply(deletes, inserts []rdf.Triple) error {
	for t := range rdf.NewGraph(deletes...).All() { // each once
		if !o.added.Remove(t) { // and it is there: else it would not be deleted
			o.removed.Add(t)
		}
	}
	for _, t := range inserts {
		if o.removed.Remove(t) {
			continue
		}
		has, err := o.source.Has(t)
		if err != nil {
			return err
		}
		if !has {
			o.added.Add(t)
		}
	}
	return nil
}

func (o *overlay) delta() (d Delta) {
	for t := range o.removed.All() {
		d.Removed = append(d.Removed, t)
	}
	for t := range o.added.All() {
		d.Added = append(d.Added, t)
	}
	return d
}
