package ldp

import (
	"context"
	"errors"
	"strings"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

const (
	// maxExplained is how many members of a container one explanation covers.
	maxExplained = 100
	// maxVerdicts is how many authorizations it goes into.
	maxVerdicts = 1000
)

// ErrNotController: only who has Control of a resource is told who has access to
// it. It is the same for resources that do not exist.
var ErrNotController = errors.New("explaining the access to a resource takes Control of it")

// Asker is who wants an explanation: an account, with the WebIDs that are its.
type Asker struct {
	Account string
	WebIDs  []string
}

// Question is what an explanation is about: what Agent may do with the resource
// at a URL. The zero Agent is the public.
type Question struct {
	Resource string
	Agent    wac.Agent
	After    string // the member to begin behind, [Access.Next] of a previous answer
}

// Access says what an agent may do with a resource, why, and what it may do
// with each member when it is a container.
type Access struct {
	Resource string `json:"resource"`
	Exists   bool   `json:"exists"`
	// ACL is the URL of the ACL document that decided; "" when there is none up
	// to the root, or none is needed: storage descriptions are public.
	ACL        string `json:"acl"`
	Inherited  bool   `json:"inherited"`  // the document is an ancestor's
	Unreadable bool   `json:"unreadable"` // and is damaged, which denies
	// Changes are the latest of that document, first the last.
	Changes []ACLChange `json:"changes"`
	Owner   bool        `json:"owner"` // has Control whatever the ACLs say
	granted
	// What the agent would have besides, were the app granted it, and were the
	// app's web origin trusted.
	Ungranted      []string        `json:"ungranted"`
	Withheld       []string        `json:"withheld"`
	Authorizations []Authorization `json:"authorizations"`
	Members        []MemberAccess  `json:"members"`
	Next           string          `json:"next"` // "" when all members are there
}

// granted is the modes of a decision by name.
type granted struct {
	Modes  []string `json:"modes"`
	Public []string `json:"public"` // those that everybody has
}

func grantedBy(d wac.Decision) granted { return granted{modeNames(d.Agent), modeNames(d.Public)} }

func modeNames(m wac.Modes) []string { return strings.Fields(m.String()) }

// Authorization is what became of one authorization of the document.
type Authorization struct {
	Authorization string   `json:"authorization"`
	Modes         []string `json:"modes"`
	Matches       bool     `json:"matches"`
	Reasons       []Reason `json:"reasons"` // why it does not
}

// Reason is one for programs and for people.
type Reason struct {
	Code wac.Reason `json:"code"`
	Text string     `json:"text"`
}

// MemberAccess is what the agent may do with a member of a container.
type MemberAccess struct {
	Resource string `json:"resource"`
	granted
}

// Explain answers a question of an account that owns the storage or has Control
// of the resource; of the operator when asker is nil. It decides as a request of
// the agent would be decided, and impersonates nobody. Errors: [ErrNotController],
// and those of [resource.Space.ParseIRI].
func (h *Handler) Explain(ctx context.Context, asker *Asker, q Question) (access Access, err error) {
	id, err := h.space.ParseIRI(q.Resource)
	if err != nil {
		return Access{}, err
	}
	err = h.view(ctx, q.Agent, func(s *session) error {
		access, err = s.explain(ctx, asker, id, q.After)
		return err
	})
	return access, err
}

func (s *session) explain(ctx context.Context, asker *Asker, id resource.ID, after string) (Access, error) {
	storage, err := s.Storage(id.Storage())
	if err != nil && !errors.Is(err, rdfstore.ErrNotFound) {
		return Access{}, err
	}
	all := asker == nil || storage.Account == asker.Account && asker.Account != ""
	if !all {
		if controls, err := s.askerHas(ctx, asker, id, wac.Control); err != nil {
			return Access{}, err
		} else if !controls {
			return Access{}, ErrNotController
		}
	}
	var x wac.Explanation
	if id.Aux() != resource.StorageDescription { // which ACLs say nothing about
		if x, err = s.policy().Explain(ctx, s.agent, id, s.now); err != nil {
			return Access{}, err
		}
	}
	if x.Decision, err = s.decide(ctx, s.agent, id); err != nil {
		return Access{}, err
	}
	access := Access{
		Resource: s.space.URL(id), Inherited: !x.Effective.IsZero() && x.Effective != id.Subject(), Unreadable: x.Unreadable, Owner: x.Owner,
		granted: grantedBy(x.Decision), Ungranted: modeNames(x.Ungranted), Withheld: modeNames(x.Withheld), Changes: []ACLChange{}, Authorizations: []Authorization{}, Members: []MemberAccess{},
	}
	if !x.Effective.IsZero() {
		access.ACL = s.space.URL(x.Effective.ACL())
		if access.Changes, err = s.changesOf(x.Effective); err != nil {
			return Access{}, err
		}
	}
	if access.Exists, err = s.exists(id); err != nil {
		return Access{}, err
	}
	for _, v := range x.Authorizations[:min(len(x.Authorizations), maxVerdicts)] {
		access.Authorizations = append(access.Authorizations, explained(v))
	}
	if id.IsContainer() && access.Exists {
		err = s.explainMembers(ctx, &access, asker, all, id, after)
	}
	return access, err
}

func (s *session) exists(id resource.ID) (bool, error) {
	if id.Aux() == resource.StorageDescription {
		id = id.Subject()
	}
	return s.found(storedAt(id))
}

func explained(v wac.Verdict) Authorization {
	a := Authorization{v.Name, modeNames(v.Modes), v.Matches(), []Reason{}}
	for _, reason := range v.Reasons {
		a.Reasons = append(a.Reasons, Reason{reason, reason.Text()})
	}
	return a
}

// explainMembers adds the members that the asker may know of: by owning the
// storage, or by reading the container and having Control of the member.
func (s *session) explainMembers(ctx context.Context, access *Access, asker *Asker, all bool, container resource.ID, after string) error {
	if !all {
		if reads, err := s.askerHas(ctx, asker, container, wac.Read); err != nil || !reads {
			return err
		}
	}
	seen := 0
	for member, err := range s.Members(container, after) {
		if err != nil {
			return err
		}
		if seen++; seen > maxExplained {
			access.Next = after
			return nil
		}
		after = member.ID.Name()
		if !all {
			if controls, err := s.askerHas(ctx, asker, member.ID, wac.Control); err != nil {
				return err
			} else if !controls {
				continue
			}
		}
		d, err := s.decide(ctx, s.agent, member.ID)
		if err != nil {
			return err
		}
		access.Members = append(access.Members, MemberAccess{s.space.URL(member.ID), grantedBy(d)})
	}
	return nil
}

// askerHas reports whether one of the asker's WebIDs has a mode, whatever app it
// is used with: what only some app may do does not count.
func (s *session) askerHas(ctx context.Context, asker *Asker, id resource.ID, mode wac.Modes) (bool, error) {
	for _, webID := range asker.WebIDs {
		d, err := s.decide(ctx, wac.Agent{WebID: webID, Issuer: s.issuer}, id)
		if err != nil || d.Allows(mode) {
			return err == nil, err
		}
	}
	return false, nil
}
