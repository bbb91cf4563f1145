package rdf

import (
	"hash/fnv"
	"slices"
)

// maxGuesses bounds the search of [Isomorphic].
const maxGuesses = 10_000

// Isomorphic reports whether a and b are the same but for the labels of their
// blank nodes (RDF 1.1 Concepts §3.6, §4.1). The answer is deterministic. Pairs
// so symmetric that a bounded search finds no mapping are reported as
// different; documents that people and programs write are far from that.
func Isomorphic(a, b *Dataset) bool {
	if a.Len() != b.Len() {
		return false
	}
	left, ok := partition(a, b)
	if !ok {
		return false
	}
	right, ok := partition(b, a)
	if !ok || len(left.nodes) != len(right.nodes) || len(left.quads) != len(right.quads) {
		return false
	}
	search := &matching{left: left, right: right, guesses: maxGuesses}
	return search.match(make([]uint64, len(left.nodes)), make([]uint64, len(right.nodes)))
}

// blankPart is what of a dataset has blank nodes in it.
type blankPart struct {
	nodes []Term
	index map[Term]int
	quads []Quad
	has   map[Quad]bool
}

// partition returns the quads of d with blank nodes. It reports false when a
// quad without is missing in other.
func partition(d, other *Dataset) (blankPart, bool) {
	part := blankPart{index: map[Term]int{}, has: map[Quad]bool{}}
	for q := range d.Quads() {
		ground := true
		for _, t := range [...]Term{q.S, q.P, q.O, q.G} {
			if !t.IsBlank() {
				continue
			}
			ground = false
			if _, known := part.index[t]; !known {
				part.index[t] = len(part.nodes)
				part.nodes = append(part.nodes, t)
			}
		}
		if !ground {
			part.quads = append(part.quads, q)
			part.has[q] = true
		} else if !other.has(q) {
			return part, false
		}
	}
	return part, true
}

func (d *Dataset) has(q Quad) bool {
	if q.G.IsZero() {
		return d.Default.Has(q.Triple())
	}
	g, ok := d.named[q.G]
	return ok && g.Has(q.Triple())
}

// matching searches for a mapping of the left blank nodes to the right ones:
// nodes are told apart by colours, hashes of what surrounds them; where that
// leaves several alike, one is guessed and the colours refined again.
type matching struct {
	left, right blankPart
	guesses     int
}

func (m *matching) match(leftColours, rightColours []uint64) bool {
	leftColours, rightColours = m.left.refine(leftColours), m.right.refine(rightColours)
	leftClasses, rightClasses := classes(leftColours), classes(rightColours)
	var smallest []int
	var colour uint64
	for i, c := range leftColours {
		mine, theirs := leftClasses[c], rightClasses[c]
		if len(mine) != len(theirs) {
			return false
		}
		if mine[0] == i && len(mine) > 1 && (smallest == nil || len(mine) < len(smallest)) {
			smallest, colour = mine, c
		}
	}
	if smallest == nil {
		return m.verify(leftColours, rightClasses)
	}
	for _, candidate := range rightClasses[colour] {
		if m.guesses--; m.guesses < 0 {
			return false
		}
		if m.match(individualised(leftColours, smallest[0]), individualised(rightColours, candidate)) {
			return true
		}
	}
	return false
}

func individualised(colours []uint64, node int) []uint64 {
	colours = slices.Clone(colours)
	colours[node] = ^colours[node]
	return colours
}

// verify checks the mapping that colours give when each is unique: equal hashes
// suggest it, they don't prove it.
func (m *matching) verify(leftColours []uint64, rightClasses map[uint64][]int) bool {
	mapped := func(t Term) Term {
		if !t.IsBlank() {
			return t
		}
		return m.right.nodes[rightClasses[leftColours[m.left.index[t]]][0]]
	}
	for _, q := range m.left.quads {
		if !m.right.has[Quad{mapped(q.S), mapped(q.P), mapped(q.O), mapped(q.G)}] {
			return false
		}
	}
	return true
}

func classes(colours []uint64) map[uint64][]int {
	byColour := map[uint64][]int{}
	for i, c := range colours {
		byColour[c] = append(byColour[c], i)
	}
	return byColour
}

// refine mixes into each node's colour those of the quads it stands in, until
// no more nodes are told apart.
func (part blankPart) refine(colours []uint64) []uint64 {
	distinct := len(classes(colours))
	for {
		next := slices.Clone(colours)
		for _, q := range part.quads {
			terms := [...]Term{q.S, q.P, q.O, q.G}
			for place, t := range terms {
				if t.IsBlank() {
					// A sum does not depend on the order of the quads.
					next[part.index[t]] += part.signature(terms, place, colours)
				}
			}
		}
		found := len(classes(next))
		if found <= distinct {
			return next
		}
		colours, distinct = next, found
	}
}

// signature hashes a quad as the node at the given place sees it.
func (part blankPart) signature(terms [4]Term, place int, colours []uint64) uint64 {
	h := fnv.New64a()
	h.Write([]byte{byte(place)})
	for _, t := range terms {
		if t.IsBlank() {
			c := colours[part.index[t]]
			h.Write([]byte{0, byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24), byte(c >> 32), byte(c >> 40), byte(c >> 48), byte(c >> 56)})
			continue
		}
		h.Write([]byte(t.String()))
		h.Write([]byte{1})
	}
	return mix(h.Sum64())
}

// mix spreads a hash so that sums of several do not cancel out.
func mix(h uint64) uint64 {
	h ^= h >> 31
	h *= 0x9E3779B97F4A7C15
	return h ^ h>>29
}
