package wac

import (
	"hash/maphash"
	"slices"

	"domicile/rdfstore/rdf"
)

// Members is who is in the groups of a document (WAC-SUBJ-03). It is made to be
// kept: of a group of 100,000 it takes less than a megabyte, and it answers by
// lookup. It is immutable and safe for concurrent use.
type Members struct {
	// Each set has a seed of its own, so that nobody can choose a name whose
	// hash is another's.
	seed   maphash.Seed
	hashes []uint64 // sorted
}

type membership struct{ group, member string }

var hasMember = rdf.IRI(rdf.VCard + "hasMember")

// MembersOf reads the memberships that a document states. That a group says it
// is one is not insisted on.
func MembersOf(g *rdf.Graph) *Members {
	m := &Members{seed: maphash.MakeSeed()}
	for t := range g.Match(rdf.Term{}, hasMember, rdf.Term{}) {
		if t.S.IsIRI() && t.O.IsIRI() {
			m.hashes = append(m.hashes, m.hash(t.S.Value(), t.O.Value()))
		}
	}
	slices.Sort(m.hashes)
	return m
}

func (m *Members) hash(group, member string) uint64 {
	return maphash.Comparable(m.seed, membership{group, member})
}

// Has reports whether the group has the member: an agent, or for conditions a
// client or an issuer.
func (m *Members) Has(group, member string) bool {
	_, found := slices.BinarySearch(m.hashes, m.hash(group, member))
	return found
}

// Size returns about how many bytes the set takes.
func (m *Members) Size() int64 { return 8 * int64(cap(m.hashes)) }
