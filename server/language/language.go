// Package language chooses the language of a page for people: Dutch, French or
// English. The texts themselves are with the pages.
//
// Spec: Accept-Language, https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4.
package language

import (
	"net/http"
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

// Cookie is the name of the cookie that keeps the language somebody chose.
const Cookie = "lang"

// Chosen returns the language that somebody chose before, or "".
func Chosen(r *http.Request) string {
	cookie, err := r.Cookie(Cookie)
	if err != nil || !slices.Contains(All, cookie.Value) {
		return ""
	}
	return cookie.Value
}

// Asked returns the language that a link to the same page in another asks for
// (?lang=), or "".
func Asked(r *http.Request) string {
	if asked := r.URL.Query().Get("lang"); slices.Contains(All, asked) {
		return asked
	}
	return ""
}

// Of returns the language for a page that answers r: the one chosen before,
// else the one that the browser asks for.
func Of(r *http.Request) string {
	if chosen := Chosen(r); chosen != "" {
		return chosen
	}
	return Negotiate(r.Header.Get("Accept-Language"))
}

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
