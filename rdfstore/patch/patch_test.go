package patch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"domicile/rdfstore/rdf"
)

// triples reads a short notation: terms separated by spaces, triples by dots;
// ?x is a variable, _x a blank node, "x" a literal, everything else an IRI.
func triples(text string) []rdf.Triple {
	var all []rdf.Triple
	for line := range strings.SplitSeq(text, ".") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		all = append(all, rdf.Triple{S: term(words[0]), P: term(words[1]), O: term(words[2])})
	}
	return all
}

func term(word string) rdf.Term {
	switch word[0] {
	case '?':
		return rdf.Variable(word[1:])
	case '_':
		return rdf.Blank(word[1:])
	case '"':
		return rdf.String(strings.Trim(word, `"`))
	}
	return rdf.IRI("x:" + word)
}

func op(where, deletes, inserts string) Operation {
	return Operation{triples(where), triples(deletes), triples(inserts)}
}

func sorted(triples []rdf.Triple) string {
	var lines []string
	for _, t := range triples {
		lines = append(lines, strings.ReplaceAll(t.String(), "x:", ""))
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

func TestStrict(t *testing.T) {
	for _, c := range []struct {
		name, graph    string
		op             Operation
		removed, added string
		err            error
	}{
		{name: "SP-N3-16 nothing to do", graph: "a b c", op: op("", "", "")},
		{name: "SP-N3-11 insert", graph: "a b c", op: op("", "", "a b d"), added: "a b d"},
		{name: "SP-N3-11 insert what is there", graph: "a b c", op: op("", "", "a b c")},
		{name: "SP-N3-11 delete", graph: "a b c . a b d", op: op("", "a b c", ""), removed: "a b c"},
		{name: "SP-N3-11 delete what is absent", graph: "a b c . a b d", op: op("", "a b c . a b e", ""), err: ErrDeleteAbsent},
		{name: "SP-N3-11 delete and insert the same absent triple", graph: "a b c", op: op("", "a b d", "a b d"), err: ErrDeleteAbsent},
		{name: "SP-N3-11 delete and insert the same triple", graph: "a b c", op: op("", "a b c", "a b c")},
		{name: "SP-N3-10 one mapping", graph: `p name "Garcia" . p given "Claudia"`,
			op: op(`?p name "Garcia"`, `?p given "Claudia"`, `?p given "Alex"`), removed: `p given "Claudia"`, added: `p given "Alex"`},
		{name: "SP-N3-10 ground condition holds", graph: "a b c", op: op("a b c", "", "a b d"), added: "a b d"},
		{name: "SP-N3-10 ground condition fails", graph: "a b c", op: op("a b d", "", "a b d"), err: ErrNoMapping},
		{name: "SP-N3-10 no mapping", graph: "a b c", op: op("?x q c", "", "?x b d"), err: ErrNoMapping},
		{name: "SP-N3-10 several mappings", graph: "a b c . d b c", op: op("?x b c", "", "?x b d"), err: ErrSeveralMappings},
		{name: "SP-N3-10 joined", graph: "a b c . d b c . d q r", op: op("?x b ?y . ?x q r", "?x b ?y", ""), removed: "d b c"},
		{name: "SP-N3-10 one variable twice in a triple", graph: "a b c . a b a", op: op("?x b ?x", "?x b ?x", ""), removed: "a b a"},
		{name: "SP-N3-10 one variable everywhere", graph: "a b c . a a a", op: op("?x ?x ?x", "", "?x b b"), added: "a b b"},
		{name: "SP-N3-10 condition on a variable predicate", graph: "a b c", op: op("a ?p c", "a ?p c", "a ?p d"), removed: "a b c", added: "a b d"},
		{name: "SP-N3-09 blank node in where is existential", graph: "a b _n . _n q r", op: op("a b _x . _x q ?y", "", "a z ?y"), added: "a z r"},
		{name: "SP-N3-09 and must hold together", graph: "a b _n . _m q r", op: op("a b _x . _x q ?y", "", "a z ?y"), err: ErrNoMapping},
		{name: "SP-N3-10 embeddings are no mappings", graph: "a b c . a b d . a q r", op: op("a b _x . a q ?y", "", "a z ?y"), added: "a z r"},
		{name: "blank node in where is not the graph's of that label", graph: "a b _x . c b d", op: op("c b _x", "", "c b e"), added: "c b e"},
		{name: "a variable may stand for a blank node", graph: "a b _n . _n q r", op: op("a b ?x", "?x q r", "?x q s"), removed: "_n q r", added: "_n q s"},
		{name: "SP-N3-08 inserted blank nodes are fresh", graph: "_b1 b _b2 . a q _b3", op: op("", "", "a b _b1 . _b1 b _z"), added: "a b _f1 . _f1 b _f2"},
		{name: "a literal cannot become a subject", graph: `a b "c"`, op: op("a b ?x", "", "?x b d"), err: ErrNoTriple},
		{name: "an absent condition creates nothing", graph: "", op: op("?x b c", "", "a b c"), err: ErrNoMapping},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, &Patch{Operations: []Operation{c.op}, Strict: true}, c.graph, c.removed, c.added, c.err)
		})
	}
}

func TestSPARQL(t *testing.T) {
	for _, c := range []struct {
		name, graph    string
		ops            []Operation
		removed, added string
	}{
		{name: "SP-SPU-02 no operation", graph: "a b c"},
		{name: "SP-SPU-02 no solution", graph: "a b c", ops: []Operation{op("?x q c", "?x q c", "a b d")}},
		{name: "SP-SPU-02 several solutions", graph: "a b c . d b c . e q c", ops: []Operation{op("?x b c", "?x b c", "?x b d")},
			removed: "a b c . d b c", added: "a b d . d b d"},
		{name: "SP-SPU-02 absent deletes", graph: "a b c", ops: []Operation{op("", "a b d . a b c", "")}, removed: "a b c"},
		{name: "SP-SPU-02 delete data and insert data", graph: "a b c", ops: []Operation{op("", "a b c", ""), op("", "", "a b d")},
			removed: "a b c", added: "a b d"},
		{name: "an operation sees those before it", graph: "a b c", ops: []Operation{op("", "", "d b c"), op("?x b c", "", "?x b e")},
			added: "d b c . a b e . d b e"},
		{name: "removed and put back", graph: "a b c", ops: []Operation{op("", "a b c", ""), op("", "", "a b c")}},
		{name: "added and removed", graph: "a b c", ops: []Operation{op("", "", "a b d"), op("", "a b d", "")}},
		{name: "blank nodes are fresh for each solution", graph: "a b c . d b c", ops: []Operation{op("?x b c", "", "?x q _n . _n r _n")},
			added: "a q _f1 . _f1 r _f1 . d q _f2 . _f2 r _f2"},
		{name: "blank nodes are fresh for each operation", graph: "a b c", ops: []Operation{op("", "", "a q _n"), op("", "", "a q _n")},
			added: "a q _f1 . a q _f2"},
		{name: "a template that is no triple is left out", graph: `a b "c"`, ops: []Operation{op("a b ?x", "", "?x b d . a q ?unbound . a q ?x")},
			added: `a q "c"`},
		{name: "a delete template with an unbound variable", graph: "a b c", ops: []Operation{op("a b c", "a b ?unbound", "")}},
		{name: "delete where", graph: "a b c . a b d . e b c", ops: []Operation{op("a b ?o", "a b ?o", "")}, removed: "a b c . a b d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, &Patch{Operations: c.ops}, c.graph, c.removed, c.added, nil)
		})
	}
}

func check(t *testing.T, p *Patch, graph, removed, added string, want error) {
	t.Helper()
	g := rdf.NewGraph(triples(graph)...)
	before := g.Clone()
	blanks := 0
	delta, err := p.apply(context.Background(), Of(g), func() rdf.Term { blanks++; return term(fmt.Sprint("_f", blanks)) })
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
	if got, want := sorted(delta.Removed), sorted(triples(removed)); got != want {
		t.Errorf("removed %s, want %s", got, want)
	}
	if got, want := sorted(delta.Added), sorted(triples(added)); got != want {
		t.Errorf("added %s, want %s", got, want)
	}
	if got, want := sorted(slices.Collect(g.All())), sorted(slices.Collect(before.All())); got != want {
		t.Errorf("the graph is now %s, was %s", got, want)
	}
	if delta.IsEmpty() != (removed == "" && added == "") {
		t.Errorf("delta %v says IsEmpty %v", delta, delta.IsEmpty())
	}
}

// SP-N3-12
func TestModes(t *testing.T) {
	for _, c := range []struct {
		op                      Operation
		reads, inserts, deletes bool
	}{
		{op("", "", ""), false, false, false},
		{op("a b c", "", ""), true, false, false},
		{op("", "a b c", ""), false, false, true},
		{op("", "", "a b c"), false, true, false},
	} {
		p := &Patch{Operations: []Operation{{}, c.op}}
		if p.Reads() != c.reads || p.Inserts() != c.inserts || p.Deletes() != c.deletes {
			t.Errorf("%v: reads %v, inserts %v, deletes %v", c.op, p.Reads(), p.Inserts(), p.Deletes())
		}
	}
}

func TestBudget(t *testing.T) {
	g := rdf.NewGraph()
	for i := range 2000 {
		g.Add(rdf.Triple{S: rdf.IRI(fmt.Sprintf("x:%d", i)), P: term("b"), O: term("c")})
	}
	long := ""
	for i := range 5000 {
		long += fmt.Sprintf("?v%d b ?v%d .", i, i+1)
	}
	for name, where := range map[string]string{
		"cross product":           "?a b c . ?d b c . ?e b c",
		"existential product":     "_a b c . _d b c . _e b c . ?x ?x ?x",
		"more patterns than ever": long,
	} {
		for _, strict := range [...]bool{false, true} {
			p := &Patch{Operations: []Operation{op("", "", "z b c"), op(where, "?a b c", "?a b d")}, Strict: strict}
			if strict {
				p.Operations = p.Operations[1:]
			}
			_, err := p.Apply(context.Background(), Of(g))
			if !errors.Is(err, ErrBudget) && !(strict && errors.Is(err, ErrSeveralMappings)) {
				t.Errorf("%s, strict %v: %v", name, strict, err)
			}
			if g.Len() != 2000 {
				t.Fatalf("%s: a failed patch left %d triples", name, g.Len())
			}
		}
	}
	p := &Patch{Operations: []Operation{op("?x b c", "?x b c", "?x b d")}}
	if _, err := p.Apply(context.Background(), Of(g)); err != nil {
		t.Errorf("a scan with as many solutions: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Apply(ctx, Of(g)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Several operations do together what they do one after the other.
func TestOperationsSeeEachOther(t *testing.T) {
	terms := []rdf.Term{term("a"), term("b"), term("c")}
	draw := func(t *rapid.T, from []rdf.Term, most int) (all []rdf.Triple) {
		for range rapid.IntRange(0, most).Draw(t, "triples") {
			pick := func() rdf.Term { return rapid.SampledFrom(from).Draw(t, "term") }
			all = append(all, rdf.Triple{S: pick(), P: pick(), O: pick()})
		}
		return all
	}
	rapid.Check(t, func(t *rapid.T) {
		g := rdf.NewGraph(draw(t, terms, 8)...)
		before, oneByOne := g.Clone(), g.Clone()
		p := &Patch{}
		for range rapid.IntRange(1, 5).Draw(t, "operations") {
			open := append([]rdf.Term{term("?x")}, terms...)
			op := Operation{draw(t, open, 1), draw(t, open, 3), draw(t, open, 3)}
			p.Operations = append(p.Operations, op)
			delta, err := (&Patch{Operations: []Operation{op}}).Apply(context.Background(), Of(oneByOne))
			if err != nil {
				t.Fatal(err)
			}
			delta.ApplyTo(oneByOne)
		}
		delta, err := p.Apply(context.Background(), Of(g))
		if err != nil || sorted(slices.Collect(g.All())) != sorted(slices.Collect(before.All())) {
			t.Fatalf("%v; the graph is now %v", err, g)
		}
		for _, removed := range delta.Removed {
			if !g.Remove(removed) {
				t.Fatalf("%v was not there and is removed", removed)
			}
		}
		for _, added := range delta.Added {
			if !g.Add(added) {
				t.Fatalf("%v was there and is added", added)
			}
		}
		if got, want := sorted(slices.Collect(g.All())), sorted(slices.Collect(oneByOne.All())); got != want {
			t.Fatalf("together %s, one by one %s", got, want)
		}
	})
}

// The matcher finds what trying every assignment of terms finds.
func TestSolutionsAgainstExhaustiveSearch(t *testing.T) {
	terms := []rdf.Term{term("a"), term("b"), term("_n"), term("_m")}
	open := append([]rdf.Term{term("?x"), term("?y"), term("_n")}, terms[:2]...)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(from []rdf.Term) rdf.Triple {
			pick := func() rdf.Term { return rapid.SampledFrom(from).Draw(t, "term") }
			return rdf.Triple{S: pick(), P: pick(), O: pick()}
		}
		g := rdf.NewGraph()
		for range rapid.IntRange(0, 12).Draw(t, "graph") {
			g.Add(draw(terms))
		}
		var where []rdf.Triple
		for range rapid.IntRange(1, 4).Draw(t, "patterns") {
			where = append(where, draw(open))
		}
		m := &matcher{ctx: context.Background(), source: newOverlay(Of(g))}
		found, err := m.solutions(where, 0)
		if err != nil {
			t.Fatal(err)
		}
		x, y, n := term("?x"), term("?y"), term("_n")
		want := map[[2]rdf.Term]bool{}
		for _, valueX := range terms {
			for _, valueY := range terms {
				for _, valueN := range terms {
					s := solution{x: valueX, y: valueY, n: valueN}
					holds := true
					for _, pattern := range where {
						holds = holds && g.Has(s.apply(pattern))
					}
					if holds {
						want[exported(where, s, x, y)] = true
					}
				}
			}
		}
		got := map[[2]rdf.Term]bool{}
		for _, s := range found {
			got[exported(where, s, x, y)] = true
		}
		if len(got) != len(found) || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("found %v, want %v", got, want)
		}
	})
}

// exported returns the values of the variables that the pattern has.
func exported(where []rdf.Triple, s solution, variables ...rdf.Term) (values [2]rdf.Term) {
	for i, v := range variables {
		for _, t := range where {
			if t.S == v || t.P == v || t.O == v {
				values[i] = s[v]
			}
		}
	}
	return values
}
