package ldp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// session is one request in one state of the store. It is a [wac.ACLSource]
// and a [wac.GroupSource] for decisions in that state.
type session struct {
	*Handler
	rdfstore.Reader
	agent  wac.Agent
	grant  *wac.Grant // nil: nothing narrows the agent
	groups *groupAnswers
	now    time.Time
	// committed: what is read has been committed and stays as it is, so that
	// what is concluded from it may be kept, here and for other sessions.
	committed bool
	storage   rdfstore.Storage // the last that was asked for, if committed
}

// begin makes the session of a request in a state of the store.
func (h *Handler) begin(reader rdfstore.Reader, agent wac.Agent, groups *groupAnswers) (*session, error) {
	grant, err := h.grant(reader, agent)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	return &session{Handler: h, Reader: reader, agent: agent, grant: grant, groups: groups, now: h.clock()}, nil
}

// target is what a request is about, as a session finds it.
type target struct {
	id      resource.ID // as requested
	storage rdfstore.Storage
	shape   shape
	exists  bool
	// record is that of id, or of the container whose description id is; zero
	// when it does not exist.
	record   rdfstore.Resource
	decision wac.Decision // about id
	minimal  bool         // a container whose members the client does not want
}

// validators are nil when the target does not exist.
func (s *session) validators(t *target) *validators {
	epoch := s.store.Epoch()
	if !t.exists {
		return nil
	}
	if t.shape == storageDescription {
		state := epoch + "-" + s.digest
		return &validators{state: state, content: state, modified: t.storage.Created}
	}
	return validatorsOf(epoch, t.record)
}

// view calls read with a snapshot, and calls it again when a decision in it
// needs the answer of a remote group that has not been asked.
func (h *Handler) view(ctx context.Context, agent wac.Agent, read func(*session) error) error {
	return h.askingGroups(ctx, func(groups *groupAnswers) error {
		return h.store.View(ctx, func(reader rdfstore.Reader) error {
			s, err := h.begin(reader, agent, groups)
			if err != nil {
				return err
			}
			s.committed = true
			return read(s)
		})
	})
}

// update does the same with a write function. What an earlier call did has
// been undone when it is called again.
func (h *Handler) update(ctx context.Context, agent wac.Agent, write func(*session, rdfstore.Tx) error) error {
	return h.askingGroups(ctx, func(groups *groupAnswers) error {
		return h.store.Update(ctx, func(tx rdfstore.Tx) error {
			s, err := h.begin(tx, agent, groups)
			if err != nil {
				return err
			}
			tx.ActAs(rdfstore.Actor{Agent: agent.WebID, Client: agent.Client})
			return write(s, tx)
		})
	})
}

// Storage implements [rdfstore.Reader]. A request asks for one several times.
func (s *session) Storage(name string) (rdfstore.Storage, error) {
	if s.storage.Name == name && s.committed {
		return s.storage, nil
	}
	var err error
	s.storage, err = s.Reader.Storage(name)
	return s.storage, err
}

// IsOwner implements [wac.ACLSource].
func (s *session) IsOwner(_ context.Context, webID, storage string) (bool, error) {
	record, err := s.Storage(storage)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return false, nil
	}
	return err == nil && record.IsOwner(webID), err
}

func (s *session) policy() wac.Policy {
	return wac.Policy{ACLs: s, Groups: s, StrictOrigin: s.strictOrigin}
}

// decide is the one place where access is decided.
func (s *session) decide(ctx context.Context, agent wac.Agent, id resource.ID) (wac.Decision, error) {
	if id.Aux() == resource.StorageDescription {
		return wac.Decision{Agent: wac.Read, Public: wac.Read}, nil // SP-STO-05
	}
	d, err := s.policy().Decide(ctx, agent, id, s.now)
	if err != nil {
		return wac.Decision{}, err
	}
	if len(s.groups.missing) > 0 {
		return wac.Decision{}, errAskGroups
	}
	if agent == s.agent {
		return s.narrow(d, id), nil
	}
	return onFace(d, id), nil
}

// narrow leaves of a decision about id what the agent's client was granted.
func (s *session) narrow(d wac.Decision, id resource.ID) wac.Decision {
	if s.grant != nil {
		d = d.Narrow(s.grant.Modes(id, s.now))
	}
	return onFace(d, id)
}

// onFace makes of a decision about a subject one about the face of it that id
// names (WAC-MODE-10).
func onFace(d wac.Decision, id resource.ID) wac.Decision {
	if id.Aux() == resource.ACL {
		return d.OnACL()
	}
	return d
}

// target finds out about id.
func (s *session) target(ctx context.Context, id resource.ID) (*target, error) {
	t := &target{id: id, shape: urlShape(id)}
	var err error
	t.storage, err = s.Storage(id.Storage())
	if errors.Is(err, rdfstore.ErrNotFound) || err == nil && t.storage.Closed {
		return nil, errNoStorage
	}
	if err != nil {
		return nil, err
	}
	if t.decision, err = s.decide(ctx, s.agent, id); err != nil {
		return nil, err
	}
	if t.shape == storageDescription {
		t.exists = true
		return t, nil
	}
	t.record, err = s.Resource(storedAt(id))
	if errors.Is(err, rdfstore.ErrNotFound) {
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	t.exists = true
	t.shape = shapeOf(id, t.record.Kind)
	return t, nil
}

// nearestAncestor returns the closest container above id that exists. It
// refuses when a document stands where a container would have to be made
// (SP-PUT-02).
func (s *session) nearestAncestor(id resource.ID) (resource.ID, error) {
	for {
		parent, ok := id.Parent()
		if !ok {
			return resource.ID{}, rdfstore.ErrNoParent
		}
		if found, err := s.found(parent); err != nil || found {
			return parent, err
		}
		if twin, ok := parent.Twin(); ok {
			if found, err := s.found(twin); err != nil || found {
				return resource.ID{}, errors.Join(err, rdfstore.ErrTwin)
			}
		}
		id = parent
	}
}

func (s *session) found(id resource.ID) (bool, error) {
	_, err := s.Resource(id)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// need is the access modes that an operation takes on its target and on the
// container above.
type need struct{ target, parent wac.Modes }

type operation uint8

const (
	opRead operation = iota
	opReplace
	opCreate
	opAppend // POST
	opPatch  // whatever the patch says
	// What a patch takes besides when it has conditions, deletes or makes its
	// target.
	opPatchReads
	opPatchDeletes
	opPatchCreates
	opDelete
	opDeleteContainer
	opDeleteAuxiliary
)

// needs is the table of WAC-MODE-*. Write includes Append; auxiliary resources
// take what their subject takes, where an ACL's modes follow from Control.
var needs = [...]need{
	opRead:            {wac.Read, 0},
	opReplace:         {wac.Write, 0},                    // WAC-MODE-02
	opCreate:          {wac.Write, wac.Append},           // WAC-MODE-03, -04
	opAppend:          {wac.Append, 0},                   // WAC-MODE-05
	opPatch:           {wac.Append, 0},                   // WAC-MODE-06, SP-N3-13
	opPatchReads:      {wac.Read, 0},                     // SP-N3-12
	opPatchDeletes:    {wac.Read | wac.Write, 0},         // SP-N3-12
	opPatchCreates:    {0, wac.Append},                   // WAC-MODE-07
	opDelete:          {wac.Write, wac.Write},            // WAC-MODE-08
	opDeleteContainer: {wac.Read | wac.Write, wac.Write}, // WAC-MODE-09
	opDeleteAuxiliary: {wac.Write, 0},                    // nothing leaves a listing
}

func (n need) and(other need) need { return need{n.target | other.target, n.parent | other.parent} }

// authorize refuses what the agent may not do. What is above the target counts
// where the table says so: the closest container that exists, since those
// between inherit from where the target inherits (WAC-MODE-04).
func (s *session) authorize(ctx context.Context, t *target, n need) error {
	if !t.decision.Allows(n.target) {
		return s.denied(t.id, t.decision, n.target)
	}
	if n.parent == 0 || t.id.IsAuxiliary() || t.id.IsRoot() {
		return nil
	}
	above, err := s.nearestAncestor(t.id)
	if err != nil {
		return err
	}
	d, err := s.decide(ctx, s.agent, above)
	if err != nil {
		return err
	}
	if !d.Allows(n.parent) {
		return s.denied(above, d, n.parent)
	}
	return nil
}

// denied is 401 for the public, which may try again as somebody, and 403 for
// everyone else (WAC-RESP-01). A client that was not granted what it needs is
// told so, whether or not its user could do it; one whose web origin is all that
// is against it too (WAC-RESP-02). Nothing else of the rules is told.
func (s *session) denied(id resource.ID, d wac.Decision, needed wac.Modes) error {
	if s.agent.IsPublic() {
		return s.unauthenticated(s.challenge(nil), "", nil)
	}
	if !s.narrow(wac.Decision{Agent: needed | wac.Control}, id).Allows(needed) {
		detail := notGranted
		if s.grantsURL != "" {
			detail += " What it may do is decided at " + s.grantsURL + "."
		}
		return refuse(Forbidden, detail)
	}
	if (d.Agent | d.Withheld).Has(needed) {
		return refuse(Forbidden, "The app's web origin has not been given the access that this takes.")
	}
	return refuse(Forbidden, "")
}

const notGranted = "The app has not been given this access by the person that it acts for, or not any more."
