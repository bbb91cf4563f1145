package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"slices"
)

// Algorithms that the provider signs with (RFC 7518 §3.1).
const (
	ES256 = "ES256"
	RS256 = "RS256"
)

// RSA key sizes in bits: below is breakable, above is a way to burn our time.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// algorithms is the allow-list (OIDC-RS-02, OIDC-DPOP-02) in order of
// preference: which keys an algorithm may be used with, and how to make one.
var algorithms = []struct {
	name     string
	fits     func(crypto.PublicKey) bool
	generate func() (crypto.Signer, error)
}{
	{ES256, onCurve(elliptic.P256()), newEC(elliptic.P256())},
	{"ES384", onCurve(elliptic.P384()), newEC(elliptic.P384())},
	{"ES512", onCurve(elliptic.P521()), newEC(elliptic.P521())},
	{"EdDSA", isEd25519, newEd25519},
	{RS256, isRSA, newRSA},
	{"RS384", isRSA, newRSA},
	{"RS512", isRSA, newRSA},
	{"PS256", isRSA, newRSA},
	{"PS384", isRSA, newRSA},
	{"PS512", isRSA, newRSA},
}

// Algorithms returns the names of the algorithms that are accepted, preferred
// ones first.
func Algorithms() []string {
	var names []string
	for _, a := range algorithms {
		names = append(names, a.name)
	}
	return names
}

func allowed(algorithm string) bool {
	return slices.Contains(Algorithms(), algorithm)
}

// fits reports whether the algorithm is allowed and made for this type, curve
// and size of key.
func fits(algorithm string, key crypto.PublicKey) bool {
	for _, a := range algorithms {
		if a.name == algorithm {
			return a.fits(key)
		}
	}
	return false
}

func generate(algorithm string) (crypto.Signer, error) {
	for _, a := range algorithms {
		if a.name == algorithm {
			return a.generate()
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrAlgorithm, algorithm)
}

func onCurve(curve elliptic.Curve) func(crypto.PublicKey) bool {
	return func(key crypto.PublicKey) bool {
		ec, ok := key.(*ecdsa.PublicKey)
		if !ok || ec.Curve != curve {
			return false
		}
		_, err := ec.ECDH() // refuses points that are not on the curve
		return err == nil
	}
}

func isEd25519(key crypto.PublicKey) bool {
	ed, ok := key.(ed25519.PublicKey)
	return ok && len(ed) == ed25519.PublicKeySize
}

func isRSA(key crypto.PublicKey) bool {
	r, ok := key.(*rsa.PublicKey)
	if !ok || r.N == nil {
		return false
	}
	bits := r.N.BitLen()
	return bits >= minRSABits && bits <= maxRSABits && r.E >= 3
}

func newEC(curve elliptic.Curve) func() (crypto.Signer, error) {
	return func() (crypto.Signer, error) { return ecdsa.GenerateKey(curve, rand.Reader) }
}

func newEd25519() (crypto.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}

func newRSA() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, minRSABits) }
