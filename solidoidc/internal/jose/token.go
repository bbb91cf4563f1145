package jose

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// MaxSize is the largest token, in bytes, that is looked at.
const MaxSize = 16 << 10

// Errors of this package, wrapped. Their texts are for developers of clients
// and hold nothing of the token but algorithm names.
var (
	// ErrMalformed: not a compact JWS with JSON objects for header and claims.
	ErrMalformed = errors.New("malformed token")
	ErrTooLarge  = fmt.Errorf("%w: larger than %d bytes", ErrMalformed, MaxSize)
	// ErrAlgorithm: the algorithm is not in the allow-list or does not fit the key.
	ErrAlgorithm = errors.New("signature algorithm not accepted")
	// ErrUnknownKey: no key of the set can have signed the token.
	ErrUnknownKey = errors.New("token signed with an unknown key")
	ErrSignature  = errors.New("wrong signature")
)

// Header is what callers need of a JOSE header.
type Header struct{ Algorithm, Type, KeyID string }

// HasType reports whether the header's `typ` is the media type, for which the
// prefix "application/" may be left out (RFC 7515 §4.1.9).
func (h Header) HasType(mediaType string) bool {
	return strings.EqualFold(strings.TrimPrefix(strings.ToLower(h.Type), "application/"), mediaType)
}

// token is a compact JWS taken apart; its signature is not verified.
type token struct {
	header        Header
	key           json.RawMessage // member `jwk` of the header, nil when absent
	claims        Claims
	signed, proof []byte // signing input and signature
}

// strict refuses a last character with loose bits, which would give one token
// several spellings.
var strict = base64.RawURLEncoding.Strict()

func parse(compact string) (token, error) {
	if len(compact) > MaxSize {
		return token{}, ErrTooLarge
	}
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return token{}, fmt.Errorf("%w: not three parts", ErrMalformed)
	}
	var decoded [3][]byte
	for i, part := range parts {
		// The decoder skips line breaks; a token has none.
		if strings.ContainsAny(part, "\r\n") {
			return token{}, fmt.Errorf("%w: line break", ErrMalformed)
		}
		var err error
		if decoded[i], err = strict.DecodeString(part); err != nil {
			return token{}, fmt.Errorf("%w: not base64url", ErrMalformed)
		}
	}
	t := token{signed: []byte(compact[:len(parts[0])+1+len(parts[1])]), proof: decoded[2]}
	header, err := decodeObject(decoded[0])
	if err != nil {
		return token{}, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	if err := t.readHeader(header); err != nil {
		return token{}, err
	}
	if t.claims, err = decodeObject(decoded[1]); err != nil {
		return token{}, fmt.Errorf("%w: claims: %w", ErrMalformed, err)
	}
	return t, nil
}

func (t *token) readHeader(header map[string]any) error {
	if _, ok := header["crit"]; ok {
		return fmt.Errorf("%w: crit is not supported", ErrMalformed)
	}
	// Unencoded payloads would change what is signed (RFC 7797 §3).
	if _, ok := header["b64"]; ok {
		return fmt.Errorf("%w: b64 is not supported", ErrMalformed)
	}
	for name, target := range map[string]*string{"alg": &t.header.Algorithm, "typ": &t.header.Type, "kid": &t.header.KeyID} {
		value, present := header[name]
		text, ok := value.(string)
		if present && !ok {
			return fmt.Errorf("%w: %s is not a string", ErrMalformed, name)
		}
		*target = text
	}
	if !allowed(t.header.Algorithm) {
		return fmt.Errorf("%w: %.20q", ErrAlgorithm, t.header.Algorithm)
	}
	if key, ok := header["jwk"]; ok {
		raw, err := json.Marshal(key)
		if err != nil {
			return fmt.Errorf("%w: jwk", ErrMalformed)
		}
		t.key = raw
	}
	return nil
}

// verify checks the signature with a key that must fit the token's algorithm.
func (t token) verify(key crypto.PublicKey) error {
	if !fits(t.header.Algorithm, key) {
		return fmt.Errorf("%w: %s with another kind of key", ErrAlgorithm, t.header.Algorithm)
	}
	verifier, err := jws.NewVerifier(jwa.SignatureAlgorithm(t.header.Algorithm))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAlgorithm, err)
	}
	if err := verifier.Verify(t.signed, t.proof, key); err != nil {
		return ErrSignature
	}
	return nil
}

// Inspect reads a token of which nothing is verified but size, form, allowed
// algorithm and absence of `crit`: enough to find out whose keys to ask for.
func Inspect(compact string) (Header, Claims, error) {
	t, err := parse(compact)
	return t.header, t.claims, err
}

// Verify checks a token's signature. With a `kid` the keys of that id are
// tried, without one only a key that alone fits the algorithm (OIDC-RS-11).
// [ErrUnknownKey] means that a newer key set may have the key.
func Verify(compact string, keys *KeySet) (Header, Claims, error) {
	t, err := parse(compact)
	if err != nil {
		return Header{}, nil, err
	}
	candidates := keys.candidates(t.header)
	if len(candidates) == 0 {
		return Header{}, nil, ErrUnknownKey
	}
	for _, key := range candidates {
		if err = t.verify(key.public); err == nil {
			return t.header, t.claims, nil
		}
	}
	return Header{}, nil, err
}
