package solid

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Credentials are client credentials: what a program signs in with in the name
// of a WebID.
type Credentials struct {
	ID, Secret string
	// Resource is the URL at which the account API describes and deletes
	// them; [Login] does not need it.
	Resource string
}

// renewBefore is how long before its end a token is no longer used, so that it
// does not end on its way to the server.
const renewBefore = 10 * time.Second

// Session sends requests in the name of an agent. It gets a new access token
// when the one it has is about to end. It is safe for concurrent use.
type Session struct {
	credentials   Credentials
	key           *Key
	tokenEndpoint string
	transport     http.RoundTripper

	mu      sync.Mutex
	token   string
	webID   string
	expires time.Time
}

// Login finds the issuer's token endpoint by discovery and gets a first access
// token. A refusal is a [*StatusError].
func Login(ctx context.Context, issuer string, credentials Credentials) (*Session, error) {
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	s := &Session{credentials: credentials, key: key, transport: client.Transport}
	var configuration struct {
		TokenEndpoint string `json:"token_endpoint"`
	}
	err = callJSON(ctx, http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", "", nil, &configuration)
	if err != nil {
		return nil, fmt.Errorf("discovery of the issuer: %w", err)
	}
	if configuration.TokenEndpoint == "" {
		return nil, fmt.Errorf("the issuer %s names no token endpoint", issuer)
	}
	s.tokenEndpoint = configuration.TokenEndpoint
	_, err = s.Token(ctx)
	return s, err
}

// WebID returns the agent that the session acts for, as the token says.
func (s *Session) WebID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.webID
}

// Key returns the key that the session's tokens are bound to.
func (s *Session) Key() *Key { return s.key }

// Client returns a client whose requests go through the session.
func (s *Session) Client() *http.Client { return &http.Client{Transport: s} }

// RoundTrip adds an access token and a fresh proof to a copy of the request
// and sends it.
func (s *Session) RoundTrip(request *http.Request) (*http.Response, error) {
	authorized, err := s.authorize(request)
	if err != nil {
		if request.Body != nil {
			request.Body.Close() // the contract of RoundTripper
		}
		return nil, err
	}
	return s.transport.RoundTrip(authorized)
}

func (s *Session) authorize(request *http.Request) (*http.Request, error) {
	token, err := s.Token(request.Context())
	if err != nil {
		return nil, err
	}
	proof, err := s.key.Sign(Proof{Method: request.Method, URL: request.URL.String(), AccessToken: token})
	if err != nil {
		return nil, err
	}
	authorized := request.Clone(request.Context())
	authorized.Header.Set("Authorization", "DPoP "+token)
	authorized.Header.Set("DPoP", proof)
	return authorized, nil
}

// Token returns an access token that is good for some seconds at least.
func (s *Session) Token(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != "" && time.Now().Add(renewBefore).Before(s.expires) {
		return s.token, nil
	}
	if err := s.renew(ctx); err != nil {
		return "", fmt.Errorf("access token: %w", err)
	}
	return s.token, nil
}

// renew gets an access token; the caller holds the lock.
func (s *Session) renew(ctx context.Context) error {
	proof, err := s.key.Sign(Proof{Method: http.MethodPost, URL: s.tokenEndpoint})
	if err != nil {
		return err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"webid"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.tokenEndpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("DPoP", proof)
	// RFC 6749 §2.3.1: both halves are form-encoded first.
	request.SetBasicAuth(url.QueryEscape(s.credentials.ID), url.QueryEscape(s.credentials.Secret))
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	asked := time.Now()
	if err := send(request, &answer); err != nil {
		return err
	}
	if !strings.EqualFold(answer.TokenType, "DPoP") {
		return fmt.Errorf("the issuer answered with a token of type %q, not DPoP", answer.TokenType)
	}
	webID, err := webIDOf(answer.AccessToken)
	if err != nil {
		return err
	}
	s.token, s.webID = answer.AccessToken, webID
	s.expires = asked.Add(time.Duration(answer.ExpiresIn) * time.Second)
	return nil
}

// webIDOf reads the webid claim (Solid-OIDC §6.1) of a token. The signature is
// the resource server's business.
func webIDOf(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("the access token is not a JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", fmt.Errorf("the access token is not a JWT")
	}
	var claims struct {
		WebID string `json:"webid"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.WebID == "" {
		return "", fmt.Errorf("the access token names no WebID")
	}
	return claims.WebID, nil
}
