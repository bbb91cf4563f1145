package provider

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"domicile/rdfstore"
	"domicile/solidoidc/internal/jose"
)

// IsInForce reports whether what one of our access tokens was issued for still
// stands: the family that it names as `sid`, which goes when the session ends,
// when a token of it is revoked or used twice, or when the account gives its
// WebID up; or, without one, the client credentials.
func (p *Provider) IsInForce(ctx context.Context, clientID, family string) (inForce bool, err error) {
	err = p.config.Store.View(ctx, func(r rdfstore.Reader) (err error) {
		inForce, err = isInForce(r, clientID, family)
		return err
	})
	return inForce, err
}

// isInForce reads no more than whether the record is there: it is asked with
// every request.
func isInForce(r rdfstore.StateReader, clientID, family string) (bool, error) {
	bucket, key := string(families), family
	if family == "" {
		bucket, key = string(credentials), clientID
	}
	if !isIdentifier(key) {
		return false, nil
	}
	_, err := r.Record(bucket, key)
	if missing(err) {
		return false, nil
	}
	return err == nil, err
}

// introspect serves token introspection (RFC 7662). A client that has a secret
// is told of its own tokens; of others it learns nothing.
func (p *Provider) introspect(w http.ResponseWriter, r *http.Request) error {
	noStore(w)
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	from, err := p.authenticate(r, form)
	if err != nil {
		return err
	}
	if from.Public {
		return invalidClient("introspection is for clients with a secret")
	}
	about, err := p.about(r, form)
	if err != nil {
		return err
	}
	if about["client_id"] != from.ID {
		about = inactive
	}
	return writeJSON(w, http.StatusOK, about)
}

// OperatorIntrospection serves introspection of every token, to whoever can
// reach it: it belongs on the listener of operators.
func (p *Provider) OperatorIntrospection() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noStore(w)
		form, err := readForm(w, r)
		var about map[string]any
		if err == nil {
			about, err = p.about(r, form)
		}
		if err == nil {
			err = writeJSON(w, http.StatusOK, about)
		}
		if err != nil {
			p.render(w, r, err)
		}
	})
}

func (p *Provider) about(r *http.Request, form url.Values) (map[string]any, error) {
	token := form.Get("token")
	if token == "" {
		return nil, oauthError("invalid_request", "token is missing")
	}
	return p.tokenInfo(r.Context(), token)
}

// inactive is all that is told of a token that does not work (RFC 7662 §2.2).
var inactive = map[string]any{"active": false}

// tokenInfo returns what RFC 7662 tells of an access or refresh token of this
// provider.
func (p *Provider) tokenInfo(ctx context.Context, token string) (map[string]any, error) {
	if handle, secret, ok := strings.Cut(token, "."); ok && !strings.Contains(secret, ".") {
		return p.introspectRefreshToken(ctx, handle, secret)
	}
	claims, problem := p.accessTokenClaims(token)
	if problem != "" {
		return inactive, nil
	}
	var inForce bool
	var details []AccessDetail
	err := p.config.Store.View(ctx, func(r rdfstore.Reader) (err error) {
		if inForce, err = isInForce(r, claims.String("client_id"), claims.String("sid")); inForce {
			details, err = p.standingDetails(r, claims)
		}
		return err
	})
	if err != nil || !inForce {
		return inactive, err
	}
	about := map[string]any(maps.Clone(claims))
	about["active"], about["token_type"] = true, "Bearer"
	if claims.Confirmation() != "" {
		about["token_type"] = "DPoP"
	}
	if details != nil {
		about["authorization_details"] = details
	}
	return about, nil
}

func (p *Provider) introspectRefreshToken(ctx context.Context, handle, secret string) (map[string]any, error) {
	var f family
	var granted []AccessDetail
	err := p.config.Store.View(ctx, func(r rdfstore.Reader) (err error) {
		if f, err = families.Get(r, hashSecret(handle)); err == nil {
			granted, err = p.grantedDetails(r, f.Subject.Grant, f.Subject.Details)
		}
		return err
	})
	if missing(err) || err == nil && (!matches(secret, f.SecretHash) || !p.now().Before(f.Expires)) {
		return inactive, nil
	}
	if err != nil {
		return nil, err
	}
	s := f.Subject
	about := map[string]any{
		"active": true, "iss": p.config.Issuer, "client_id": s.ClientID, "sub": s.WebID, "webid": s.WebID,
		"scope": strings.Join(s.Scopes, " "), "exp": f.Expires.Unix(), "sid": hashSecret(handle),
	}
	if granted != nil {
		about["authorization_details"] = granted
	}
	if f.Public && s.KeyHash != "" { // others may come with another key
		about["cnf"] = map[string]string{"jkt": s.KeyHash}
	}
	return about, nil
}

// accessTokenClaims verifies an access token of this provider, but for
// whether it is in force still and who holds it.
func (p *Provider) accessTokenClaims(token string) (claims jose.Claims, problem string) {
	header, claims, err := jose.Verify(token, p.Keys())
	if err != nil || !header.HasType("at+jwt") || claims.String("iss") != p.config.Issuer {
		return nil, "not an access token of this server"
	}
	if err := claims.CheckTime(p.now(), clockLeeway); err != nil {
		return nil, err.Error()
	}
	return claims, ""
}
