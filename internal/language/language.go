// Package language chooses the language of a page for people: Dutch, French or
// English. The texts themselves are with the pages.
//
// Spec: Accept-Language, https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4.
package language

import (
	"slices"
	"strconv"
	"strings"
)

// The tags of the languages (RFC 5646).
const (
	Dutch   = "nl"
	French  = "fr"
	English = "en"
)

// All are the languages, in the order in which people choose from them.
var All = []string{Dutch, French, English}

// Negotiate returns the language that an Accept-Language field prefers,
// English when it prefers none of ours.
func Negotiate(acceptLanguage string) string {
	best, quality := English, 0.0
	for item := range strings.SplitSeq(acceptLanguage, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(item), ";")
		q := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			parsed, err := strconv.ParseFloat(value, 64)
			if err != nil {
				continue
			}
			q = parsed
		}
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if q > quality && slices.Contains(All, primary) {
			best, quality = primary, q
		}
	}
	return best
}
