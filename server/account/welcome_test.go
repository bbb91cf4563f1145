package account

import (
	"net/url"
	"strings"
	"testing"

	"domicile/server/language"
)

func TestWelcome(t *testing.T) {
	const (
		signIn = `href="https://id.example/.account/login/password/"`
		signUp = `href="https://id.example/.account/login/password/register/"`
	)
	for _, lang := range language.All {
		t.Run(lang+", open", func(t *testing.T) {
			page := newBench(t, options{}).person().must(200, "GET", "/", nil, "Accept-Language: "+lang)
			accessible(t, page.html, lang)
			if !strings.Contains(page.html, signIn) || !strings.Contains(page.html, signUp) {
				t.Errorf("the page leads nowhere:\n%s", page.html)
			}
			if cookies := page.Result().Cookies(); len(cookies) != 0 {
				t.Errorf("a page without a form sets %v", cookies)
			}
		})
		for _, closed := range []Registration{Invite, Closed} {
			t.Run(lang+", "+string(closed), func(t *testing.T) {
				page := newBench(t, options{registration: closed}).person().must(200, "GET", "/", nil, "Accept-Language: "+lang)
				accessible(t, page.html, lang)
				if !strings.Contains(page.html, signIn) || strings.Contains(page.html, "register/") {
					t.Errorf("the page must lead to signing in alone:\n%s", page.html)
				}
			})
		}
		t.Run(lang+", signed in", func(t *testing.T) {
			a := newBench(t, options{}).person()
			home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
			page := a.must(200, "GET", "/?lang="+lang, nil).html
			accessible(t, page, lang)
			if strings.Count(page, `href="`+home+`"`) != 2 || strings.Contains(page, signIn) || strings.Contains(page, signUp) {
				t.Errorf("the page must lead to the account:\n%s", page)
			}
			if r := a.submit("/", home+"logout/", url.Values{}); r.Code != 303 {
				t.Errorf("signing out from it answered %d", r.Code)
			}
			if kept := a.must(200, "GET", "/", nil).html; !strings.Contains(kept, `<html lang="`+lang+`">`) {
				t.Error("the language was not kept")
			}
		})
	}
	t.Run("GET and HEAD only", func(t *testing.T) {
		a := newBench(t, options{}).program()
		if page := a.must(200, "GET", "/", nil, "Accept: application/json"); page.html == "" {
			t.Error("a program is not given the page")
		}
		a.must(200, "HEAD", "/", nil)
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			if r := a.must(405, method, "/", nil); r.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s: Allow %q", method, r.Header().Get("Allow"))
			}
		}
	})
}
