package wac

import (
	"strings"
	"time"

	"domicile/rdfstore/resource"
)

// Grant is the most that a client may do on behalf of its user, whatever she
// may do herself. The zero Grant leaves nothing but what everybody may do.
type Grant struct {
	// Everything: all that the user may do, here and in other people's
	// storages. Scopes add nothing to it.
	Everything bool
	Scopes     []Scope
	// Until is when the grant ends; zero when it does not.
	Until time.Time
	// Within is a grant that this one leaves no more than; nil for none.
	Within *Grant
}

// Scope is a part of a grant: modes on a resource and, when it is a container,
// on everything below it.
type Scope struct {
	Resource resource.ID
	Modes    Modes // Write includes Append
}

// Modes returns the modes that the grant leaves on target at the time now. An
// auxiliary resource is judged on its subject, as in [Policy.Decide].
func (g Grant) Modes(target resource.ID, now time.Time) Modes {
	modes := g.own(target, now)
	if g.Within != nil {
		modes &= g.Within.Modes(target, now)
	}
	return modes
}

func (g Grant) own(target resource.ID, now time.Time) Modes {
	if !g.Until.IsZero() && !now.Before(g.Until) {
		return 0
	}
	if g.Everything {
		return Read | Append | Write | Control
	}
	var modes Modes
	for _, s := range g.Scopes {
		if s.covers(target.Subject()) {
			modes |= s.Modes
		}
	}
	if modes.Has(Write) {
		modes |= Append
	}
	return modes
}

func (s Scope) covers(subject resource.ID) bool {
	if s.Resource == subject {
		return true
	}
	return s.Resource.IsContainer() && s.Resource.Storage() == subject.Storage() &&
		strings.HasPrefix(subject.Path(), s.Resource.Path())
}

// Narrow returns d for a client that was granted only some modes on the
// target: what everybody may do stays, what only the agent may do, the owner's
// Control too, is left as far as it was granted.
func (d Decision) Narrow(granted Modes) Decision {
	left := d.Public | d.Agent&granted
	d.Agent, d.Ungranted, d.Withheld = left, d.Agent&^left, d.Withheld&granted
	return d
}
