package rdf

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func iri(n int) Term { return IRI(fmt.Sprintf("x:%d", n)) }

// A graph behaves as an ordered list of distinct triples.
func TestGraphAgainstList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g Graph
		var list []Triple
		// Short chains are searched, long ones have an index.
		for i := range rapid.IntRange(0, 2*searched).Draw(t, "start") {
			list = append(list, Triple{iri(0), iri(0), iri(i)})
			g.Add(list[i])
		}
		draw := func() Triple {
			part := rapid.IntRange(0, 3)
			return Triple{iri(part.Draw(t, "s")), iri(part.Draw(t, "p")), iri(part.Draw(t, "o"))}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(*rapid.T) {
				triple := draw()
				if added := g.Add(triple); added == slices.Contains(list, triple) {
					t.Fatalf("Add(%s) = %v", triple, added)
				} else if added {
					list = append(list, triple)
				}
			},
			"remove": func(*rapid.T) {
				triple := draw()
				if removed := g.Remove(triple); removed != slices.Contains(list, triple) {
					t.Fatalf("Remove(%s) = %v", triple, removed)
				}
				list = slices.DeleteFunc(list, func(other Triple) bool { return other == triple })
			},
			"match": func(*rapid.T) {
				want := draw()
				for _, term := range []*Term{&want.S, &want.P, &want.O} {
					if rapid.Bool().Draw(t, "wildcard") {
						*term = Term{}
					}
				}
				var expected []Triple
				for _, triple := range list {
					if fits(want.S, triple.S) && fits(want.P, triple.P) && fits(want.O, triple.O) {
						expected = append(expected, triple)
					}
				}
				if got := slices.Collect(g.Match(want.S, want.P, want.O)); !slices.Equal(got, expected) {
					t.Fatalf("Match(%s) = %v, want %v", want, got, expected)
				}
			},
			"": func(*rapid.T) {
				subjects := map[Term]bool{}
				for _, triple := range list {
					subjects[triple.S] = true
				}
				for subject := range g.Subjects() {
					if !subjects[subject] {
						t.Fatalf("%s is no subject, or not once", subject)
					}
					delete(subjects, subject)
				}
				if len(subjects) > 0 {
					t.Fatalf("Subjects leaves out %v", subjects)
				}
				if got := slices.Collect(g.All()); !slices.Equal(got, list) || g.Len() != len(list) {
					t.Fatalf("graph %v, want %v", got, list)
				}
			},
		})
	})
}

func fits(want, got Term) bool { return want.IsZero() || want == got }

func TestGraphGivesUpTheSpaceOfRemovedTriples(t *testing.T) {
	g := NewGraph(Triple{iri(0), Type, iri(0)})
	for i := range 10_000 {
		triple := Triple{iri(i), iri(1), iri(2)}
		g.Add(triple)
		g.Remove(triple)
	}
	if g.Len() != 1 || len(g.entries) > 200 {
		t.Errorf("%d triples kept in %d places", g.Len(), len(g.entries))
	}
}

// Whoever reads a graph may change it meanwhile: what was there when the
// reading began and is not removed comes, and nothing twice.
func TestGraphChangesWhileItIsRead(t *testing.T) {
	const n = 200 // removing most of it makes the graph give up their space
	for name, read := range map[string]func(g *Graph, visit func(Term)){
		"All": func(g *Graph, visit func(Term)) {
			for triple := range g.All() {
				visit(triple.O)
			}
		},
		"Match": func(g *Graph, visit func(Term)) {
			for triple := range g.Match(iri(0), Term{}, Term{}) {
				visit(triple.O)
			}
		},
		"Subjects": func(g *Graph, visit func(Term)) {
			for subject := range g.Subjects() {
				visit(subject)
			}
		},
	} {
		g := new(Graph)
		for i := range n {
			g.Add(Triple{iri(0), Type, iri(i)})
			g.Add(Triple{iri(i), Type, iri(i)})
		}
		seen := map[Term]int{}
		read(g, func(term Term) {
			seen[term]++
			for i := range 10 {
				g.Add(Triple{iri(0), Type, iri(n * (len(seen) + i))})
			}
			g.Remove(Triple{term, Type, term})
			g.Remove(Triple{iri(0), Type, term})
		})
		for i := range n {
			if seen[iri(i)] == 0 {
				t.Errorf("%s leaves out %d", name, i)
			}
		}
		for term, times := range seen {
			if times > 2 || name != "All" && times > 1 {
				t.Errorf("%s gives %s %d times", name, term, times)
			}
		}
	}
}

func TestGraphObjectAndClone(t *testing.T) {
	g := NewGraph(Triple{iri(1), Type, iri(2)}, Triple{iri(1), Type, iri(3)})
	clone := g.Clone()
	clone.Add(Triple{iri(1), Type, iri(4)})
	if g.Len() != 2 || clone.Len() != 3 {
		t.Error("the clone shares triples")
	}
	if g.Object(iri(1), Type) != iri(2) || !g.Object(iri(2), Type).IsZero() {
		t.Error("Object is not the first one")
	}
	if got := slices.Collect(g.Objects(iri(1), Type)); !slices.Equal(got, []Term{iri(2), iri(3)}) {
		t.Errorf("Objects: %v", got)
	}
	var none *Graph
	for range none.All() {
		t.Error("a nil graph has triples")
	}
}

func TestDataset(t *testing.T) {
	d := NewDataset()
	quads := []Quad{{S: iri(1), P: Type, O: iri(2)}, {iri(1), Type, iri(2), iri(9)}, {iri(1), Type, iri(2), iri(8)}}
	for _, q := range quads {
		if !d.Add(q) || d.Add(q) {
			t.Errorf("adding %v twice", q)
		}
	}
	if d.Len() != 3 || !slices.Equal(slices.Collect(d.Quads()), quads) || !slices.Equal(d.Names(), []Term{iri(9), iri(8)}) {
		t.Errorf("dataset: %v, names %v", slices.Collect(d.Quads()), d.Names())
	}
}
