package provider

import (
	"context"
	"net/http"
	"net/url"

	"domicile/solidoidc/dpop"
)

// redeem is what the token endpoint does for one grant type. keyHash is the
// thumbprint of the DPoP key, "" for a bearer token.
type redeem func(p *Provider, ctx context.Context, form url.Values, from caller, keyHash string) (tokens, error)

var redeemers = map[string]redeem{
	"authorization_code": (*Provider).redeemCode,
	"refresh_token":      (*Provider).redeemRefreshToken,
	"client_credentials": (*Provider).redeemCredentials,
}

// token serves the token endpoint (OIDC-TOK-01…08). The proof is checked after
// the client and before the grant, so that a bad proof uses nothing up.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) error {
	noStore(w)
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	if name := repeated(form); name != "" {
		return oauthError("invalid_request", "a parameter occurs twice")
	}
	grantType := form.Get("grant_type")
	if grantType == "" {
		return oauthError("invalid_request", "grant_type is missing")
	}
	redeem, ok := redeemers[grantType]
	if !ok {
		return oauthError("unsupported_grant_type", "grant_type is none of authorization_code, refresh_token, client_credentials")
	}
	from, err := p.authenticate(r, form)
	if err != nil {
		return err
	}
	keyHash, err := p.proofKey(r)
	if err != nil {
		return err
	}
	issued, err := redeem(p, r.Context(), form, from, keyHash)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, issued)
}

// proofKey returns the thumbprint of the key that the request's DPoP proof was
// signed with (OIDC-TOK-03).
func (p *Provider) proofKey(r *http.Request) (string, error) {
	lines := r.Header.Values("DPoP")
	if len(lines) == 0 {
		if p.config.Bearer {
			return "", nil
		}
		return "", oauthError("invalid_dpop_proof", "the DPoP header is missing; this server binds tokens to keys")
	}
	keyHash, err := p.config.Proofs.Verify(r.Context(), dpop.Request{Proofs: lines, Method: http.MethodPost, URL: p.base + tokenPath})
	if err != nil {
		return "", proofError(err)
	}
	return keyHash, nil
}
