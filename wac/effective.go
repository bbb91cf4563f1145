package wac

import (
	"fmt"
	"slices"

	"domicile/rdfstore/resource"
)

// Effective is the ACL document that governs a resource.
type Effective struct {
	ACL *ACL // nil when there is none up to the root of the storage
	// Holder is the resource whose ACL it is: the governed one or an ancestor.
	Holder resource.ID
}

// FindEffective climbs from subject to the first resource that has an ACL
// document, as own tells, and no further than the root of the storage
// (WAC-EFF-01, -03, -04).
func FindEffective(subject resource.ID, own func(resource.ID) (*ACL, error)) (Effective, error) {
	for holder := subject; ; {
		acl, err := own(holder)
		if err != nil {
			return Effective{}, fmt.Errorf("ACL of %s: %w", holder, err)
		}
		if acl != nil {
			return Effective{acl, holder}, nil
		}
		parent, ok := holder.Parent()
		if !ok {
			return Effective{}, nil
		}
		holder = parent
	}
}

// IsConstant reports whether what the public may do with subject follows from the
// document alone: nothing in it ends, and no group has to be asked.
func (e Effective) IsConstant(subject resource.ID) bool {
	return !slices.ContainsFunc(e.rules(subject).of(Agent{}), func(a *authorization) bool {
		return !a.validThrough.IsZero() || a.usesGroups()
	})
}

// rules returns the authorizations that count for subject (WAC-EFF-02).
func (e Effective) rules(subject resource.ID) *rules {
	switch {
	case e.ACL == nil:
		return &rules{}
	case e.Holder == subject:
		return e.ACL.accessTo[subject]
	}
	return e.ACL.inherit[e.Holder]
}
