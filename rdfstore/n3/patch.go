// Package n3 reads N3 Patch documents, the patch format that every Solid server
// takes (text/n3). Of N3 it knows what a patch can hold: Turtle, variables and
// formulae.
//
// A document that is no N3 gives a [*rdf.SyntaxError] (SP-N3-03); one that is,
// but no valid patch, an [*InvalidPatch] that names the rule (SP-N3-04 to
// SP-N3-09). Rules are those of Solid Protocol 0.12, so blank nodes may be
// inserted.
//
// Spec: https://solidproject.org/TR/protocol#n3-patch
package n3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"domicile/rdfstore/internal/grammar"
	"domicile/rdfstore/patch"
	"domicile/rdfstore/rdf"
)

// The rules that a patch can break, by their names in the Solid Protocol.
const (
	RuleSingle     = "server-patch-n3-single"
	RuleSimpleType = "server-patch-n3-simple-type"
	RuleIdentifier = "server-patch-n3-patch-identifier"
	RuleWhere      = "server-patch-n3-where"
	RuleInserts    = "server-patch-n3-inserts"
	RuleDeletes    = "server-patch-n3-deletes"
	RuleFormulae   = "server-patch-n3-formulae"
	RuleVariables  = "server-patch-n3-variables"
	RuleBlankNodes = "server-patch-n3-blank-nodes"
	RuleLabels     = "server-patch-n3-blank-nodes-syntax"
)

// InvalidPatch is the error for N3 that is no valid patch document.
type InvalidPatch struct {
	Rule    string // one of the Rule constants
	Message string
}

func (e *InvalidPatch) Error() string { return e.Message + " (" + e.Rule + ")" }

var limits = grammar.Limits{Bytes: 10 << 20, Triples: 200_000, LiteralBytes: 10 << 20, Depth: 200, Prefixes: 1000}

var (
	insertDeletePatch = rdf.IRI(rdf.Solid + "InsertDeletePatch")
	solidPatch        = rdf.IRI(rdf.Solid + "Patch")
	where             = rdf.IRI(rdf.Solid + "where")
	inserts           = rdf.IRI(rdf.Solid + "inserts")
	deletes           = rdf.IRI(rdf.Solid + "deletes")
)

// clauses are the predicates whose objects are formulae, with their rules.
var clauses = []struct {
	predicate rdf.Term
	name      string
	rule      string
}{
	{where, "solid:where", RuleWhere},
	{inserts, "solid:inserts", RuleInserts},
	{deletes, "solid:deletes", RuleDeletes},
}

// ParsePatch reads a patch document. The base is the absolute IRI of the
// resource to be patched. The patch has one operation and is strict.
func ParsePatch(ctx context.Context, r io.Reader, base string) (*patch.Patch, error) {
	doc, err := read(ctx, r, base)
	if err != nil {
		return nil, err
	}
	subject, err := doc.patchResource()
	if err != nil {
		return nil, err
	}
	formulae := map[rdf.Term]rdf.Term{}
	for _, clause := range clauses {
		if formulae[clause.predicate], err = doc.formula(subject, clause.predicate, clause.name, clause.rule); err != nil {
			return nil, err
		}
	}
	operation := patch.Operation{
		Where:   doc.triples(formulae[where]),
		Deletes: doc.triples(formulae[deletes]),
		Inserts: doc.triples(formulae[inserts]),
	}
	if err := checkVariables(operation); err != nil {
		return nil, err
	}
	if err := doc.checkBlankNodes(operation); err != nil {
		return nil, err
	}
	return &patch.Patch{Operations: []patch.Operation{operation}, Strict: true}, nil
}

// document is an N3 document whose formulae are named graphs.
type document struct {
	*rdf.Dataset
	formulae map[rdf.Term]bool
}

func read(ctx context.Context, r io.Reader, base string) (*document, error) {
	p, err := grammar.NewParser(ctx, r, base, grammar.N3, limits)
	if err != nil {
		return nil, err
	}
	doc := &document{Dataset: rdf.NewDataset(), formulae: p.Formulae}
	p.Emit = func(q rdf.Quad) error {
		doc.Add(q)
		return nil
	}
	err = p.Document()
	if unsupported := (*grammar.Unsupported)(nil); errors.As(err, &unsupported) {
		return nil, &InvalidPatch{RuleFormulae, "a patch cannot contain " + unsupported.Feature}
	}
	return doc, err
}

// patchResource finds the one subject that is a patch.
func (d *document) patchResource() (rdf.Term, error) {
	var found rdf.Term
	for t := range d.Default.All() {
		if !describesPatch(t) {
			continue
		}
		if !found.IsZero() && found != t.S {
			return found, &InvalidPatch{RuleSingle, "the document describes more than one patch"}
		}
		found = t.S
	}
	switch {
	case found.IsZero():
		return found, &InvalidPatch{RuleSingle, "the document describes no patch"}
	case found.IsVariable() || d.formulae[found]:
		return found, &InvalidPatch{RuleIdentifier, "the patch is identified by what is no IRI and no blank node"}
	case !d.Default.Has(rdf.Triple{S: found, P: rdf.Type, O: insertDeletePatch}):
		return found, &InvalidPatch{RuleSimpleType, "the patch has no type solid:InsertDeletePatch"}
	}
	return found, nil
}

func describesPatch(t rdf.Triple) bool {
	switch t.P {
	case where, inserts, deletes:
		return true
	case rdf.Type:
		return t.O == insertDeletePatch || t.O == solidPatch
	}
	return false
}

// formula returns the name of the formula that is the value of a clause; the
// zero Term when the patch has no such clause.
func (d *document) formula(subject, predicate rdf.Term, name, rule string) (rdf.Term, error) {
	var found rdf.Term
	for object := range d.Default.Objects(subject, predicate) {
		switch {
		case !found.IsZero():
			return found, &InvalidPatch{rule, "the patch has more than one " + name}
		case !d.formulae[object]:
			return found, &InvalidPatch{RuleFormulae, "the value of " + name + " is no formula"}
		}
		found = object
	}
	for _, t := range d.triples(found) {
		if d.formulae[t.S] || d.formulae[t.O] {
			return found, &InvalidPatch{RuleFormulae, "the formula of " + name + " contains another formula"}
		}
	}
	return found, nil
}

// triples returns what a formula holds; nothing for the zero Term.
func (d *document) triples(formula rdf.Term) []rdf.Triple {
	if formula.IsZero() {
		return nil
	}
	return slices.Collect(d.Graph(formula).All())
}

// checkVariables refuses a variable that no condition gives a value.
func checkVariables(op patch.Operation) error {
	known := map[rdf.Term]bool{}
	for term := range termsOf(op.Where) {
		known[term] = true
	}
	for _, templates := range [...][]rdf.Triple{op.Deletes, op.Inserts} {
		for term := range termsOf(templates) {
			if term.IsVariable() && !known[term] {
				return &InvalidPatch{RuleVariables, fmt.Sprintf("the variable %s does not occur in solid:where", term)}
			}
		}
	}
	return nil
}

// checkBlankNodes refuses blank nodes in deletes, and one that occurs both in a
// formula and outside of it: what it would stand for is not said anywhere.
func (d *document) checkBlankNodes(op patch.Operation) error {
	for term := range termsOf(op.Deletes) {
		if term.IsBlank() {
			return &InvalidPatch{RuleBlankNodes, "solid:deletes contains a blank node"}
		}
	}
	home := map[rdf.Term]rdf.Term{}
	for q := range d.Quads() {
		for _, term := range [...]rdf.Term{q.S, q.O} {
			if !term.IsBlank() {
				continue
			}
			if graph, known := home[term]; known && graph != q.G {
				return &InvalidPatch{RuleLabels, "one blank node occurs in two formulae, or in a formula and outside"}
			}
			home[term] = q.G
		}
	}
	return nil
}

func termsOf(triples []rdf.Triple) iter.Seq[rdf.Term] {
	return func(yield func(rdf.Term) bool) {
		for _, t := range triples {
			if !yield(t.S) || !yield(t.P) || !yield(t.O) {
				return
			}
		}
	}
}
