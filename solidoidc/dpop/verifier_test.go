package dpop

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"domicile/solidoidc/internal/jose"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const resourceURL = "https://pods.example/alice/notes/a%20b.ttl"

func newKey(t testing.TB) *jose.SigningKey {
	t.Helper()
	key, err := jose.GenerateSigningKey(jose.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// verify checks a proof and redeems it.
func (v *Verifier) verify(ctx context.Context, r Request) (thumbprint string, err error) {
	proof, err := v.Check(r)
	if err != nil {
		return "", err
	}
	return proof.Thumbprint, v.Redeem(ctx, proof)
}

func newVerifier(t testing.TB) *Verifier {
	t.Helper()
	replay, err := OpenReplayLog("", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{Replay: replay, Clock: func() time.Time { return now }})
}

// goodClaims are those of a proof for GET of resourceURL.
func goodClaims() map[string]any {
	return map[string]any{"jti": "4f0c6d6e", "htm": "GET", "htu": resourceURL, "iat": now.Unix()}
}

func signProof(t testing.TB, key *jose.SigningKey, claims map[string]any) string {
	t.Helper()
	proof, err := key.SignProof(claims)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// compact puts header and claims together with a signature that is nothing.
func compact(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	var parts []string
	for _, part := range []map[string]any{header, claims} {
		raw, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(raw))
	}
	return strings.Join(append(parts, base64.RawURLEncoding.EncodeToString(make([]byte, 64))), ".")
}

func header(t *testing.T, proof string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(proof, ".")[0])
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestClaims(t *testing.T) {
	key := newKey(t)
	const token = "header.claims.signature"
	for _, c := range []struct {
		name   string
		claim  string
		value  any // nil: left out
		method string
		want   string // part of the description; "" when the proof holds
	}{
		{"OIDC-DPOP-04 all there", "jti", "x", "GET", ""},
		{"OIDC-DPOP-04 no jti", "jti", nil, "GET", "jti"},
		{"OIDC-DPOP-04 empty jti", "jti", "", "GET", "jti"},
		{"OIDC-DPOP-04 jti is a number", "jti", 7, "GET", "jti"},
		{"OIDC-DPOP-08 longest jti", "jti", strings.Repeat("j", maxIDLength), "GET", ""},
		{"OIDC-DPOP-08 jti too long", "jti", strings.Repeat("j", maxIDLength+1), "GET", "jti"},
		{"OIDC-DPOP-04 no htm", "htm", nil, "GET", "htm"},
		{"OIDC-DPOP-04 htm is an array", "htm", []string{"GET"}, "GET", "htm"},
		{"OIDC-DPOP-04 no htu", "htu", nil, "GET", "htu"},
		{"OIDC-DPOP-04 no iat", "iat", nil, "GET", "iat"},
		{"OIDC-DPOP-04 iat is a string", "iat", "1795435200", "GET", "iat"},
		{"OIDC-DPOP-05 another method", "htm", "GET", "PUT", "htm"},
		{"OIDC-DPOP-05 lower case", "htm", "get", "GET", "htm"},
		{"OIDC-DPOP-06 scheme and host in upper case", "htu", "HTTPS://Pods.Example/alice/notes/a%20b.ttl", "GET", ""},
		{"OIDC-DPOP-06 default port", "htu", "https://pods.example:443/alice/notes/a%20b.ttl", "GET", ""},
		{"OIDC-DPOP-06 query and fragment", "htu", resourceURL + "?a=b#c", "GET", ""},
		{"OIDC-DPOP-06 unreserved characters encoded", "htu", "https://pods.example/%61lice/notes/a%20b%2Ettl", "GET", ""},
		{"OIDC-DPOP-06 another path", "htu", "https://pods.example/alice/notes/c.ttl", "GET", "htu"},
		{"OIDC-DPOP-06 path in another case", "htu", "https://pods.example/Alice/notes/a%20b.ttl", "GET", "htu"},
		{"OIDC-DPOP-06 another host", "htu", "https://evil.example/alice/notes/a%20b.ttl", "GET", "htu"},
		{"OIDC-DPOP-06 another scheme", "htu", "http://pods.example/alice/notes/a%20b.ttl", "GET", "htu"},
		{"OIDC-DPOP-06 another port", "htu", "https://pods.example:8443/alice/notes/a%20b.ttl", "GET", "htu"},
		{"OIDC-DPOP-06 relative", "htu", "/alice/notes/a%20b.ttl", "GET", "htu"},
		{"OIDC-DPOP-06 a slash more", "htu", resourceURL + "/", "GET", "htu"},
		{"OIDC-DPOP-07 oldest", "iat", now.Add(-maxAge).Unix(), "GET", ""},
		{"OIDC-DPOP-07 too old", "iat", now.Add(-maxAge).Unix() - 1, "GET", "long ago"},
		{"OIDC-DPOP-07 ten minutes old", "iat", now.Add(-10 * time.Minute).Unix(), "GET", "long ago"},
		{"OIDC-DPOP-07 furthest ahead", "iat", now.Add(maxAhead).Unix(), "GET", ""},
		{"OIDC-DPOP-07 too far ahead", "iat", now.Add(maxAhead).Unix() + 1, "GET", "future"},
		{"OIDC-DPOP-07 fraction of a second", "iat", float64(now.Unix()) + 0.5, "GET", ""},
		{"OIDC-DPOP-07 milliseconds", "iat", now.UnixMilli(), "GET", "iat"},
		{"OIDC-DPOP-10 ath", "ath", hashOf(token), "GET", ""},
		{"OIDC-DPOP-10 ath of another token", "ath", hashOf("x"), "GET", "ath"},
		{"OIDC-DPOP-10 ath padded", "ath", hashOf(token) + "=", "GET", "ath"},
		{"OIDC-DPOP-10 empty ath", "ath", "", "GET", "ath"},
		{"OIDC-DPOP-10 ath is null", "ath", json.RawMessage("null"), "GET", "ath"},
		{"unknown claim", "nonce", "n", "GET", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			claims := goodClaims()
			delete(claims, c.claim)
			if c.value != nil {
				claims[c.claim] = c.value
			}
			thumbprint, err := newVerifier(t).verify(t.Context(), Request{
				Proofs: []string{signProof(t, key, claims)}, Method: c.method, URL: resourceURL, AccessToken: token,
			})
			if c.want == "" {
				// OIDC-DPOP-09: this is what a caller compares with cnf.jkt.
				if err != nil || thumbprint != key.Thumbprint() {
					t.Fatalf("got %q, %v", thumbprint, err)
				}
				return
			}
			var refused *Error
			if !errors.As(err, &refused) || !strings.Contains(refused.Description, c.want) || thumbprint != "" {
				t.Fatalf("got %q, %v; want an Error about %s", thumbprint, err, c.want)
			}
		})
	}
}

func TestForm(t *testing.T) {
	key := newKey(t)
	good := signProof(t, key, goodClaims())
	public := header(t, good)
	with := func(name string, value any) map[string]any {
		changed := maps.Clone(public)
		changed[name] = value
		return changed
	}
	withPrivate := maps.Clone(public["jwk"].(map[string]any))
	withPrivate["d"] = "AAAA"
	ordinary, err := key.Sign("at+jwt", goodClaims())
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	otherParts := strings.Split(signProof(t, newKey(t), goodClaims()), ".")
	for name, proofs := range map[string][]string{
		"OIDC-DPOP-01 none":                     nil,
		"OIDC-DPOP-01 two headers":              {good, good},
		"OIDC-DPOP-01 two in one header":        {good + ", " + good},
		"OIDC-DPOP-01 empty":                    {""},
		"OIDC-DPOP-01 not a JWS":                {"proof"},
		"OIDC-DPOP-01 two parts":                {parts[0] + "." + parts[1]},
		"OIDC-DPOP-02 typ is another":           {ordinary},
		"OIDC-DPOP-02 typ JWT":                  {compact(t, with("typ", "JWT"), goodClaims())},
		"OIDC-DPOP-02 alg HS256":                {compact(t, with("alg", "HS256"), goodClaims())},
		"OIDC-DPOP-02 alg none":                 {compact(t, with("alg", "none"), goodClaims())},
		"OIDC-DPOP-02 private key in jwk":       {compact(t, with("jwk", withPrivate), goodClaims())},
		"OIDC-DPOP-02 no jwk":                   {compact(t, map[string]any{"typ": "dpop+jwt", "alg": "ES256"}, goodClaims())},
		"OIDC-DPOP-02 crit":                     {compact(t, with("crit", []string{"x"}), goodClaims())},
		"OIDC-DPOP-03 alg of another key type":  {compact(t, with("alg", "RS256"), goodClaims())},
		"OIDC-DPOP-03 no signature":             {compact(t, public, goodClaims())},
		"OIDC-DPOP-03 signature of another key": {parts[0] + "." + parts[1] + "." + otherParts[2]},
		"OIDC-DPOP-03 claims changed":           {parts[0] + "." + strings.Split(compact(t, public, map[string]any{"jti": "2"}), ".")[1] + "." + parts[2]},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newVerifier(t).verify(t.Context(), Request{Proofs: proofs, Method: "GET", URL: resourceURL})
			if refused := (*Error)(nil); !errors.As(err, &refused) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRequireTokenHash(t *testing.T) {
	v := newVerifier(t)
	v.config.RequireTokenHash = true
	request := Request{Proofs: []string{signProof(t, newKey(t), goodClaims())}, Method: "GET", URL: resourceURL}
	if _, err := v.Check(request); err != nil {
		t.Errorf("OIDC-DPOP-10 without an access token there is nothing to hash: %v", err)
	}
	request.AccessToken = "token"
	if _, err := v.Check(request); err == nil {
		t.Error("OIDC-DPOP-10 a proof without ath was accepted")
	}
}

func TestReplay(t *testing.T) {
	v, key := newVerifier(t), newKey(t)
	request := func(key *jose.SigningKey, method string) Request {
		claims := goodClaims()
		claims["htm"] = method
		return Request{Proofs: []string{signProof(t, key, claims)}, Method: method, URL: resourceURL}
	}
	refused := (*Error)(nil)

	wrong := request(key, "GET")
	wrong.Method = "PUT"
	if _, err := v.verify(t.Context(), wrong); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := v.Check(request(key, "GET")); err != nil {
			t.Fatalf("OIDC-DPOP-08 checking uses nothing up: %v", err)
		}
	}
	if _, err := v.verify(t.Context(), request(key, "GET")); err != nil {
		t.Fatalf("OIDC-DPOP-08 a refused proof is not recorded: %v", err)
	}
	if _, err := v.verify(t.Context(), request(key, "GET")); !errors.As(err, &refused) || !strings.Contains(refused.Description, "used") {
		t.Errorf("OIDC-DPOP-08 the same jti again: got %v", err)
	}
	if _, err := v.verify(t.Context(), request(key, "PUT")); !errors.As(err, &refused) {
		t.Errorf("OIDC-DPOP-08 the same jti for another method: got %v", err)
	}
	if _, err := v.verify(t.Context(), request(newKey(t), "GET")); err != nil {
		t.Errorf("OIDC-DPOP-08 the same jti of another key: %v", err)
	}
}

// TestReplayAtTheEndOfTheWindow: between Check and Redeem a proof can grow so
// old that it has been forgotten.
func TestReplayAtTheEndOfTheWindow(t *testing.T) {
	clock := now
	v := newVerifier(t)
	v.config.Clock = func() time.Time { return clock }
	request := Request{Proofs: []string{signProof(t, newKey(t), goodClaims())}, Method: "GET", URL: resourceURL}
	clock = now.Add(maxAge)
	first, err1 := v.Check(request)
	second, err2 := v.Check(request)
	if err := errors.Join(err1, err2, v.Redeem(t.Context(), first)); err != nil {
		t.Fatal(err)
	}
	for wait := range 10 {
		clock = now.Add(maxAge + time.Duration(wait)*time.Second)
		if err := v.Redeem(t.Context(), second); err == nil {
			t.Fatalf("redeemed twice, the second time %d s later", wait)
		}
	}
}

func TestOneOfManyRedeems(t *testing.T) {
	v := newVerifier(t)
	proof, err := v.Check(Request{Proofs: []string{signProof(t, newKey(t), goodClaims())}, Method: "GET", URL: resourceURL})
	if err != nil {
		t.Fatal(err)
	}
	var wins atomic.Int32
	var racers sync.WaitGroup
	for range 16 {
		racers.Go(func() {
			if v.Redeem(context.Background(), proof) == nil {
				wins.Add(1)
			}
		})
	}
	racers.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d redeemed the proof", wins.Load())
	}
}

func BenchmarkVerify(b *testing.B) {
	key := newKey(b)
	replay, err := OpenReplayLog("", 1<<20)
	if err != nil {
		b.Fatal(err)
	}
	v := New(Config{Replay: replay, Clock: func() time.Time { return now }})
	proofs := make([]string, 256)
	for i := range proofs {
		claims := goodClaims()
		claims["jti"] = strings.Repeat("j", i+1)
		proofs[i] = signProof(b, key, claims)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := v.Check(Request{Proofs: proofs[i%len(proofs) : i%len(proofs)+1], Method: "GET", URL: resourceURL}); err != nil {
			b.Fatal(err)
		}
	}
}
