package ldp

import (
	"net/http"
	"slices"
	"strings"

	"domicile/rdfstore/rdf"
)

// prefersMinimal reports whether a client wants a container without its members
// (LDP §7.2, SP-CON-11): it includes the minimal container or omits containment.
// All other preferences are ignored, as RFC 7240 §2 allows.
func prefersMinimal(header http.Header) bool {
	for _, value := range header.Values("Prefer") {
		for _, preference := range splitQuoted(value, ',') {
			parts := splitQuoted(preference, ';')
			if name, wanted := parameter(parts[0]); name != "return" || !strings.EqualFold(wanted, "representation") {
				continue
			}
			return asksForMinimal(parts[1:]) // the first counts
		}
	}
	return false
}

func asksForMinimal(parameters []string) bool {
	for _, text := range parameters {
		name, value := parameter(text)
		wanted := strings.Fields(value)
		switch name {
		case "include":
			if slices.Contains(wanted, rdf.LDP+"PreferMinimalContainer") && !slices.Contains(wanted, rdf.LDP+"PreferContainment") {
				return true
			}
		case "omit":
			if slices.Contains(wanted, rdf.LDP+"PreferContainment") {
				return true
			}
		}
	}
	return false
}
