package verify

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestClaims: what can be seen of the token alone is refused without any
// request to the outside (OIDC-RS-13).
func TestClaims(t *testing.T) {
	w := newWorld(t)
	now := w.clock()
	for _, c := range []struct {
		name, claim string
		value       any // nil: left out
		want        string
	}{
		{"OIDC-RS-03 no webid", "webid", nil, "webid"},
		{"OIDC-RS-03 webid is a number", "webid", 7, "webid"},
		{"OIDC-RS-03 webid is relative", "webid", "/card#me", "webid"},
		{"OIDC-RS-03 webid with a space", "webid", "https://a.example/ card", "webid"},
		{"OIDC-RS-03 webid without end", "webid", "https://a.example/" + strings.Repeat("a", maxURLLength), "webid"},
		{"OIDC-RS-03 webid with credentials", "webid", "https://user@a.example/", "webid"},
		{"OIDC-RS-05 webid is http", "webid", "http://a.example/card#me", "https"},
		{"OIDC-RS-05 webid is http on a private address", "webid", "http://10.0.0.1/card#me", "https"},
		{"OIDC-RS-05 webid is no web address", "webid", "did:web:a.example", "webid"},
		{"OIDC-RS-05 webid is a file", "webid", "file://localhost/etc/passwd", "https"},
		{"OIDC-RS-03 no iss", "iss", nil, "iss"},
		{"OIDC-RS-03 iss is an array", "iss", []string{"https://a.example"}, "iss"},
		{"OIDC-RS-05 iss is http", "iss", "http://a.example", "https"},
		{"OIDC-RS-05 iss looks like loopback", "iss", "http://localhost.evil.example", "https"},
		{"OIDC-RS-11 iss with a query", "iss", "https://a.example/?x", "query"},
		{"OIDC-RS-11 iss with a fragment", "iss", "https://a.example/#x", "query"},
		{"OIDC-RS-03 no aud", "aud", nil, "aud"},
		{"OIDC-RS-04 aud is another", "aud", "https://rs.example", "aud"},
		{"OIDC-RS-04 aud holds others", "aud", []string{"https://rs.example", "Solid"}, "aud"},
		{"OIDC-RS-04 aud is an object", "aud", map[string]any{"solid": true}, "aud"},
		{"OIDC-RS-03 no exp", "exp", nil, "exp"},
		{"OIDC-RS-03 no iat", "iat", nil, "iat"},
		{"OIDC-RS-06 expired", "exp", now.Add(-clockLeeway).Unix(), "expired"},
		{"OIDC-RS-06 exp is text", "exp", "tomorrow", "exp"},
		{"OIDC-RS-06 iat in the future", "iat", now.Add(clockLeeway + time.Second).Unix(), "iat"},
		{"OIDC-RS-06 nbf in the future", "nbf", now.Add(clockLeeway + time.Second).Unix(), "nbf"},
		{"OIDC-RS-06 older than a day", "iat", now.Add(-maxTokenAge - time.Second).Unix(), "day"},
		{"OIDC-RS-15 no cnf", "cnf", nil, "cnf"},
		{"OIDC-RS-15 cnf without jkt", "cnf", map[string]any{"x5t#S256": "x"}, "cnf"},
		{"OIDC-RS-15 cnf is text", "cnf", w.agentKey.Thumbprint(), "cnf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.identify(w.request(w.sign(w.issuerKey, with(w.bobsClaims(), c.claim, c.value))))
			mustRefuse(t, err, CodeInvalidToken, c.want)
		})
	}
	if n := w.asked(); n != 0 {
		t.Errorf("OIDC-RS-13 %d requests were made before the cheap checks had passed", n)
	}
	for _, c := range []struct {
		name, claim string
		value       any
	}{
		{"OIDC-RS-04 aud is solid", "aud", "solid"},
		{"OIDC-RS-04 aud contains solid", "aud", []string{"x", "solid"}},
		{"OIDC-RS-06 just expired, within the tolerance", "exp", now.Add(-clockLeeway).Unix() + 1},
		{"OIDC-RS-06 iat ahead within the tolerance", "iat", now.Add(clockLeeway).Unix()},
		{"OIDC-RS-06 nbf ahead within the tolerance", "nbf", now.Add(clockLeeway).Unix()},
		{"OIDC-RS-06 almost a day old", "iat", now.Add(-maxTokenAge).Unix()},
		{"OIDC-RS-08 iss with an empty path", "iss", w.base},
	} {
		t.Run(c.name, func(t *testing.T) {
			identity, err := w.identify(w.request(w.sign(w.issuerKey, with(w.bobsClaims(), c.claim, c.value))))
			mustIdentify(t, identity, err, w.base+"/card#me")
		})
	}
}

func TestIdentity(t *testing.T) {
	w := newWorld(t)
	claims := w.bobsClaims()
	for name, c := range map[string]struct {
		claims map[string]any
		want   Identity
	}{
		"OIDC-RS-14 all that is passed on": {claims, Identity{
			WebID: w.base + "/card#me", Client: "https://app.example/id", Issuer: w.base + "/", Expires: w.now.Add(5 * time.Minute)}},
		"OIDC-RS-03 azp in place of client_id": {with(with(claims, "client_id", nil), "azp", "app"), Identity{
			WebID: w.base + "/card#me", Client: "app", Issuer: w.base + "/", Expires: w.now.Add(5 * time.Minute)}},
		"OIDC-RS-03 no client": {with(claims, "client_id", nil), Identity{
			WebID: w.base + "/card#me", Issuer: w.base + "/", Expires: w.now.Add(5 * time.Minute)}},
		"OIDC-RS-06 exp beyond a day": {with(claims, "exp", w.now.Add(1000*time.Hour).Unix()), Identity{
			WebID: w.base + "/card#me", Client: "https://app.example/id", Issuer: w.base + "/", Expires: w.now.Add(maxTokenAge)}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := w.identify(w.request(w.sign(w.issuerKey, c.claims)))
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

// reheader puts another header on a token; its signature is then wrong.
func reheader(t *testing.T, token string, header map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(token, ".")
	return base64.RawURLEncoding.EncodeToString(raw) + "." + rest
}

func TestHeader(t *testing.T) {
	w := newWorld(t)
	good := w.sign(w.issuerKey, w.bobsClaims())
	kid := w.issuerKey.ID()
	for name, header := range map[string]map[string]any{
		"OIDC-RS-02 alg none":         {"alg": "none", "typ": "at+jwt", "kid": kid},
		"OIDC-RS-02 alg HS256":        {"alg": "HS256", "typ": "at+jwt", "kid": kid},
		"OIDC-RS-02 no alg":           {"typ": "at+jwt", "kid": kid},
		"OIDC-RS-02 crit":             {"alg": "ES256", "typ": "at+jwt", "kid": kid, "crit": []string{"b64"}},
		"OIDC-RS-02 typ of a proof":   {"alg": "ES256", "typ": "dpop+jwt", "kid": kid},
		"OIDC-RS-02 typ of a logout":  {"alg": "ES256", "typ": "logout+jwt", "kid": kid},
		"OIDC-RS-02 typ is a number":  {"alg": "ES256", "typ": 1, "kid": kid},
		"OIDC-RS-02 alg with a quote": {"alg": `x", algs="none`, "typ": "at+jwt", "kid": kid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.identify(w.request(reheader(t, good, header)))
			mustRefuse(t, err, CodeInvalidToken, "")
		})
	}
	for name, token := range map[string]string{
		"OIDC-RS-02 two parts":     strings.Join(strings.Split(good, ".")[:2], "."),
		"OIDC-RS-02 five parts":    good + ".x.y",
		"OIDC-RS-02 opaque":        "abcdef",
		"OIDC-RS-02 16 KiB and up": good + strings.Repeat("A", 16<<10),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.identify(w.request(token))
			mustRefuse(t, err, CodeInvalidToken, "malformed")
		})
	}
	if n := w.asked(); n != 0 {
		t.Errorf("OIDC-RS-13 %d requests were made before the cheap checks had passed", n)
	}
	for _, typ := range []string{"at+jwt", "application/at+jwt", "JWT", ""} {
		t.Run("OIDC-RS-02 typ "+typ, func(t *testing.T) {
			token, err := w.issuerKey.Sign(typ, w.bobsClaims())
			if err != nil {
				t.Fatal(err)
			}
			identity, err := w.identify(w.request(token))
			mustIdentify(t, identity, err, w.base+"/card#me")
		})
	}
}

func TestSameIssuer(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"https://op.example", "https://op.example/", true},
		{"https://op.example/", "https://op.example/", true},
		{"https://op.example:8443", "https://op.example:8443/", true},
		{"https://op.example/realm", "https://op.example/realm/", false},
		{"https://op.example//", "https://op.example/", false},
		{"https://op.example", "https://OP.example", false},
		{"https://op.example", "https://op.example:443", false},
		{"https://op.example", "http://op.example", false},
		{"https://op.example?", "https://op.example/?", false},
		{"", "/", false},
		{"https://", "https:///", false},
	} {
		if got := sameIssuer(c.a, c.b); got != c.want {
			t.Errorf("OIDC-RS-08 %q and %q: got %v", c.a, c.b, got)
		}
	}
}
