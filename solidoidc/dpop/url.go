package dpop

import (
	"errors"
	"net/url"
	"strings"
)

var errNotHTTP = errors.New("not an absolute http or https URL")

// normalizeURL gives the spellings of an `htu` that RFC 9449 §4.3 calls equal
// the same form: scheme and host in lower case, no default port, "/" for an
// empty path, percent-encoding of unreserved characters undone and the rest in
// upper case (RFC 3986 §6.2.2, §6.2.3), no query and no fragment. Dot segments
// stay: no resource has them in its URL.
func normalizeURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return "", errNotHTTP
	}
	defaultPort := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	if defaultPort == "" {
		return "", errNotHTTP
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), defaultPort)
	host = strings.TrimSuffix(host, ":") // an empty port is the default one
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return u.Scheme + "://" + host + normalizePath(path), nil
}

// normalizePath works on a path whose percent-encoding is valid.
func normalizePath(escaped string) string {
	if !strings.Contains(escaped, "%") {
		return escaped
	}
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		if escaped[i] != '%' {
			b.WriteByte(escaped[i])
			continue
		}
		triplet := escaped[i : i+3]
		if c := unhex(triplet[1])<<4 | unhex(triplet[2]); isUnreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString(strings.ToUpper(triplet))
		}
		i += 2
	}
	return b.String()
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// isUnreserved is the set of RFC 3986 §2.3.
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
