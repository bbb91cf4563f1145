package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

// TestTokensAtAStorage looks at what a storage answers to tokens, good and bad.
func TestTokensAtAStorage(t *testing.T) {
	server := program.Start(t)
	alice, bob := server.SignUp(t, "alice"), server.SignUp(t, "bob")
	note := alice.Pod.URL + "note.txt"
	wantStatus(t, alice.Do(t, "PUT", note, "hello", "Content-Type", "text/plain"), http.StatusCreated)
	token, err := bob.Session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("OIDC-CHL-03 a good token without the right is 403, and scripts see challenges", func(t *testing.T) {
		wantStatus(t, bob.Do(t, "GET", note, ""), http.StatusForbidden)
		refused := harness.Anonymous(t, "GET", note, "", "Origin", "https://app.example")
		wantStatus(t, refused, http.StatusUnauthorized)
		wantContains(t, "Access-Control-Expose-Headers", refused.Header.Get("Access-Control-Expose-Headers"), "WWW-Authenticate")
	})
	t.Run("OIDC-DPOP-11 no nonce is asked for", func(t *testing.T) {
		for _, answer := range []harness.Answer{harness.Anonymous(t, "GET", note, ""), alice.Do(t, "GET", note, "")} {
			if answer.Header.Get("DPoP-Nonce") != "" || strings.Contains(strings.Join(answer.Header.Values("WWW-Authenticate"), " "), "nonce") {
				t.Errorf("%d %v", answer.Status, answer.Header)
			}
		}
	})
	t.Run("OIDC-DPOP-12 no request with a token is redirected", func(t *testing.T) {
		client := alice.Session.Client()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for _, path := range []string{"", "profile", "profile/card/", "note.txt/", "none", "%6eote.txt", "profile//card"} {
			if answer := harness.Send(t, client, "GET", alice.Pod.URL+path, nil); answer.Status >= 300 && answer.Status < 400 {
				t.Errorf("%q answers %d to %s", path, answer.Status, answer.Header.Get("Location"))
			}
		}
	})
	t.Run("OIDC-RS-16 a token in the query is nothing, and no token is logged", func(t *testing.T) {
		own, err := alice.Session.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, harness.Anonymous(t, "GET", note+"?access_token="+own, ""), http.StatusUnauthorized)
		for what, secret := range map[string]string{"a token": own, "another's token": token, "a client secret": alice.Credentials.Secret} {
			if strings.Contains(server.Log(), secret) {
				t.Errorf("%s is in the log", what)
			}
		}
	})
	t.Run("OIDC-OUT-02 credentials that are deleted take their token along", func(t *testing.T) {
		wantStatus(t, bob.Do(t, "GET", bob.Pod.URL, ""), http.StatusOK)
		if err := bob.Account.DeleteCredentials(t.Context(), bob.Credentials); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, bob.Do(t, "GET", bob.Pod.URL, ""), http.StatusUnauthorized)
	})
	t.Run("OIDC-PUB-01 the public client of old drafts is not known", func(t *testing.T) {
		answer := harness.Anonymous(t, "GET", server.BaseURL+".oidc/auth?"+url.Values{
			"client_id": {"http://www.w3.org/ns/solid/terms#PublicOidcClient"}, "redirect_uri": {"https://app.example/"}, "response_type": {"code"},
			"scope": {"openid"}, "code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"},
		}.Encode(), "")
		wantStatus(t, answer, http.StatusBadRequest)
	})
	t.Run("OIDC-RS-02 headers that are too large are refused before they are read", func(t *testing.T) {
		key, err := solid.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		proof, err := key.Sign(solid.Proof{ID: strings.Repeat("a", 17<<10), Method: "GET", URL: note})
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, harness.Anonymous(t, "GET", note, "", "Authorization", "DPoP "+token, "DPoP", proof), http.StatusUnauthorized)
		wantStatus(t, harness.Anonymous(t, "GET", note, "", "Authorization", "DPoP "+strings.Repeat("a", 90<<10)), http.StatusRequestHeaderFieldsTooLarge)
	})
}
