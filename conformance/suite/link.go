package suite

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// link is one relation of a Link header (RFC 8288), its target absolute.
type link struct{ rel, target string }

// linked returns the targets of a relation, each once.
func linked(header http.Header, base, rel string) []string {
	var targets []string
	for _, l := range parseLinks(header, base) {
		if strings.EqualFold(l.rel, rel) && !slices.Contains(targets, l.target) {
			targets = append(targets, l.target)
		}
	}
	return targets
}

// parseLinks reads all Link lines; what is malformed is left out, so that it
// is missing. Links about something else (anchor) are left out too.
func parseLinks(header http.Header, base string) []link {
	at, err := url.Parse(base)
	if err != nil {
		return nil
	}
	var links []link
	for _, value := range splitOutside(strings.Join(header.Values("Link"), ","), ',') {
		reference, parameters, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(value), "<"), ">")
		target, err := at.Parse(reference)
		if !ok || err != nil {
			continue
		}
		rel, anchored := "", false
		for _, parameter := range splitOutside(parameters, ';') {
			name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "rel":
				if rel == "" { // RFC 8288 §3.3: the first counts
					rel = strings.Trim(strings.TrimSpace(value), `"`)
				}
			case "anchor":
				anchored = true
			}
		}
		if anchored {
			continue
		}
		for _, one := range strings.Fields(rel) {
			links = append(links, link{one, target.String()})
		}
	}
	return links
}

// splitOutside splits at a separator that stands neither in <> nor in quotes.
func splitOutside(text string, separator byte) []string {
	var parts []string
	start, inReference, inQuotes := 0, false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inQuotes && c == '\\':
			i++
		case c == '"' && !inReference:
			inQuotes = !inQuotes
		case inQuotes:
		case c == '<':
			inReference = true
		case c == '>':
			inReference = false
		case c == separator && !inReference:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}
