package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"domicile/clients/solid"
	"domicile/conformance/internal/harness"
)

// TestLimitedCredentials gives a program a part of a pod, narrows and widens it
// while the program goes on with the token it has, and withdraws it.
func TestLimitedCredentials(t *testing.T) {
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	root := alice.Pod.URL
	for _, path := range []string{"loans/a", "diary/a"} {
		wantStatus(t, alice.Do(t, "PUT", root+path, "<#a> <#b> <#c>.", "Content-Type", turtle), http.StatusCreated)
	}
	part := func(actions ...string) solid.Access {
		return solid.Access{Parts: []solid.Part{{Location: root + "loans/", Actions: actions}}, Until: time.Now().Add(time.Hour)}
	}
	credentials, err := alice.Account.CreateLimitedCredentials(t.Context(), "library", alice.Pod.WebID, part("read"))
	if err != nil {
		t.Fatal(err)
	}
	library, err := solid.Login(t.Context(), server.BaseURL, credentials)
	if err != nil {
		t.Fatal(err)
	}
	do := func(method, path string) harness.Answer {
		return harness.Send(t, library.Client(), method, root+path, strings.NewReader("<#a> <#b> <#d>."), "Content-Type", turtle)
	}
	grant := func() solid.Grant {
		grants, err := alice.Account.Grants(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range grants {
			if g.Client.ID == credentials.ID {
				return g
			}
		}
		t.Fatalf("no grant of the library among %v", grants)
		return solid.Grant{}
	}
	refused := func(a harness.Answer) {
		t.Helper()
		wantStatus(t, a, http.StatusForbidden)
		wantContains(t, "the problem", a.Body, "has not been given", server.BaseURL+".account/")
	}
	read := do("GET", "loans/a")
	wantStatus(t, read, http.StatusOK)
	wantContains(t, "WAC-Allow", read.Header.Get("WAC-Allow"), `user="read",public=""`)
	wantStatus(t, do("GET", "loans/"), http.StatusOK)
	for _, c := range [][2]string{{"GET", "diary/a"}, {"GET", ""}, {"GET", "diary/none"}, {"PUT", "loans/a"}, {"DELETE", "loans/a"}, {"GET", "loans/a.acl"}, {"PUT", "loans/.acl"}} {
		refused(do(c[0], c[1]))
	}
	wantStatus(t, do("GET", "profile/card"), http.StatusOK) // as everybody may

	if err := alice.Account.ChangeGrant(t.Context(), grant(), part("read", "edit")); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, do("PUT", "loans/b"), http.StatusCreated)
	refused(do("PUT", "diary/b"))

	other := solid.Access{Parts: []solid.Part{{Location: root + "fines/", Actions: []string{"edit"}}}}
	if err := alice.Account.ChangeGrant(t.Context(), grant(), other); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, do("PUT", "fines/a"), http.StatusCreated) // there is room for it, though nothing was there
	refused(do("PUT", "loans/b"))

	if err := alice.Account.ChangeGrant(t.Context(), grant(), part("add")); err != nil {
		t.Fatal(err)
	}
	refused(do("GET", "loans/a"))

	server.Kill()
	server.Restart()
	refused(do("GET", "loans/a"))
	if account, err := solid.SignIn(t.Context(), server.BaseURL, alice.Email, harness.Password); err != nil {
		t.Fatal(err)
	} else if err := account.Withdraw(t.Context(), grant()); err != nil {
		t.Fatal(err)
	}
	over := do("POST", "loans/") // the token that it has is good for nothing any more
	wantStatus(t, over, http.StatusUnauthorized)
	wantContains(t, "the challenge", over.Header.Get("WWW-Authenticate"), "invalid_token")
	if _, err := solid.Login(t.Context(), server.BaseURL, credentials); err == nil {
		t.Error("withdrawn credentials got a token")
	}
}

// TestNarrowedToken: RFC 9396 §6, a program asks for a token that does less than
// its grant lets it do, and gets one.
func TestNarrowedToken(t *testing.T) {
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	root := alice.Pod.URL
	for _, path := range []string{"loans/a", "diary/a"} {
		wantStatus(t, alice.Do(t, "PUT", root+path, "<#a> <#b> <#c>.", "Content-Type", turtle), http.StatusCreated)
	}
	credentials, err := alice.Account.CreateLimitedCredentials(t.Context(), "library", alice.Pod.WebID, solid.Access{
		Parts: []solid.Part{{Location: root, Actions: []string{"read", "edit"}}}, Until: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(details string) harness.Answer {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {credentials.ID}, "client_secret": {credentials.Secret}}
		if details != "" {
			form.Set("authorization_details", details)
		}
		return harness.Anonymous(t, "POST", server.BaseURL+".oidc/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	}
	bearer := func(a harness.Answer) string {
		t.Helper()
		wantStatus(t, a, http.StatusOK)
		var tokens struct {
			Access string `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(a.Body), &tokens); err != nil {
			t.Fatal(err)
		}
		return "Bearer " + tokens.Access
	}
	whole := bearer(ask(""))
	loans := bearer(ask(`[{"type":"domicile-access","locations":["` + root + `l%6Fans/"],"actions":["read"]}]`))
	do := func(token, method, path string) harness.Answer {
		return harness.Anonymous(t, method, root+path, "<#a> <#b> <#d>.", "Content-Type", turtle, "Authorization", token)
	}
	wantStatus(t, do(loans, "GET", "loans/a"), http.StatusOK)
	wantStatus(t, do(whole, "GET", "diary/a"), http.StatusOK)
	for _, c := range [][2]string{{"GET", "diary/a"}, {"PUT", "loans/a"}, {"GET", ""}} {
		refused := do(loans, c[0], c[1])
		wantStatus(t, refused, http.StatusForbidden)
		wantContains(t, "the problem", refused.Body, "has not been given")
	}
	wantStatus(t, do(whole, "PUT", "loans/a"), http.StatusNoContent)
	session, err := solid.Login(t.Context(), server.BaseURL, credentials, solid.AccessRequest{
		Locations: []string{root + "loans/"}, Actions: []string{"read"}, Purpose: "Loans", Until: time.Now().Add(time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, harness.Send(t, session.Client(), "GET", root+"loans/a", http.NoBody), http.StatusOK)
	wantStatus(t, harness.Send(t, session.Client(), "GET", root+"diary/a", http.NoBody), http.StatusForbidden)
	more := ask(`[{"type":"domicile-access","locations":["` + root + `"],"actions":["control"]}]`)
	wantStatus(t, more, http.StatusBadRequest)
	wantContains(t, "the error", more.Body, "invalid_authorization_details")
}

// TestOrganisationDeposits: the library puts loans into a resident's pod under
// its own WebID, while she is away, in the one place that she opened for it, and
// no longer than she says.
func TestOrganisationDeposits(t *testing.T) {
	server := program.Start(t)
	alice, library := server.SignUp(t, "alice"), server.SignUp(t, "library")
	loans := alice.Pod.URL + "library/loans/"
	deposit := func() harness.Answer {
		return library.Do(t, "POST", loans, "<#loan> a <https://schema.org/LendAction>.", "Content-Type", turtle)
	}
	wantStatus(t, deposit(), http.StatusForbidden)
	share, err := alice.Account.Share(t.Context(), library.Pod.WebID, "Library", solid.Access{
		Parts: []solid.Part{{Location: loans, Actions: []string{"add"}}}, Until: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	deposited := deposit()
	wantStatus(t, deposited, http.StatusCreated)
	address := deposited.Header.Get("Location")
	wantStatus(t, alice.Do(t, "GET", address, ""), http.StatusOK)
	wantStatus(t, alice.Do(t, "PUT", loans+"mine", "<#a> <#b> <#c>.", "Content-Type", turtle), http.StatusCreated)
	for _, c := range [][2]string{{"GET", address}, {"GET", loans}, {"DELETE", address}, {"GET", alice.Pod.URL}, {"GET", loans + ".acl"}} {
		wantStatus(t, library.Do(t, c[0], c[1], ""), http.StatusForbidden)
	}
	wantStatus(t, harness.Anonymous(t, "GET", address, ""), http.StatusUnauthorized)
	if err := alice.Account.EndShare(t.Context(), share); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, deposit(), http.StatusForbidden)
	wantStatus(t, alice.Do(t, "GET", address, ""), http.StatusOK)
}
