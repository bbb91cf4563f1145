// Package iri checks IRIs and resolves relative ones, exactly as RFC 3986 §5.2
// says and without normalising anything: an IRI is an identifier, so two that
// differ in one character are two (RDF 1.1 Concepts §3.2). net/url would decode
// and encode again on the way.
//
// Spec: https://www.rfc-editor.org/rfc/rfc3986#section-5, with the wider
// repertoire of https://www.rfc-editor.org/rfc/rfc3987
package iri

import (
	"errors"
	"strings"
)

// Errors that tell what is wrong with an IRI.
var (
	ErrCharacter = errors.New("contains a character that an IRI cannot contain")
	ErrScheme    = errors.New("does not begin with a valid scheme")
	ErrRelative  = errors.New("is relative and there is no base to resolve it against")
)

// forbidden holds the ASCII characters that the production IRIREF excludes
// (Turtle §6.5).
var forbidden = func() (table [256]bool) {
	for c := range ' ' + 1 {
		table[c] = true
	}
	for _, c := range []byte("<>\"{}|^`\\") {
		table[c] = true
	}
	return table
}()

// Forbidden reports whether c may not stand in an IRI, escaped or not.
func Forbidden(c byte) bool { return forbidden[c] }

// CheckAbsolute returns nil when s has a valid scheme and no forbidden
// character.
func CheckAbsolute(s string) error {
	for i := range len(s) {
		if forbidden[s[i]] {
			return ErrCharacter
		}
	}
	if schemeLength(s) <= 0 {
		return ErrScheme
	}
	return nil
}

// schemeLength returns the length of the scheme without its colon, 0 when s is
// a relative reference, and -1 when what stands before the colon is no scheme.
func schemeLength(s string) int {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case '0' <= c && c <= '9', c == '+', c == '-', c == '.':
			if i == 0 {
				return invalidUnlessRelative(s)
			}
		case c == ':':
			if i == 0 {
				return -1
			}
			return i
		default:
			return invalidUnlessRelative(s)
		}
	}
	return 0
}

// invalidUnlessRelative tells a relative reference from a bad scheme: the first
// segment of a relative path has no colon (RFC 3986 §4.2).
func invalidUnlessRelative(s string) int {
	if i := strings.IndexAny(s, ":/?#"); i >= 0 && s[i] == ':' {
		return -1
	}
	return 0
}

// reference is an IRI reference in its five components (RFC 3986 §3).
type reference struct {
	scheme, authority, path, query, fragment string
	hasAuthority, hasQuery, hasFragment      bool
}

func split(s string, scheme int) reference {
	var r reference
	if scheme > 0 {
		r.scheme, s = s[:scheme], s[scheme+1:]
	}
	s, r.fragment, r.hasFragment = strings.Cut(s, "#")
	s, r.query, r.hasQuery = strings.Cut(s, "?")
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		r.hasAuthority = true
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		r.authority, s = rest[:end], rest[end:]
	}
	r.path = s
	return r
}

func (r reference) String() string {
	var b strings.Builder
	if r.scheme != "" {
		b.WriteString(r.scheme)
		b.WriteByte(':')
	}
	if r.hasAuthority {
		b.WriteString("//")
		b.WriteString(r.authority)
	}
	b.WriteString(r.path)
	if r.hasQuery {
		b.WriteByte('?')
		b.WriteString(r.query)
	}
	if r.hasFragment {
		b.WriteByte('#')
		b.WriteString(r.fragment)
	}
	return b.String()
}

// Base is an absolute IRI that references are resolved against. The zero Base
// resolves absolute ones only.
type Base struct {
	parts reference
	// document is the base without its fragment.
	document string
}

// NewBase returns the base for an absolute IRI; the zero Base for "".
func NewBase(s string) (Base, error) {
	if s == "" {
		return Base{}, nil
	}
	if err := CheckAbsolute(s); err != nil {
		return Base{}, err
	}
	document, _, _ := strings.Cut(s, "#")
	return Base{split(document, schemeLength(document)), document}, nil
}

// Resolve returns the absolute IRI that ref stands for (RFC 3986 §5.2.2). An
// absolute ref is returned as it is, dot segments included: only relative ones
// are resolved (Turtle §6.3). The characters of ref are not checked.
func (b Base) Resolve(ref string) (string, error) {
	switch n := schemeLength(ref); {
	case n > 0:
		return ref, nil
	case n < 0:
		return "", ErrScheme
	case b.document == "":
		return "", ErrRelative
	case ref == "":
		return b.document, nil
	case ref[0] == '#':
		return b.document + ref, nil
	}
	r := split(ref, 0)
	r.scheme = b.parts.scheme
	if r.hasAuthority {
		r.path = removeDotSegments(r.path)
		return r.String(), nil
	}
	r.authority, r.hasAuthority = b.parts.authority, b.parts.hasAuthority
	switch {
	case r.path == "":
		r.path = b.parts.path
		if !r.hasQuery {
			r.query, r.hasQuery = b.parts.query, b.parts.hasQuery
		}
	case r.path[0] == '/':
		r.path = removeDotSegments(r.path)
	default:
		r.path = removeDotSegments(b.merge(r.path))
	}
	return r.String(), nil
}

// merge is RFC 3986 §5.2.3.
func (b Base) merge(path string) string {
	if b.parts.hasAuthority && b.parts.path == "" {
		return "/" + path
	}
	return b.parts.path[:strings.LastIndexByte(b.parts.path, '/')+1] + path
}

// removeDotSegments is RFC 3986 §5.2.4.
func removeDotSegments(in string) string {
	if !strings.HasPrefix(in, ".") && !strings.Contains(in, "/.") {
		return in
	}
	out := make([]byte, 0, len(in))
	for in != "" {
		switch {
		case strings.HasPrefix(in, "../"):
			in = in[3:]
		case strings.HasPrefix(in, "./"), strings.HasPrefix(in, "/./"):
			in = in[2:]
		case in == "/.":
			in = "/"
		case strings.HasPrefix(in, "/../"):
			in, out = in[3:], withoutLastSegment(out)
		case in == "/..":
			in, out = "/", withoutLastSegment(out)
		case in == ".", in == "..":
			in = ""
		default:
			end := len(in)
			if i := strings.IndexByte(in[1:], '/'); i >= 0 {
				end = i + 1
			}
			out, in = append(out, in[:end]...), in[end:]
		}
	}
	return string(out)
}

func withoutLastSegment(path []byte) []byte {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[:i]
		}
	}
	return path[:0]
}
