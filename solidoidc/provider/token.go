package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"domicile/solidoidc/dpop"
)

// redeem is what the token endpoint does for one grant type.
type redeem func(p *Provider, ctx context.Context, form url.Values, from caller, key possession) (tokens, error)

// possession is a DPoP proof that holds, or none for a bearer token.
type possession struct{ proof *dpop.Proof }

// hash is the thumbprint of the key, "" for a bearer token.
func (k possession) hash() string {
	if k.proof == nil {
		return ""
	}
	return k.proof.Thumbprint
}

var redeemers = map[string]redeem{
	"authorization_code": (*Provider).redeemCode,
	"refresh_token":      (*Provider).redeemRefreshToken,
	"client_credentials": (*Provider).redeemCredentials,
}

// token serves the token endpoint (OIDC-TOK-01…08). The proof is checked after
// the client and before the grant, so that a bad proof uses nothing up. It is
// redeemed when the grant turns out to be good, so that strangers cannot fill
// the memory of used proofs.
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
	key, err := p.possession(r)
	if err != nil {
		return err
	}
	issued, err := redeem(p, r.Context(), form, from, key)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, issued)
}

// throttled bounds how often clients at an address may fail to authenticate:
// whoever guesses, or is broken, is told to wait before anything is looked at.
func (p *Provider) throttled(next func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		address := remoteHost(r)
		if wait := p.failures.Blocked(address); wait > 0 {
			noStore(w)
			return &protocolError{
				status: http.StatusTooManyRequests, code: "temporarily_unavailable",
				description: "too many failed attempts to authenticate from this address", retryAfter: wait,
			}
		}
		err := next(w, r)
		var refused *protocolError
		if errors.As(err, &refused) && refused.status == http.StatusUnauthorized {
			p.failures.Wait(address)
		}
		return err
	}
}

// possession checks the request's DPoP proof (OIDC-TOK-03).
func (p *Provider) possession(r *http.Request) (possession, error) {
	lines := r.Header.Values("DPoP")
	if len(lines) == 0 {
		if p.config.Bearer {
			return possession{}, nil
		}
		return possession{}, oauthError("invalid_dpop_proof", "the DPoP header is missing; this server binds tokens to keys")
	}
	proof, err := p.config.Proofs.Check(dpop.Request{Proofs: lines, Method: http.MethodPost, URL: p.base + tokenPath})
	if err != nil {
		return possession{}, proofError(err)
	}
	return possession{&proof}, nil
}

// redeemProof makes the proof unusable. In an update it comes last: what it
// returns undoes the rest, so that a replayed proof uses nothing up, while it
// is itself not undone.
func (p *Provider) redeemProof(ctx context.Context, key possession) error {
	if key.proof == nil {
		return nil
	}
	return proofError(p.config.Proofs.Redeem(ctx, *key.proof))
}
