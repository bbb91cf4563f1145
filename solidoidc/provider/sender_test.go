package provider

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/solidoidc/dpop"
	"domicile/solidoidc/fetch"
	"domicile/solidoidc/internal/jose"
	"domicile/solidoidc/verify"
)

const hook = "https://receiver.example/hook"

// authorized returns the headers of a POST to a receiver.
func (h *harness) authorized(target string) http.Header {
	h.t.Helper()
	header := http.Header{}
	if err := h.Sender().Authorize(header, http.MethodPost, target); err != nil {
		h.t.Fatal(err)
	}
	return header
}

// TestSenderIsVerifiable: a receiver that knows nothing but Solid-OIDC finds out
// who sends (NOT-WH-02), following the WebID to the issuer and its keys.
func TestSenderIsVerifiable(t *testing.T) {
	var h *harness
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.Handler().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	h = newHarness(t, func(c *Config) { c.Issuer = server.URL + "/" })
	client, err := fetch.New(fetch.Config{Allow: []string{strings.TrimPrefix(server.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	replays, err := dpop.OpenReplayLog("", 100)
	if err != nil {
		t.Fatal(err)
	}
	receiver := verify.New(verify.Config{
		Issuer: "https://receiver.example/", Fetch: client, AllowHTTP: true, Clock: h.now,
		Proofs: dpop.New(dpop.Config{Replay: replays, Clock: h.now, RequireTokenHash: true}),
	})
	identify := func(header http.Header, target string) (verify.Identity, error) {
		return receiver.Identify(t.Context(), verify.Request{
			Method: http.MethodPost, URL: target, Authorization: header.Values("Authorization"), DPoP: header.Values("DPoP"),
		})
	}
	header := h.authorized(hook + "?channel=1#x")
	identity, err := identify(header, hook+"?channel=1")
	if err != nil || identity.WebID != h.Sender().WebID() || identity.Issuer != server.URL+"/" || identity.WebID != server.URL+"/.oidc/sender" {
		t.Fatalf("got %+v, %v", identity, err)
	}
	if _, err := identify(header, hook+"?channel=1"); err == nil {
		t.Error("a proof is good twice")
	}
	if _, err := identify(h.authorized(hook), "https://other.example/hook"); err == nil {
		t.Error("what was sent to one receiver is good at another")
	}
}

func TestSenderClaims(t *testing.T) {
	h := newHarness(t)
	_, proof, err := jose.NewProofVerifier().Verify(h.authorized(hook + "?a=b#c").Get("DPoP"))
	if err != nil || proof.String("htu") != hook || proof.String("htm") != http.MethodPost {
		t.Errorf("the proof is for %s %s (%v)", proof.String("htm"), proof.String("htu"), err)
	}
	sender := issuer + ".oidc/sender"
	header, claims, err := jose.Verify(strings.TrimPrefix(h.authorized(hook).Get("Authorization"), "DPoP "), h.Keys())
	if err != nil {
		t.Fatal(err)
	}
	for claim, want := range map[string]string{"iss": issuer, "sub": sender, "webid": sender, "azp": sender} {
		if got := claims.String(claim); got != want {
			t.Errorf("%s is %q, want %q", claim, got, want)
		}
	}
	if aud := claims.Strings("aud"); !slices.Equal(aud, []string{sender, "solid"}) || claims.String("jti") == "" || header.KeyID == "" {
		t.Errorf("aud %q, claims %v, header %+v", aud, claims, header)
	}
	issued, _ := claims.Time("iat")
	if expires, _ := claims.Time("exp"); expires.Sub(issued) > 20*time.Minute || !issued.Equal(h.now()) {
		t.Errorf("from %v until %v", issued, expires)
	}
}

// TestSenderRenewsItsToken: each proof is another one; the token and the key that
// it is bound to are replaced long before the token expires, together.
func TestSenderRenewsItsToken(t *testing.T) {
	h := newHarness(t)
	first, second := h.authorized(hook), h.authorized(hook)
	if first.Get("Authorization") != second.Get("Authorization") || first.Get("DPoP") == second.Get("DPoP") {
		t.Error("want one token and two proofs")
	}
	h.advance(10 * time.Minute)
	later := h.authorized(hook)
	if later.Get("Authorization") == first.Get("Authorization") {
		t.Error("the token is not renewed")
	}
	thumbprint, _, err := jose.NewProofVerifier().Verify(later.Get("DPoP"))
	_, claims, errToken := jose.Verify(strings.TrimPrefix(later.Get("Authorization"), "DPoP "), h.Keys())
	if err != nil || errToken != nil || claims.Confirmation() != thumbprint {
		t.Error("the token is bound to another key", err, errToken)
	}
}

// TestSenderHasNoRights: here, where its issuer is the own one, the sender's
// token opens nothing: it is for no client and in force nowhere.
func TestSenderHasNoRights(t *testing.T) {
	h := newHarness(t)
	if inForce, err := h.IsInForce(t.Context(), h.Sender().WebID(), ""); err != nil || inForce {
		t.Error(inForce, err)
	}
}

func TestSenderDocument(t *testing.T) {
	h := newHarness(t)
	answer := h.do("GET", h.Sender().WebID(), "", "Accept", "text/turtle")
	if answer.Code != 200 || answer.Header().Get("Content-Type") != "text/turtle" || answer.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Error(answer.Code, answer.Header())
	}
	if got, want := answer.Body.String(), "<> <http://www.w3.org/ns/solid/terms#oidcIssuer> <"+issuer+">.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
