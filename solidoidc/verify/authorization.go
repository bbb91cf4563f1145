package verify

import "strings"

// The authentication schemes that are understood, in lower case.
const (
	schemeDPoP   = "dpop"
	schemeBearer = "bearer"
)

type credentials struct{ scheme, token string }

// parseAuthorization reads the one Authorization header of a request
// (OIDC-RS-01; RFC 9110 §11.4 with a token68, RFC 9449 §7.1, RFC 6750 §2.1).
func parseAuthorization(lines []string) (credentials, error) {
	if len(lines) != 1 {
		return credentials{}, invalidToken("there is more than one Authorization header")
	}
	scheme, token, _ := strings.Cut(strings.Trim(lines[0], " \t"), " ")
	scheme, token = strings.ToLower(scheme), strings.TrimLeft(token, " ")
	if scheme != schemeDPoP && scheme != schemeBearer {
		return credentials{}, invalidToken("the authentication scheme is not supported: use DPoP")
	}
	if !isToken68(token) {
		return credentials{}, invalidToken("there is no well-formed access token in the Authorization header")
	}
	return credentials{scheme, token}, nil
}

// isToken68 is the production of RFC 9110 §11.2.
func isToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~+/", r)
	})
}
