package provider

import (
	"slices"
	"strings"
	"time"
)

// accessTokenLifetime is short because storages elsewhere take an access token
// until it expires, whatever happens here in the meantime; apps with a refresh
// token get the next one by themselves, scripts with client credentials likewise.
const accessTokenLifetime = 30 * time.Minute

// solidAudience is the `aud` by which storages know tokens meant for them
// (OIDC-RS-04).
const solidAudience = "solid"

// tokens is the answer of the token endpoint (OIDC-TOK-06).
type tokens struct {
	AccessToken  string `json:"access_token"`
	Type         string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	IDToken      string `json:"id_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
	// Details that were granted (RFC 9396 §7), none of them included.
	Details []AccessDetail `json:"authorization_details,omitzero"`
}

// subject is whom and what tokens are issued for.
type subject struct {
	ClientID, WebID string
	Grant           string // see [Consent]
	Family          string `json:",omitempty"` // "" for client credentials
	Scopes          []string
	// Details that the client asked for where the subject is kept, those of the
	// tokens where it is issued for.
	Details []AccessDetail `json:",omitempty"`
	// Narrowed: the token request named Details, and the access token is for no
	// more than they are. Other tokens follow the grant and name no details.
	Narrowed         bool   `json:"-"`
	KeyHash          string // "" for a bearer token
	Nonce            string
	AuthTime         time.Time
	IDTokenAlgorithm string
}

// issue signs an access token and, with the scope openid, an ID token.
func (p *Provider) issue(s subject) (tokens, error) {
	now := p.now()
	issued := tokens{Type: "DPoP", ExpiresIn: int(accessTokenLifetime / time.Second), Scope: strings.Join(s.Scopes, " "), Details: s.Details}
	common := map[string]any{
		"iss": p.config.Issuer, "sub": s.WebID, "iat": now.Unix(), "exp": now.Add(accessTokenLifetime).Unix(),
	}
	if s.KeyHash == "" {
		issued.Type = "Bearer"
	} else {
		common["cnf"] = map[string]any{"jkt": s.KeyHash}
	}
	if s.Family != "" {
		common["sid"] = s.Family
	}
	// The WebID is in every access token, asked for or not (OIDC-TOK-08).
	access := map[string]any{
		"aud": solidAudience, "webid": s.WebID, "client_id": s.ClientID, "scope": issued.Scope, "jti": newID(), "grant_id": s.Grant,
	}
	if s.Narrowed {
		access["authorization_details"] = s.Details
	}
	var err error
	issued.AccessToken, err = p.sign(signingAlgorithms[0], "at+jwt", common, access)
	if err != nil || !slices.Contains(s.Scopes, "openid") {
		return issued, err
	}
	identity := map[string]any{"aud": []string{s.ClientID, solidAudience}, "azp": s.ClientID, "auth_time": s.AuthTime.Unix()}
	if slices.Contains(s.Scopes, "webid") {
		identity["webid"] = s.WebID
	}
	if s.Nonce != "" {
		identity["nonce"] = s.Nonce
	}
	issued.IDToken, err = p.sign(s.IDTokenAlgorithm, "JWT", common, identity)
	return issued, err
}

func (p *Provider) sign(algorithm, typ string, parts ...map[string]any) (string, error) {
	key, err := p.keys.Load().signer(algorithm, p.now())
	if err != nil {
		return "", err
	}
	claims := map[string]any{}
	for _, part := range parts {
		for name, value := range part {
			claims[name] = value
		}
	}
	return key.Key.Sign(typ, claims)
}
