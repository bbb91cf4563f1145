package resource

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Errors of parsing a URL into an ID. They are wrapped with what was wrong.
var (
	// ErrMalformed: the URL breaks a rule of spelling (400).
	ErrMalformed = errors.New("malformed resource URL")
	// ErrTooLong: the path is longer than [MaxPath] (414).
	ErrTooLong = errors.New("resource URL is too long")
	// ErrOutside: the URL is in no storage of this server (404).
	ErrOutside = errors.New("URL is not in a storage")
	// ErrReserved: the URL is in a storage, but the name is the server's own,
	// for example an auxiliary resource of an auxiliary resource (404).
	ErrReserved = errors.New("name is reserved")
)

// MaxPath is the longest path that is accepted, in bytes as sent.
const MaxPath = 4096

const (
	aclSuffix          = ".acl"
	descriptionSuffix  = ".meta"
	wellKnown          = ".well-known"
	storageDescription = ".well-known/solid"
)

// auxiliaries are what the name of a subject can end in.
var auxiliaries = [...]struct {
	suffix string
	aux    Aux
}{{aclSuffix, ACL}, {descriptionSuffix, Description}}

// ValidName reports whether name can name a storage: 1 to 63 of a-z, 0-9 and
// "-", neither first nor last a "-" (a host name label, ECO-POD-04).
func ValidName(name string) bool {
	if name == "" || len(name) > 63 || name[0] == '-' || name[len(name)-1] == '-' {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// Space is the URL space of a server: it knows the base URL and whether
// storages are paths below it or hosts beneath it.
type Space struct {
	base       *url.URL // lower-case host, no default port, path "/"
	subdomains bool
}

// NewSpace returns the space of a base URL such as "https://pods.example/".
// The base URL has no path of its own.
func NewSpace(baseURL string, subdomains bool) (*Space, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("base URL %q: the scheme must be http or https", baseURL)
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/") {
		return nil, fmt.Errorf("base URL %q: want a scheme, a host and nothing else", baseURL)
	}
	return &Space{base: &url.URL{Scheme: u.Scheme, Host: canonicalHost(u.Scheme, u.Host), Path: "/"}, subdomains: subdomains}, nil
}

// BaseURL returns the base URL with its trailing slash.
func (s *Space) BaseURL() string { return s.base.String() }

// Host returns the base URL's host, with its port when that is not the default.
func (s *Space) Host() string { return s.base.Host }

// Subdomains reports whether each storage has a host of its own.
func (s *Space) Subdomains() bool { return s.subdomains }

// Parse identifies the resource that a request's Host header and escaped path
// name. The query is no part of identity (SP-URI-05).
func (s *Space) Parse(host, escapedPath string) (ID, error) {
	if len(escapedPath) > MaxPath {
		return ID{}, ErrTooLong
	}
	rest, ok := strings.CutPrefix(escapedPath, "/")
	if !ok {
		return ID{}, fmt.Errorf("%w: the path does not begin with a slash", ErrMalformed)
	}
	path, err := canonicalPath(rest)
	if err != nil {
		return ID{}, err
	}
	storage := ""
	if s.subdomains {
		label, ok := strings.CutSuffix(canonicalHost(s.base.Scheme, host), "."+s.base.Host)
		if !ok {
			return ID{}, ErrOutside
		}
		storage = label
	} else if storage, path, ok = strings.Cut(path, "/"); !ok {
		return ID{}, ErrOutside // "/alice" is no resource; "/alice/" is
	}
	if !ValidName(storage) {
		return ID{}, ErrOutside
	}
	return fromPath(storage, path)
}

// ParseIRI identifies the resource that an absolute IRI names, fragment and
// query aside. IRIs of other servers give [ErrOutside].
func (s *Space) ParseIRI(iri string) (ID, error) {
	u, err := url.Parse(iri)
	if err != nil {
		return ID{}, fmt.Errorf("%w: not a URL", ErrMalformed)
	}
	host := canonicalHost(u.Scheme, u.Host)
	if !strings.EqualFold(u.Scheme, s.base.Scheme) || u.User != nil {
		return ID{}, ErrOutside
	}
	if !s.subdomains && host != s.base.Host {
		return ID{}, ErrOutside
	}
	return s.Parse(host, u.EscapedPath())
}

// URL returns the canonical absolute URL of id.
func (s *Space) URL(id ID) string {
	suffix := ""
	switch id.aux {
	case ACL:
		suffix = aclSuffix
	case Description:
		suffix = descriptionSuffix
	case StorageDescription:
		suffix = storageDescription
	}
	if s.subdomains {
		return s.base.Scheme + "://" + id.storage + "." + s.base.Host + "/" + id.path + suffix
	}
	return s.base.Scheme + "://" + s.base.Host + "/" + id.storage + "/" + id.path + suffix
}

// fromPath reads the auxiliary suffixes off a canonical path and refuses the
// names that are the server's own.
func fromPath(storage, path string) (ID, error) {
	if path == storageDescription {
		return Root(storage).StorageDescription(), nil
	}
	segments := strings.Split(path, "/")
	if segments[0] == wellKnown {
		return ID{}, ErrReserved
	}
	last := len(segments) - 1
	for _, segment := range segments[:last] {
		if isAuxiliaryName(segment) {
			return ID{}, ErrReserved
		}
	}
	for _, of := range auxiliaries {
		subject, ok := strings.CutSuffix(path, of.suffix)
		if !ok {
			continue
		}
		if isAuxiliaryName(strings.TrimSuffix(segments[last], of.suffix)) {
			return ID{}, ErrReserved // no auxiliary of an auxiliary (SP-AUX-02)
		}
		return ID{storage, subject, of.aux}, nil
	}
	return ID{storage: storage, path: path}, nil
}

func isAuxiliaryName(segment string) bool {
	return strings.HasSuffix(segment, aclSuffix) || strings.HasSuffix(segment, descriptionSuffix)
}

// canonicalPath brings each segment to its one spelling. Only the last segment
// may be empty.
func canonicalPath(path string) (string, error) {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if segment == "" && i == len(segments)-1 {
			break
		}
		canonical, err := canonicalSegment(segment)
		if err != nil {
			return "", err
		}
		segments[i] = canonical
	}
	return strings.Join(segments, "/"), nil
}

// canonicalSegment decodes one escaped segment, refuses what must not be in
// it and encodes it again: pchar of RFC 3986 §3.3 stays, all else is escaped
// with upper-case hex.
func canonicalSegment(escaped string) (string, error) {
	decoded, err := url.PathUnescape(escaped)
	if err != nil {
		return "", fmt.Errorf("%w: broken percent-encoding", ErrMalformed)
	}
	switch {
	case decoded == "":
		return "", fmt.Errorf("%w: empty path segment", ErrMalformed)
	case decoded == "." || decoded == "..":
		return "", fmt.Errorf("%w: dot segment", ErrMalformed)
	case !utf8.ValidString(decoded):
		return "", fmt.Errorf("%w: not UTF-8", ErrMalformed)
	case strings.ContainsFunc(decoded, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\\' }):
		return "", fmt.Errorf("%w: a slash, backslash or control character inside a segment", ErrMalformed)
	}
	if !strings.ContainsFunc(decoded, func(r rune) bool { return r > '~' || !isPchar(byte(r)) }) {
		return decoded, nil // as nearly all are
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(decoded))
	for i := range len(decoded) {
		if c := decoded[i]; isPchar(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String(), nil
}

func isPchar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0
}

func canonicalHost(scheme, host string) string {
	host = strings.ToLower(host)
	switch strings.ToLower(scheme) {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}
