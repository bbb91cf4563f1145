package lex

import (
	"bytes"
	"strings"
)

func isEscapable(c byte) bool { return strings.IndexByte(escapable, c) >= 0 }

// Unescape appends to dst the local part of a prefixed name with its
// backslashes resolved. Percent signs stay: they are part of the IRI.
func Unescape(dst, local []byte) []byte {
	for {
		i := bytes.IndexByte(local, '\\')
		if i < 0 {
			return append(dst, local...)
		}
		dst = append(append(dst, local[:i]...), local[i+1])
		local = local[i+2:]
	}
}

// IsPrefix reports whether s may be declared as a prefix (PN_PREFIX, or empty).
func IsPrefix(s string) bool {
	if s == "" {
		return true
	}
	if s[0] == '_' || nameStart(s) == 0 {
		return false
	}
	return isDotted(s[nameStart(s):], nameChar)
}

// IsLabel reports whether s can be written as a blank node label.
func IsLabel(s string) bool {
	if s == "" {
		return false
	}
	first := nameStart(s)
	if is(s[0], isDigit) {
		first = 1
	}
	return first > 0 && isDotted(s[first:], nameChar)
}

// IsPlainLocal reports whether s can be written as the local part of a prefixed
// name without any backslash.
func IsPlainLocal(s string) bool {
	if s == "" {
		return true
	}
	if s[0] == '-' || s[0] == '.' {
		return false
	}
	if is(s[0], isDigit) {
		return isDotted(s, plainLocalChar)
	}
	if first := nameStart(s); first > 0 {
		return isDotted(s[first:], plainLocalChar)
	}
	return (s[0] == ':' || s[0] == '%') && isDotted(s, plainLocalChar)
}

func plainLocalChar(s string) int {
	switch {
	case s[0] == ':':
		return 1
	case s[0] == '%' && len(s) > 2 && is(s[1], isHex) && is(s[2], isHex):
		return 3
	}
	return nameChar(s)
}

// isDotted reports whether s is made of the given characters, which include
// those of PN_CHARS, and dots and does not end in a dot.
func isDotted(s string, char func(string) int) bool {
	for s != "" {
		if is(s[0], isName) {
			s = s[1:]
			continue
		}
		switch n := char(s); {
		case n > 0:
			s = s[n:]
		case s[0] == '.' && len(s) > 1:
			s = s[1:]
		default:
			return false
		}
	}
	return true
}

// IsLanguageTag reports whether s can be written as LANGTAG without its "@".
func IsLanguageTag(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if part == "" {
			return false
		}
		for _, c := range []byte(part) {
			if !is(c, isLetter) && (i == 0 || !is(c, isDigit)) {
				return false
			}
		}
	}
	return true
}
