package jose

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestKnownKeys: a key that is remembered opens nothing more than one that is
// not, and only so many are.
func TestKnownKeys(t *testing.T) {
	key, verifier := newKey(t, ES256), NewProofVerifier()
	first, err := key.SignProof(map[string]any{"jti": "1"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := key.SignProof(map[string]any{"jti": "2"})
	if err != nil {
		t.Fatal(err)
	}
	for _, proof := range []string{first, second, first} {
		if print, claims, err := verifier.Verify(proof); err != nil || print != key.Thumbprint() || claims.String("jti") == "" {
			t.Fatal(print, claims, err)
		}
	}
	if len(verifier.known) != 1 {
		t.Errorf("%d keys are known", len(verifier.known))
	}
	a, b := strings.Split(first, "."), strings.Split(second, ".")
	for name, c := range map[string]struct {
		proof string
		want  error
	}{
		"OIDC-DPOP-03 the claims of another proof": {a[0] + "." + b[1] + "." + a[2], ErrSignature},
		"OIDC-DPOP-03 no signature":                {a[0] + "." + a[1] + ".", ErrSignature},
		"OIDC-DPOP-01 claims that are no object":   {a[0] + ".W10." + a[2], ErrMalformed},
		"OIDC-DPOP-01 something after it":          {first + ".", ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := verifier.Verify(c.proof); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	t.Run("a proof that does not hold is not remembered", func(t *testing.T) {
		verifier := NewProofVerifier()
		if _, _, err := verifier.Verify(a[0] + "." + b[1] + "." + a[2]); !errors.Is(err, ErrSignature) || len(verifier.known) != 0 {
			t.Errorf("%v, %d keys are known", err, len(verifier.known))
		}
	})
	t.Run("bounded", func(t *testing.T) {
		verifier := NewProofVerifier()
		for i := range 3 * maxKnownKeys {
			verifier.remember(fmt.Sprint(i), proofKey{})
			if _, ok := verifier.find("0"); !ok {
				t.Fatalf("the key in use is forgotten after %d others", i)
			}
		}
		if len(verifier.known)+len(verifier.before) > 2*maxKnownKeys {
			t.Errorf("%d and %d keys are known", len(verifier.known), len(verifier.before))
		}
		verifier.remember(strings.Repeat("a", maxKnownKeySize+1), proofKey{})
		if _, ok := verifier.find(strings.Repeat("a", maxKnownKeySize+1)); ok {
			t.Error("a header of any size is remembered")
		}
	})
}
