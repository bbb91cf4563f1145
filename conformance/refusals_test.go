package conformance

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

// TestBadInput: a clear refusal, and nothing is changed by it.
func TestBadInput(t *testing.T) {
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	existing, missing := alice.Pod.URL+"existing.ttl", alice.Pod.URL+"missing.ttl"
	const body = `<#a> <#b> "c".`
	wantStatus(t, alice.Do(t, "PUT", existing, body, "Content-Type", turtle), http.StatusCreated)

	for _, test := range []struct {
		name, method, url, body string
		header                  []string
		status                  int
		inBody                  []string
	}{
		{"SP-CN-07 malformed Turtle", "PUT", missing, "<#a> <#b> <#c> .\n<#a> <#b> .", []string{"Content-Type", turtle},
			http.StatusBadRequest, []string{"line 2", "column 11"}},
		{"SP-CN-07 malformed Turtle over a document", "PUT", existing, "<#a> nonsense", []string{"Content-Type", turtle},
			http.StatusBadRequest, []string{"line 1", "column"}},
		{"SP-CN-07 malformed JSON-LD", "PUT", missing, `{"@id": `, []string{"Content-Type", "application/ld+json"},
			http.StatusBadRequest, nil},
		{"SP-HTTP-10 malformed N3 Patch", "PATCH", existing, "invalid syntax", []string{"Content-Type", n3},
			http.StatusBadRequest, []string{"line 1"}},
		{"SP-N3-04 a patch that is none", "PATCH", existing, "<> a <http://www.w3.org/ns/solid/terms#Patch>.", []string{"Content-Type", n3},
			http.StatusUnprocessableEntity, nil},
		{"SP-HTTP-06 PUT without Content-Type", "PUT", missing, body, nil, http.StatusBadRequest, []string{"Content-Type"}},
		{"SP-HTTP-06 PATCH without Content-Type", "PATCH", existing, body, nil, http.StatusBadRequest, []string{"Content-Type"}},
		{"SP-HTTP-06 POST without Content-Type", "POST", alice.Pod.URL, body, nil, http.StatusBadRequest, []string{"Content-Type"}},
		{"SP-N3-02 unknown media type of a patch", "PATCH", existing, body, []string{"Content-Type", "text/plain"}, http.StatusUnsupportedMediaType, nil},
		{"SP-URI-06 encoded slash", "PUT", alice.Pod.URL + "a%2Fb", body, []string{"Content-Type", turtle}, http.StatusBadRequest, nil},
		{"SP-URI-06 empty segment", "PUT", alice.Pod.URL + "a//b", body, []string{"Content-Type", turtle}, http.StatusBadRequest, nil},
		{"SP-URI-02 a document's name with a slash", "PUT", existing + "/", "", []string{"Content-Type", turtle}, http.StatusConflict, nil},
		{"SP-ETAG-02 stale If-Match", "PUT", existing, body, []string{"Content-Type", turtle, "If-Match", `"0-0-ttl"`}, http.StatusPreconditionFailed, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := alice.Do(t, "GET", existing, "")
			listing := alice.Do(t, "GET", alice.Pod.URL, "")
			answer := alice.Do(t, test.method, test.url, test.body, test.header...)
			wantStatus(t, answer, test.status)
			wantContains(t, "Content-Type", answer.Header.Get("Content-Type"), "application/problem+json")
			wantContains(t, "the answer", answer.Body, test.inBody...)
			if answer.Status == http.StatusUnsupportedMediaType {
				wantContains(t, "Accept-Patch", answer.Header.Get("Accept-Patch"), n3, "application/sparql-update")
			}
			if after := alice.Do(t, "GET", existing, ""); after.Body != before.Body || after.Header.Get("ETag") != before.Header.Get("ETag") {
				t.Error("the document was changed")
			}
			if alice.Do(t, "GET", alice.Pod.URL, "").Header.Get("ETag") != listing.Header.Get("ETag") {
				t.Error("the container was changed")
			}
			wantStatus(t, alice.Do(t, "GET", missing, ""), http.StatusNotFound)
		})
	}
}

// TestBadTokensAndProofs: 401 whose WWW-Authenticate says what is wrong, for a
// resource that everyone may read too (OIDC-CHL-02: no falling back).
func TestBadTokensAndProofs(t *testing.T) {
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	private, public := alice.Pod.URL+"private.ttl", alice.Pod.URL+"profile/card"
	wantStatus(t, alice.Do(t, "PUT", private, `<#a> <#b> "c".`, "Content-Type", turtle), http.StatusCreated)

	token, err := alice.Session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sign := func(key *solid.Key, p solid.Proof) string {
		t.Helper()
		proof, err := key.Sign(p)
		if err != nil {
			t.Fatal(err)
		}
		return proof
	}
	own := alice.Session.Key()
	stolen, err := solid.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	tampered := func(jws string, part int) string {
		parts := strings.Split(jws, ".")
		first := byte('A')
		if parts[part][20] == 'A' {
			first = 'B'
		}
		parts[part] = parts[part][:20] + string(first) + parts[part][21:]
		return strings.Join(parts, ".")
	}
	authorization := "DPoP " + token

	const badProof, badToken = "invalid_dpop_proof", "invalid_token"
	for _, test := range []struct {
		name   string
		header func(url string) []string
		code   string
	}{
		{"OIDC-DPOP-05 proof for another method", func(url string) []string {
			return []string{"Authorization", authorization, "DPoP", sign(own, solid.Proof{Method: "PUT", URL: url, AccessToken: token})}
		}, badProof},
		{"OIDC-DPOP-06 proof for another URL", func(url string) []string {
			return []string{"Authorization", authorization, "DPoP", sign(own, solid.Proof{Method: "GET", URL: url + "x", AccessToken: token})}
		}, badProof},
		{"OIDC-DPOP-09 proof of another key", func(url string) []string {
			return []string{"Authorization", authorization, "DPoP", sign(stolen, solid.Proof{Method: "GET", URL: url, AccessToken: token})}
		}, ""}, // RFC 9449 §7.1 leaves open which of the two is wrong
		{"OIDC-DPOP-10 proof for another token", func(url string) []string {
			return []string{"Authorization", authorization, "DPoP", sign(own, solid.Proof{Method: "GET", URL: url, AccessToken: "another"})}
		}, badProof},
		{"OIDC-DPOP-07 old proof", func(url string) []string {
			return []string{"Authorization", authorization, "DPoP", sign(own, solid.Proof{Method: "GET", URL: url, AccessToken: token, IssuedAt: time.Now().Add(-time.Hour)})}
		}, badProof},
		{"OIDC-DPOP-07 proof from the future", func(url string) []string {
			return []string{"Authorization", authorization, "DPoP", sign(own, solid.Proof{Method: "GET", URL: url, AccessToken: token, IssuedAt: time.Now().Add(time.Hour)})}
		}, badProof},
		{"OIDC-DPOP-03 proof whose claims were changed", func(url string) []string {
			return []string{"Authorization", authorization, "DPoP", tampered(sign(own, solid.Proof{Method: "GET", URL: url, AccessToken: token}), 1)}
		}, badProof},
		{"OIDC-DPOP-01 no proof", func(string) []string {
			return []string{"Authorization", authorization}
		}, badProof},
		{"OIDC-DPOP-01 two proofs", func(url string) []string {
			return []string{"Authorization", authorization,
				"DPoP", sign(own, solid.Proof{Method: "GET", URL: url, AccessToken: token}),
				"DPoP", sign(own, solid.Proof{Method: "GET", URL: url, AccessToken: token})}
		}, badProof},
		{"OIDC-RS-01 a bound token as bearer", func(string) []string {
			return []string{"Authorization", "Bearer " + token}
		}, ""},
		{"OIDC-RS-02 a token whose claims were changed", func(url string) []string {
			changed := tampered(token, 1)
			return []string{"Authorization", "DPoP " + changed, "DPoP", sign(own, solid.Proof{Method: "GET", URL: url, AccessToken: changed})}
		}, badToken},
		{"OIDC-RS-02 a token that is none", func(url string) []string {
			return []string{"Authorization", "DPoP nonsense", "DPoP", sign(own, solid.Proof{Method: "GET", URL: url, AccessToken: "nonsense"})}
		}, badToken},
		{"OIDC-RS-01 password", func(string) []string {
			return []string{"Authorization", "Basic YWxpY2U6c2VjcmV0"}
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, url := range []string{private, public} {
				answer := harness.Anonymous(t, "GET", url, "", test.header(url)...)
				wantStatus(t, answer, http.StatusUnauthorized)
				challenge := strings.Join(answer.Header.Values("WWW-Authenticate"), ", ")
				wantContains(t, "WWW-Authenticate", challenge, "DPoP", "error=", "error_description=", test.code)
			}
		})
	}
	t.Run("OIDC-DPOP-08 a proof is good once", func(t *testing.T) {
		header := []string{"Authorization", authorization, "DPoP", sign(own, solid.Proof{Method: "GET", URL: private, AccessToken: token})}
		wantStatus(t, harness.Anonymous(t, "GET", private, "", header...), http.StatusOK)
		wantReplayRefused := func() {
			t.Helper()
			answer := harness.Anonymous(t, "GET", private, "", header...)
			wantStatus(t, answer, http.StatusUnauthorized)
			wantContains(t, "WWW-Authenticate", strings.Join(answer.Header.Values("WWW-Authenticate"), ", "), badProof)
		}
		wantReplayRefused()
		server.Stop()
		server.Restart()
		wantReplayRefused()
	})
	t.Run("OIDC-CHL-01 the plain challenge names no error", func(t *testing.T) {
		answer := harness.Anonymous(t, "GET", private, "")
		wantStatus(t, answer, http.StatusUnauthorized)
		if challenge := strings.Join(answer.Header.Values("WWW-Authenticate"), ", "); !strings.Contains(challenge, "DPoP") || strings.Contains(challenge, "error=") {
			t.Errorf("WWW-Authenticate is %q", challenge)
		}
	})
	t.Run("the right proof still works", func(t *testing.T) {
		wantStatus(t, alice.Do(t, "GET", private, ""), http.StatusOK)
	})
}

// TestSecondAccountForAnEMail: the answer of Community Solid Server, and the
// first account is as it was.
func TestSecondAccountForAnEMail(t *testing.T) {
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	for _, email := range []string{alice.Email, " ALICE@example.org "} {
		_, err := solid.SignUp(t.Context(), server.BaseURL, email, "another password")
		wantRefusal(t, err, http.StatusBadRequest)
		_, err = solid.SignIn(t.Context(), server.BaseURL, alice.Email, "another password")
		wantRefusal(t, err, http.StatusForbidden)
	}
	again, err := solid.SignIn(t.Context(), server.BaseURL, alice.Email, harness.Password)
	if err != nil {
		t.Fatal(err)
	}
	if pods, err := again.Pods(t.Context()); err != nil || len(pods) != 1 {
		t.Errorf("the account has the pods %v, %v", pods, err)
	}
	t.Run("a pod's name is given once", func(t *testing.T) {
		bob, err := solid.SignUp(t.Context(), server.BaseURL, "bob@example.org", harness.Password)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"alice", "ALICE", "-", ""} {
			_, err := bob.CreatePod(t.Context(), name)
			var refused *solid.StatusError
			if !errors.As(err, &refused) || refused.Status < 400 || refused.Status > 499 {
				t.Errorf("a pod called %q: got %v", name, err)
			}
		}
		if pods, err := bob.Pods(t.Context()); err != nil || len(pods) != 0 {
			t.Errorf("the account has the pods %v, %v", pods, err)
		}
	})
}

func wantRefusal(t *testing.T, err error, status int) {
	t.Helper()
	var refused *solid.StatusError
	if !errors.As(err, &refused) || refused.Status != status || refused.Message == "" {
		t.Errorf("got %v, want %d with a message", err, status)
	}
}
