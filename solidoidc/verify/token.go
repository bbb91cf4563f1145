package verify

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/solidoidc/internal/jose"
)

const (
	// clockLeeway is how far an issuer's clock may be off (OIDC-RS-06).
	clockLeeway = time.Minute
	// maxTokenAge bounds a token's life whatever its `exp` says.
	maxTokenAge = 24 * time.Hour
	// maxURLLength of a WebID or issuer, in bytes: they become cache keys.
	maxURLLength = 2048
	// audience is what every token for a Solid resource server names.
	audience = "solid"

	typeAccessToken = "at+jwt"
	typeJWT         = "jwt"
)

// token is an access token whose claims are acceptable; whether the signature
// holds is another question.
type token struct {
	identity   Identity
	thumbprint string       // `cnf.jkt`, "" when there is none
	bound      bool         // there is a `cnf` of whatever kind
	own        bool         // of this server's issuer
	keys       *jose.KeySet // of an own token: what its signature was checked with
	family     string       // `sid`, "" when there is none
}

// inspect makes the checks that need nothing but the token (OIDC-RS-02 to -06).
func (v *Verifier) inspect(compact string) (*token, error) {
	header, claims, err := jose.Inspect(compact)
	if err != nil {
		return nil, &Error{Code: CodeInvalidToken, Description: "access token: " + err.Error(), Cause: err}
	}
	t := &token{thumbprint: claims.Confirmation(), family: claims.String("sid")}
	_, t.bound = claims["cnf"]
	t.identity.Client = claims.String("client_id")
	if t.identity.Client == "" {
		t.identity.Client = claims.String("azp")
	}
	t.identity.Issuer = claims.String("iss")
	if t.own = sameIssuer(t.identity.Issuer, v.config.Issuer); t.own {
		t.identity.Issuer = v.config.Issuer
		t.identity.Grant = claims.String("grant_id")
		if details, narrowed := claims["authorization_details"]; narrowed {
			text, err := json.Marshal(details)
			if err != nil {
				return nil, invalidToken("authorization_details: " + err.Error())
			}
			t.identity.Details = string(text)
		}
	} else if err := v.checkIssuerURL(t.identity.Issuer); err != nil {
		return nil, err
	}
	// Our own ID tokens also name the audience solid (OIDC-TOK-05), and they
	// travel in URLs as id_token_hint: they are not access tokens (RFC 9068 §4).
	if !header.HasType(typeAccessToken) && (t.own || header.Type != "" && !header.HasType(typeJWT)) {
		return nil, invalidToken("typ is not that of an access token")
	}
	t.identity.WebID = claims.String("webid")
	if err := v.checkURL("webid", t.identity.WebID); err != nil {
		return nil, err
	}
	if !slices.Contains(claims.Strings("aud"), audience) {
		return nil, invalidToken("aud does not contain solid")
	}
	now := v.config.Clock()
	if err := claims.CheckTime(now, clockLeeway); err != nil {
		return nil, invalidToken(err.Error())
	}
	issued, _ := claims.Time("iat")
	t.identity.Expires, _ = claims.Time("exp")
	if last := issued.Add(maxTokenAge); last.Before(t.identity.Expires) {
		t.identity.Expires = last
	}
	if now.Sub(issued) > maxTokenAge {
		return nil, invalidToken("the token is older than a day")
	}
	return t, nil
}

// rememberUntil tells how long a verified token need not be verified again.
// For other issuers that is no longer than their keys are remembered, so that
// a key that its issuer withdraws stops working.
func (v *Verifier) rememberUntil(t *token) time.Time {
	until := t.identity.Expires
	if limit := v.config.Clock().Add(maxKeysTTL); !t.own && limit.Before(until) {
		return limit
	}
	return until
}

func (v *Verifier) checkIssuerURL(issuer string) error {
	if err := v.checkURL("iss", issuer); err != nil {
		return err
	}
	if strings.ContainsAny(issuer, "?#") { // RFC 8414 §2
		return invalidToken("iss has a query or a fragment")
	}
	return nil
}

// checkURL accepts absolute https URLs, and http ones of loopback hosts when
// that is configured (OIDC-RS-05).
func (v *Verifier) checkURL(claim, raw string) error {
	if raw == "" {
		return invalidToken(claim + " is missing or not a string")
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || len(raw) > maxURLLength || strings.ContainsAny(raw, " \"<>\\^`{|}") {
		return invalidToken(claim + " is not an absolute URL")
	}
	if u.Scheme == "https" || u.Scheme == "http" && v.config.AllowHTTP && isLoopback(u.Hostname()) {
		return nil
	}
	return invalidToken(claim + " is not an https URL")
}

func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// sameIssuer compares issuers as strings, an empty path being the path "/"
// and nothing else being equal (OIDC-RS-08).
func sameIssuer(a, b string) bool { return withPath(a) == withPath(b) }

func withPath(issuer string) string {
	_, rest, ok := strings.Cut(issuer, "://")
	if ok && rest != "" && !strings.ContainsAny(rest, "/?#") {
		return issuer + "/"
	}
	return issuer
}
