package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
)

// key signs tokens and proofs, wrong ones too, which libraries refuse to make.
type key struct {
	algorithm string
	private   crypto.Signer
	public    object // as a JWK
}

// object is a JSON object.
type object map[string]any

// newKey makes a key for ES256.
func newKey() key {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // there is no randomness
	}
	point, err := private.PublicKey.Bytes() // 4, then X and Y of 32 bytes each
	if err != nil {
		panic(err)
	}
	return key{"ES256", private, object{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}}
}

// newRSAKey makes a key for RS256.
func newRSAKey(bits int) key {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	exponent := big.NewInt(int64(private.E))
	return key{"RS256", private, object{"kty": "RSA", "n": encode(private.N.Bytes()), "e": encode(exponent.Bytes())}}
}

// secret is the private half of an ES256 key, as a JWK shows it.
func (k key) secret() string {
	raw, err := k.private.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		panic(err)
	}
	return encode(raw)
}

// thumbprint is that of RFC 7638. JSON objects are written with their members
// sorted, as it wants them.
func (k key) thumbprint() string {
	digest := sha256.Sum256(marshal(k.public))
	return encode(digest[:])
}

// sign returns a compact JWS. When the header names an algorithm that needs no
// private key, everybody could have signed it: not at all, or with the public
// key.
func (k key) sign(header, claims object) string {
	algorithm, named := header["alg"].(string)
	if !named {
		algorithm = k.algorithm
	}
	input := signed(algorithm, header, claims)
	switch algorithm {
	case "none":
		return input + "."
	case "HS256":
		mac := hmac.New(sha256.New, marshal(k.public))
		mac.Write([]byte(input))
		return input + "." + encode(mac.Sum(nil))
	}
	return input + "." + encode(k.signature(input))
}

// signAs returns a JWS that calls its signature one of another algorithm.
func (k key) signAs(algorithm string, header, claims object) string {
	input := signed(algorithm, header, claims)
	return input + "." + encode(k.signature(input))
}

func signed(algorithm string, header, claims object) string {
	full := object{"alg": algorithm}
	maps.Copy(full, header)
	return encode(marshal(full)) + "." + encode(marshal(claims))
}

func (k key) signature(input string) []byte {
	digest := sha256.Sum256([]byte(input))
	private, ok := k.private.(*ecdsa.PrivateKey)
	if !ok {
		signature, err := k.private.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			panic(err)
		}
		return signature
	}
	r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
	if err != nil {
		panic(err)
	}
	signature := make([]byte, 64) // R and S of fixed length, RFC 7518 §3.4
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signature
}

func marshal(value any) []byte {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err) // objects of strings, numbers and the like
	}
	return raw
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
