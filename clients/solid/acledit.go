package solid

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"domicile/rdfstore/rdf"
)

// Grant lets a subject do with a resource what the rule says, and no more: what
// the resource's ACL has said of that subject before is replaced. A resource that
// inherits its ACL gets one of its own, which begins with what it inherited.
// It is safe beside other changes of the same ACL.
func (c *Client) Grant(ctx context.Context, resource string, rule Rule) error {
	if rule.Scope != Itself && !strings.HasSuffix(resource, "/") {
		return fmt.Errorf("%s: nothing is inside of what is no container", resource)
	}
	var acl *ACL
	read := func() (document *Document, err error) {
		if acl, err = c.ACL(ctx, resource); err != nil {
			return nil, err
		}
		if acl.Inherited() {
			acl.makeOwn()
		}
		return acl.Document, nil
	}
	return c.update(ctx, read, func(*Document) error {
		acl.remove(rule.Subject)
		if rule.Modes != 0 {
			acl.add(rule)
		}
		return nil
	})
}

// Revoke takes from a subject all that the ACL of a resource lets it do. It may
// still be let in as somebody else: as member of a group, or as everybody.
func (c *Client) Revoke(ctx context.Context, resource string, subject Subject) error {
	return c.Grant(ctx, resource, Rule{Subject: subject})
}

// makeOwn turns the inherited ACL into the beginning of an own one.
func (a *ACL) makeOwn() {
	inherited := a.Document
	a.Document = NewDocument(a.own)
	a.Document.Prefixes = inherited.Prefixes
	from, to := rdf.IRI(a.Resource), rdf.IRI(a.of)
	moved := func(t rdf.Term) rdf.Term { // what the old document names is named in the new one
		if fragment, ok := strings.CutPrefix(t.Value(), inherited.URL+"#"); ok && t.IsIRI() {
			return rdf.IRI(a.own + "#" + fragment)
		}
		return t
	}
	isRule := rdf.Triple{P: rdf.Type, O: aclAuthorization}
	for t := range inherited.All() {
		isRule.S = t.S
		switch {
		case !inherited.Has(isRule): // what an authorization refers to, such as a condition
		case !inherited.Has(rdf.Triple{S: t.S, P: aclDefault, O: from}), t.P == aclAccessTo:
			continue
		case t.P == aclDefault:
			a.Document.Add(rdf.Triple{S: moved(t.S), P: aclAccessTo, O: to})
			if !strings.HasSuffix(a.of, "/") {
				continue
			}
			t.O = to
		}
		a.Document.Add(rdf.Triple{S: moved(t.S), P: t.P, O: moved(t.O)})
	}
	a.Resource = a.of
}

// remove takes a subject out of all authorizations, and those out that are for
// nobody then.
func (a *ACL) remove(subject Subject) {
	var of []rdf.Term
	for t := range a.Document.Match(rdf.Term{}, subject.predicate, subject.object) {
		of = append(of, t.S)
	}
	for _, authorization := range of {
		a.Document.Remove(rdf.Triple{S: authorization, P: subject.predicate, O: subject.object})
		if a.isForSomeone(authorization) {
			continue
		}
		var triples []rdf.Triple
		for t := range a.Document.Match(authorization, rdf.Term{}, rdf.Term{}) {
			triples = append(triples, t)
		}
		for _, t := range triples {
			a.Document.Remove(t)
		}
	}
}

func (a *ACL) isForSomeone(authorization rdf.Term) bool {
	for t := range a.Document.Match(authorization, rdf.Term{}, rdf.Term{}) {
		if t.P == aclOrigin || slices.Contains(subjectProperties, t.P) {
			return true
		}
	}
	return false
}

// add adds an authorization under the first name that is free, so that granting
// the same again changes nothing.
func (a *ACL) add(rule Rule) {
	name := rdf.IRI(a.own + "#access-1")
	for n := 2; !a.Document.Object(name, rdf.Type).IsZero(); n++ {
		name = rdf.IRI(a.own + "#access-" + strconv.Itoa(n))
	}
	say := func(property, value rdf.Term) { a.Document.Add(rdf.Triple{S: name, P: property, O: value}) }
	say(rdf.Type, aclAuthorization)
	say(rule.Subject.predicate, rule.Subject.object)
	if rule.Scope != InsideOnly {
		say(aclAccessTo, rdf.IRI(a.of))
	}
	if rule.Scope != Itself {
		say(aclDefault, rdf.IRI(a.of))
	}
	for i, mode := range modeNames {
		if rule.Modes.Has(1 << i) {
			say(aclMode, rdf.IRI(rdf.ACL+mode))
		}
	}
	if !rule.Until.IsZero() {
		say(validThrough[0], rdf.Typed(rule.Until.UTC().Format(time.RFC3339Nano), rdf.XSDDateTime))
	}
}
