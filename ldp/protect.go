package ldp

import (
	"context"
	"errors"
	"slices"
	"strings"

	"domicile/rdfstore"
	"domicile/rdfstore/patch"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// isServers reports whether only the server may say t in the representation of
// a container (SP-CON-06): what it contains, its types, and the dates, sizes
// and types of itself and its members.
func (h *Handler) isServers(t rdf.Triple, container resource.ID) bool {
	if !t.S.IsIRI() {
		return false
	}
	own := t.S.Value() == h.space.URL(container)
	switch t.P {
	case ldpContains:
		return own
	case dctermsDate, posixModified, posixSize:
		return own || h.isMember(t.S, container)
	case rdf.Type:
		name := t.O.Value()
		return own && (strings.HasPrefix(name, rdf.LDP) || name == typeStorage) ||
			(strings.HasPrefix(name, rdf.LDP) || strings.HasPrefix(name, rdf.IANA)) && h.isMember(t.S, container)
	}
	return false
}

func (h *Handler) isMember(iri rdf.Term, container resource.ID) bool {
	if strings.ContainsAny(iri.Value(), "?#") {
		return false
	}
	id, err := h.space.ParseIRI(iri.Value())
	if err != nil || id.IsAuxiliary() {
		return false
	}
	parent, ok := id.Parent()
	return ok && parent == container
}

// separateClaims takes what only the server may say out of a container's new
// description and returns it.
func (h *Handler) separateClaims(document *rdf.Document, container resource.ID) ([]rdf.Triple, error) {
	if len(document.Names()) > 0 {
		return nil, refuse(Unprocessable, "A container's description is one graph, without named ones.")
	}
	var claims []rdf.Triple
	for t := range document.Default.All() {
		if h.isServers(t, container) {
			claims = append(claims, t)
		}
	}
	for _, t := range claims {
		document.Default.Remove(t)
	}
	return claims, nil
}

// checkClaims refuses a PUT that says something else of the server's part than
// is true (SP-CON-07, SP-CON-08). Repeating it is no change, and leaving it out
// neither, but a part of the containment is another containment.
func (s *session) checkClaims(t *target, claims []rdf.Triple) error {
	members, err := s.checkTruth(t, claims)
	if err != nil {
		return err
	}
	contained := 0
	for _, claim := range claims {
		if claim.P == ldpContains {
			contained++
		}
	}
	if contained != 0 && contained != members {
		return constrained(Conflict, "SP-CON-07", "What a container contains changes when resources are created and deleted.")
	}
	return nil
}

// checkTruth refuses claims that the server does not make of a container; of one
// that is to be made, will not, besides dates. Of one that the agent may not read
// it takes none but what the URL tells: its answer would tell the rest. When
// claims name members it returns how many there are.
func (s *session) checkTruth(t *target, claims []rdf.Triple) (members int, err error) {
	if len(claims) == 0 {
		return 0, nil
	}
	container := t.id.Subject()
	truth, subject := rdf.NewGraph(), rdf.IRI(s.space.URL(container))
	named := map[rdf.Term]bool{} // others may be too many to be held
	for _, claim := range claims {
		if claim.P == ldpContains {
			named[claim.O] = true
		} else if claim.S != subject {
			named[claim.S] = true
		}
	}
	readable := t.exists && t.decision.Allows(wac.Read)
	if readable {
		ofContainer(t.record).addTo(truth, subject)
	} else {
		for _, name := range shapes[shapeOf(container, rdfstore.Container)].types {
			truth.Add(rdf.Triple{S: subject, P: rdf.Type, O: rdf.IRI(name)})
		}
	}
	if readable && len(named) > 0 {
		for member, err := range s.Members(container, "") {
			if err != nil {
				return 0, err
			}
			members++
			if iri := rdf.IRI(s.space.URL(member.ID)); named[iri] {
				addMember(truth, subject, iri, member)
			}
		}
	}
	for _, claim := range claims {
		if !truth.Has(claim) {
			return 0, refuseClaim(claim)
		}
	}
	return members, nil
}

// checkPatch refuses a patch that names what only the server may say of a
// container among its deletions (SP-CON-07). Patterns don't: they match what
// clients wrote (SP-SPU-03).
func (s *session) checkPatch(t *target, p *patch.Patch) error {
	if !describesContainer(t.id) {
		return nil
	}
	for _, operation := range p.Operations {
		for _, triple := range operation.Deletes {
			if s.isServers(triple, t.id.Subject()) {
				return refuseClaim(triple)
			}
		}
	}
	return nil
}

// withoutTruths takes what the server says anyway out of what a patch adds to a
// container's description and refuses what it does not say.
func (s *session) withoutTruths(t *target, added []rdf.Triple) ([]rdf.Triple, error) {
	if !describesContainer(t.id) {
		return added, nil
	}
	var claims, remain []rdf.Triple
	for _, triple := range added {
		if s.isServers(triple, t.id.Subject()) {
			claims = append(claims, triple)
		} else {
			remain = append(remain, triple)
		}
	}
	_, err := s.checkTruth(t, claims)
	return remain, err
}

func refuseClaim(claim rdf.Triple) error {
	if claim.P == ldpContains {
		return constrained(Conflict, "SP-CON-07", "What a container contains changes when resources are created and deleted.")
	}
	return constrained(Conflict, "SP-CON-08", "Types, dates and sizes of containers and their members are the server's to say.")
}

// writeACL makes a change of an ACL after which it says what graph does.
func (s *session) writeACL(ctx context.Context, t *target, graph *rdf.Graph, write func() error) error {
	if err := s.checkACL(t, graph); err != nil {
		return err
	}
	return s.keepCardPublic(ctx, t, write)
}

// checkACL refuses ACL documents that would not do what they say or lock
// everybody out (WAC-COND-02, WAC-REP-05).
func (s *session) checkACL(t *target, graph *rdf.Graph) error {
	acl := wac.Parse(graph, s.space)
	if len(acl.UnknownConditions()) > 0 {
		return constrained(Unprocessable, "WAC-COND-02", "The ACL has an access condition of a type that is not supported.")
	}
	if root := t.id.Subject(); root.IsRoot() && !acl.GrantsControl(root) {
		return constrained(Conflict, "WAC-REP-05", "The ACL of a storage's root gives Control to somebody.")
	}
	return nil
}

// card returns the profile document of the WebID that a storage was made for
// when it is in the storage itself.
func (s *session) card(storage rdfstore.Storage) (resource.ID, bool) {
	id, err := s.space.ParseIRI(storage.Owner)
	return id, err == nil && id.Storage() == storage.Name && !id.IsAuxiliary()
}

func (s *session) isCard(t *target) bool {
	card, ok := s.card(t.storage)
	return ok && card == t.id
}

// checkCard refuses to change what only the account may say in the owner's
// profile: who vouches for her and what she owns (ECO-WID-06 as decided). The
// document is the new content, nil when it is no RDF.
func (s *session) checkCard(ctx context.Context, t *target, document *rdf.Document) error {
	if !s.isCard(t) {
		return nil
	}
	before := rdf.NewGraph()
	if t.exists {
		old, err := s.document(ctx, s.Reader, t.record)
		if err != nil {
			return err
		}
		before = s.identityOf(t, old.Default)
	}
	after := rdf.NewGraph()
	if document != nil {
		after = s.identityOf(t, document.Default)
	}
	if before.Len() == after.Len() {
		same := true
		for triple := range before.All() {
			same = same && after.Has(triple)
		}
		if same {
			return nil
		}
	}
	return errIdentity()
}

// checkCardPatch is checkCard for a patch, by what it changes.
func (s *session) checkCardPatch(t *target, d patch.Delta) error {
	if s.isCard(t) && s.identityOf(t, rdf.NewGraph(append(slices.Clone(d.Removed), d.Added...)...)).Len() > 0 {
		return errIdentity()
	}
	return nil
}

func errIdentity() error {
	return constrained(Conflict, "ECO-WID-06", "The issuer, the storages and the ownership in a profile are changed by the account.")
}

// identityOf returns the protected triples of a profile.
func (s *session) identityOf(t *target, graph *rdf.Graph) *rdf.Graph {
	owner, storage := rdf.IRI(t.storage.Owner), rdf.IRI(s.space.URL(resource.Root(t.storage.Name)))
	identity := rdf.NewGraph()
	for _, pattern := range []struct{ s, p rdf.Term }{
		{owner, rdf.IRI(rdf.Solid + "oidcIssuer")},
		{owner, rdf.IRI(rdf.PIM + "storage")},
		{storage, rdf.IRI(rdf.Solid + "owner")},
	} {
		for triple := range graph.Match(pattern.s, pattern.p, rdf.Term{}) {
			identity.Add(triple)
		}
	}
	return identity
}

// keepCardPublic makes a change of an ACL and refuses it when the profile, which
// everyone could read before, is hidden by it (ECO-WID-02).
func (s *session) keepCardPublic(ctx context.Context, t *target, change func() error) error {
	card, ok := s.card(t.storage)
	subject := t.id.Subject()
	covered := card == subject || subject.IsContainer() && strings.HasPrefix(card.Path(), subject.Path())
	if !ok || !covered {
		return change()
	}
	before, err := s.decide(ctx, wac.Agent{}, card)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := s.decide(ctx, wac.Agent{}, card)
	if err != nil {
		return err
	}
	if before.Public.Has(wac.Read) && !after.Public.Has(wac.Read) {
		if _, err := s.Resource(card); errors.Is(err, rdfstore.ErrNotFound) {
			return nil
		}
		return constrained(Conflict, "ECO-WID-06", "The profile is readable by everyone: others verify the owner's identity by it.")
	}
	return nil
}
