package account

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"domicile/server/language"
)

func TestSignUpsAreThrottled(t *testing.T) {
	signUp := func(a *agent, name string) reply {
		return a.submit("/.account/login/password/register/", "", url.Values{"email": {name + "@example.org"}, "password": {"long enough"}, "name": {name}})
	}
	create := func(a *agent) reply { return a.send("POST", "/.account/account/", nil) }
	exhaust := func(t *testing.T, a *agent) {
		t.Helper()
		for range freeSignUps {
			if r := create(a); r.Code != 200 {
				t.Fatalf("a free attempt answered %d: %s", r.Code, r.Body)
			}
		}
	}
	refused := func(t *testing.T, r reply, wait string) {
		t.Helper()
		if r.Code != 429 || r.Header().Get("Retry-After") != wait {
			t.Fatalf("answered %d, Retry-After %q, want 429 and %s: %s", r.Code, r.Header().Get("Retry-After"), wait, r.Body)
		}
	}
	t.Run("account.create", func(t *testing.T) {
		b := newBench(t, options{})
		exhaust(t, b.program())
		refused(t, create(b.program()), "1")
		b.now = b.now.Add(time.Second)
		if r := create(b.program()); r.Code != 200 {
			t.Fatalf("after the wait it answered %d", r.Code)
		}
		refused(t, create(b.program()), "2")
		elsewhere := b.program()
		elsewhere.address = "198.51.100.7:1"
		if r := create(elsewhere); r.Code != 200 {
			t.Errorf("another address was answered %d", r.Code)
		}
		b.now = b.now.Add(2 * time.Hour)
		exhaust(t, b.program())
	})
	t.Run("password.create, half as many accounts are free", func(t *testing.T) {
		b := newBench(t, options{})
		for i := range freeSignUps / 2 {
			b.resident(fmt.Sprintf("resident-%d", i))
		}
		refused(t, create(b.program()), "1")
	})
	t.Run("password.create tells which addresses are taken", func(t *testing.T) {
		b := newBench(t, options{})
		a := b.resident("anna")
		logins := a.must(200, "GET", "/.account/", nil).control("password.create")
		guess := map[string]any{"email": "anna@example.org", "password": "long enough"}
		for range freeSignUps - 2 {
			a.must(400, "POST", logins, guess)
		}
		refused(t, a.send("POST", logins, guess), "1")
	})
	for _, lang := range language.All {
		t.Run("page, "+lang, func(t *testing.T) {
			b := newBench(t, options{})
			a := b.person()
			a.must(200, "GET", "/?lang="+lang, nil)
			for range 30 { // what is refused without looking is no attempt
				if r := signUp(a, ""); r.Code != 400 {
					t.Fatalf("an empty form answered %d", r.Code)
				}
			}
			exhaust(t, b.program())
			r := signUp(a, "anna")
			refused(t, r, "1")
			accessible(t, r.html, lang)
			if _, err := b.service.AccountByEmail(t.Context(), "anna@example.org"); !isNotFound(err) {
				t.Errorf("the refused sign-up left a login: %v", err)
			}
			b.now = b.now.Add(time.Second)
			if r := signUp(a, "anna"); r.Code != 303 {
				t.Errorf("after the wait it answered %d", r.Code)
			}
		})
	}
}

// TestSignUpNamesAllProblems: each beside its field, all of them in the summary.
func TestSignUpNamesAllProblems(t *testing.T) {
	b := newBench(t, options{})
	for _, lang := range language.All {
		a := b.person()
		a.must(200, "GET", "/?lang="+lang, nil)
		r := a.submit(signUpPage, "", url.Values{"email": {"anna"}, "password": {"short"}, "name": {"admin"}})
		accessible(t, r.html, lang)
		for _, field := range []string{"email", "password", "name"} {
			for _, part := range []string{`<a href="#` + field + `">`, `id="` + field + `-problem"`} {
				if strings.Count(r.html, part) != 1 {
					t.Errorf("%s: %s is on the page %d times", lang, part, strings.Count(r.html, part))
				}
			}
		}
		if r.Code != 400 || strings.Count(r.html, `aria-invalid="true"`) != 3 {
			t.Errorf("%s: answered %d: %s", lang, r.Code, r.html)
		}
	}
}

func TestNamesAreLookedUp(t *testing.T) {
	b := newBench(t, options{})
	b.resident("anna")
	a := b.program()
	for typed, want := range map[string]string{
		"bert": `{"available":true,"name":"bert"}`, "Bert Peeters": `{"available":true,"name":"bert-peeters"}`,
		"anna": `{"available":false,"name":"anna"}`, " Anna ": `{"available":false,"name":"anna"}`, "admin": `{"available":false,"name":"admin"}`,
	} {
		found := a.must(200, "GET", "/.account/name/?name="+url.QueryEscape(typed), nil)
		delete(found.json, "controls")
		delete(found.json, "version")
		sameJSON(t, typed, found.json, want)
	}
	page := b.person().must(200, "GET", "/.account/login/password/register/", nil)
	if policy := page.Header().Get("Content-Security-Policy"); !strings.HasSuffix(policy, "; script-src https://id.example/.account/name.js; connect-src https://id.example/.account/name/") {
		t.Errorf("the policy is %q: other scripts of this origin, which pods may share, must not run", policy)
	}
	if script := a.must(200, "GET", "/.account/name.js", nil); script.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("the script is served as %s", script.Header().Get("Content-Type"))
	}
	slowed := false
	for range 400 {
		slowed = a.send("GET", "/.account/name/?name=x", nil).Code == 429 || slowed
	}
	if !slowed {
		t.Error("names can be tried without end")
	}
}
