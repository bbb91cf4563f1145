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
