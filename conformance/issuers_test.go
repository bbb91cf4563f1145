package conformance

import (
	"net/http"
	"net/url"
	"testing"

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
	t.Run("OIDC-RS-09 not while the operator has not opened the private address", func(t *testing.T) {
		closed := program.Start(t)
		owner := closed.SignUp(t, "owner")
		refused := carol.Do(t, "GET", share(owner, carol), "")
		wantStatus(t, refused, http.StatusUnauthorized)
		wantContains(t, "the challenge", refused.Header.Get("WWW-Authenticate"), `error="invalid_token"`, "could not be fetched")
	})
}
