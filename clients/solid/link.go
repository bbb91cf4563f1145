package solid

import (
	"net/http"
	"net/url"
	"strings"
)

// Relations that Solid servers put into Link headers, for [Info.Link].
const (
	RelACL                = "acl"
	RelDescription        = "describedby"
	RelType               = "type"
	RelStorageDescription = "http://www.w3.org/ns/solid/terms#storageDescription"
)

// links returns the targets of the Link fields that have a relation (RFC 8288),
// in order, resolved against the URL that they came from.
func links(header http.Header, base *url.URL, relation string) []string {
	var targets []string
	for _, value := range header.Values("Link") {
		for _, element := range splitOutside(value, ',') {
			reference, parameters, closed := strings.Cut(element, ">")
			target, opened := strings.CutPrefix(reference, "<")
			if !opened || !closed || !hasRelation(parameters, relation) {
				continue
			}
			if resolved, err := base.Parse(target); err == nil {
				targets = append(targets, resolved.String())
			}
		}
	}
	return targets
}

// hasRelation looks at the first rel parameter only (RFC 8288 §3.3).
func hasRelation(parameters, relation string) bool {
	for _, parameter := range splitOutside(parameters, ';') {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for _, rel := range strings.Fields(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(rel, relation) {
				return true
			}
		}
		return false
	}
	return false
}

// splitOutside splits at separators that are neither in quotes nor between
// angle brackets.
func splitOutside(text string, separator byte) []string {
	var parts []string
	start, quoted, bracketed := 0, false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !bracketed:
			quoted = !quoted
		case c == '<' && !quoted:
			bracketed = true
		case c == '>' && !quoted:
			bracketed = false
		case c == separator && !quoted && !bracketed:
			parts = append(parts, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(text[start:]))
}
