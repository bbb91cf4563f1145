package solid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// Key is an ES256 key that DPoP proofs are signed with. It is safe for
// concurrent use.
type Key struct {
	private *ecdsa.PrivateKey
	public  jwk
}

// jwk is the public half as proofs carry it. The members stand in the order
// that RFC 7638 §3.3 wants for the thumbprint, without "alg" that is.
type jwk struct {
	Curve string `json:"crv"`
	Type  string `json:"kty"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

// NewKey makes a key.
func NewKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	point, err := private.PublicKey.Bytes() // 4, then X and Y of 32 bytes each
	if err != nil {
		return nil, err
	}
	return &Key{private: private, public: jwk{
		Curve: "P-256",
		Type:  "EC",
		X:     encode(point[1:33]),
		Y:     encode(point[33:]),
	}}, nil
}

// Thumbprint returns the RFC 7638 thumbprint of the public half, as access
// tokens that are bound to the key hold it in cnf.jkt.
func (k *Key) Thumbprint() string {
	canonical, err := json.Marshal(k.public)
	if err != nil {
		panic(err) // four strings always marshal
	}
	hash := sha256.Sum256(canonical)
	return encode(hash[:])
}

// Proof is what a DPoP proof says (RFC 9449 §4.2).
type Proof struct {
	ID          string    // jti; empty: a random one
	Method      string    // htm
	URL         string    // htu; query and fragment are left out of the proof
	IssuedAt    time.Time // iat; zero: now
	AccessToken string    // its hash is ath; empty at the token endpoint
	Nonce       string    // as the server gave it in DPoP-Nonce; may be empty
}

// Sign returns the proof as the DPoP header holds it, a compact JWS. Sign does
// not look at the method and URL, so that tests can make proofs that are wrong.
func (k *Key) Sign(p Proof) (string, error) {
	target, err := url.Parse(p.URL)
	if err != nil {
		return "", fmt.Errorf("DPoP proof: %w", err)
	}
	target.RawQuery, target.ForceQuery, target.Fragment, target.RawFragment = "", false, "", ""
	if p.ID == "" {
		p.ID = rand.Text()
	}
	if p.IssuedAt.IsZero() {
		p.IssuedAt = time.Now()
	}
	claims := map[string]any{"jti": p.ID, "htm": p.Method, "htu": target.String(), "iat": p.IssuedAt.Unix()}
	if p.AccessToken != "" {
		hash := sha256.Sum256([]byte(p.AccessToken))
		claims["ath"] = encode(hash[:])
	}
	if p.Nonce != "" {
		claims["nonce"] = p.Nonce
	}
	header := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": k.public}
	return k.sign(header, claims)
}

func (k *Key) sign(header, claims any) (string, error) {
	h, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	c, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	input := encode(h) + "." + encode(c)
	hash := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, hash[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64) // R and S of fixed length, RFC 7518 §3.4
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + encode(signature), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
