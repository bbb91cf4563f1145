package verify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"domicile/solidoidc/fetch"
	"domicile/solidoidc/internal/jose"
)

const (
	// Keys are remembered as long as their issuer says, between these.
	minKeysTTL = 30 * time.Second
	maxKeysTTL = 10 * time.Minute
	// refetchInterval is how often an unknown `kid` may make us look for new
	// keys of an issuer (OIDC-RS-12).
	refetchInterval = 30 * time.Second

	maxMetadataBytes = 64 << 10
	discoveryPath    = "/.well-known/openid-configuration"
)

type issuerKeys struct {
	set     *jose.KeySet
	expires time.Time
}

// checkSignature verifies a token with its issuer's keys (OIDC-RS-11).
func (v *Verifier) checkSignature(ctx context.Context, t *token, compact, address string) error {
	if t.own {
		t.keys = v.config.OwnKeys()
		_, _, err := jose.Verify(compact, t.keys)
		return signatureError(err)
	}
	keys, err := v.keysOf(ctx, t.identity.Issuer, address, time.Time{})
	if err != nil {
		return issuerError(ctx, err)
	}
	_, _, err = jose.Verify(compact, keys.set)
	if !errors.Is(err, jose.ErrUnknownKey) {
		return signatureError(err)
	}
	if keys, err = v.keysOf(ctx, t.identity.Issuer, address, v.config.Clock().Add(-refetchInterval)); err != nil {
		return issuerError(ctx, err)
	}
	_, _, err = jose.Verify(compact, keys.set)
	return signatureError(err)
}

func signatureError(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Code: CodeInvalidToken, Description: "access token: " + err.Error(), Cause: err}
}

func issuerError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, ErrBusy) {
		return err
	}
	return &Error{Code: CodeInvalidToken, Description: "the keys of the issuer could not be fetched", Cause: err}
}

// keysOf returns the keys of another issuer, remembered ones if they were
// fetched at since or later.
func (v *Verifier) keysOf(ctx context.Context, issuer, address string, since time.Time) (issuerKeys, error) {
	key := withPath(issuer)
	return v.keys.Load(ctx, key, since, func(ctx context.Context) (issuerKeys, time.Duration, error) {
		now := v.config.Clock()
		set, ttl, err := v.fetchKeys(ctx, issuer, address)
		if err == nil {
			return issuerKeys{set, now.Add(ttl)}, ttl, nil
		}
		// A token with a made-up `kid` must not cost an issuer that does not
		// answer at the moment the keys that we have.
		if old, ok := v.keys.Get(key); ok {
			return old, min(fetch.NegativeTTL, old.expires.Sub(now)), nil
		}
		return issuerKeys{}, failureTTL(err), err
	})
}

func (v *Verifier) fetchKeys(ctx context.Context, issuer, address string) (*jose.KeySet, time.Duration, error) {
	// No redirects: metadata that is elsewhere is not the issuer's.
	discovery, err := v.fetch(ctx, address, strings.TrimSuffix(issuer, "/")+discoveryPath, fetch.Options{
		Accept: "application/json", MediaTypes: []string{"application/json"}, MaxBytes: maxMetadataBytes,
	})
	if err != nil {
		return nil, 0, err
	}
	var metadata struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(discovery.Body, &metadata); err != nil {
		return nil, 0, errors.New("discovery document is not JSON of the right shape")
	}
	if !sameIssuer(metadata.Issuer, issuer) {
		return nil, 0, errors.New("discovery document is another issuer's")
	}
	if err := v.checkURL("jwks_uri", metadata.JWKSURI); err != nil {
		return nil, 0, err
	}
	document, err := v.fetch(ctx, address, metadata.JWKSURI, fetch.Options{
		Accept: "application/jwk-set+json, application/json", MediaTypes: []string{"application/jwk-set+json", "application/json"}, MaxBytes: maxMetadataBytes,
	})
	if err != nil {
		return nil, 0, err
	}
	set, err := jose.ParseKeySet(document.Body)
	if err != nil {
		return nil, 0, err
	}
	return set, min(keysTTL(discovery.MaxAge), keysTTL(document.MaxAge)), nil
}

func keysTTL(maxAge time.Duration) time.Duration {
	if maxAge < 0 {
		return maxKeysTTL
	}
	return min(max(maxAge, minKeysTTL), maxKeysTTL)
}
