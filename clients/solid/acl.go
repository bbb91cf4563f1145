package solid

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore/rdf"
)

// The terms of ACL documents.
var (
	aclAuthorization = rdf.IRI(rdf.ACL + "Authorization")
	aclAccessTo      = rdf.IRI(rdf.ACL + "accessTo")
	aclDefault       = rdf.IRI(rdf.ACL + "default")
	aclMode          = rdf.IRI(rdf.ACL + "mode")
	aclAgent         = rdf.IRI(rdf.ACL + "agent")
	aclAgentGroup    = rdf.IRI(rdf.ACL + "agentGroup")
	aclAgentClass    = rdf.IRI(rdf.ACL + "agentClass")
	aclOrigin        = rdf.IRI(rdf.ACL + "origin")

	subjectProperties = []rdf.Term{aclAgent, aclAgentGroup, aclAgentClass}
	// The end of an authorization; schema.org is written with either scheme.
	validThrough = [...]rdf.Term{rdf.IRI(rdf.Schema + "validThrough"), rdf.IRI("https://schema.org/validThrough")}
)

// Modes is a set of access modes of Web Access Control.
type Modes uint8

// The access modes. Write includes Append.
const (
	Read Modes = 1 << iota
	Append
	Write
	Control
)

var modeNames = [...]string{"Read", "Append", "Write", "Control"}

// Has reports whether all of the others are among the modes.
func (m Modes) Has(others Modes) bool { return m&others == others }

// String returns the modes as WAC-Allow has them, for example "read append".
func (m Modes) String() string {
	var names []string
	for i, name := range modeNames {
		if m.Has(1 << i) {
			names = append(names, strings.ToLower(name))
		}
	}
	return strings.Join(names, " ")
}

// parseModes reads a list of names, in any case.
func parseModes(list string) Modes {
	var modes Modes
	for _, word := range strings.Fields(list) {
		for i, name := range modeNames {
			if strings.EqualFold(word, name) {
				modes |= 1 << i
			}
		}
	}
	if modes.Has(Write) {
		modes |= Append
	}
	return modes
}

// Subject is whom an ACL lets in: an agent, a group, everybody who has signed in,
// or everybody. It is comparable.
type Subject struct{ predicate, object rdf.Term }

// Agent is one agent, by WebID.
func Agent(webID string) Subject { return Subject{aclAgent, rdf.IRI(webID)} }

// Group is the agents of a vcard:Group, by the group's URL.
func Group(url string) Subject { return Subject{aclAgentGroup, rdf.IRI(url)} }

// Authenticated is everybody who has signed in; Public is everybody.
var (
	Authenticated = Subject{aclAgentClass, rdf.IRI(rdf.ACL + "AuthenticatedAgent")}
	Public        = Subject{aclAgentClass, rdf.IRI(rdf.FOAF + "Agent")}
)

// IRI returns the WebID of the agent, the URL of the group or the class.
func (s Subject) IRI() string { return s.object.Value() }

// Scope is how far a rule for a container goes.
type Scope uint8

// The scopes. What is inside a container, at any depth, is under its rules as
// long as nothing on the way has an ACL of its own (acl:default).
const (
	Itself Scope = iota
	ItselfAndInside
	InsideOnly
)

// Rule lets a subject do something with a resource.
type Rule struct {
	Subject Subject
	Modes   Modes
	Scope   Scope
	// Until is when it ends, zero for never. Domicile ends it; other servers may
	// not.
	Until time.Time
}

// ACL is the access control of a resource, as far as its own document says it, or
// the one that it inherits.
type ACL struct {
	// Document is the ACL that is in force; its ETag is that of its state.
	Document *Document
	// Resource is whose ACL that is: the resource that was asked about, or the
	// container that it inherits from.
	Resource string

	of, own string // the resource that was asked about, and where its own ACL is or would be
}

// Inherited reports whether the ACL is that of a container further up.
func (a *ACL) Inherited() bool { return a.Resource != a.of }

// Rules returns what the ACL lets subjects do with the resource that was asked
// about, a rule for each authorization and subject. Conditions, which narrow an
// authorization further, are not told.
func (a *ACL) Rules() []Rule {
	var rules []Rule
	for t := range a.Document.Match(rdf.Term{}, rdf.Type, aclAuthorization) {
		scope, applies := a.scopeOf(t.S)
		if !applies {
			continue
		}
		rule := Rule{Scope: scope}
		for mode := range a.Document.Objects(t.S, aclMode) {
			rule.Modes |= parseModes(strings.TrimPrefix(mode.Value(), rdf.ACL))
		}
		for _, property := range validThrough {
			for end := range a.Document.Objects(t.S, property) {
				if until := parseEnd(end.Value()); rule.Until.IsZero() || until.Before(rule.Until) {
					rule.Until = until
				}
			}
		}
		for about := range a.Document.Match(t.S, rdf.Term{}, rdf.Term{}) {
			if slices.Contains(subjectProperties, about.P) {
				rule.Subject = Subject{about.P, about.O}
				rules = append(rules, rule)
			}
		}
	}
	return rules
}

// scopeOf returns how far an authorization goes for the resource that was asked
// about, or false when it is not about that.
func (a *ACL) scopeOf(authorization rdf.Term) (Scope, bool) {
	itself := a.Document.Has(rdf.Triple{S: authorization, P: aclAccessTo, O: rdf.IRI(a.Resource)})
	inside := a.Document.Has(rdf.Triple{S: authorization, P: aclDefault, O: rdf.IRI(a.Resource)})
	if a.Inherited() {
		itself = inside // what it inherits it has for itself too
		inside = inside && strings.HasSuffix(a.of, "/")
	}
	switch {
	case itself && inside:
		return ItselfAndInside, true
	case inside:
		return InsideOnly, true
	}
	return Itself, itself
}

// parseEnd reads an end; without a time zone it is UTC, and a date includes its
// whole day. What can't be read is long past.
func parseEnd(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if end, err := time.Parse(layout, text); err == nil {
			return end
		}
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Nanosecond)
	}
	return time.Unix(0, 0)
}

// ACL reads the access control of a resource, its own or the one that it
// inherits. That takes Control.
func (c *Client) ACL(ctx context.Context, resource string) (*ACL, error) {
	info, err := c.Head(ctx, resource)
	if err != nil {
		return nil, err
	}
	acl := &ACL{of: info.URL, own: info.Link(RelACL)}
	for at, document := info.URL, acl.own; ; {
		if document == "" {
			return nil, fmt.Errorf("%s links no ACL", at)
		}
		read, err := c.Read(ctx, document)
		if err == nil {
			acl.Document, acl.Resource = read, at
			return acl, nil
		}
		parent := parentOf(at)
		if !errors.Is(err, ErrNotFound) || parent == "" {
			return nil, err
		}
		if info, err = c.Head(ctx, parent); err != nil {
			return nil, err
		}
		at, document = parent, info.Link(RelACL)
	}
}

// parentOf returns the container that a resource is in, "" for the root of a host.
func parentOf(resource string) string {
	u, err := url.Parse(resource)
	if err != nil || u.Path == "" || u.Path == "/" {
		return ""
	}
	u.RawQuery, u.Fragment = "", ""
	text := strings.TrimSuffix(u.String(), "/")
	return text[:strings.LastIndexByte(text, '/')+1]
}
