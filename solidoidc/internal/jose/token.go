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

// parts is a compact JWS taken apart; nothing of it is verified.
type parts struct {
	header, claims    []byte // JSON
	signed, signature []byte
}

// strict refuses a last character with loose bits, which would give one token
// several spellings.
var strict = base64.RawURLEncoding.Strict()

func split(compact string) (parts, error) {
	if len(compact) > MaxSize {
		return parts{}, ErrTooLarge
	}
	texts := strings.Split(compact, ".")
	if len(texts) != 3 {
		return parts{}, fmt.Errorf("%w: not three parts", ErrMalformed)
	}
	var decoded [3][]byte
	for i, text := range texts {
		// The decoder skips line breaks; a token has none.
		if strings.ContainsAny(text, "\r\n") {
			return parts{}, fmt.Errorf("%w: line break", ErrMalformed)
		}
		var err error
		if decoded[i], err = strict.DecodeString(text); err != nil {
			return parts{}, fmt.Errorf("%w: not base64url", ErrMalformed)
		}
	}
	signed := compact[:len(texts[0])+1+len(texts[1])]
	return parts{header: decoded[0], claims: decoded[1], signed: []byte(signed), signature: decoded[2]}, nil
}

func parse(compact string) (parts, Header, Claims, error) {
	t, err := split(compact)
	if err != nil {
		return parts{}, Header{}, nil, err
	}
	header, _, err := t.readHeader()
	if err != nil {
		return parts{}, Header{}, nil, err
	}
	claims, err := t.readClaims()
	return t, header, claims, err
}

func (t parts) readClaims() (Claims, error) {
	claims, err := decodeObject(t.claims)
	if err != nil {
		return nil, fmt.Errorf("%w: claims: %w", ErrMalformed, err)
	}
	return claims, nil
}

// readHeader returns the header and its member `jwk`, nil when absent.
func (t parts) readHeader() (header Header, key json.RawMessage, err error) {
	members, err := decodeObject(t.header)
	if err != nil {
		return Header{}, nil, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	if _, ok := members["crit"]; ok {
		return Header{}, nil, fmt.Errorf("%w: crit is not supported", ErrMalformed)
	}
	// Unencoded payloads would change what is signed (RFC 7797 §3).
	if _, ok := members["b64"]; ok {
		return Header{}, nil, fmt.Errorf("%w: b64 is not supported", ErrMalformed)
	}
	for name, target := range map[string]*string{"alg": &header.Algorithm, "typ": &header.Type, "kid": &header.KeyID} {
		value, present := members[name]
		text, ok := value.(string)
		if present && !ok {
			return Header{}, nil, fmt.Errorf("%w: %s is not a string", ErrMalformed, name)
		}
		*target = text
	}
	if !allowed(header.Algorithm) {
		return Header{}, nil, fmt.Errorf("%w: %.20q", ErrAlgorithm, header.Algorithm)
	}
	if member, ok := members["jwk"]; ok {
		if key, err = json.Marshal(member); err != nil {
			return Header{}, nil, fmt.Errorf("%w: jwk", ErrMalformed)
		}
	}
	return header, key, nil
}

func misfit(algorithm string) error {
	return fmt.Errorf("%w: %s with another kind of key", ErrAlgorithm, algorithm)
}

// verifySignature checks a signature by a key that fits the algorithm.
func verifySignature(algorithm string, key crypto.PublicKey, signed, signature []byte) error {
	verifier, err := jws.NewVerifier(jwa.SignatureAlgorithm(algorithm))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAlgorithm, err)
	}
	if err := verifier.Verify(signed, signature, key); err != nil {
		return ErrSignature
	}
	return nil
}

// Inspect reads a token of which nothing is verified but size, form, allowed
// algorithm and absence of `crit`: enough to find out whose keys to ask for.
func Inspect(compact string) (Header, Claims, error) {
	_, header, claims, err := parse(compact)
	return header, claims, err
}

// Verify checks a token's signature. With a `kid` the keys of that id are
// tried, without one only a key that alone fits the algorithm (OIDC-RS-11).
// [ErrUnknownKey] means that a newer key set may have the key.
func Verify(compact string, keys *KeySet) (Header, Claims, error) {
	t, header, claims, err := parse(compact)
	if err != nil {
		return Header{}, nil, err
	}
	err = ErrUnknownKey
	for _, key := range keys.candidates(header) {
		if err = verifySignature(header.Algorithm, key.public, t.signed, t.signature); err == nil {
			return header, claims, nil
		}
	}
	return Header{}, nil, err
}
