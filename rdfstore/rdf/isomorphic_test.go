package rdf

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// dataset makes quads of numbers: positive ones are IRIs, negative ones blank
// nodes, a graph of 0 is the default one.
func dataset(quads ...[4]int) *Dataset {
	d := NewDataset()
	for _, q := range quads {
		var graph Term
		if q[3] != 0 {
			graph = node(q[3])
		}
		d.Add(Quad{node(q[0]), node(q[1]), node(q[2]), graph})
	}
	return d
}

func node(n int) Term {
	if n < 0 {
		return Blank(fmt.Sprintf("n%d", -n))
	}
	return iri(n)
}

func TestIsomorphic(t *testing.T) {
	circle := func(length, from int) (quads [][4]int) {
		for i := range length {
			quads = append(quads, [4]int{-(from + i), 1, -(from + (i+1)%length), 0})
		}
		return quads
	}
	alike := func(n int) (quads [][4]int) {
		for i := range n {
			quads = append(quads, [4]int{-1 - i, 1, 2, 0})
		}
		return quads
	}
	for _, c := range []struct {
		name string
		a, b *Dataset
		want bool
	}{
		{"empty", dataset(), dataset(), true},
		{"ground", dataset([4]int{1, 2, 3, 0}), dataset([4]int{1, 2, 3, 0}), true},
		{"ground, different", dataset([4]int{1, 2, 3, 0}), dataset([4]int{1, 2, 4, 0}), false},
		{"another graph", dataset([4]int{1, 2, 3, 0}), dataset([4]int{1, 2, 3, 4}), false},
		{"relabelled", dataset([4]int{-1, 2, -2, 0}, [4]int{-2, 2, 3, 0}), dataset([4]int{-9, 2, 3, 0}, [4]int{-8, 2, -9, 0}), true},
		{"labels swapped", dataset([4]int{-1, 2, 3, 0}, [4]int{-2, 2, 4, 0}), dataset([4]int{-2, 2, 3, 0}, [4]int{-1, 2, 4, 0}), true},
		{"two nodes for one", dataset([4]int{-1, 2, 3, 0}, [4]int{-1, 2, 4, 0}), dataset([4]int{-1, 2, 3, 0}, [4]int{-2, 2, 4, 0}), false},
		{"blank for IRI", dataset([4]int{-1, 2, 3, 0}), dataset([4]int{1, 2, 3, 0}), false},
		{"direction", dataset([4]int{-1, 2, -1, 0}, [4]int{-1, 2, -2, 0}), dataset([4]int{-1, 2, -1, 0}, [4]int{-2, 2, -1, 0}), false},
		{"circles of 6", dataset(circle(6, 1)...), dataset(circle(6, 20)...), true},
		{"circle of 6, two of 3", dataset(circle(6, 1)...), dataset(append(circle(3, 1), circle(3, 9)...)...), false},
		{"50 nodes alike", dataset(alike(50)...), dataset(alike(50)...), true},
		{"blank graph names", dataset([4]int{1, 2, 3, -1}, [4]int{4, 5, -1, 0}), dataset([4]int{1, 2, 3, -7}, [4]int{4, 5, -7, 0}), true},
		{"blank graph name not referred to", dataset([4]int{1, 2, 3, -1}, [4]int{4, 5, -1, 0}), dataset([4]int{1, 2, 3, -7}, [4]int{4, 5, -8, 0}), false},
	} {
		if got := Isomorphic(c.a, c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := Isomorphic(c.b, c.a); got != c.want {
			t.Errorf("%s, the other way: %v", c.name, got)
		}
	}
}

func TestIsomorphicUnderRelabelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "nodes")
		part := rapid.IntRange(-n, 2)
		labels := rapid.Permutation([]int{1, 2, 3, 4, 5, 6}).Draw(t, "labels")
		var quads, renamed [][4]int
		for range rapid.IntRange(0, 12).Draw(t, "quads") {
			q := [4]int{part.Draw(t, "s"), rapid.IntRange(1, 2).Draw(t, "p"), part.Draw(t, "o"), part.Draw(t, "g")}
			quads = append(quads, q)
			for i, value := range q {
				if value < 0 {
					q[i] = -labels[-value-1]
				}
			}
			renamed = append(renamed, q)
		}
		a, b := dataset(quads...), dataset(rapid.Permutation(renamed).Draw(t, "order")...)
		if !Isomorphic(a, b) {
			t.Fatal("relabelled and different")
		}
		b.Add(Quad{S: node(-99), P: iri(77), O: iri(78)})
		a.Add(Quad{S: iri(76), P: iri(77), O: iri(78)})
		if Isomorphic(a, b) {
			t.Fatal("different and isomorphic")
		}
	})
}
