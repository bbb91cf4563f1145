package jose

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// SigningKey is a private key that is used with one algorithm. Its id is its
// thumbprint. The zero value is only good for UnmarshalJSON.
type SigningKey struct {
	id        string
	algorithm string
	private   crypto.Signer
}

// GenerateSigningKey makes a key for one of [Algorithms].
func GenerateSigningKey(algorithm string) (*SigningKey, error) {
	private, err := generate(algorithm)
	if err != nil {
		return nil, err
	}
	return newSigningKey(algorithm, private)
}

func newSigningKey(algorithm string, private crypto.Signer) (*SigningKey, error) {
	if !fits(algorithm, private.Public()) {
		return nil, fmt.Errorf("%w: %q with another kind of key", ErrAlgorithm, algorithm)
	}
	id, err := thumbprint(private.Public())
	if err != nil {
		return nil, err
	}
	return &SigningKey{id: id, algorithm: algorithm, private: private}, nil
}

// ID is the key's `kid`.
func (k *SigningKey) ID() string { return k.id }

// Algorithm is the only algorithm that the key is used with.
func (k *SigningKey) Algorithm() string { return k.algorithm }

// Thumbprint is the RFC 7638 SHA-256 thumbprint, base64url, as in `cnf.jkt`.
func (k *SigningKey) Thumbprint() string { return k.id }

// MarshalJSON writes the private key as a JWK. Whoever holds it can sign: it
// is for storage only.
func (k *SigningKey) MarshalJSON() ([]byte, error) {
	key, err := jwk.FromRaw(k.private)
	if err != nil {
		return nil, err
	}
	if err := key.Set(jwk.AlgorithmKey, k.algorithm); err != nil {
		return nil, err
	}
	return json.Marshal(key)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (k *SigningKey) UnmarshalJSON(raw []byte) error {
	key, err := jwk.ParseKey(raw)
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	var private crypto.Signer
	if err := key.Raw(&private); err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	parsed, err := newSigningKey(key.Algorithm().String(), private)
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	*k = *parsed
	return nil
}

// Sign returns a compact JWS over the claims with `typ` and `kid` in its header.
func (k *SigningKey) Sign(typ string, claims map[string]any) (string, error) {
	return k.sign(map[string]any{"alg": k.algorithm, "typ": typ, "kid": k.id}, claims)
}

// SignProof returns a compact JWS with the `typ` of a DPoP proof and the public
// key in its header (RFC 9449 §4.2), as clients make them.
func (k *SigningKey) SignProof(claims map[string]any) (string, error) {
	public, err := publicJWK(k.private.Public())
	if err != nil {
		return "", err
	}
	return k.sign(map[string]any{"alg": k.algorithm, "typ": proofType, "jwk": public}, claims)
}

func (k *SigningKey) sign(header, claims map[string]any) (string, error) {
	headerJSON, err := json.Marshal(header)
	if err != nil {
		return "", fmt.Errorf("token header: %w", err)
	}
	if claims == nil {
		claims = map[string]any{} // null would be no claims set
	}
	claimsJSON, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("token claims: %w", err)
	}
	input := base64.RawURLEncoding.EncodeToString(headerJSON) + "." + base64.RawURLEncoding.EncodeToString(claimsJSON)
	signer, err := jws.NewSigner(jwa.SignatureAlgorithm(k.algorithm))
	if err != nil {
		return "", err
	}
	signature, err := signer.Sign([]byte(input), k.private)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	compact := input + "." + base64.RawURLEncoding.EncodeToString(signature)
	if len(compact) > MaxSize {
		return "", ErrTooLarge
	}
	return compact, nil
}
