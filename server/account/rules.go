package account

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	minPassword = 8    // characters, NIST SP 800-63B §3.1.1.2
	maxPassword = 1024 // bytes; more is an attack on the hasher
	maxEmail    = 254  // bytes, RFC 5321 §4.5.3.1.3
	maxName     = 200  // bytes of the name of client credentials
)

// normaliseEmail returns the form in which an address is kept and compared.
// It accepts what looks like an address; whether mail arrives there only mail
// can tell.
func normaliseEmail(text string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(text))
	local, domain, _ := strings.Cut(email, "@")
	odd := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`@<>()[],;:"\`, r)
	}
	if local == "" || domain == "" || len(email) > maxEmail || !utf8.ValidString(text) ||
		strings.ContainsFunc(local, odd) || strings.ContainsFunc(domain, odd) {
		return "", errEmailInvalid
	}
	return email, nil
}

// checkPassword applies the rules for a password that somebody chooses for
// the login with the given normalised address.
func checkPassword(password, email string) error {
	local, _, _ := strings.Cut(email, "@")
	switch typed := strings.ToLower(strings.TrimSpace(password)); {
	case len(password) > maxPassword:
		return errPasswordLong
	case utf8.RuneCountInString(password) < minPassword:
		return errPasswordShort
	case typed == email || typed == local:
		return errPasswordEmail
	}
	return nil
}

// podName makes a storage name of what somebody typed, as CSS does: "Anna
// Smith" becomes "anna-smith". Whether the result is allowed [Pods] decides.
func podName(text string) string {
	var name strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(text)) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			name.WriteRune(r)
		} else if !strings.HasSuffix(name.String(), "-") {
			name.WriteByte('-')
		}
	}
	return strings.Trim(name.String(), "-")
}

// isWebID reports whether text can be a WebID of another server.
func isWebID(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
