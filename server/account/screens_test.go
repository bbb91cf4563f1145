package account

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/server/language"
	"domicile/solidoidc/provider"
)

var (
	labelFor   = regexp.MustCompile(`<label for="([^"]+)"`)
	inputID    = regexp.MustCompile(`<(?:input|select) id="([^"]+)"[^>]*>`)
	describing = regexp.MustCompile(`aria-(?:describedby|labelledby)="([^"]+)"`)
	anyID      = regexp.MustCompile(` id="([^"]+)"`)
)

// accessible checks what a machine can of WCAG 2.2.
func accessible(t *testing.T, html, lang string) {
	t.Helper()
	for _, part := range []string{
		`<html lang="` + lang + `">`, "<title>", "</title>", `<main id="main"`, `href="#main"`, "<header>", "<h1>", `name="viewport"`, `aria-current="true"`,
	} {
		if !strings.Contains(html, part) {
			t.Errorf("the page has no %s", part)
		}
	}
	if strings.Count(html, "<h1>") != 1 {
		t.Error("the page has not exactly one h1")
	}
	var ids []string
	for _, match := range anyID.FindAllStringSubmatch(html, -1) {
		if slices.Contains(ids, match[1]) {
			t.Errorf("id %q is there twice", match[1])
		}
		ids = append(ids, match[1])
	}
	var labelled []string
	for _, match := range labelFor.FindAllStringSubmatch(html, -1) {
		labelled = append(labelled, match[1])
	}
	for _, match := range inputID.FindAllStringSubmatch(html, -1) {
		if !strings.Contains(match[0], `type="hidden"`) && !slices.Contains(labelled, match[1]) {
			t.Errorf("input %q has no label", match[1])
		}
	}
	for _, match := range describing.FindAllStringSubmatch(html, -1) {
		for id := range strings.FieldsSeq(match[1]) {
			if !slices.Contains(ids, id) {
				t.Errorf("nothing has the id %q that an element refers to", id)
			}
		}
	}
	html = strings.ReplaceAll(html, `<script src="/.account/name.js" defer></script>`, "")
	if strings.Contains(html, "<script") || strings.Contains(html, "ZgotmplZ") || strings.Contains(html, "%!") {
		t.Error("the page holds script or a failed filling-in")
	}
	for _, key := range regexp.MustCompile(`>([a-z]+(?:-[a-z]+)*\.[a-z-]+)<`).FindAllStringSubmatch(html, -1) {
		if key[1] != "app.example" {
			t.Errorf("the message %q is not translated", key[1])
		}
	}
}

// A browser opens a pod as a stranger, since cookies are for the account only: a
// link from there would lead to a refusal.
func TestAccountPageLinksNoPod(t *testing.T) {
	b := newBench(t, options{})
	signedIn := b.person()
	home := signedIn.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	if html := signedIn.must(200, "GET", home, nil).html; strings.Contains(html, `href="https://pods.example/anna/"`) {
		t.Error("the account page links the pod")
	}
}

func TestPagesInEachLanguage(t *testing.T) {
	b := newBench(t, options{})
	signedIn := b.person()
	home := signedIn.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	visitor := b.person()
	titles := map[string]string{}
	for _, lang := range language.All {
		for _, c := range []struct {
			by    *agent
			path  string
			holds []string
		}{
			{visitor, "/.account/login/password/", []string{`name="email"`, `type="password"`, `autocomplete="current-password"`, `name="remember"`, "register/"}},
			{visitor, "/.account/login/password/register/", []string{`name="email"`, `autocomplete="new-password"`, `name="name"`}},
			{signedIn, home, []string{`>https://pods.example/anna/<`, `href="https://pods.example/anna/profile/card#me"`, `name="credentialsName"`, "/logout/"}},
			{signedIn, home + "pod/", []string{`name="name"`}},
			{signedIn, "/.account/oidc/consent/?interaction=req", []string{"Notes", "app.example", `type="radio"`, `value="allow"`, `value="cancel"`, `value="switch"`, `name="remember"`}},
		} {
			t.Run(lang+" "+c.path, func(t *testing.T) {
				r := c.by.must(200, "GET", c.path, nil, "Accept-Language: "+lang+"-BE, de;q=0.5")
				accessible(t, r.html, lang)
				for _, part := range append(c.holds, `name="csrf"`) {
					if !strings.Contains(r.html, part) {
						t.Errorf("the page lacks %s", part)
					}
				}
				title := r.html[strings.Index(r.html, "<title>"):strings.Index(r.html, "</title>")]
				if before, ok := titles[title]; ok && before != c.path {
					t.Errorf("%s and %s have the same title %q", before, c.path, title)
				}
				titles[title] = c.path
				if got := r.Header().Get("Content-Language"); got != lang {
					t.Errorf("Content-Language %q", got)
				}
			})
		}
	}
}

func TestPageHeaders(t *testing.T) {
	b := newBench(t, options{})
	a := b.person()
	for _, path := range []string{"/", "/.account/login/password/"} {
		r := a.must(200, "GET", path, nil)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
			"X-Content-Type-Options":  "nosniff",
			"X-Frame-Options":         "DENY",
			"Referrer-Policy":         "no-referrer",
			"Cache-Control":           "no-store",
			"Content-Type":            "text/html; charset=utf-8",
		} {
			if got := r.Header().Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got, want)
			}
		}
		if r.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other origins may read the page", path)
		}
	}
	style := a.must(200, "GET", "/.account/style.css", nil, "Accept: text/css,*/*;q=0.1")
	if got := style.Header().Get("Content-Type"); got != "text/css; charset=utf-8" || !strings.Contains(style.Body.String(), ":focus-visible") {
		t.Errorf("style sheet of type %q", got)
	}
}

func TestLanguageSwitch(t *testing.T) {
	a := newBench(t, options{}).person()
	page := a.must(200, "GET", "/.account/login/password/?interaction=req&lang=fr", nil, "Accept-Language: nl")
	if !strings.Contains(page.html, `<html lang="fr">`) || !strings.Contains(page.html, `href="?interaction=req&amp;lang=nl"`) {
		t.Errorf("the switch did not switch or lost the request:\n%s", page.html)
	}
	if kept := a.must(200, "GET", "/.account/login/password/register/", nil, "Accept-Language: nl"); !strings.Contains(kept.html, `<html lang="fr">`) {
		t.Error("the choice was not kept")
	}
	app := newBench(t, options{})
	app.oidc.request.Locales = []string{"nl-BE"}
	if asked := app.person().must(200, "GET", "/.account/login/password/?interaction=req", nil, "Accept-Language: fr"); !strings.Contains(asked.html, `<html lang="nl">`) {
		t.Error("the application's ui_locales are not followed")
	}
	if odd := a.must(200, "GET", "/.account/login/password/?lang=xx", nil); !strings.Contains(odd.html, `<html lang="fr">`) {
		t.Error("an unknown language changed the page")
	}
}

// TestSignUpJourney: one page, then everything is there (demands.md, 29 and 30).
func TestSignUpJourney(t *testing.T) {
	b := newBench(t, options{})
	a := b.person()
	if r := a.must(303, "GET", "/.account/", nil); r.Header().Get("Location") != "https://id.example/.account/login/password/" {
		t.Errorf("a visitor is sent to %s", r.Header().Get("Location"))
	}
	made := a.submit("/.account/login/password/register/", "", url.Values{"email": {"Anna@Example.org"}, "password": {"long enough"}, "name": {"Anna Smith"}})
	if made.Code != 303 {
		t.Fatalf("sign-up answered %d: %s", made.Code, made.html)
	}
	home := made.Header().Get("Location")
	if r := a.must(303, "GET", "/.account/", nil); r.Header().Get("Location") != home {
		t.Errorf("a resident is sent to %s", r.Header().Get("Location"))
	}
	page := a.must(200, "GET", home, nil).html
	for _, part := range []string{"https://pods.example/anna-smith/", "https://pods.example/anna-smith/profile/card#me"} {
		if !strings.Contains(page, part) {
			t.Errorf("the account page lacks %s", part)
		}
	}

	secret := a.submit(home, home+"client-credentials/", url.Values{"credentialsName": {"my script"}, "webId": {"https://pods.example/anna-smith/profile/card#me"}})
	shown := regexp.MustCompile(`<code id="made-secret">(the-secret-[^<]+)</code>`).FindStringSubmatch(secret.html)
	if secret.Code != 200 || shown == nil || !strings.Contains(secret.html, "https://id.example/.oidc/token") {
		t.Fatalf("OIDC-CC-01: the new credentials are not shown: %d %s", secret.Code, secret.html)
	}
	page = a.must(200, "GET", home, nil).html
	if strings.Contains(page, shown[1]) || !strings.Contains(page, "my script") {
		t.Error("OIDC-CC-01: afterwards the page must list the credentials and not show the secret")
	}
	remove := regexp.MustCompile(`action="([^"]+client-credentials/[^"]+)"`).FindStringSubmatch(page)
	if r := a.submit(home, remove[1], url.Values{}); r.Code != 303 {
		t.Errorf("deleting answered %d", r.Code)
	}
	if strings.Contains(a.must(200, "GET", home, nil).html, "my script") {
		t.Error("the credentials are still there")
	}

	if r := a.submit(home, home+"pod/", url.Values{"name": {"work"}}); r.Code != 303 {
		t.Errorf("a second pod answered %d", r.Code)
	}
	if !strings.Contains(a.must(200, "GET", home, nil).html, "<select") {
		t.Error("with two WebIDs one can't choose")
	}
	a.submit(home, home+"logout/", url.Values{})
	a.must(303, "GET", home, nil)
	if r := a.submit("/.account/login/password/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}}); r.Header().Get("Location") != home {
		t.Errorf("signing in leads to %s", r.Header().Get("Location"))
	}
}

func TestFormProblems(t *testing.T) {
	b := newBench(t, options{})
	b.resident("anna")
	for _, lang := range language.All {
		for field, form := range map[string]url.Values{
			"email":    {"email": {"nobody"}, "password": {"long enough"}, "name": {"x"}},
			"password": {"email": {"n@example.org"}, "password": {"short"}, "name": {"x"}},
			"name":     {"email": {"n@example.org"}, "password": {"long enough"}, "name": {"anna"}},
		} {
			t.Run(lang+" "+field, func(t *testing.T) {
				a := b.person()
				a.must(200, "GET", "/.account/login/password/?lang="+lang, nil)
				r := a.submit("/.account/login/password/register/", "", form)
				if r.Code != 400 {
					t.Fatalf("status %d", r.Code)
				}
				accessible(t, r.html, lang)
				for _, part := range []string{`role="alert"`, `href="#` + field + `"`, `id="` + field + `-problem"`, `aria-invalid="true"`} {
					if !strings.Contains(r.html, part) {
						t.Errorf("the page lacks %s", part)
					}
				}
				if strings.Contains(r.html, "long enough") {
					t.Error("the page gives the password back")
				}
				if email := form.Get("email"); !strings.Contains(r.html, `value="`+email+`"`) {
					t.Error("what was typed is lost")
				}
			})
		}
	}
	t.Run("taken e-mail", func(t *testing.T) {
		r := b.person().submit("/.account/login/password/register/", "", url.Values{"email": {"ANNA@example.org"}, "password": {"long enough"}, "name": {"other"}})
		if r.Code != 400 || !strings.Contains(r.html, `href="#email"`) {
			t.Errorf("status %d: %s", r.Code, r.html)
		}
	})
}

func TestProblemPages(t *testing.T) {
	b := newBench(t, options{})
	b.resident("anna")
	a := b.person()
	for path, status := range map[string]int{
		"/.account/nowhere/":                          404,
		"/.account/oidc/consent/":                     400,
		"/.account/oidc/consent/?interaction=expired": 400,
		"/.account/account/":                          404,
	} {
		accessible(t, a.must(status, "GET", path, nil).html, "en")
	}
	home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"bob@example.org"}, "password": {"long enough"}, "name": {"bob"}}).Header().Get("Location")
	accessible(t, a.must(403, "GET", "/.account/account/anothers/", nil).html, "en")
	a.must(404, "POST", home+"client-credentials/none/", url.Values{"csrf": {hiddenToken.FindStringSubmatch(a.must(200, "GET", home, nil).html)[1]}})
}

func TestConsentJourney(t *testing.T) {
	const consent = "/.account/oidc/consent/?interaction=req"
	signUp := url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}
	stranger := func(t *testing.T) (*bench, *agent) {
		b := newBench(t, options{})
		a := b.person()
		if got := a.must(303, "GET", consent, nil).Header().Get("Location"); got != "https://id.example/.account/login/password/?interaction=req" {
			t.Fatalf("a stranger is sent to %s", got)
		}
		if page := a.must(200, "GET", "/.account/login/password/?interaction=req", nil).html; !strings.Contains(page, "Notes") || !strings.Contains(page, "register/?interaction=req") {
			t.Fatal("the sign-in page does not say where one goes, or loses the request on the way to signing up")
		}
		if got := a.submit("/.account/login/password/register/?interaction=req", "", signUp).Header().Get("Location"); got != "https://id.example/.account/oidc/consent/?interaction=req" {
			t.Fatalf("after signing up one is sent to %s", got)
		}
		return b, a
	}
	t.Run("OIDC-AUTH-06 allow", func(t *testing.T) {
		b, a := stranger(t)
		page := a.must(200, "GET", consent, nil)
		if policy := page.Header().Get("Content-Security-Policy"); strings.Contains(policy, "form-action") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("policy %q would keep Chromium from going back to the app", policy)
		}
		r := a.submit(consent, "", url.Values{"decision": {"allow"}, "webId": {"https://pods.example/anna/profile/card#me"}, "remember": {"yes"}, "amount": {"nothing"}, "term": {"day"}})
		if r.Code != 303 || r.Header().Get("Location") != "https://app.example/cb?code=c" {
			t.Errorf("allowing answered %d %s", r.Code, r.Header().Get("Location"))
		}
		if b.oidc.answered != "approved https://pods.example/anna/profile/card#me remember=true" {
			t.Errorf("the provider heard %q", b.oidc.answered)
		}
		a.must(400, "GET", consent, nil)
	})
	t.Run("cancel", func(t *testing.T) {
		b, a := stranger(t)
		r := a.submit(consent, "", url.Values{"decision": {"cancel"}})
		if r.Header().Get("Location") != "https://app.example/cb?error=access_denied" || b.oidc.answered != "cancelled" {
			t.Errorf("cancelling answered %s; the provider heard %q", r.Header().Get("Location"), b.oidc.answered)
		}
	})
	t.Run("no decision is none", func(t *testing.T) {
		b, a := stranger(t)
		a.submit(consent, "", url.Values{"webId": {"https://pods.example/anna/profile/card#me"}})
		if b.oidc.answered != "cancelled" {
			t.Errorf("the provider heard %q", b.oidc.answered)
		}
	})
	t.Run("OIDC-AUTH-06 another's WebID", func(t *testing.T) {
		b, a := stranger(t)
		if r := a.submit(consent, "", url.Values{"decision": {"allow"}, "webId": {"https://pods.example/bob/profile/card#me"}, "amount": {"nothing"}, "term": {"day"}}); r.Code != 400 || b.oidc.answered != "" {
			t.Errorf("answered %d; the provider heard %q", r.Code, b.oidc.answered)
		}
	})
	t.Run("no WebID chosen", func(t *testing.T) {
		b, a := stranger(t)
		r := a.submit(consent, "", url.Values{"decision": {"allow"}})
		if r.Code != 400 || b.oidc.answered != "" {
			t.Errorf("answered %d; the provider heard %q", r.Code, b.oidc.answered)
		}
		accessible(t, r.html, "en")
	})
	t.Run("another account", func(t *testing.T) {
		_, a := stranger(t)
		r := a.submit(consent, "", url.Values{"decision": {"switch"}})
		if r.Header().Get("Location") != "https://id.example/.account/login/password/?interaction=req" {
			t.Errorf("sent to %s", r.Header().Get("Location"))
		}
		a.must(303, "GET", consent, nil)
	})
	t.Run("OIDC-AUTH-04 prompt=login", func(t *testing.T) {
		b := newBench(t, options{})
		a := b.person()
		a.submit("/.account/login/password/register/", "", signUp)
		b.now = b.now.Add(time.Minute)
		b.oidc.request.Stage, b.oidc.request.Prompt, b.oidc.request.Requested = provider.StageLogin, []string{"login"}, b.now
		a.must(303, "GET", consent, nil) // signed in, but not for this request
		a.must(200, "GET", "/.account/login/password/?interaction=req", nil)
		a.submit("/.account/login/password/?interaction=req", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}})
		a.must(200, "GET", consent, nil)
	})
	t.Run("a login that the provider finds too old", func(t *testing.T) {
		b, a := stranger(t)
		b.oidc.refusal = provider.ErrStaleLogin
		r := a.submit(consent, "", url.Values{"decision": {"allow"}, "webId": {"https://pods.example/anna/profile/card#me"}, "amount": {"nothing"}, "term": {"day"}})
		if r.Header().Get("Location") != "https://id.example/.account/login/password/?interaction=req" {
			t.Errorf("sent to %s", r.Header().Get("Location"))
		}
		a.must(200, "GET", "/.account/login/password/?interaction=req", nil)
	})
	t.Run("prompt=create", func(t *testing.T) {
		b := newBench(t, options{})
		b.oidc.request.Prompt = []string{"create"}
		if got := b.person().must(303, "GET", consent, nil).Header().Get("Location"); !strings.Contains(got, "/register/") {
			t.Errorf("sent to %s", got)
		}
	})
	t.Run("account without a WebID", func(t *testing.T) {
		b := newBench(t, options{})
		if _, err := b.service.CreateAccount(t.Context(), "anna@example.org", "long enough"); err != nil {
			t.Fatal(err)
		}
		a := b.person()
		a.submit("/.account/login/password/?interaction=req", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}})
		page := a.must(200, "GET", consent, nil).html
		way := regexp.MustCompile(`href="([^"]+/pod/\?interaction=req)"`).FindStringSubmatch(page)
		if way == nil {
			t.Fatal("it is a dead end (demands.md, 29)")
		}
		if r := a.submit(way[1], "", url.Values{"name": {"anna"}}); r.Header().Get("Location") != "https://id.example/.account/oidc/consent/?interaction=req" {
			t.Errorf("with the pod made one is sent to %s", r.Header().Get("Location"))
		}
	})
}

func TestStrangersTextIsEscaped(t *testing.T) {
	const evil = `<script>alert(1)</script>"'>`
	b := newBench(t, options{})
	b.oidc.request.ClientName, b.oidc.request.ClientID, b.oidc.request.ClientURI = evil, evil, "javascript:alert(1)"
	b.oidc.request.RedirectHost, b.oidc.request.LoginHint, b.oidc.request.Verified = evil, evil, false
	a := b.person()
	shown := []reply{
		a.must(200, "GET", "/.account/login/password/?interaction=req", nil),
		a.submit("/.account/login/password/", "", url.Values{"email": {evil}, "password": {evil}}),
		a.submit("/.account/login/password/register/", "", url.Values{"email": {evil}, "password": {evil}, "name": {evil}}),
		a.send("GET", "/.account/login/password/?interaction="+url.QueryEscape(evil)+"&lang="+url.QueryEscape(evil), nil),
	}
	home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	a.submit(home, home+"client-credentials/", url.Values{"credentialsName": {evil}, "webId": {"https://pods.example/anna/profile/card#me"}})
	shown = append(shown, a.must(200, "GET", home, nil), a.must(200, "GET", "/.account/oidc/consent/?interaction=req", nil))
	for i, r := range shown {
		r.html = strings.ReplaceAll(r.html, `<script src="/.account/name.js" defer></script>`, "")
		if r.html == "" || strings.Contains(r.html, "<script") || strings.Contains(r.html, "javascript:") || strings.Contains(r.html, `"'>`) {
			t.Errorf("page %d is empty or holds text as markup:\n%s", i, r.html)
		}
	}
	if !strings.Contains(shown[len(shown)-1].html, "Not checked") {
		t.Error("an unverified application is not marked")
	}
}

func TestPagesAndPrograms(t *testing.T) {
	a := newBench(t, options{}).program()
	for accept, mediaType := range map[string]string{
		"*/*":                               "application/json",
		"application/json":                  "application/json",
		"text/html;q=0.5, application/json": "application/json",
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "text/html; charset=utf-8",
		"text/html": "text/html; charset=utf-8",
	} {
		if got := a.must(200, "GET", "/.account/login/password/", nil, "Accept: "+accept).Header().Get("Content-Type"); got != mediaType {
			t.Errorf("Accept: %s got %q", accept, got)
		}
	}
}
