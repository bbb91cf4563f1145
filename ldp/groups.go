package ldp

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"

	"golang.org/x/sync/errgroup"

	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// Bounds of asking remote group documents for one request.
const (
	maxRemoteGroups  = 32
	maxGroupRounds   = 4
	groupConcurrency = 8
)

// membership is a question to a group document.
type membership struct{ group, member string }

// groupAnswers are the answers of remote group documents so far. What they do
// not have is false and noted down.
type groupAnswers struct {
	known   map[membership]bool
	missing []membership
	final   bool // nothing more will be asked
}

// errAskGroups ends a session that needs more answers.
var errAskGroups = errors.New("a remote group has to be asked")

// askingGroups runs a session until it has all the answers that it needs.
// Groups are asked between sessions: no transaction waits for the network.
func (h *Handler) askingGroups(ctx context.Context, run func(*groupAnswers) error) error {
	answers := &groupAnswers{known: map[membership]bool{}, final: h.groups == nil}
	for round := 1; ; round++ {
		answers.missing = nil
		err := run(answers)
		if !errors.Is(err, errAskGroups) {
			return err
		}
		h.ask(ctx, answers)
		answers.final = round == maxGroupRounds || len(answers.known) >= maxRemoteGroups
	}
}

func (h *Handler) ask(ctx context.Context, answers *groupAnswers) {
	questions := answers.missing[:min(len(answers.missing), maxRemoteGroups)]
	found := make([]bool, len(questions))
	var group errgroup.Group
	group.SetLimit(groupConcurrency)
	for i, q := range questions {
		group.Go(func() error {
			found[i] = h.groups.HasMember(ctx, q.group, q.member)
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	for i, q := range questions {
		answers.known[q] = found[i]
	}
}

// HasMember implements [wac.GroupSource]: a group in a storage here is read in
// this session, whatever its own ACL says (WAC-SUBJ-04).
func (s *session) HasMember(ctx context.Context, group, member string) bool {
	id, err := s.space.ParseIRI(group)
	if err == nil {
		members, err := s.members(ctx, id)
		return err == nil && members.has(group, member)
	}
	question := membership{group, member}
	answer, known := s.groups.known[question]
	if !known && !s.groups.final {
		s.groups.missing = append(s.groups.missing, question)
	}
	return answer
}

// members returns who is in the groups of a document here.
func (s *session) members(ctx context.Context, id resource.ID) (memberSet, error) {
	record, err := s.Resource(id)
	if err != nil {
		return memberSet{}, err
	}
	key := contentKeyOf(record)
	if members, ok := s.memberSets.get(key); ok {
		return members, nil
	}
	document, err := s.document(ctx, s.Reader, record)
	if err != nil {
		return memberSet{}, err
	}
	members := s.membersIn(document.Default)
	s.memberSets.put(key, members, 8*int64(len(members.hashes)))
	return members, nil
}

// memberSet is the memberships that a document states, hashed and sorted: of a
// group of 100,000 less than a megabyte. The seed of the hash is this process's
// own, so that nobody can choose a name whose hash is another's.
type memberSet struct {
	seed   maphash.Seed
	hashes []uint64
}

var hasMember = rdf.IRI(rdf.VCard + "hasMember")

func (h *Handler) membersIn(g *rdf.Graph) memberSet {
	set := memberSet{seed: h.memberSeed}
	for t := range g.Match(rdf.Term{}, hasMember, rdf.Term{}) {
		if t.S.IsIRI() && t.O.IsIRI() {
			set.hashes = append(set.hashes, set.hash(t.S.Value(), t.O.Value()))
		}
	}
	slices.Sort(set.hashes)
	return set
}

func (set memberSet) hash(group, member string) uint64 {
	return maphash.Comparable(set.seed, membership{group, member})
}

func (set memberSet) has(group, member string) bool {
	_, found := slices.BinarySearch(set.hashes, set.hash(group, member))
	return found
}
