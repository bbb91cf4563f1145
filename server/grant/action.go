package grant

import (
	"fmt"
	"slices"

	"domicile/wac"
)

// actions are the access modes by the names that apps ask for them with
// (design: authorization_details of type domicile-access).
var actions = []action{
	{"read", wac.Read},
	{"add", wac.Append},
	{"edit", wac.Write | wac.Append},
	{"control", wac.Control},
}

type action struct {
	name string
	mode wac.Modes
}

// Actions returns the names of modes. Editing includes adding.
func Actions(modes wac.Modes) []string {
	names := []string{}
	for _, a := range actions {
		if modes.Has(a.mode) && !(a.name == "add" && modes.Has(wac.Write)) {
			names = append(names, a.name)
		}
	}
	return names
}

// ParseActions returns the modes of names; an error for a name that is none.
func ParseActions(names []string) (wac.Modes, error) {
	var modes wac.Modes
	for _, name := range names {
		i := slices.IndexFunc(actions, func(a action) bool { return a.name == name })
		if i < 0 {
			return 0, fmt.Errorf("%q is no action: there are read, add, edit and control", name)
		}
		modes |= actions[i].mode
	}
	return modes, nil
}
