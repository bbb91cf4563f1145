package jose

import (
	"crypto/ecdsa"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// BenchmarkLibraryES256 is one ES256 verification by the library, of a token
// that has been taken apart, with a key that has been read: the yardstick for
// all that is done around it.
func BenchmarkLibraryES256(b *testing.B) {
	key := newKey(b, ES256)
	token, err := key.Sign("JWT", map[string]any{"sub": "a"})
	if err != nil {
		b.Fatal(err)
	}
	last := strings.LastIndex(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(token[last+1:])
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := jws.NewVerifier(jwa.ES256)
	if err != nil {
		b.Fatal(err)
	}
	public := key.private.Public().(*ecdsa.PublicKey)
	for b.Loop() {
		if err := verifier.Verify([]byte(token[:last]), signature, public); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyProof is the proof of a client that is known.
func BenchmarkVerifyProof(b *testing.B) {
	proof, err := newKey(b, ES256).SignProof(map[string]any{"jti": "1", "htm": "GET", "htu": "https://pod.example/x", "iat": 1})
	if err != nil {
		b.Fatal(err)
	}
	verifier := NewProofVerifier()
	for b.Loop() {
		if _, _, err := verifier.Verify(proof); err != nil {
			b.Fatal(err)
		}
	}
}
