package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore/rdf"
	"domicile/solidoidc/dpop"
	"domicile/solidoidc/internal/jose"
)

func TestNoCredentials(t *testing.T) {
	w := newWorld(t)
	for name, r := range map[string]Request{
		"O01 nothing":      {Method: "GET", URL: resourceURL},
		"O01 only a proof": {Method: "GET", URL: resourceURL, DPoP: []string{w.proof(w.agentKey)}},
	} {
		if identity, err := w.identify(r); identity != (Identity{}) || err != nil {
			t.Errorf("%s: got %+v, %v", name, identity, err)
		}
	}
}

func TestPossession(t *testing.T) {
	w := newWorld(t)
	bob := w.base + "/card#me"
	token := w.sign(w.issuerKey, w.bobsClaims())
	other := newKey(t)
	for _, c := range []struct {
		name   string
		change func(r *Request)
		code   string
		text   string
	}{
		{"O03 htm GET on PUT", func(r *Request) { r.Method = "PUT" }, CodeInvalidProof, "htm"},
		{"O03 htu of another path", func(r *Request) { r.URL += "2" }, CodeInvalidProof, "htu"},
		{"O05 two DPoP headers", func(r *Request) { r.DPoP = append(r.DPoP, w.proof(w.agentKey)) }, CodeInvalidProof, "more than one"},
		{"O05 no DPoP header", func(r *Request) { r.DPoP = nil }, CodeInvalidProof, "missing"},
		{"O06 another key", func(r *Request) { r.DPoP = []string{w.proof(other)} }, CodeInvalidProof, "another key"},
		{"O08 as Bearer", func(r *Request) { r.Authorization = []string{"Bearer " + token} }, CodeInvalidToken, "DPoP scheme"},
		{"OIDC-RS-01 two headers", func(r *Request) { r.Authorization = append(r.Authorization, r.Authorization[0]) }, CodeInvalidToken, "more than one"},
	} {
		t.Run("OIDC-RS-13 "+c.name, func(t *testing.T) {
			r := w.request(token)
			c.change(&r)
			_, err := w.identify(r)
			mustRefuse(t, err, c.code, c.text)
		})
	}
	t.Run("O04 old proof", func(t *testing.T) {
		r := w.request(token)
		w.advance(3 * time.Minute)
		defer w.advance(-3 * time.Minute)
		_, err := w.identify(r)
		mustRefuse(t, err, CodeInvalidProof, "iat")
	})
	if n := w.asked(); n != 0 {
		t.Errorf("OIDC-RS-13 %d requests were made before the proof had passed", n)
	}
	t.Run("O02 a proof is good once", func(t *testing.T) {
		r := w.request(token)
		identity, err := w.identify(r)
		mustIdentify(t, identity, err, bob)
		_, err = w.identify(r)
		mustRefuse(t, err, CodeInvalidProof, "used")
	})
	t.Run("O03 the query is no part of htu", func(t *testing.T) {
		r := w.request(token)
		r.URL = strings.Replace(r.URL, "localhost", "LOCALHOST", 1) + "?x=y"
		identity, err := w.identify(r)
		mustIdentify(t, identity, err, bob)
	})
	// The token is remembered by now: all that was refused still is.
	for _, change := range []func(*Request){
		func(r *Request) { r.Method = "PUT" },
		func(r *Request) { r.DPoP = nil },
		func(r *Request) { r.DPoP = []string{w.proof(other)} },
		func(r *Request) { r.Authorization = []string{"Bearer " + token} },
	} {
		r := w.request(token)
		change(&r)
		if _, err := w.identify(r); err == nil {
			t.Error("a remembered token was accepted without a good proof")
		}
	}
}

func TestBearer(t *testing.T) {
	for _, c := range []struct {
		name    string
		enabled bool
		own     bool
		cnf     any
		want    string // part of the description, "" = accepted
	}{
		{"OIDC-RS-15 own token, enabled", true, true, nil, ""},
		{"OIDC-RS-15 own token, disabled", false, true, nil, "not accepted"},
		{"OIDC-RS-15 token of another issuer", true, false, nil, "other issuers"},
		{"O08 bound token", true, true, map[string]any{"jkt": "x"}, "bound"},
		{"O08 token bound in another way", true, true, map[string]any{"x5t#S256": "x"}, "bound"},
		{"O08 cnf of the wrong type", true, true, "x", "bound"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, func(config *Config) { config.Bearer = c.enabled })
			key, claims := w.ownKey, w.alicesClaims()
			if !c.own {
				key, claims = w.issuerKey, w.bobsClaims()
			}
			token := w.sign(key, with(claims, "cnf", c.cnf))
			identity, err := w.identify(Request{Method: "GET", URL: resourceURL, Authorization: []string{"bearer  " + token}})
			if c.want == "" {
				mustIdentify(t, identity, err, localWebID)
			} else {
				mustRefuse(t, err, CodeInvalidToken, c.want)
			}
			if n := w.asked(); n != 0 {
				t.Errorf("%d requests were made", n)
			}
			if _, err := w.identify(w.request(token)); err == nil {
				t.Error("OIDC-RS-15 an unbound or wrongly bound token was accepted with DPoP")
			}
		})
	}
}

func TestOwnIssuer(t *testing.T) {
	w := newWorld(t)
	t.Run("OIDC-RS-11 and OIDC-RS-09 own keys and profiles in process", func(t *testing.T) {
		identity, err := w.identify(w.request(w.sign(w.ownKey, w.alicesClaims())))
		mustIdentify(t, identity, err, localWebID)
		identity, err = w.identify(w.request(w.sign(w.ownKey, with(w.alicesClaims(), "iss", strings.TrimSuffix(ownIssuer, "/")))))
		mustIdentify(t, identity, err, localWebID)
		if identity.Issuer != ownIssuer {
			t.Errorf("OIDC-RS-08 the own issuer is spelled %q", identity.Issuer)
		}
	})
	t.Run("O12 a key that is not ours", func(t *testing.T) {
		_, err := w.identify(w.request(w.sign(w.issuerKey, w.alicesClaims())))
		mustRefuse(t, err, CodeInvalidToken, "unknown key")
	})
	t.Run("O12 another issuer speaks for a WebID hosted here", func(t *testing.T) {
		_, err := w.identify(w.request(w.sign(w.issuerKey, with(w.bobsClaims(), "webid", localWebID))))
		mustRefuse(t, err, CodeInvalidToken, "oidcIssuer")
	})
	t.Run("O10 a profile hosted here that does not exist, until it does", func(t *testing.T) {
		newcomer := ownIssuer + "carol/profile/card#me"
		claims := with(w.alicesClaims(), "webid", newcomer)
		_, err := w.identify(w.request(w.sign(w.ownKey, claims)))
		mustRefuse(t, err, CodeInvalidToken, "oidcIssuer")
		w.local[newcomer] = ownIssuer
		identity, err := w.identify(w.request(w.sign(w.ownKey, claims)))
		mustIdentify(t, identity, err, newcomer)
	})
	t.Run("OIDC-RS-12 an issuer removed from a profile hosted here", func(t *testing.T) {
		delete(w.local, localWebID)
		w.advance(localProfileTTL)
		_, err := w.identify(w.request(w.sign(w.ownKey, w.alicesClaims())))
		mustRefuse(t, err, CodeInvalidToken, "oidcIssuer")
	})
	t.Run("RFC 9068 section 4: our ID tokens are not access tokens", func(t *testing.T) {
		for _, typ := range []string{"JWT", ""} {
			idToken, err := w.ownKey.Sign(typ, w.alicesClaims())
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.identify(w.request(idToken))
			mustRefuse(t, err, CodeInvalidToken, "typ")
		}
	})
}

func TestOwnFailureIsNotTheClients(t *testing.T) {
	broken := errors.New("disk on fire")
	w := newWorld(t, func(c *Config) {
		c.LocalProfile = func(context.Context, string) (*rdf.Graph, bool, error) { return nil, false, broken }
	})
	_, err := w.identify(w.request(w.sign(w.ownKey, w.alicesClaims())))
	if refused := (*Error)(nil); !errors.Is(err, broken) || errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
}

// TestReplayIsRecordedLast: who has no good token cannot fill the memory of
// used proofs (OIDC-DPOP-08).
func TestReplayIsRecordedLast(t *testing.T) {
	replay, err := dpop.OpenReplayLog("", 1)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.config.Proofs = dpop.New(dpop.Config{Replay: replay, Clock: w.clock})
	w.verifier = New(w.config)
	for range 3 {
		_, err := w.identify(w.request(w.sign(newKey(t), w.bobsClaims())))
		mustRefuse(t, err, CodeInvalidToken, "unknown key")
	}
	token := w.sign(w.issuerKey, w.bobsClaims())
	identity, err := w.identify(w.request(token))
	mustIdentify(t, identity, err, w.base+"/card#me")
	_, err = w.identify(w.request(token))
	if refused := (*Error)(nil); !errors.Is(err, dpop.ErrReplayFull) || errors.As(err, &refused) {
		t.Errorf("full: got %v, want ErrReplayFull, which is no fault of the token", err)
	}
}

// TestEndedTokens: a token of the own issuer works while what it was issued for
// stands, known already or not; other issuers cannot be asked.
func TestEndedTokens(t *testing.T) {
	w := newWorld(t)
	w.ended["over"] = true
	_, err := w.identify(w.request(w.sign(w.ownKey, with(w.alicesClaims(), "sid", "over"))))
	mustRefuse(t, err, CodeInvalidToken, "revoked")

	token := w.sign(w.ownKey, with(w.alicesClaims(), "sid", "open"))
	identity, err := w.identify(w.request(token))
	mustIdentify(t, identity, err, localWebID)
	w.ended["open"] = true
	_, err = w.identify(w.request(token))
	mustRefuse(t, err, CodeInvalidToken, "revoked")

	identity, err = w.identify(w.request(w.sign(w.issuerKey, with(w.bobsClaims(), "sid", "over"))))
	mustIdentify(t, identity, err, w.base+"/card#me")
}

// TestWithdrawnKeys: a token that is known already stops working when the own
// issuer takes its key back, as after a leak, and no other does.
func TestWithdrawnKeys(t *testing.T) {
	w := newWorld(t)
	next := newKey(t)
	token, other := w.sign(w.ownKey, w.alicesClaims()), w.sign(next, w.alicesClaims())
	w.ownKeys = jose.PublicKeys(w.ownKey, next)
	for _, token := range []string{token, other} {
		identity, err := w.identify(w.request(token))
		mustIdentify(t, identity, err, localWebID)
	}
	w.ownKeys = jose.PublicKeys(next)
	_, err := w.identify(w.request(token))
	mustRefuse(t, err, CodeInvalidToken, "access token")
	identity, err := w.identify(w.request(other))
	mustIdentify(t, identity, err, localWebID)
}

// TestFetchesPerAddress: one address makes us fetch no more than its share,
// and what it cannot learn for that reason is no fault of the token.
func TestFetchesPerAddress(t *testing.T) {
	w := newWorld(t)
	stranger := func(address string, n int) error {
		claims := with(w.bobsClaims(), "iss", fmt.Sprintf("%s/issuer-%d", w.base, n))
		r := w.request(w.sign(w.issuerKey, claims))
		r.Address = address
		_, err := w.identify(r)
		return err
	}
	for n := range fetchAllowance.Burst {
		mustRefuse(t, stranger("192.0.2.1", n), CodeInvalidToken, "could not be fetched")
	}
	asked := w.asked()
	if err := stranger("192.0.2.1", -1); !errors.Is(err, ErrBusy) || w.asked() != asked {
		t.Errorf("OIDC-RS-13: got %v after %d requests, want ErrBusy", err, w.asked()-asked)
	}
	mustRefuse(t, stranger("192.0.2.2", -1), CodeInvalidToken, "could not be fetched")
	w.advance(time.Minute)
	mustRefuse(t, stranger("192.0.2.1", -2), CodeInvalidToken, "could not be fetched")
}

// BenchmarkRepeatedToken is what a request of a client at work costs: a known
// token with a fresh proof.
func BenchmarkRepeatedToken(b *testing.B) {
	w := newWorld(b)
	token := w.sign(w.ownKey, w.alicesClaims())
	requests := make([]Request, 5_000) // one key has a share of the memory for proofs
	for i := range requests {
		requests[i] = w.request(token)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i == len(requests) { // the proofs are used up
			b.StopTimer()
			w.verifier = newWorldLike(w)
			i = 0
			b.StartTimer()
		}
		if _, err := w.identify(requests[i]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// newWorldLike returns a verifier of the same world that has seen no proof.
func newWorldLike(w *world) *Verifier {
	replay, err := dpop.OpenReplayLog("", 1<<16)
	if err != nil {
		w.t.Fatal(err)
	}
	w.config.Proofs = dpop.New(dpop.Config{Replay: replay, Clock: w.clock})
	return New(w.config)
}

// BenchmarkNewToken is the first request with a token of an issuer whose keys
// are known.
func BenchmarkNewToken(b *testing.B) {
	w := newWorld(b)
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		b.StopTimer()
		if i%5_000 == 0 {
			w.verifier = newWorldLike(w)
		}
		r := w.request(w.sign(w.issuerKey, with(w.bobsClaims(), "jti", i)))
		b.StartTimer()
		if _, err := w.identify(r); err != nil {
			b.Fatal(err)
		}
	}
}
