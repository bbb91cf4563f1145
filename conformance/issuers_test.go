package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"domicile/conformance/internal/harness"
)

// TestSecondIssuer lets residents of two servers, ours and Community Solid
// Server, open a document for one another: each server takes the tokens of the
// other's issuer, for a WebID that the other hosts.
func TestSecondIssuer(t *testing.T) {
	elsewhere := css.BaseURL(t)
	theirs, err := url.Parse(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	server := program.Start(t, "--allow-fetch", theirs.Host)
	alice := server.SignUp(t, "alice")
	carol, dave := harness.SignUp(t, elsewhere, "carol"), harness.SignUp(t, elsewhere, "dave")
	// share keeps a document of the owner's that the reader may read.
	share := func(owner, reader harness.Resident) string {
		note := owner.Pod.URL + "shared.ttl"
		wantStatus(t, owner.Do(t, "PUT", note, "<#a> <#b> <#c>.", "Content-Type", turtle), http.StatusCreated)
		wantStatus(t, owner.Do(t, "PUT", aclOf(t, owner, note), readACL(owner, reader, note), "Content-Type", turtle), http.StatusCreated, http.StatusResetContent)
		return note
	}
	ours := share(alice, carol)
	t.Run("OIDC-RS-07 a token of theirs opens a document here", func(t *testing.T) {
		wantStatus(t, carol.Do(t, "GET", ours, ""), http.StatusOK)
		wantStatus(t, carol.Do(t, "PUT", ours, "<#a> <#b> <#d>.", "Content-Type", turtle), http.StatusForbidden)
		wantStatus(t, dave.Do(t, "GET", ours, ""), http.StatusForbidden)
	})
	t.Run("OIDC-TOK-04 a token of ours opens a document there", func(t *testing.T) {
		note := share(carol, alice)
		wantStatus(t, alice.Do(t, "GET", note, ""), http.StatusOK)
		wantStatus(t, alice.Do(t, "PUT", note, "<#a> <#b> <#d>.", "Content-Type", turtle), http.StatusForbidden)
		bob := server.SignUp(t, "bob")
		wantStatus(t, bob.Do(t, "GET", note, ""), http.StatusForbidden)
	})
	t.Run("NOT-WH-02 a webhook of ours is let into a container there that is for its sender", func(t *testing.T) {
		hooks := dave.Pod.URL + "hooks/"
		wantStatus(t, dave.Do(t, "PUT", hooks, "", "Content-Type", turtle), http.StatusCreated)
		var hook hooked
		subscribed := askForHook(t, alice, server.BaseURL, alice.Pod.URL, hooks)
		wantStatus(t, subscribed, http.StatusOK)
		if err := json.Unmarshal([]byte(subscribed.Body), &hook); err != nil || hook.Sender == "" {
			t.Fatalf("%v %s", err, subscribed.Body)
		}
		acl := strings.Replace(readACL(dave, alice, hooks), "acl:agent <"+alice.Pod.WebID, "acl:agent <"+hook.Sender, 1)
		acl = strings.Replace(acl, "acl:mode acl:Read.", "acl:mode acl:Append.", 1)
		wantStatus(t, dave.Do(t, "PUT", aclOf(t, dave, hooks), acl, "Content-Type", turtle), http.StatusCreated, http.StatusResetContent)
		wantStatus(t, alice.Do(t, "POST", hooks, "{}", "Content-Type", "application/ld+json"), http.StatusForbidden)

		wantStatus(t, alice.Do(t, "PUT", alice.Pod.URL+"for-dave", "", "Content-Type", turtle), http.StatusCreated)
		arrived := ""
		for deadline := time.Now().Add(2 * time.Minute); !strings.Contains(arrived, "contains"); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("nothing arrived:\n%s", arrived)
			}
			arrived = dave.Do(t, "GET", hooks, "", "Accept", turtle).Body
		}
	})
	t.Run("OIDC-RS-09 not while the operator has not opened the private address", func(t *testing.T) {
		closed := program.Start(t)
		owner := closed.SignUp(t, "owner")
		refused := carol.Do(t, "GET", share(owner, carol), "")
		wantStatus(t, refused, http.StatusUnauthorized)
		wantContains(t, "the challenge", refused.Header.Get("WWW-Authenticate"), `error="invalid_token"`, "could not be fetched")
	})
}
