package account

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"domicile/server/language"
)

// changeLink finds the page that changes the password of the first login.
func changeLink(a *agent, home string) string {
	a.t.Helper()
	link := regexp.MustCompile(`href="([^"]+/login/password/[^"]+/)"`).FindStringSubmatch(a.must(200, "GET", home, nil).html)
	if link == nil {
		a.t.Fatal("the account page does not lead to changing the password")
	}
	return link[1]
}

func TestPasswordPage(t *testing.T) {
	const old, chosen = "the password of anna", "the new password"
	arrive := func(b *bench) (a *agent, home string) {
		a = b.person()
		home = a.submit("/.account/login/password/", "", url.Values{"email": {"anna@example.org"}, "password": {old}}).Header().Get("Location")
		return a, home
	}
	for _, lang := range language.All {
		b := newBench(t, options{})
		b.resident("anna")
		a, home := arrive(b)
		a.must(200, "GET", "/?lang="+lang, nil)
		page := changeLink(a, home)
		accessible(t, a.must(200, "GET", page, nil).html, lang)
		for _, c := range []struct {
			name, old, chosen, field string
		}{
			{"wrong old password", "wrong guess", chosen, "oldPassword"},
			{"no old password", "", chosen, "oldPassword"},
			{"weak new password", old, "short", "password"},
			{"no new password", old, "", "password"},
			{"e-mail for a password", old, "anna@example.org", "password"},
		} {
			t.Run(lang+", "+c.name, func(t *testing.T) {
				r := a.submit(page, "", url.Values{"oldPassword": {c.old}, "password": {c.chosen}})
				if r.Code != 400 {
					t.Fatalf("status %d", r.Code)
				}
				accessible(t, r.html, lang)
				for _, part := range []string{`role="alert"`, `href="#` + c.field + `"`, `id="` + c.field + `-problem"`, `aria-invalid="true"`, `value="anna@example.org"`} {
					if !strings.Contains(r.html, part) {
						t.Errorf("the page lacks %s", part)
					}
				}
				if strings.Contains(r.html, old) || strings.Contains(r.html, chosen) {
					t.Error("the page gives a password back")
				}
			})
		}
		t.Run(lang+", changed", func(t *testing.T) {
			other, _ := arrive(b)
			other.must(200, "GET", home, nil)
			r := a.submit(page, "", url.Values{"oldPassword": {old}, "password": {chosen}})
			if r.Code != 200 || strings.Contains(r.html, `type="password"`) || !strings.Contains(r.html, `href="`+home+`"`) {
				t.Fatalf("the change is not confirmed: %d %s", r.Code, r.html)
			}
			accessible(t, r.html, lang)
			a.must(200, "GET", home, nil)
			other.must(303, "GET", home, nil)
			signIn := func(typed string) int {
				return b.person().submit("/.account/login/password/", "", url.Values{"email": {"anna@example.org"}, "password": {typed}}).Code
			}
			if code := signIn(old); code != 403 {
				t.Errorf("the old password is answered %d", code)
			}
			if code := signIn(chosen); code != 303 {
				t.Errorf("the new password is answered %d", code)
			}
		})
	}
	t.Run("another's login", func(t *testing.T) {
		b := newBench(t, options{})
		b.resident("anna")
		a, home := arrive(b)
		hers := changeLink(a, home)
		bob := b.person()
		his := bob.submit("/.account/login/password/register/", "", url.Values{"email": {"bob@example.org"}, "password": {"long enough"}, "name": {"bob"}}).Header().Get("Location")
		bob.must(403, "GET", hers, nil)
		below := his + strings.TrimPrefix(hers, home)
		bob.must(404, "GET", below, nil)
		token := hiddenToken.FindStringSubmatch(bob.must(200, "GET", his, nil).html)[1]
		for target, status := range map[string]int{hers: 403, below: 404} {
			bob.must(status, "POST", target, url.Values{"csrf": {token}, "oldPassword": {old}, "password": {chosen}})
		}
		if r := b.person().submit("/.account/login/password/", "", url.Values{"email": {"anna@example.org"}, "password": {old}}); r.Code != 303 {
			t.Errorf("her password is answered %d", r.Code)
		}
	})
	t.Run("without the form's token", func(t *testing.T) {
		b := newBench(t, options{})
		b.resident("anna")
		a, home := arrive(b)
		a.must(403, "POST", changeLink(a, home), url.Values{"oldPassword": {old}, "password": {chosen}})
	})
	t.Run("guessing is throttled", func(t *testing.T) {
		b := newBench(t, options{})
		b.resident("anna")
		a, home := arrive(b)
		page := changeLink(a, home)
		for range 10 {
			a.submit(page, "", url.Values{"oldPassword": {"wrong guess"}, "password": {chosen}})
		}
		r := a.submit(page, "", url.Values{"oldPassword": {old}, "password": {chosen}})
		if r.Code != 429 || r.Header().Get("Retry-After") != "1" {
			t.Errorf("status %d, Retry-After %q", r.Code, r.Header().Get("Retry-After"))
		}
	})
}
