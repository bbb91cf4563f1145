package ldp

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"domicile/rdfstore/resource"
	"domicile/wac"
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
		members, err := s.membersIn(ctx, id)
		return err == nil && members.Has(group, member)
	}
	question := membership{group, member}
	answer, known := s.groups.known[question]
	if !known && !s.groups.final {
		s.groups.missing = append(s.groups.missing, question)
	}
	return answer
}

// membersIn returns who is in the groups of a document here.
func (s *session) membersIn(ctx context.Context, id resource.ID) (*wac.Members, error) {
	record, err := s.Resource(id)
	if err != nil {
		return nil, err
	}
	key := contentKeyOf(record)
	if members, ok := s.members.get(key); ok {
		return members, nil
	}
	document, err := s.document(ctx, s.Reader, record)
	if err != nil {
		return nil, err
	}
	members := wac.MembersOf(document.Default)
	s.members.put(key, members, members.Size())
	return members, nil
}
