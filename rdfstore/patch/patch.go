// Package patch is the algebra that N3 Patch and SPARQL Update share: a pattern
// that is matched against a graph, and templates of what to delete and insert.
//
// The two languages differ in what a mismatch means, which [Patch.Strict]
// tells: N3 Patch wants exactly one mapping of the variables and every deleted
// triple present (SP-N3-10, SP-N3-11); SPARQL Update applies to every solution,
// none included, and deleting what is absent does nothing (SP-SPU-02).
//
// A patch reads a graph, which may be a large one in a store, only where it
// must, and leaves it as it is: what comes of it is a [Delta]. The work is
// bounded by steps, not by time, so that the same patch of the same graph
// always gives the same answer.
//
// Specs: https://solidproject.org/TR/protocol#n3-patch,
// https://www.w3.org/TR/sparql11-update/#graphUpdate
package patch

import (
	"errors"

	"domicile/rdfstore/rdf"
)

// Errors of [Patch.Apply]. All but ErrBudget are conflicts with the state of
// the graph.
var (
	ErrNoMapping       = errors.New("the patch's conditions don't hold: no mapping of its variables matches the document")
	ErrSeveralMappings = errors.New("the patch is ambiguous: several mappings of its variables match the document")
	ErrDeleteAbsent    = errors.New("the patch deletes a triple that the document doesn't contain")
	// ErrNoTriple: a variable stands for a term that its place does not allow,
	// such as a literal as subject.
	ErrNoTriple = errors.New("the patch inserts what is no triple for the terms that its variables stand for")
	// ErrBudget: the patch is too costly for the graph, whatever its answer.
	ErrBudget = errors.New("matching the patch takes more steps than allowed")
)

// Operation is one change. Terms may be variables. Blank nodes in Where match
// anything and are not exported; those in Inserts become fresh ones for each
// solution, also when a label is the same. Deletes has none.
type Operation struct{ Where, Deletes, Inserts []rdf.Triple }

// Patch is a sequence of operations, each of which sees what those before it
// did.
type Patch struct {
	Operations []Operation
	// Strict asks for the semantics of N3 Patch.
	Strict bool
}

// Reads reports whether an operation has conditions, which tell its sender what
// the document holds (SP-N3-12).
func (p *Patch) Reads() bool {
	return p.any(func(op Operation) bool { return len(op.Where) > 0 })
}

// Inserts reports whether an operation has triples to insert.
func (p *Patch) Inserts() bool {
	return p.any(func(op Operation) bool { return len(op.Inserts) > 0 })
}

// Deletes reports whether an operation has triples to delete.
func (p *Patch) Deletes() bool {
	return p.any(func(op Operation) bool { return len(op.Deletes) > 0 })
}

func (p *Patch) any(has func(Operation) bool) bool {
	for _, op := range p.Operations {
		if has(op) {
			return true
		}
	}
	return false
}

// Delta is what a patch changed in all: no triple is in both lists, and what
// was removed and put back is in neither.
type Delta struct {
	Removed, Added []rdf.Triple
	// Steps is what it took to work it out, in the measure of [ErrBudget].
	Steps int
}

// ApplyTo makes the changes in a graph.
func (d Delta) ApplyTo(g *rdf.Graph) {
	for _, t := range d.Removed {
		g.Remove(t)
	}
	for _, t := range d.Added {
		g.Add(t)
	}
}

// IsEmpty reports whether the graph is as it was.
func (d Delta) IsEmpty() bool { return len(d.Removed) == 0 && len(d.Added) == 0 }
