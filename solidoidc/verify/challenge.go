package verify

import (
	"errors"
	"fmt"
	"strings"

	"domicile/solidoidc/internal/jose"
)

// Codes of an [Error] (RFC 6750 §3.1, RFC 9449 §12.2).
const (
	CodeInvalidToken = "invalid_token"
	CodeInvalidProof = "invalid_dpop_proof"
)

// Error says why credentials don't hold, in words for the developer of the
// client.
type Error struct {
	Code        string // CodeInvalidToken or CodeInvalidProof
	Description string
	// Cause is for logs at debug level; nil when the description says it all.
	Cause error
}

func (e *Error) Error() string { return e.Description }
func (e *Error) Unwrap() error { return e.Cause }

func invalidToken(description string) *Error {
	return &Error{Code: CodeInvalidToken, Description: description}
}

// Challenge returns the lines of WWW-Authenticate for a 401 (OIDC-CHL-01,
// OIDC-CHL-02): what an [*Error] in err says, or without one what a client
// needs to begin. Send each as a header line of its own: old clients read no
// lists.
func Challenge(err error) []string {
	parameters := fmt.Sprintf(`algs="%s", scope="openid webid"`, strings.Join(jose.Algorithms(), " "))
	var refused *Error
	if errors.As(err, &refused) {
		parameters = fmt.Sprintf(`error="%s", error_description="%s", %s`, refused.Code, quotable(refused.Description), parameters)
	}
	return []string{"DPoP " + parameters, `Bearer scope="openid webid"`}
}

// quotable keeps to the characters that error_description may have (RFC 6750
// §3): descriptions can quote an algorithm name that the client chose.
func quotable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\':
			return '\''
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, text)
}
