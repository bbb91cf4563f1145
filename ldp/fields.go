package ldp

import (
	"errors"
	"strings"
)

// errField is the error for a header field that breaks its grammar.
var errField = errors.New("malformed header field")

// splitQuoted splits a field value at a separator outside of quoted strings
// and of angle brackets, and trims blanks. Empty elements are left out
// (RFC 9110 §5.6.1).
func splitQuoted(value string, separator byte) []string {
	var parts []string
	var quoted, bracketed bool
	start := 0
	add := func(end int) {
		if part := strings.Trim(value[start:end], " \t"); part != "" {
			parts = append(parts, part)
		}
	}
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !bracketed:
			quoted = !quoted
		case c == '<' && !quoted:
			bracketed = true
		case c == '>' && !quoted:
			bracketed = false
		case c == separator && !quoted && !bracketed:
			add(i)
			start = i + 1
		}
	}
	add(len(value))
	return parts
}

// parameter splits "name=value" and undoes the quotes of the value. The name
// comes back in lower case.
func parameter(text string) (name, value string) {
	name, value, _ = strings.Cut(text, "=")
	value = strings.Trim(value, " \t")
	if inner, ok := strings.CutPrefix(value, `"`); ok {
		value = unescapeQuoted(strings.TrimSuffix(inner, `"`))
	}
	return strings.ToLower(strings.Trim(name, " \t")), value
}

func unescapeQuoted(inner string) string {
	if !strings.Contains(inner, `\`) {
		return inner
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}

// isToken reports whether text is a token (RFC 9110 §5.6.2).
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return text != ""
}
