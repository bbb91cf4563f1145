package provider

import (
	"net/http"
	"strings"
	"time"

	"domicile/solidoidc/dpop"
	"domicile/solidoidc/internal/jose"
)

// clockLeeway is how far apart the clocks of two nodes may be.
const clockLeeway = 5 * time.Second

// userinfo tells whom an access token is about (OIDC-TOK-09, OIDC Core §5.3).
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) error {
	noStore(w)
	lines := r.Header.Values("Authorization")
	if len(lines) != 1 {
		return tokenRefusal("", "one Authorization header is needed")
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	token = strings.TrimSpace(token)
	claims, problem := p.accessTokenClaims(token)
	if problem != "" {
		return tokenRefusal("invalid_token", problem)
	}
	inForce, err := p.IsInForce(r.Context(), claims.String("client_id"), claims.String("sid"))
	if err != nil {
		return err
	}
	if !inForce {
		return tokenRefusal("invalid_token", "the token has been revoked, or the session is over")
	}
	if err := p.checkPossession(r, scheme, token, claims); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]string{"sub": claims.String("sub"), "webid": claims.String("webid")})
}

// checkPossession makes sure that a bound token comes with a proof of its key,
// and that a bearer token is allowed (OIDC-RS-15).
func (p *Provider) checkPossession(r *http.Request, scheme, token string, claims jose.Claims) error {
	key := claims.Confirmation()
	switch {
	case strings.EqualFold(scheme, "Bearer") && key == "" && p.config.Bearer:
		return nil
	case !strings.EqualFold(scheme, "DPoP") || key == "":
		return tokenRefusal("invalid_token", "the token is used with another scheme than it was issued for")
	}
	proof, err := p.config.Proofs.Check(dpop.Request{
		Proofs: r.Header.Values("DPoP"), Method: r.Method, URL: p.base + userinfoPath, AccessToken: token,
	})
	if err == nil && proof.Thumbprint != key {
		return tokenRefusal("invalid_token", "the token is bound to another key than the DPoP proof's")
	}
	if err == nil {
		err = p.config.Proofs.Redeem(r.Context(), proof)
	}
	if err != nil {
		if refused, ok := proofError(err).(*protocolError); ok && refused.status == 0 {
			return tokenRefusal(refused.code, refused.description)
		}
		return proofError(err)
	}
	return nil
}

// tokenRefusal is status 401 with the challenge of RFC 9449 §7.1; code is ""
// when no token was sent.
func tokenRefusal(code, description string) *protocolError {
	challenge := `DPoP algs="` + strings.Join(jose.Algorithms(), " ") + `"`
	if code != "" {
		challenge += `, error="` + code + `", error_description="` + strings.ReplaceAll(description, `"`, "'") + `"`
	} else {
		code = "invalid_request"
	}
	return &protocolError{status: http.StatusUnauthorized, code: code, description: description, challenge: challenge}
}
