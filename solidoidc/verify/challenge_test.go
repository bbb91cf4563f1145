package verify

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestChallenge(t *testing.T) {
	const algs = `algs="ES256 ES384 ES512 EdDSA RS256 RS384 RS512 PS256 PS384 PS512", scope="openid webid"`
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"OIDC-CHL-01 no credentials", nil, "DPoP " + algs},
		{"OIDC-CHL-01 another error", errors.New("x"), "DPoP " + algs},
		{"OIDC-CHL-02 token", invalidToken("aud does not contain solid"),
			`DPoP error="invalid_token", error_description="aud does not contain solid", ` + algs},
		{"OIDC-CHL-02 proof, wrapped", fmt.Errorf("401: %w", &Error{Code: CodeInvalidProof, Description: "htm"}),
			`DPoP error="invalid_dpop_proof", error_description="htm", ` + algs},
		{"OIDC-CHL-02 what a client chose stays in its place", invalidToken("alg \"x\\\r\n\u00e9\""),
			`DPoP error="invalid_token", error_description="alg 'x'???'", ` + algs},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := Challenge(c.err)
			if len(lines) != 2 || lines[0] != c.want || lines[1] != `Bearer scope="openid webid"` {
				t.Errorf("got %s", strings.Join(lines, "\n"))
			}
		})
	}
}

// TestChallengeOfHostileTokens: whatever a client sends, the header is well
// formed.
func TestChallengeOfHostileTokens(t *testing.T) {
	w := newWorld(t)
	wellFormed := regexp.MustCompile(`^DPoP [a-z_]+="[ !#-\[\]-~]*"(, [a-z_]+="[ !#-\[\]-~]*")*$`)
	token := w.sign(w.issuerKey, w.bobsClaims())
	for _, hostile := range []string{
		reheader(t, token, map[string]any{"alg": `", error="`}),
		reheader(t, token, map[string]any{"alg": "\r\nSet-Cookie: a=b"}),
		reheader(t, token, map[string]any{"alg": "ES256", `"x\`: 1, "crit": 1}),
	} {
		_, err := w.identify(w.request(hostile))
		if line := Challenge(err)[0]; err == nil || !wellFormed.MatchString(line) {
			t.Errorf("got %q", line)
		}
	}
}
