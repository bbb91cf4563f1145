package ldp

import (
	"context"
	"errors"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// ACLEntry is an authorization that the server writes for an account: an agent
// gets modes on a resource and, when it is a container, on all below it.
type ACLEntry struct {
	Name  string // fragment of the ACL document that the entry is known by
	Agent string // WebID
	Modes wac.Modes
	Until time.Time // schema:validThrough; zero for no end
}

// Terms of ACL documents.
var (
	aclAuthorization = rdf.IRI(rdf.ACL + "Authorization")
	aclAccessTo      = rdf.IRI(rdf.ACL + "accessTo")
	aclDefault       = rdf.IRI(rdf.ACL + "default")
	aclAgent         = rdf.IRI(rdf.ACL + "agent")
	aclMode          = rdf.IRI(rdf.ACL + "mode")
	validThrough     = rdf.IRI(rdf.Schema + "validThrough")

	aclModes = []struct {
		mode wac.Modes
		term rdf.Term
	}{
		{wac.Read, rdf.IRI(rdf.ACL + "Read")}, {wac.Append, rdf.IRI(rdf.ACL + "Append")},
		{wac.Write, rdf.IRI(rdf.ACL + "Write")}, {wac.Control, rdf.IRI(rdf.ACL + "Control")},
	}
)

// SetACLEntry writes an entry into the ACL of a resource, in place of one of
// the same name. A resource without an ACL of its own gets one that says what
// it inherited, and the entry: nobody loses access by it.
func (h *Handler) SetACLEntry(ctx context.Context, tx rdfstore.Tx, subject resource.ID, e ACLEntry) error {
	return h.editACL(ctx, tx, subject, e.Name, func(g *rdf.Graph, entry rdf.Term) {
		target := rdf.IRI(h.space.URL(subject))
		add := func(p, o rdf.Term) { g.Add(rdf.Triple{S: entry, P: p, O: o}) }
		add(rdf.Type, aclAuthorization)
		add(aclAgent, rdf.IRI(e.Agent))
		add(aclAccessTo, target)
		if subject.IsContainer() {
			add(aclDefault, target)
		}
		for _, m := range aclModes {
			if e.Modes.Has(m.mode) {
				add(aclMode, m.term)
			}
		}
		if !e.Until.IsZero() {
			add(validThrough, rdf.Typed(e.Until.UTC().Format(time.RFC3339), rdf.XSDDateTime))
		}
	})
}

// RemoveACLEntry takes the entry of a name out of the ACL of a resource; one
// that is not there, or a resource that is not, is no error.
func (h *Handler) RemoveACLEntry(ctx context.Context, tx rdfstore.Tx, subject resource.ID, name string) error {
	if _, err := tx.Resource(subject.ACL()); errors.Is(err, rdfstore.ErrNotFound) {
		return nil
	}
	return h.editACL(ctx, tx, subject, name, func(*rdf.Graph, rdf.Term) {})
}

// editACL takes an entry out of the ACL of a resource and lets write put another
// in its place. [rdfstore.ErrNotFound] when there is no such resource.
func (h *Handler) editACL(ctx context.Context, tx rdfstore.Tx, subject resource.ID, name string, write func(g *rdf.Graph, entry rdf.Term)) error {
	if _, err := tx.Resource(subject); err != nil {
		return err
	}
	document, err := h.aclOrInherited(ctx, tx, subject)
	if err != nil {
		return err
	}
	entry := rdf.IRI(h.space.URL(subject.ACL()) + "#" + name)
	var old []rdf.Triple
	for t := range document.Default.Match(entry, rdf.Term{}, rdf.Term{}) {
		old = append(old, t)
	}
	for _, t := range old {
		document.Default.Remove(t)
	}
	write(document.Default, entry)
	document.Prefixes = withPrefixes(document.Prefixes, []rdf.Prefix{{Name: "acl", IRI: rdf.ACL}, {Name: "schema", IRI: rdf.Schema}, {Name: "xsd", IRI: rdf.XSD}})
	body, err := h.stageDocument(ctx, document, codec.Turtle, subject.ACL())
	if err != nil {
		return err
	}
	defer body.Discard()
	_, err = tx.Put(subject.ACL(), rdfstore.Content{Kind: rdfstore.Document, MediaType: codec.Turtle, Body: body})
	return err
}

// aclOrInherited returns the ACL document of a resource or, when it has none,
// the one that it would have to have for everybody to keep the access that she
// inherits.
func (h *Handler) aclOrInherited(ctx context.Context, tx rdfstore.Tx, subject resource.ID) (*rdf.Document, error) {
	for holder, found := subject, true; found; holder, found = holder.Parent() {
		record, err := tx.Resource(holder.ACL())
		if errors.Is(err, rdfstore.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		document, err := h.document(ctx, tx, record)
		if err != nil || holder == subject {
			return document, err
		}
		return h.inherited(document, holder, subject), nil
	}
	return rdf.NewDocument(), nil
}

// inherited restates the authorizations that a resource inherits from the ACL
// document of a container as its own.
func (h *Handler) inherited(from *rdf.Document, holder, subject resource.ID) *rdf.Document {
	to := rdf.NewDocument()
	to.Prefixes = from.Prefixes
	target := rdf.IRI(h.space.URL(subject))
	c := copier{from: from.Default, to: to.Default, base: h.space.URL(holder.ACL()), newBase: h.space.URL(subject.ACL())}
	for t := range from.Default.Match(rdf.Term{}, rdf.Type, aclAuthorization) {
		if !h.namesResource(from.Default, t.S, aclDefault, holder) {
			continue
		}
		s := c.copy(t.S)
		to.Default.Add(rdf.Triple{S: s, P: aclAccessTo, O: target})
		if subject.IsContainer() {
			to.Default.Add(rdf.Triple{S: s, P: aclDefault, O: target})
		}
	}
	return to
}

func (h *Handler) namesResource(g *rdf.Graph, s, p rdf.Term, id resource.ID) bool {
	for o := range g.Objects(s, p) {
		if named, err := h.space.ParseIRI(o.Value()); err == nil && o.IsIRI() && named == id {
			return true
		}
	}
	return false
}

// copier copies what a document says of a node, and of the nodes of its own that
// this leads to, under the URL of another document.
type copier struct {
	from, to      *rdf.Graph
	base, newBase string
	copied        map[rdf.Term]rdf.Term
}

func (c *copier) copy(node rdf.Term) rdf.Term {
	if renamed, done := c.copied[node]; done {
		return renamed
	}
	renamed := node
	if c.isOwn(node) && node.IsIRI() {
		renamed = rdf.IRI(c.newBase + node.Value()[len(c.base):])
	}
	if c.copied == nil {
		c.copied = map[rdf.Term]rdf.Term{}
	}
	c.copied[node] = renamed
	for t := range c.from.Match(node, rdf.Term{}, rdf.Term{}) {
		if t.P == aclAccessTo || t.P == aclDefault {
			continue
		}
		object := t.O
		if c.isOwn(object) {
			object = c.copy(object)
		}
		c.to.Add(rdf.Triple{S: renamed, P: t.P, O: object})
	}
	return renamed
}

// isOwn reports whether a node is the document's: blank, or one of its fragments.
func (c *copier) isOwn(node rdf.Term) bool {
	n := len(c.base)
	return node.IsBlank() || node.IsIRI() && len(node.Value()) > n && node.Value()[:n] == c.base && node.Value()[n] == '#'
}
