package provider

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"domicile/rdfstore/rdf"
	"domicile/solidoidc/internal/jose"
)

const (
	// senderTokenLifetime is the longest that NOT-WH-02 lets a token live.
	senderTokenLifetime = 20 * time.Minute
	// senderTokenUse is for how long the same one is sent, so that receivers
	// that remember tokens verify few.
	senderTokenUse = 10 * time.Minute
)

// Sender is the identity by which the server itself sends messages to others, as
// WebhookChannel2023 has it (NOT-WH-02): a WebID whose document names this
// issuer, and with each message an access token of this issuer and a DPoP
// proof, so that every Solid-OIDC verifier can tell who sends. It is safe for
// concurrent use.
//
// The key of the proofs is made with each token and never leaves memory.
type Sender struct {
	provider *Provider

	mu    sync.Mutex
	token string
	key   *jose.SigningKey // that token is bound to
	until time.Time        // the token is sent
}

// Sender returns the identity by which the server sends.
func (p *Provider) Sender() *Sender { return p.sender }

// WebID of the sender.
func (s *Sender) WebID() string { return s.provider.base + senderPath }

// Authorize adds to a header what proves to the receiver at target, an absolute
// URL, that a request is the sender's.
func (s *Sender) Authorize(header http.Header, method, target string) error {
	token, key, err := s.credentials()
	if err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	if i := strings.IndexAny(target, "?#"); i >= 0 {
		target = target[:i] // RFC 9449 §4.2
	}
	hash := sha256.Sum256([]byte(token))
	proof, err := key.SignProof(map[string]any{
		"htm": method,
		"htu": target,
		"iat": s.provider.now().Unix(),
		"jti": newID(),
		"ath": base64.RawURLEncoding.EncodeToString(hash[:]),
	})
	if err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	header.Set("Authorization", "DPoP "+token)
	header.Set("DPoP", proof)
	return nil
}

func (s *Sender) credentials() (string, *jose.SigningKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.provider.now()
	if now.Before(s.until) {
		return s.token, s.key, nil
	}
	key, err := jose.GenerateSigningKey(signingAlgorithms[0])
	if err != nil {
		return "", nil, err
	}
	token, err := s.provider.sign(signingAlgorithms[0], "at+jwt", map[string]any{
		"iss": s.provider.config.Issuer, "sub": s.WebID(), "webid": s.WebID(), "azp": s.WebID(),
		"aud": []string{s.WebID(), solidAudience}, "cnf": map[string]any{"jkt": key.Thumbprint()},
		"iat": now.Unix(), "exp": now.Add(senderTokenLifetime).Unix(), "jti": newID(),
	})
	if err != nil {
		return "", nil, err
	}
	s.token, s.key, s.until = token, key, now.Add(senderTokenUse)
	return token, key, nil
}

// senderDocument is what the sender's WebID leads to.
func (p *Provider) senderDocument() []byte {
	return fmt.Appendf(nil, "<> <%soidcIssuer> <%s>.\n", rdf.Solid, p.config.Issuer)
}
