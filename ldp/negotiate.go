package ldp

import (
	"strconv"
	"strings"
)

// mediaRange is one element of an Accept field (RFC 9110 §12.5.1). Parameters
// besides q make no difference: no representation here has any that count.
type mediaRange struct {
	pattern string // "text/turtle", "text/*", "*/*"; lower case
	quality float64
}

// accept is what an Accept field says; empty when there is none.
type accept []mediaRange

// parseAccept reads the Accept fields. Elements that break the grammar are
// skipped: an odd one must not keep a client from its data.
func parseAccept(values []string) accept {
	var a accept
	for _, value := range values {
		for _, element := range splitQuoted(value, ',') {
			if r, ok := parseMediaRange(element); ok {
				a = append(a, r)
			}
		}
	}
	return a
}

func parseMediaRange(element string) (mediaRange, bool) {
	parts := splitQuoted(element, ';')
	if len(parts) == 0 {
		return mediaRange{}, false
	}
	r := mediaRange{pattern: strings.ToLower(parts[0]), quality: 1}
	if major, minor, ok := strings.Cut(r.pattern, "/"); !ok || major == "" || minor == "" || major == "*" && minor != "*" {
		return mediaRange{}, false
	}
	for _, part := range parts[1:] {
		name, value := parameter(part)
		if name != "q" {
			continue
		}
		q, err := strconv.ParseFloat(value, 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return mediaRange{}, false
		}
		r.quality = q
		break // what follows q is no media type parameter
	}
	return r, true
}

// quality returns how much a media type is wanted: the quality of the most
// specific range that it matches, 0 when it is not acceptable.
func (a accept) quality(mediaType string) float64 {
	if len(a) == 0 {
		return 1
	}
	essence := essenceOf(mediaType)
	major, _, _ := strings.Cut(essence, "/")
	for _, pattern := range [...]string{essence, major + "/*", "*/*"} {
		best, found := 0.0, false
		for _, r := range a {
			if r.pattern == pattern {
				best, found = max(best, r.quality), true
			}
		}
		if found {
			return best
		}
	}
	return 0
}

// choose returns the offer that is wanted most; of equals the earlier one
// (SP-CN-02). It reports false when none is acceptable.
func (a accept) choose(offers []string) (string, bool) {
	best, chosen := 0.0, ""
	for _, offer := range offers {
		if q := a.quality(offer); q > best {
			best, chosen = q, offer
		}
	}
	return chosen, best > 0
}

// prefersHTML reports whether HTML is named and wanted more than any RDF
// media type (SP-CN-11), as browsers that navigate do. "*/*" alone is not it.
func (a accept) prefersHTML() bool {
	named := 0.0
	for _, r := range a {
		if r.pattern == "text/html" {
			named = max(named, r.quality)
		}
	}
	if named == 0 {
		return false
	}
	for _, rdfType := range rdfOffers("") {
		if a.quality(rdfType) >= named {
			return false
		}
	}
	return true
}

// essenceOf returns a media type without parameters, in lower case.
func essenceOf(mediaType string) string {
	essence, _, _ := strings.Cut(mediaType, ";")
	return strings.ToLower(strings.TrimSpace(essence))
}

// Negotiate returns the offer that Accept fields want most; of equals the
// earlier one. It reports false when none is acceptable.
func Negotiate(fields []string, offers ...string) (string, bool) {
	return parseAccept(fields).choose(offers)
}
