package provider

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
)

// Refusals of grants. Which of the conditions failed is for the log of nobody:
// RFC 6749 §5.2 has one code, and a thief should not learn more.
var (
	errWrongCode    = oauthError("invalid_grant", "the code is unknown, used, expired, or was not issued for this client, redirect_uri or code_verifier")
	errWrongRefresh = oauthError("invalid_grant", "the refresh token is unknown, used, revoked, expired, or was not issued for this client or DPoP key")
)

// redeemCode redeems an authorization code (OIDC-TOK-02). The code is used up
// by the first attempt of its client, right or wrong, in one update: of any
// number of attempts one succeeds, and a later one revokes what it got
// (OIDC-AUTH-05).
func (p *Provider) redeemCode(ctx context.Context, form url.Values, from caller, key possession) (tokens, error) {
	if from.Credentials != nil {
		return tokens{}, oauthError("unauthorized_client", "client credentials are for client_credentials only")
	}
	code := form.Get("code")
	if code == "" {
		return tokens{}, oauthError("invalid_request", "code is missing")
	}
	var s subject
	var refreshToken string
	err := p.update(ctx, func(tx rdfstore.Tx) (refusal, err error) {
		granted, err := codes.Get(tx, hashSecret(code))
		if missing(err) || err == nil && granted.Request.ClientID != from.ID {
			return errWrongCode, nil
		}
		if err != nil {
			return nil, err
		}
		if granted.Redeemed {
			return errWrongCode, p.revokeFamily(tx, granted.Family)
		}
		granted.Redeemed = true
		ended, err := hasEnded(tx, granted.Session)
		if err != nil {
			return nil, err
		}
		holds, err := p.config.GrantHolds(tx, granted.Grant)
		if err != nil {
			return nil, err
		}
		usedUp := func() error { return codes.Set(tx, hashSecret(code), granted, p.now().Add(accessTokenLifetime)) }
		if ended || !holds || !p.now().Before(granted.Expires) || !granted.fits(form, key.hash()) {
			return errWrongCode, usedUp()
		}
		s = granted.subject(key.hash())
		problem, err := p.specify(tx, &s, form.Get("authorization_details"))
		if err != nil {
			return nil, err
		}
		if problem != nil {
			return problem, usedUp()
		}
		f := family{Account: granted.Account, Session: granted.Session, Public: from.Public, Subject: granted.subject(key.hash())}
		if granted.Family, refreshToken, err = p.begin(tx, f); err != nil {
			return nil, err
		}
		if err := usedUp(); err != nil {
			return nil, err
		}
		s.Family, s.Nonce = granted.Family, granted.Request.Nonce
		return nil, p.redeemProof(ctx, key)
	})
	if err != nil {
		return tokens{}, err
	}
	issued, err := p.issue(s)
	issued.RefreshToken = refreshToken
	return issued, err
}

// fits reports whether redirect URI, PKCE verifier (RFC 7636 §4.6) and DPoP key
// (RFC 9449 §10) are those of the authorization request.
func (g grantedCode) fits(form url.Values, keyHash string) bool {
	return form.Get("redirect_uri") == g.Request.RedirectURI &&
		verifierFits(form.Get("code_verifier"), g.Request.Challenge) &&
		(g.Request.KeyHash == "" || g.Request.KeyHash == keyHash)
}

// subject returns whom and what the code's tokens are for.
func (g grantedCode) subject(keyHash string) subject {
	return subject{
		ClientID: g.Request.ClientID, WebID: g.WebID, Grant: g.Grant, Scopes: g.Request.Scopes, Details: g.Request.Details,
		KeyHash: keyHash, AuthTime: g.AuthTime, IDTokenAlgorithm: g.Request.IDTokenAlgorithm,
	}
}

func verifierFits(verifier, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// refreshLifetime is how long a refresh token lives that is not used.
const refreshLifetime = 14 * 24 * time.Hour

const (
	families rdfstore.Bucket[family] = "oidc-families" // by id
	// sessionFamilies has a key session/family per family.
	sessionFamilies rdfstore.Bucket[struct{}] = "oidc-session-families"
	// accountFamilies has a key account/family per family.
	accountFamilies rdfstore.Bucket[struct{}] = "oidc-account-families"
)

// family is all tokens that come of one code. Access tokens name it as `sid`
// and work while it is there ([Provider.IsInForce]). With offline_access it is
// a chain of refresh tokens, each of which replaces the one before
// (OIDC-TOK-07): they are HANDLE.SECRET, where the handle hashes to the
// family's id, and only the newest secret's hash is kept.
type family struct {
	Account    string
	Session    string
	Handle     string `json:",omitempty"` // "": no refresh tokens
	SecretHash string `json:",omitempty"`
	Public     bool
	Subject    subject // KeyHash is the key of the first token
	Expires    time.Time
}

// begin stores a new family and returns its id and, with offline_access, its
// first refresh token.
func (p *Provider) begin(tx rdfstore.Tx, f family) (id, refreshToken string, err error) {
	f.Handle = newID()
	id = hashSecret(f.Handle)
	if slices.Contains(f.Subject.Scopes, "offline_access") {
		refreshToken, err = p.rotate(tx, id, f)
		return id, refreshToken, err
	}
	f.Expires = p.now().Add(accessTokenLifetime + clockLeeway)
	return id, "", p.keep(tx, id, f)
}

// rotate gives a family a new secret and its full lifetime.
func (p *Provider) rotate(tx rdfstore.Tx, id string, f family) (refreshToken string, err error) {
	secret := newSecret()
	f.SecretHash, f.Expires = hashSecret(secret), p.now().Add(refreshLifetime)
	return f.Handle + "." + secret, p.keep(tx, id, f)
}

func (p *Provider) keep(tx rdfstore.Tx, id string, f family) error {
	return cmp.Or(
		families.Set(tx, id, f, f.Expires),
		sessionFamilies.Set(tx, f.Session+"/"+id, struct{}{}, f.Expires),
		accountFamilies.Set(tx, f.Account+"/"+id, struct{}{}, f.Expires),
	)
}

// revokeFamily ends a family; a missing one is no error.
func (p *Provider) revokeFamily(tx rdfstore.Tx, id string) error {
	f, err := find(families, tx, id)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return cmp.Or(
		families.Delete(tx, id),
		sessionFamilies.Delete(tx, f.Session+"/"+id),
		accountFamilies.Delete(tx, f.Account+"/"+id),
	)
}

// redeemRefreshToken exchanges a refresh token for new tokens. One that has
// been used before is in two hands: the family ends (RFC 9700 §4.14).
func (p *Provider) redeemRefreshToken(ctx context.Context, form url.Values, from caller, key possession) (tokens, error) {
	handle, secret, ok := strings.Cut(form.Get("refresh_token"), ".")
	if !ok {
		return tokens{}, errWrongRefresh
	}
	id := hashSecret(handle)
	var s subject
	var next string
	err := p.update(ctx, func(tx rdfstore.Tx) (refusal, err error) {
		f, err := families.Get(tx, id)
		if missing(err) || err == nil && !f.belongsTo(from, key.hash(), p.now()) {
			return errWrongRefresh, nil
		}
		if err != nil {
			return nil, err
		}
		if !matches(secret, f.SecretHash) {
			return errWrongRefresh, p.revokeFamily(tx, id)
		}
		if holds, err := p.config.GrantHolds(tx, f.Subject.Grant); err != nil || !holds {
			return errWrongRefresh, err
		}
		s = f.Subject
		s.KeyHash, s.Family = key.hash(), id
		if s.Scopes, ok = narrowed(s.Scopes, form.Get("scope")); !ok {
			return oauthError("invalid_scope", "scope is more than was granted"), nil
		}
		if refusal, err := p.specify(tx, &s, form.Get("authorization_details")); refusal != nil || err != nil {
			return refusal, err
		}
		if next, err = p.rotate(tx, id, f); err != nil {
			return nil, err
		}
		if err := p.touch(tx, from.ID); err != nil {
			return nil, err
		}
		return nil, p.redeemProof(ctx, key)
	})
	if err != nil {
		return tokens{}, err
	}
	issued, err := p.issue(s)
	issued.RefreshToken = next
	return issued, err
}

// belongsTo reports whether the family is in force and its client's. A public
// client must show the key of its first token, a confidential one proves itself
// by its secret and may change keys; neither may get rid of the key.
func (f family) belongsTo(from caller, keyHash string, now time.Time) bool {
	if f.Subject.ClientID != from.ID || f.Public != from.Public || !now.Before(f.Expires) {
		return false
	}
	if f.Public {
		return f.Subject.KeyHash == keyHash
	}
	return f.Subject.KeyHash == "" || keyHash != ""
}

// narrowed returns the requested scopes, all when none are named; ok is false
// when they are more than granted.
func narrowed(granted []string, requested string) (scopes []string, ok bool) {
	wanted := strings.Fields(requested)
	if len(wanted) == 0 {
		return granted, true
	}
	for _, scope := range wanted {
		if !slices.Contains(granted, scope) {
			return nil, false
		}
	}
	return wanted, true
}
