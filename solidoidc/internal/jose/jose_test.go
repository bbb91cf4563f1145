package jose

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newKey(t testing.TB, algorithm string) *SigningKey {
	t.Helper()
	key, err := GenerateSigningKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, key *SigningKey, header, claims map[string]any) string {
	t.Helper()
	token, err := key.sign(header, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// encode makes a token of raw parts that no signer would make.
func encode(header, payload string, signature []byte) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(header)) + "." + e.EncodeToString([]byte(payload)) + "." + e.EncodeToString(signature)
}

func TestSignAndVerifyEveryAlgorithm(t *testing.T) {
	for _, algorithm := range Algorithms() {
		t.Run("OIDC-RS-02 "+algorithm, func(t *testing.T) {
			key := newKey(t, algorithm)
			token, err := key.Sign("at+jwt", map[string]any{"sub": "alice", "exp": 5000000000})
			if err != nil {
				t.Fatal(err)
			}
			published, err := json.Marshal(PublicKeys(key))
			if err != nil {
				t.Fatal(err)
			}
			keys, err := ParseKeySet(published)
			if err != nil {
				t.Fatal(err)
			}
			header, claims, err := Verify(token, keys)
			if err != nil {
				t.Fatal(err)
			}
			if want := (Header{algorithm, "at+jwt", key.ID()}); header != want || !header.HasType("at+jwt") {
				t.Errorf("header %+v, want %+v", header, want)
			}
			if claims.String("sub") != "alice" {
				t.Errorf("claims %v", claims)
			}
			if _, _, err := Verify(token, PublicKeys(newKey(t, algorithm))); !errors.Is(err, ErrUnknownKey) {
				t.Errorf("another key: %v, want ErrUnknownKey", err)
			}
			proof, err := key.SignProof(map[string]any{"jti": "1"})
			if err != nil {
				t.Fatal(err)
			}
			print, claims, err := NewProofVerifier().Verify(proof)
			if err != nil || print != key.Thumbprint() || claims.String("jti") != "1" {
				t.Errorf("VerifyProof = %q, %v, %v", print, claims, err)
			}
		})
	}
}

func TestStoredKeySignsAsBefore(t *testing.T) {
	for _, algorithm := range Algorithms() {
		key := newKey(t, algorithm)
		raw, err := json.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		var again SigningKey
		if err := json.Unmarshal(raw, &again); err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		if again.ID() != key.ID() || again.Algorithm() != algorithm {
			t.Errorf("%s: stored %s %s, loaded %s %s", algorithm, key.ID(), key.Algorithm(), again.ID(), again.Algorithm())
		}
		token, err := again.Sign("JWT", nil)
		if err == nil {
			_, _, err = Verify(token, PublicKeys(key))
		}
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}

func TestKeySetPublishesNoPrivateMembers(t *testing.T) {
	raw, err := json.Marshal(PublicKeys(newKey(t, ES256), newKey(t, RS256)))
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(raw, &set); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, key := range set.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi"} {
			if _, ok := key[private]; ok {
				t.Errorf("OIDC-OP-04: %s is published", private)
			}
		}
		got = append(got, fmt.Sprint(key["kty"], " ", key["alg"], " ", key["use"], " ", key["kid"] != ""))
	}
	if diff := cmp.Diff([]string{"EC ES256 sig true", "RSA RS256 sig true"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedTokens(t *testing.T) {
	key := newKey(t, ES256)
	other := newKey(t, ES256)
	rsaKey := newKey(t, RS256)
	keys := PublicKeys(key, rsaKey)
	good := sign(t, key, map[string]any{"alg": ES256, "kid": key.ID()}, map[string]any{"sub": "a"})
	parts := strings.Split(good, ".")
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])

	public, err := x509.MarshalPKIXPublicKey(rsaKey.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	confusion := func(secret []byte) string {
		e := base64.RawURLEncoding
		input := e.EncodeToString([]byte(`{"alg":"HS256","kid":"`+rsaKey.ID()+`"}`)) + "." + e.EncodeToString([]byte(`{"sub":"a"}`))
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return input + "." + e.EncodeToString(mac.Sum(nil))
	}
	published, _ := json.Marshal(PublicKeys(rsaKey))

	tests := []struct {
		name, token string
		want        error
	}{
		{"alg none", encode(`{"alg":"none"}`, `{"sub":"a"}`, nil), ErrAlgorithm},
		{"alg None", encode(`{"alg":"None"}`, `{"sub":"a"}`, nil), ErrAlgorithm},
		{"alg absent", encode(`{}`, `{"sub":"a"}`, signature), ErrAlgorithm},
		{"alg ES256K", encode(`{"alg":"ES256K"}`, `{"sub":"a"}`, signature), ErrAlgorithm},
		{"HS256 with the public key as secret", confusion(public), ErrAlgorithm},
		{"HS256 with the JWK as secret", confusion(published), ErrAlgorithm},
		{"alg is a number", encode(`{"alg":1}`, `{}`, signature), ErrMalformed},
		{"crit", sign(t, key, map[string]any{"alg": ES256, "kid": key.ID(), "crit": []string{"x"}, "x": 1}, nil), ErrMalformed},
		{"empty crit", sign(t, key, map[string]any{"alg": ES256, "kid": key.ID(), "crit": []string{}}, nil), ErrMalformed},
		{"b64 false", sign(t, key, map[string]any{"alg": ES256, "kid": key.ID(), "b64": false}, nil), ErrMalformed},
		{"duplicate header member", encode(`{"alg":"ES256","alg":"RS256"}`, `{}`, signature), ErrMalformed},
		{"duplicate claim", encode(`{"alg":"ES256"}`, `{"sub":"a","sub":"b"}`, signature), ErrMalformed},
		{"duplicate nested claim", encode(`{"alg":"ES256"}`, `{"cnf":{"jkt":"a","jkt":"b"}}`, signature), ErrMalformed},
		{"duplicate by escape", encode(`{"alg":"ES256"}`, `{"sub":"a","s\u0075b":"b"}`, signature), ErrMalformed},
		{"deep claims", encode(`{"alg":"ES256"}`, `{"a":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`}`, signature), ErrMalformed},
		{"claims are an array", encode(`{"alg":"ES256"}`, `[]`, signature), ErrMalformed},
		{"two JSON values", encode(`{"alg":"ES256"}`, `{}{}`, signature), ErrMalformed},
		{"trailing garbage in the claims", encode(`{"alg":"ES256"}`, `{} x`, signature), ErrMalformed},
		{"two parts", parts[0] + "." + parts[1], ErrMalformed},
		{"four parts", good + ".x", ErrMalformed},
		{"empty", "", ErrMalformed},
		{"JSON serialisation", `{"payload":"e30","signatures":[]}`, ErrMalformed},
		{"padding", good + "==", ErrMalformed},
		{"line break", parts[0] + "." + parts[1] + ".\n" + parts[2], ErrMalformed},
		{"loose bits in the last character", parts[0] + "." + parts[1] + "." + loosen(parts[2]), ErrMalformed},
		{"oversized", encode(`{"alg":"ES256"}`, `{"a":"`+strings.Repeat("a", MaxSize)+`"}`, signature), ErrTooLarge},
		{"other key under the same kid", sign(t, other, map[string]any{"alg": ES256, "kid": key.ID()}, nil), ErrSignature},
		{"unknown kid", sign(t, other, map[string]any{"alg": ES256, "kid": "x"}, nil), ErrUnknownKey},
		{"alg of another key type", sign(t, key, map[string]any{"alg": RS256, "kid": key.ID()}, nil), ErrUnknownKey},
		{"alg of another curve", sign(t, key, map[string]any{"alg": "ES384", "kid": key.ID()}, nil), ErrUnknownKey},
		{"alg of the type but not of the key", sign(t, rsaKey, map[string]any{"alg": "PS256", "kid": rsaKey.ID()}, nil), ErrUnknownKey},
		{"signature cut", parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(signature[:63]), ErrSignature},
		{"signature of zeros", parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)), ErrSignature},
		{"claims exchanged", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"b"}`)) + "." + parts[2], ErrSignature},
	}
	for _, test := range tests {
		t.Run("OIDC-RS-02 "+test.name, func(t *testing.T) {
			if _, _, err := Verify(test.token, keys); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	if _, _, err := Verify(good, keys); err != nil {
		t.Errorf("the good token: %v", err)
	}
}

// loosen sets a bit that the last character of a 64-byte signature encodes but
// that means nothing.
func loosen(encoded string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, encoded[len(encoded)-1])
	return encoded[:len(encoded)-1] + string(alphabet[last|1])
}

func TestTokenWithoutKeyID(t *testing.T) {
	first, second, other := newKey(t, ES256), newKey(t, ES256), newKey(t, RS256)
	token := sign(t, first, map[string]any{"alg": ES256}, nil)
	if _, _, err := Verify(token, PublicKeys(first, other)); err != nil {
		t.Errorf("OIDC-RS-11 the only key of its type: %v", err)
	}
	if _, _, err := Verify(token, PublicKeys(first, second)); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("OIDC-RS-11 two keys of its type: %v, want ErrUnknownKey", err)
	}
}

func TestRefusedProofs(t *testing.T) {
	key := newKey(t, ES256)
	public, err := publicJWK(key.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	with := func(changes map[string]any) map[string]any {
		changed := map[string]any{}
		for name, value := range public {
			changed[name] = value
		}
		for name, value := range changes {
			changed[name] = value
		}
		return changed
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	smallJWK, err := publicJWK(small.Public())
	if err != nil {
		t.Fatal(err)
	}
	var private map[string]any
	raw, _ := json.Marshal(key)
	if err := json.Unmarshal(raw, &private); err != nil {
		t.Fatal(err)
	}
	otherPublic, err := publicJWK(newKey(t, ES256).private.Public())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		header map[string]any
		want   error
	}{
		{"typ JWT", map[string]any{"typ": "JWT", "alg": ES256, "jwk": public}, ErrMalformed},
		{"no typ", map[string]any{"alg": ES256, "jwk": public}, ErrMalformed},
		{"no jwk", map[string]any{"typ": proofType, "alg": ES256}, ErrMalformed},
		{"kid instead of jwk", map[string]any{"typ": proofType, "alg": ES256, "kid": key.ID()}, ErrMalformed},
		{"jwk is a string", map[string]any{"typ": proofType, "alg": ES256, "jwk": "x"}, ErrMalformed},
		{"private jwk", map[string]any{"typ": proofType, "alg": ES256, "jwk": private}, ErrMalformed},
		{"d beside a public jwk", map[string]any{"typ": proofType, "alg": ES256, "jwk": with(map[string]any{"d": nil})}, ErrMalformed},
		{"secret beside a public jwk", map[string]any{"typ": proofType, "alg": ES256, "jwk": with(map[string]any{"k": "AAAA"})}, ErrMalformed},
		{"symmetric jwk", map[string]any{"typ": proofType, "alg": ES256, "jwk": map[string]any{"kty": "oct", "k": "AAAA"}}, ErrMalformed},
		{"unknown kty", map[string]any{"typ": proofType, "alg": ES256, "jwk": map[string]any{"kty": "XX"}}, ErrMalformed},
		{"alg HS256", map[string]any{"typ": proofType, "alg": "HS256", "jwk": public}, ErrAlgorithm},
		{"alg of another type", map[string]any{"typ": proofType, "alg": RS256, "jwk": public}, ErrAlgorithm},
		{"point off the curve", map[string]any{"typ": proofType, "alg": ES256, "jwk": with(map[string]any{"y": public["x"]})}, ErrAlgorithm},
		{"RSA of 1024 bits", map[string]any{"typ": proofType, "alg": RS256, "jwk": smallJWK}, ErrAlgorithm},
		{"X25519", map[string]any{"typ": proofType, "alg": "EdDSA", "jwk": map[string]any{"kty": "OKP", "crv": "X25519", "x": strings.Repeat("A", 43)}}, ErrMalformed},
		{"another key", map[string]any{"typ": proofType, "alg": ES256, "jwk": otherPublic}, ErrSignature},
		{"crit", map[string]any{"typ": proofType, "alg": ES256, "jwk": public, "crit": []string{"jwk"}}, ErrMalformed},
	}
	for _, test := range tests {
		t.Run("OIDC-DPOP-02 "+test.name, func(t *testing.T) {
			if _, _, err := NewProofVerifier().Verify(sign(t, key, test.header, map[string]any{"jti": "1"})); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// The key and thumbprint of RFC 7638 §3.1.
func TestThumbprintOfRFC7638(t *testing.T) {
	const jwkJSON = `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`
	public, err := parsePublic([]byte(jwkJSON))
	if err != nil {
		t.Fatal(err)
	}
	got, err := thumbprint(public)
	if want := "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"; err != nil || got != want {
		t.Errorf("thumbprint %q, %v; want %q", got, err, want)
	}
}

func TestThumbprintIgnoresSpelling(t *testing.T) {
	key := newKey(t, ES256)
	want := key.Thumbprint()
	public, err := publicJWK(key.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	e := base64.RawURLEncoding
	y, err := e.DecodeString(public["y"].(string))
	if err != nil {
		t.Fatal(err)
	}
	spelled := fmt.Sprintf(`{"use":"sig","y":%q,"x":%q,"crv":"P-256","kty":"EC"}`, e.EncodeToString(append([]byte{0}, y...)), public["x"])
	again, err := parsePublic([]byte(spelled))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := thumbprint(again); err != nil || got != want {
		t.Errorf("thumbprint %q, %v; want %q", got, err, want)
	}
}

func TestParseKeySet(t *testing.T) {
	key := newKey(t, ES256)
	public, _ := publicJWK(key.private.Public())
	member := func(changes map[string]any) string {
		for name, value := range public {
			if _, ok := changes[name]; !ok {
				changes[name] = value
			}
		}
		raw, _ := json.Marshal(changes)
		return string(raw)
	}
	tests := []struct {
		name, document string
		keys           int
		fails          bool
	}{
		{"not JSON", `{`, 0, true},
		{"no keys member", `{}`, 0, true},
		{"keys is no array", `{"keys":1}`, 0, true},
		{"empty", `{"keys":[]}`, 0, false},
		{"good", `{"keys":[` + member(map[string]any{"kid": "a"}) + `]}`, 1, false},
		{"unknown type beside a good one", `{"keys":[{"kty":"XX"},` + member(map[string]any{}) + `]}`, 1, false},
		{"for encryption", `{"keys":[` + member(map[string]any{"use": "enc"}) + `]}`, 0, false},
		{"alg does not fit", `{"keys":[` + member(map[string]any{"alg": RS256}) + `]}`, 0, false},
		{"symmetric", `{"keys":[{"kty":"oct","k":"AAAA"}]}`, 0, false},
		{"private", `{"keys":[` + member(map[string]any{"d": "AAAA"}) + `]}`, 0, false},
		{"too many", `{"keys":[` + strings.Repeat(`{},`, 100) + `{}]}`, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			set, err := ParseKeySet([]byte(test.document))
			if (err != nil) != test.fails {
				t.Fatalf("error %v", err)
			}
			if err == nil && len(set.keys) != test.keys {
				t.Errorf("%d keys, want %d", len(set.keys), test.keys)
			}
		})
	}
}

func TestClaims(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	tests := []struct {
		name, claims string
		ok           bool
	}{
		{"in force", `{"iat":1799999000,"exp":1800000600}`, true},
		{"fraction", `{"iat":1799999000.5,"exp":1800000600.5}`, true},
		{"no exp", `{"iat":1799999000}`, false},
		{"exp is a string", `{"iat":1799999000,"exp":"1800000600"}`, false},
		{"exp beyond the calendar", `{"iat":1799999000,"exp":1e300}`, false},
		{"exp in milliseconds", `{"iat":1799999000,"exp":1800000600000}`, false},
		{"negative exp", `{"iat":1799999000,"exp":-1}`, false},
		{"expired within leeway", `{"iat":1799999000,"exp":1799999990}`, true},
		{"expired at the end of leeway", `{"iat":1799999000,"exp":1799999940}`, false},
		{"no iat", `{"exp":1800000600}`, false},
		{"iat in the future", `{"iat":1800000061,"exp":1800000600}`, false},
		{"nbf in the future", `{"iat":1799999000,"nbf":1800000061,"exp":1800000600}`, false},
		{"nbf is no time", `{"iat":1799999000,"nbf":"x","exp":1800000600}`, false},
		{"nbf past", `{"iat":1799999000,"nbf":1799999000,"exp":1800000600}`, true},
	}
	for _, test := range tests {
		t.Run("OIDC-RS-06 "+test.name, func(t *testing.T) {
			_, claims, err := Inspect(encode(`{"alg":"ES256"}`, test.claims, nil))
			if err != nil {
				t.Fatal(err)
			}
			if err := claims.CheckTime(now, time.Minute); (err == nil) != test.ok {
				t.Errorf("CheckTime: %v, want ok %v", err, test.ok)
			}
		})
	}

	_, claims, err := Inspect(encode(`{"alg":"ES256"}`, `{"aud":["a","b"],"one":"a","mixed":["a",1],"cnf":{"jkt":"x"},"s":1}`, nil))
	if err != nil {
		t.Fatal(err)
	}
	got := []any{claims.Strings("aud"), claims.Strings("one"), claims.Strings("mixed"), claims.Strings("none"), claims.Confirmation(), claims.String("s")}
	want := []any{[]string{"a", "b"}, []string{"a"}, []string(nil), []string(nil), "x", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, cnf := range []string{`{}`, `{"cnf":"x"}`, `{"cnf":{"jkt":1}}`, `{"cnf":null}`} {
		if _, claims, _ := Inspect(encode(`{"alg":"ES256"}`, cnf, nil)); claims.Confirmation() != "" {
			t.Errorf("confirmation of %s: %q", cnf, claims.Confirmation())
		}
	}
}

func TestGenerateRefusesOtherAlgorithms(t *testing.T) {
	for _, algorithm := range []string{"", "none", "HS256", "ES256K"} {
		if _, err := GenerateSigningKey(algorithm); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%q: %v", algorithm, err)
		}
	}
}

func FuzzInspect(f *testing.F) {
	key := newKey(f, ES256)
	token, _ := key.Sign("JWT", map[string]any{"sub": "a", "aud": []string{"x"}, "cnf": map[string]any{"jkt": "y"}})
	f.Add(token)
	f.Add(encode(`{"alg":"none"}`, `{}`, nil))
	f.Add(encode(`{"alg":"ES256","crit":[]}`, `{"a":[{"b":1}]}`, []byte{1}))
	f.Add("..")
	keys := PublicKeys(key)
	f.Fuzz(func(t *testing.T, token string) {
		header, claims, err := Inspect(token)
		if err != nil {
			return
		}
		if !allowed(header.Algorithm) {
			t.Fatalf("algorithm %q passed", header.Algorithm)
		}
		if _, err := json.Marshal(claims); err != nil {
			t.Fatalf("claims cannot be written: %v", err)
		}
		if _, again, err := Verify(token, keys); err == nil && again.String("sub") != "a" {
			t.Fatalf("a token that was not signed passed: %q", token)
		}
	})
}

func FuzzVerifyProof(f *testing.F) {
	for _, algorithm := range []string{ES256, RS256, "EdDSA"} {
		proof, _ := newKey(f, algorithm).SignProof(map[string]any{"jti": "1", "htm": "GET"})
		f.Add(proof)
	}
	f.Add(encode(`{"alg":"ES256","typ":"dpop+jwt","jwk":{"kty":"EC","crv":"P-256","x":"","y":""}}`, `{}`, make([]byte, 64)))
	f.Add(encode(`{"alg":"RS256","typ":"dpop+jwt","jwk":{"kty":"RSA","n":"","e":""}}`, `{}`, make([]byte, 256)))
	f.Add(encode(`{"alg":"EdDSA","typ":"dpop+jwt","jwk":{"kty":"OKP","crv":"Ed25519","x":""}}`, `{}`, make([]byte, 64)))
	f.Fuzz(func(t *testing.T, proof string) {
		print, _, err := NewProofVerifier().Verify(proof)
		if err == nil && len(print) != 43 {
			t.Fatalf("thumbprint %q", print)
		}
	})
}
