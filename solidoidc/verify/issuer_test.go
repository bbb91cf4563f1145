package verify

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"domicile/solidoidc/fetch"
	"domicile/solidoidc/internal/jose"
)

func TestIssuerMetadata(t *testing.T) {
	for name, c := range map[string]struct {
		path    string // what is published in place of a good document
		handler func(base string) http.HandlerFunc
		want    string // "" = accepted
	}{
		"OIDC-RS-11 issuer without slash": {discoveryPath, func(base string) http.HandlerFunc {
			return document("application/json", `{"issuer":"%[1]s","jwks_uri":"%[1]s/jwks"}`, base)
		}, ""},
		"OIDC-RS-11 another issuer's": {discoveryPath, func(base string) http.HandlerFunc {
			return document("application/json", `{"issuer":"https://a.example/","jwks_uri":"%[1]s/jwks"}`, base)
		}, "keys of the issuer"},
		"OIDC-RS-11 no jwks_uri": {discoveryPath, func(base string) http.HandlerFunc {
			return document("application/json", `{"issuer":"%s/"}`, base)
		}, "keys of the issuer"},
		"OIDC-RS-11 jwks_uri is http elsewhere": {discoveryPath, func(base string) http.HandlerFunc {
			return document("application/json", `{"issuer":"%s/","jwks_uri":"http://a.example/jwks"}`, base)
		}, "keys of the issuer"},
		"OIDC-RS-11 jwks_uri is a closed address": {discoveryPath, func(base string) http.HandlerFunc {
			return document("application/json", `{"issuer":"%s/","jwks_uri":"https://169.254.169.254/jwks"}`, base)
		}, "keys of the issuer"},
		"OIDC-RS-11 not JSON":  {discoveryPath, func(string) http.HandlerFunc { return document("application/json", `{`) }, "keys of the issuer"},
		"OIDC-RS-11 HTML":      {discoveryPath, func(string) http.HandlerFunc { return document("text/html", `{}`) }, "keys of the issuer"},
		"OIDC-RS-11 not found": {discoveryPath, func(string) http.HandlerFunc { return http.NotFound }, "keys of the issuer"},
		"OIDC-RS-11 moved": {discoveryPath, func(base string) http.HandlerFunc {
			return http.RedirectHandler(base+"/other", http.StatusFound).ServeHTTP
		}, "keys of the issuer"},
		"OIDC-RS-11 without end":   {discoveryPath, func(string) http.HandlerFunc { return endless }, "keys of the issuer"},
		"OIDC-RS-11 no keys":       {"/jwks", func(string) http.HandlerFunc { return document("application/json", `{"keys":[]}`) }, "unknown key"},
		"OIDC-RS-11 not a key set": {"/jwks", func(string) http.HandlerFunc { return document("application/json", `[]`) }, "keys of the issuer"},
		"OIDC-RS-11 key set media type": {"/jwks", func(string) http.HandlerFunc {
			return document("text/plain", `{"keys":[]}`)
		}, "keys of the issuer"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(c.path, c.handler(w.base))
			identity, err := w.identify(w.request(w.sign(w.issuerKey, w.bobsClaims())))
			if c.want == "" {
				mustIdentify(t, identity, err, w.base+"/card#me")
				return
			}
			mustRefuse(t, err, CodeInvalidToken, c.want)
			if n := w.asked("/card"); n != 0 {
				t.Error("OIDC-RS-13 the profile was fetched for a token without a good signature")
			}
		})
	}
}

// TestHTTPS: a server that is not on loopback takes no http URL from anybody,
// opened to the fetcher or not (OIDC-RS-05, OIDC-RS-11).
func TestHTTPS(t *testing.T) {
	w := newWorld(t)
	plain := w.base
	server := httptest.NewTLSServer(http.HandlerFunc(w.serve))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client, err := fetch.New(fetch.Config{Allow: []string{"127.0.0.0/8"}, RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	w.config.AllowHTTP, w.config.Fetch = false, client
	w.verifier = New(w.config)

	_, err = w.identify(w.request(w.sign(w.issuerKey, w.bobsClaims())))
	mustRefuse(t, err, CodeInvalidToken, "https")
	w.base = server.URL
	_, err = w.identify(w.request(w.sign(w.issuerKey, with(w.bobsClaims(), "webid", plain+"/card#me"))))
	mustRefuse(t, err, CodeInvalidToken, "https")
	if n := w.asked(); n != 0 {
		t.Errorf("%d requests were made for http URLs", n)
	}

	w.publishAll()
	w.publish(discoveryPath, document("application/json", `{"issuer":"%s/","jwks_uri":"%s/jwks"}`, w.base, plain))
	_, err = w.identify(w.request(w.sign(w.issuerKey, w.bobsClaims())))
	mustRefuse(t, err, CodeInvalidToken, "keys of the issuer")

	w.publishAll()
	w.advance(fetch.NegativeTTL)
	identity, err := w.identify(w.request(w.sign(w.issuerKey, w.bobsClaims())))
	mustIdentify(t, identity, err, w.base+"/card#me")
}

// TestRogueIssuer is O12: an issuer with good keys claims someone else's WebID.
func TestRogueIssuer(t *testing.T) {
	w := newWorld(t)
	rogueKey := newKey(t)
	w.publish("/rogue"+discoveryPath, document("application/json", `{"issuer":"%[1]s/rogue","jwks_uri":"%[1]s/rogue/jwks"}`, w.base))
	w.publishKeys("/rogue/jwks", rogueKey)
	claims := with(w.bobsClaims(), "iss", w.base+"/rogue")
	_, err := w.identify(w.request(w.sign(rogueKey, claims)))
	mustRefuse(t, err, CodeInvalidToken, "oidcIssuer")
	_, err = w.identify(w.request(w.sign(rogueKey, w.bobsClaims())))
	mustRefuse(t, err, CodeInvalidToken, "unknown key")

	w.publish("/card", document("text/turtle", `<#me> <%s> <%s/>, <%[2]s/rogue>.`, oidcIssuerIRI, w.base))
	w.advance(time.Minute)
	identity, err := w.identify(w.request(w.sign(rogueKey, with(w.bobsClaims(), "iss", w.base+"/rogue"))))
	mustIdentify(t, identity, err, w.base+"/card#me")
}

// TestKeyRotation is O13.
func TestKeyRotation(t *testing.T) {
	w := newWorld(t)
	identify := func(key *jose.SigningKey) error {
		_, err := w.identify(w.request(w.sign(key, w.bobsClaims())))
		return err
	}
	first, second, third := w.issuerKey, newKey(t), newKey(t)
	gone := http.HandlerFunc(http.NotFound)
	for _, step := range []struct {
		name    string
		advance time.Duration
		keys    []*jose.SigningKey
		down    http.HandlerFunc
		signer  *jose.SigningKey
		ok      bool
		fetches int
	}{
		{"first contact", 0, []*jose.SigningKey{first}, nil, first, true, 1},
		{"OIDC-RS-12 unknown kid too soon after a fetch", time.Second, []*jose.SigningKey{first, second}, nil, second, false, 1},
		{"O13 unknown kid", refetchInterval, []*jose.SigningKey{first, second}, nil, second, true, 2},
		{"OIDC-RS-12 made-up kid", time.Second, []*jose.SigningKey{second}, nil, third, false, 2},
		{"OIDC-RS-12 made-up kid, one refetch", refetchInterval, []*jose.SigningKey{second}, nil, third, false, 3},
		{"OIDC-RS-12 made-up kid, again", time.Second, []*jose.SigningKey{second}, nil, third, false, 3},
		{"a withdrawn key", 0, []*jose.SigningKey{second}, nil, first, false, 3},
		{"made-up kid while the issuer is down", refetchInterval, nil, gone, third, false, 3},
		{"does not cost the keys that we have", time.Second, nil, gone, second, true, 3},
	} {
		w.advance(step.advance)
		w.publishKeys("/jwks", step.keys...)
		w.publish("/jwks", step.down)
		if step.down != nil {
			w.publish(discoveryPath, step.down)
		}
		if err := identify(step.signer); (err == nil) != step.ok || w.asked("/jwks") != step.fetches {
			t.Fatalf("%s: got %v after %d fetches of keys", step.name, err, w.asked("/jwks"))
		}
	}
}

func TestKeysCache(t *testing.T) {
	for control, ttl := range map[string]time.Duration{
		"":              maxKeysTTL,
		"max-age=60":    time.Minute,
		"max-age=1":     minKeysTTL,
		"max-age=86400": maxKeysTTL,
		"no-store":      minKeysTTL,
	} {
		t.Run("OIDC-RS-12 "+control, func(t *testing.T) {
			w := newWorld(t)
			w.publish(discoveryPath, func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Cache-Control", control)
				document("application/json", `{"issuer":"%[1]s/","jwks_uri":"%[1]s/jwks"}`, w.base)(rw, r)
			})
			for _, step := range []struct {
				advance time.Duration
				fetches int
			}{{0, 1}, {ttl - time.Second, 1}, {time.Second, 2}} {
				w.advance(step.advance)
				identity, err := w.identify(w.request(w.sign(w.issuerKey, w.bobsClaims())))
				mustIdentify(t, identity, err, w.base+"/card#me")
				if w.asked("/jwks") != step.fetches {
					t.Fatalf("%d fetches, want %d", w.asked("/jwks"), step.fetches)
				}
			}
		})
	}
	t.Run("OIDC-RS-12 failure", func(t *testing.T) {
		w := newWorld(t)
		w.publish(discoveryPath, http.NotFound)
		for _, step := range []struct {
			advance time.Duration
			fetches int
		}{{0, 1}, {29 * time.Second, 1}, {time.Second, 2}} {
			w.advance(step.advance)
			_, err := w.identify(w.request(w.sign(w.issuerKey, w.bobsClaims())))
			mustRefuse(t, err, CodeInvalidToken, "keys of the issuer")
			if w.asked(discoveryPath) != step.fetches {
				t.Fatalf("%d fetches, want %d", w.asked(discoveryPath), step.fetches)
			}
		}
	})
}

// TestRepeatedToken: a known token costs no request; a withdrawn key ends it
// within the time that keys are remembered.
func TestRepeatedToken(t *testing.T) {
	w := newWorld(t)
	claims := with(w.bobsClaims(), "exp", w.clock().Add(time.Hour).Unix())
	token := w.sign(w.issuerKey, claims)
	for range 3 {
		identity, err := w.identify(w.request(token))
		mustIdentify(t, identity, err, w.base+"/card#me")
	}
	if n := w.asked(); n != 3 {
		t.Errorf("%d requests for three uses of a token, want discovery, keys and profile once", n)
	}
	w.publishKeys("/jwks", newKey(t))
	w.advance(maxKeysTTL)
	_, err := w.identify(w.request(token))
	mustRefuse(t, err, CodeInvalidToken, "unknown key")
}

func TestRememberedTokenExpires(t *testing.T) {
	w := newWorld(t)
	token := w.sign(w.ownKey, w.alicesClaims())
	identity, err := w.identify(w.request(token))
	mustIdentify(t, identity, err, localWebID)
	w.advance(5*time.Minute + clockLeeway)
	_, err = w.identify(w.request(token))
	mustRefuse(t, err, CodeInvalidToken, "expired")
}

// TestSingleFlight: many first requests of one issuer fetch its documents once
// (OIDC-RS-12).
func TestSingleFlight(t *testing.T) {
	w := newWorld(t)
	requests := make([]Request, 20)
	for i := range requests {
		requests[i] = w.request(w.sign(w.issuerKey, with(w.bobsClaims(), "jti", fmt.Sprint(i))))
	}
	var clients sync.WaitGroup
	for _, r := range requests {
		clients.Go(func() {
			if _, err := w.verifier.Identify(context.Background(), r); err != nil {
				t.Error(err)
			}
		})
	}
	clients.Wait()
	if n := w.asked(); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}
