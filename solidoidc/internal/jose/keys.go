package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // the hash of thumbprints
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

// maxKeys bounds a key set; providers publish two to five.
const maxKeys = 100

// KeySet is a set of public signing keys (RFC 7517 §5). It is immutable.
type KeySet struct{ keys []publicKey }

type publicKey struct {
	id        string
	algorithm string // "" = any that fits
	public    crypto.PublicKey
}

// ParseKeySet reads a JWK Set. Keys that cannot verify a signature here (other
// types, `use` other than sig, symmetric) are left out, as RFC 7517 §5 asks; a
// set without any key is no error.
func ParseKeySet(raw []byte) (*KeySet, error) {
	var document struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &document); err != nil || document.Keys == nil {
		return nil, errors.New("not a JWK Set")
	}
	if len(*document.Keys) > maxKeys {
		return nil, fmt.Errorf("a JWK Set of more than %d keys", maxKeys)
	}
	set := &KeySet{}
	for _, member := range *document.Keys {
		var about struct {
			ID        string `json:"kid"`
			Algorithm string `json:"alg"`
			Use       string `json:"use"`
		}
		if json.Unmarshal(member, &about) != nil || about.Use != "" && about.Use != "sig" {
			continue
		}
		public, err := parsePublic(member)
		if err != nil || about.Algorithm != "" && !fits(about.Algorithm, public) {
			continue
		}
		set.keys = append(set.keys, publicKey{about.ID, about.Algorithm, public})
	}
	return set, nil
}

// PublicKeys returns the public halves of signing keys.
func PublicKeys(keys ...*SigningKey) *KeySet {
	set := &KeySet{}
	for _, k := range keys {
		set.keys = append(set.keys, publicKey{k.id, k.algorithm, k.private.Public()})
	}
	return set
}

// MarshalJSON writes the JWK Set as it is published: public members, `kid`,
// `alg` and `use` (OIDC-OP-04).
func (s *KeySet) MarshalJSON() ([]byte, error) {
	members := []map[string]any{}
	for _, k := range s.keys {
		member, err := publicJWK(k.public)
		if err != nil {
			return nil, err
		}
		member["kid"], member["use"] = k.id, "sig"
		if k.algorithm != "" {
			member["alg"] = k.algorithm
		}
		members = append(members, member)
	}
	return json.Marshal(map[string]any{"keys": members})
}

// candidates returns the keys that may have signed a token with this header.
func (s *KeySet) candidates(h Header) []publicKey {
	var found []publicKey
	for _, k := range s.keys {
		if h.KeyID != "" && k.id != h.KeyID {
			continue
		}
		if k.algorithm != "" && k.algorithm != h.Algorithm {
			continue
		}
		if fits(h.Algorithm, k.public) {
			found = append(found, k)
		}
	}
	if h.KeyID == "" && len(found) > 1 {
		return nil
	}
	return found
}

// parsePublic reads a JWK of which only public members may be there.
func parsePublic(raw []byte) (crypto.PublicKey, error) {
	members, err := decodeObject(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: jwk: %w", ErrMalformed, err)
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, ok := members[private]; ok {
			return nil, fmt.Errorf("%w: jwk holds a private key", ErrMalformed)
		}
	}
	key, err := jwk.ParseKey(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: jwk is not a key", ErrMalformed)
	}
	var public any
	if err := key.Raw(&public); err != nil {
		return nil, fmt.Errorf("%w: jwk is not a key", ErrMalformed)
	}
	switch public.(type) {
	case *ecdsa.PublicKey, *rsa.PublicKey, ed25519.PublicKey:
		return public, nil
	}
	return nil, fmt.Errorf("%w: jwk is not a public signing key", ErrMalformed)
}

// publicJWK returns the required members of a public key and no others.
func publicJWK(public crypto.PublicKey) (map[string]any, error) {
	key, err := jwk.FromRaw(public)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	return decodeObject(raw)
}

// thumbprint is the RFC 7638 SHA-256 thumbprint. It starts from the key itself,
// so that another spelling of the same JWK gives the same.
func thumbprint(public crypto.PublicKey) (string, error) {
	key, err := jwk.FromRaw(public)
	if err != nil {
		return "", err
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}
