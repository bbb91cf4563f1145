package wac

import "strings"

// modeNames lists the modes in the order of the WAC-Allow header.
var modeNames = []struct {
	mode Modes
	name string
}{{Read, "read"}, {Write, "write"}, {Append, "append"}, {Control, "control"}}

// Has reports whether m includes all of need.
func (m Modes) Has(need Modes) bool { return m&need == need }

// String returns the modes as the WAC-Allow header names them, separated by
// spaces: "read write append control"; "" for none.
func (m Modes) String() string {
	names := make([]string, 0, len(modeNames))
	for _, n := range modeNames {
		if m.Has(n.mode) {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, " ")
}

// Allows reports whether the agent has all the needed modes.
func (d Decision) Allows(need Modes) bool { return d.Agent.Has(need) }

// WACAllow returns the value of the WAC-Allow header, for example
// `user="read write append",public="read"`. Both groups are always there, and
// no space is, because a widespread parser wants it so (WAC-ALLOW-01, -02).
func (d Decision) WACAllow() string {
	return `user="` + d.Agent.String() + `",public="` + d.Public.String() + `"`
}

// OnACL returns what d, a decision about a subject, allows to do with its ACL
// resource: everything with Control, nothing without (WAC-MODE-10, WAC-ALLOW-05).
func (d Decision) OnACL() Decision {
	onACL := func(m Modes) Modes {
		if m.Has(Control) {
			return Read | Append | Write | Control
		}
		return 0
	}
	d.Agent, d.Public = onACL(d.Agent), onACL(d.Public)
	return d
}
