package solid

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
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
// when the one it has is about to end, or when a server does not take it any
// more. It is safe for concurrent use.
type Session struct {
	credentials   Credentials
	details       string // authorization_details of its tokens; may be empty
	key           *Key
	tokenEndpoint string
	transport     http.RoundTripper

	renewing chan struct{} // holds one value while a token is being fetched

	mu      sync.Mutex
	token   string
	webID   string
	expires time.Time
	nonces  map[string]string // the latest of each origin, RFC 9449 §8
}

// Login finds the issuer's token endpoint by discovery and gets a first access
// token. Requests for access, if there are any, narrow the tokens of the session
// to them: at most what the credentials can do. A refusal is a [*StatusError].
func Login(ctx context.Context, issuer string, credentials Credentials, narrow ...AccessRequest) (*Session, error) {
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	s := &Session{
		credentials: credentials, key: key, transport: anonymous.Transport,
		renewing: make(chan struct{}, 1), nonces: map[string]string{},
	}
	if len(narrow) > 0 {
		s.details = AuthorizationDetails(narrow...)
	}
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
// and sends it. It is sent once more when the server asks for a nonce in the
// proof, or with a new token when the server does not take this one, unless its
// body can't be had again ([http.Request.GetBody]).
func (s *Session) RoundTrip(request *http.Request) (*http.Response, error) {
	token, err := s.Token(request.Context())
	if err != nil {
		closeBody(request)
		return nil, err
	}
	for tried := ""; ; {
		response, err := s.try(request, token)
		if err != nil || response.StatusCode != http.StatusUnauthorized {
			return response, err
		}
		problem := problemOf(response.Header)
		if problem == "" || strings.Contains(tried, problem) {
			return response, nil
		}
		tried += problem
		if problem == "invalid_token" {
			s.discard(token)
			if token, err = s.Token(request.Context()); err != nil {
				return response, nil // which says that there is no way in
			}
		}
		again, ok := repeated(request)
		if !ok {
			return response, nil
		}
		response.Body.Close()
		request = again
	}
}

// problemOf returns which of the problems that can be mended the challenges of
// an answer name, or "".
func problemOf(header http.Header) string {
	challenges := strings.Join(header.Values("WWW-Authenticate"), ",")
	for _, problem := range []string{"use_dpop_nonce", "invalid_token"} {
		if strings.Contains(challenges, `error="`+problem+`"`) || strings.Contains(challenges, "error="+problem) {
			return problem
		}
	}
	return ""
}

// repeated returns a copy of a request that was sent, with its body from the
// start, or false.
func repeated(request *http.Request) (*http.Request, bool) {
	again := request.Clone(request.Context())
	if request.Body == nil || request.Body == http.NoBody {
		return again, true
	}
	if request.GetBody == nil {
		return nil, false
	}
	body, err := request.GetBody()
	again.Body = body
	return again, err == nil
}

// closeBody is what [http.RoundTripper] asks of one that does not send a request.
func closeBody(request *http.Request) {
	if request.Body != nil {
		request.Body.Close()
	}
}

func (s *Session) try(request *http.Request, token string) (*http.Response, error) {
	proof, err := s.prove(request.Method, request.URL, token)
	if err != nil {
		closeBody(request)
		return nil, err
	}
	authorized := request.Clone(request.Context())
	authorized.Header.Set("Authorization", "DPoP "+token)
	authorized.Header.Set("DPoP", proof)
	response, err := s.transport.RoundTrip(authorized)
	if err == nil {
		s.noteNonce(request.URL, response.Header)
	}
	return response, err
}

func (s *Session) prove(method string, target *url.URL, token string) (string, error) {
	s.mu.Lock()
	nonce := s.nonces[originOf(target)]
	s.mu.Unlock()
	return s.key.Sign(Proof{Method: method, URL: target.String(), AccessToken: token, Nonce: nonce})
}

// noteNonce keeps the nonce that the next proof for an origin has to carry.
func (s *Session) noteNonce(target *url.URL, header http.Header) {
	nonce := header.Get("DPoP-Nonce")
	if nonce == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nonces[originOf(target)] = nonce
}

func originOf(target *url.URL) string { return target.Scheme + "://" + target.Host }

// Token returns an access token that is good for some seconds at least.
// However many ask at once, one new token is fetched.
func (s *Session) Token(ctx context.Context) (string, error) {
	if token := s.current(); token != "" {
		return token, nil
	}
	select {
	case s.renewing <- struct{}{}:
		defer func() { <-s.renewing }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if token := s.current(); token != "" {
		return token, nil // another fetched it meanwhile
	}
	token, err := s.renew(ctx)
	if err != nil {
		return "", fmt.Errorf("access token: %w", err)
	}
	return token, nil
}

// current returns the token unless it is about to end.
func (s *Session) current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Add(renewBefore).Before(s.expires) {
		return s.token
	}
	return ""
}

// discard drops a token that a server did not take, unless it has been replaced.
func (s *Session) discard(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token = ""
	}
}

// renew gets an access token. One call runs at a time.
func (s *Session) renew(ctx context.Context) (string, error) {
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	asked := time.Now()
	err := s.askForToken(ctx, &answer)
	if refused := (*StatusError)(nil); errors.As(err, &refused) && refused.Status == http.StatusBadRequest && refused.Header.Get("DPoP-Nonce") != "" {
		err = s.askForToken(ctx, &answer) // RFC 9449 §8: with the nonce of the refusal
	}
	if err != nil {
		return "", err
	}
	if !strings.EqualFold(answer.TokenType, "DPoP") {
		return "", fmt.Errorf("the issuer answered with a token of type %q, not DPoP", answer.TokenType)
	}
	webID, err := webIDOf(answer.AccessToken)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.webID = answer.AccessToken, webID
	s.expires = asked.Add(time.Duration(answer.ExpiresIn) * time.Second)
	return s.token, nil
}

func (s *Session) askForToken(ctx context.Context, answer any) error {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"webid"}}
	if s.details != "" {
		form.Set("authorization_details", s.details)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.tokenEndpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	proof, err := s.prove(request.Method, request.URL, "")
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("DPoP", proof)
	// RFC 6749 §2.3.1: both halves are form-encoded first.
	request.SetBasicAuth(url.QueryEscape(s.credentials.ID), url.QueryEscape(s.credentials.Secret))
	response, err := send(anonymous, request)
	if refused, ok := err.(*StatusError); ok {
		s.noteNonce(request.URL, refused.Header)
	}
	if err != nil {
		return err
	}
	s.noteNonce(request.URL, response.Header)
	return readJSON(response, answer)
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
