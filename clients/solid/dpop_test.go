package solid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// proofClaims are the claims of a proof whose signature was checked with the
// key that it carries.
type proofClaims struct {
	JTI string `json:"jti"`
	HTM string `json:"htm"`
	HTU string `json:"htu"`
	IAT int64  `json:"iat"`
	ATH string `json:"ath"`
	// Nonce is as the server gave it.
	Nonce string `json:"nonce"`
}

// openProof verifies a proof on its own, by RFC 7515 and RFC 7518 §3.4, and
// returns the key's coordinates with its claims.
func openProof(proof string) (key jwk, claims proofClaims, err error) {
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		return key, claims, errors.New("not a compact JWS")
	}
	decoded := make([][]byte, 3)
	for i, part := range parts {
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return key, claims, err
		}
	}
	var header struct {
		Type      string `json:"typ"`
		Algorithm string `json:"alg"`
		Key       jwk    `json:"jwk"`
	}
	if err := json.Unmarshal(decoded[0], &header); err != nil {
		return key, claims, err
	}
	if header.Type != "dpop+jwt" || header.Algorithm != "ES256" {
		return key, claims, fmt.Errorf("header is %+v", header)
	}
	x, err := base64.RawURLEncoding.DecodeString(header.Key.X)
	if err != nil {
		return key, claims, err
	}
	y, err := base64.RawURLEncoding.DecodeString(header.Key.Y)
	if err != nil {
		return key, claims, err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return key, claims, err
	}
	if len(decoded[2]) != 64 {
		return key, claims, fmt.Errorf("signature of %d bytes", len(decoded[2]))
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(decoded[2][:32]), new(big.Int).SetBytes(decoded[2][32:])
	if !ecdsa.Verify(public, hash[:], r, s) {
		return key, claims, errors.New("wrong signature")
	}
	return header.Key, claims, json.Unmarshal(decoded[1], &claims)
}

func TestProof(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		proof Proof
		want  proofClaims
	}{
		"OIDC-DPOP-06 htu has neither query nor fragment": {
			Proof{ID: "1", Method: "GET", URL: "https://pod.example/a%20b/?x=1#me", IssuedAt: time.Unix(1000, 0)},
			proofClaims{JTI: "1", HTM: "GET", HTU: "https://pod.example/a%20b/", IAT: 1000},
		},
		"ath is the hash of the token": { // the example of RFC 9449 §7.1
			Proof{ID: "2", Method: "PUT", URL: "https://pod.example/", IssuedAt: time.Unix(2000, 0),
				AccessToken: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"},
			proofClaims{JTI: "2", HTM: "PUT", HTU: "https://pod.example/", IAT: 2000,
				ATH: "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			signed, err := key.Sign(test.proof)
			if err != nil {
				t.Fatal(err)
			}
			public, got, err := openProof(signed)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if public != key.public {
				t.Error("the proof carries another key")
			}
		})
	}
}

func TestProofDefaults(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 3 {
		signed, err := key.Sign(Proof{Method: "GET", URL: "https://pod.example/"})
		if err != nil {
			t.Fatal(err)
		}
		_, claims, err := openProof(signed)
		if err != nil {
			t.Fatal(err)
		}
		if claims.JTI == "" || seen[claims.JTI] {
			t.Errorf("identifier %q is empty or was used before", claims.JTI)
		}
		seen[claims.JTI] = true
		if claims.IAT == 0 {
			t.Error("there is no time of issue")
		}
	}
	if _, err := key.Sign(Proof{Method: "GET", URL: "http://a b/"}); err == nil {
		t.Error("a proof was made for something that is no URL")
	}
}

// The key and the thumbprint are those of RFC 9449 §6.1.
func TestThumbprint(t *testing.T) {
	key := Key{public: jwk{
		Curve: "P-256",
		Type:  "EC",
		X:     "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
		Y:     "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
	}}
	if got, want := key.Thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
