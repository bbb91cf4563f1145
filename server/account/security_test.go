package account

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/solidoidc/provider"
)

// Sessions are what the provider asks who is signed in.
var _ provider.Sessions = (*Sessions)(nil)

// The provider is what the service needs.
var _ OIDC = (*provider.Provider)(nil)

func TestCookies(t *testing.T) {
	for _, c := range []struct {
		baseURL, name string
		secure        bool
	}{
		{"https://id.example/", "__Host-css-account", true},
		{"http://localhost:3000/", "css-account", false},
	} {
		t.Run("OIDC-AUTH-07 "+c.baseURL, func(t *testing.T) {
			b := newBench(t, options{baseURL: c.baseURL})
			b.resident("anna")
			credentials := map[string]any{"email": "anna@example.org", "password": "the password of anna"}
			cookie := b.program().must(200, "POST", "/.account/login/password/", credentials).cookie(c.name)
			if cookie == nil {
				t.Fatalf("no cookie %s", c.name)
			}
			if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.Secure != c.secure {
				t.Errorf("cookie %s", cookie.Raw)
			}
			if cookie.MaxAge != 0 || !cookie.Expires.IsZero() {
				t.Errorf("without remember the cookie outlives the browser: %s", cookie.Raw)
			}
			credentials["remember"] = true
			if cookie := b.program().must(200, "POST", "/.account/login/password/", credentials).cookie(c.name); cookie.MaxAge != 14*24*3600 {
				t.Errorf("with remember: %s", cookie.Raw)
			}
			if cookie := b.program().must(200, "POST", "/.account/login/password/", credentials, "Origin: https://evil.example").cookie(c.name); cookie != nil {
				t.Error("a page of another origin can sign a person in")
			}
			for _, cookie := range b.person().must(200, "GET", "/.account/login/password/?lang=nl", nil).Result().Cookies() {
				if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure != c.secure {
					t.Errorf("cookie %s", cookie.Raw)
				}
			}
		})
	}
}

func TestCookieChangesNeedTheSameOrigin(t *testing.T) {
	b := newBench(t, options{})
	signedUp := b.resident("anna")
	pods := signedUp.must(200, "GET", "/.account/", nil).control("account.pod")
	a := b.program()
	cookie := a.must(200, "POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "the password of anna"}).cookie("__Host-css-account")
	a.cookies[cookie.Name] = cookie.Value
	made := a.must(200, "POST", strings.Replace(pods, "/pod/", "/client-credentials/", 1), map[string]any{"webId": "https://pods.example/anna/profile/card#me"}, "Sec-Fetch-Site: same-origin")

	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"no header":              {nil, 403},
		"cross-site":             {[]string{"Sec-Fetch-Site: cross-site"}, 403},
		"same-site":              {[]string{"Sec-Fetch-Site: same-site"}, 403},
		"none":                   {[]string{"Sec-Fetch-Site: none"}, 403},
		"other Origin":           {[]string{"Origin: https://evil.example"}, 403},
		"other scheme":           {[]string{"Origin: http://id.example"}, 403},
		"null Origin":            {[]string{"Origin: null"}, 403},
		"cross-site, our Origin": {[]string{"Sec-Fetch-Site: cross-site", "Origin: https://id.example"}, 403},
		"same-origin":            {[]string{"Sec-Fetch-Site: same-origin"}, 400},
		"our Origin":             {[]string{"Origin: https://id.example"}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			// A taken name: past the check the answer is 400.
			a.must(c.status, "POST", pods, map[string]any{"name": "anna"}, c.headers...)
			if c.status == 403 {
				a.must(403, "DELETE", made.text("resource"), nil, c.headers...)
				a.must(403, "POST", strings.Replace(pods, "/pod/", "/logout/", 1), nil, c.headers...)
			}
			a.must(200, "GET", pods, nil, c.headers...) // reading is no change
		})
	}
}

func TestFormsNeedTheirToken(t *testing.T) {
	b := newBench(t, options{})
	b.resident("anna")
	const page = "/.account/login/password/"
	credentials := func() url.Values {
		return url.Values{"email": {"anna@example.org"}, "password": {"the password of anna"}}
	}
	signedIn := func(r reply) bool { return r.Code == 303 && r.cookie("__Host-css-account") != nil }

	if !signedIn(b.person().submit(page, "", credentials())) {
		t.Fatal("the form as shown does not sign in")
	}
	t.Run("no token", func(t *testing.T) {
		a := b.person()
		a.must(200, "GET", page, nil)
		if r := a.must(403, "POST", page, credentials()); signedIn(r) {
			t.Error("signed in")
		}
	})
	t.Run("token of another browser", func(t *testing.T) {
		form := credentials()
		form.Set("csrf", hiddenToken.FindStringSubmatch(b.person().must(200, "GET", page, nil).html)[1])
		a := b.person()
		a.must(200, "GET", page, nil)
		a.must(403, "POST", page, form)
	})
	t.Run("no cookie", func(t *testing.T) {
		form := credentials()
		form.Set("csrf", formToken("", ""))
		b.person().must(403, "POST", page, form)
	})
	t.Run("token from before signing in", func(t *testing.T) {
		a := b.person()
		before := hiddenToken.FindStringSubmatch(a.must(200, "GET", page, nil).html)[1]
		home := a.submit(page, "", credentials()).Header().Get("Location")
		a.must(403, "POST", home+"logout/", url.Values{"csrf": {before}})
		if r := a.submit(home, home+"logout/", url.Values{}); r.Code != 303 {
			t.Errorf("signing out answered %d", r.Code)
		}
	})
	t.Run("another origin", func(t *testing.T) {
		a := b.person()
		form := credentials()
		form.Set("csrf", hiddenToken.FindStringSubmatch(a.must(200, "GET", page, nil).html)[1])
		for _, header := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: none"} {
			a.must(403, "POST", page, form, header)
		}
		a.must(403, "POST", page, form, "Sec-Fetch-Site: ", "Origin: null")
		if r := a.send("POST", page, form, "Sec-Fetch-Site: "); !signedIn(r) {
			t.Errorf("an equal Origin alone answered %d", r.Code)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	b := newBench(t, options{})
	b.resident("anna")
	signIn := func() *agent {
		a := b.person()
		a.submit("/.account/login/password/", "", url.Values{"email": {"anna@example.org"}, "password": {"the password of anna"}})
		return a
	}
	session := func(a *agent) (provider.Session, bool) {
		r := httptest.NewRequest("GET", "/.oidc/auth", nil)
		for name, value := range a.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		return b.service.sessions.Session(r)
	}
	first, second := signIn(), signIn()
	one, ok := session(first)
	if !ok || one.Account == "" || len(one.WebIDs) != 1 || one.WebIDs[0] != "https://pods.example/anna/profile/card#me" || !one.AuthTime.Equal(b.now) {
		t.Fatalf("Session = %+v, %v", one, ok)
	}
	if two, _ := session(second); two.ID == one.ID {
		t.Error("two browsers share a session")
	}
	t.Run("EndSession ends this one at once", func(t *testing.T) {
		r := httptest.NewRequest("GET", "/.oidc/session/end", nil)
		for name, value := range first.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		if err := b.service.sessions.EndSession(w, r); err != nil {
			t.Fatal(err)
		}
		if cookies := w.Result().Cookies(); len(cookies) != 1 || cookies[0].MaxAge >= 0 {
			t.Errorf("cookies %v", cookies)
		}
		if _, ok := session(first); ok {
			t.Error("the old cookie still works")
		}
		if _, ok := session(second); !ok {
			t.Error("another browser was signed out too")
		}
	})
	t.Run("signing in again ends the session before", func(t *testing.T) {
		a := signIn()
		old := a.cookies["__Host-css-account"]
		a.must(200, "POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "the password of anna"})
		replayed := b.person()
		replayed.cookies["__Host-css-account"] = old
		if _, ok := session(replayed); ok {
			t.Error("the old token still works")
		}
	})
	t.Run("OIDC-OUT-02 applications lose what they got in it", func(t *testing.T) {
		index := func(a *agent) string {
			return a.must(200, "GET", "/.account/", nil, "Accept: application/json").control("account.logout")
		}
		a := signIn()
		current, _ := session(a)
		a.must(200, "POST", index(a), nil)
		if last := b.oidc.revoked[len(b.oidc.revoked)-1]; last != current.ID {
			t.Errorf("signing out revoked %q, want %q", last, current.ID)
		}
		a = signIn()
		current, _ = session(a)
		a.must(200, "POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "the password of anna"})
		if last := b.oidc.revoked[len(b.oidc.revoked)-1]; last != current.ID {
			t.Errorf("changing over revoked %q, want %q", last, current.ID)
		}
		stranger := b.person()
		before := len(b.oidc.revoked)
		stranger.must(200, "GET", "/.account/login/password/", nil)
		stranger.submit("/.account/login/password/", "", url.Values{"email": {"anna@example.org"}, "password": {"the password of anna"}})
		if len(b.oidc.revoked) != before {
			t.Error("signing in without a session before revoked something")
		}
	})
	t.Run("a token in the wrong place is none", func(t *testing.T) {
		stranger := b.person()
		stranger.cookies["css-account"] = second.cookies["__Host-css-account"]
		if _, ok := session(stranger); ok {
			t.Error("a cookie without the prefix counts on https")
		}
	})
	t.Run("after 14 days", func(t *testing.T) {
		b.now = b.now.Add(14*24*time.Hour + time.Second)
		if _, ok := session(second); ok {
			t.Error("the session goes on")
		}
		second.must(303, "GET", "/.account/account/"+one.Account+"/", nil)
	})
}

func TestThrottle(t *testing.T) {
	guess := func(a *agent, email string) reply {
		return a.send("POST", "/.account/login/password/", map[string]any{"email": email, "password": "wrong guess"})
	}
	for _, email := range []string{"anna@example.org", "unknown@example.org"} {
		t.Run("by account, "+email, func(t *testing.T) {
			b := newBench(t, options{})
			b.resident("anna")
			a := b.program()
			for i := range 10 {
				if r := guess(a, email); r.Code != 403 {
					t.Fatalf("guess %d answered %d", i+1, r.Code)
				}
			}
			a.address = "198.51.100.7:1" // another address does not help
			refused := guess(a, strings.ToUpper(email))
			if refused.Code != 429 || refused.Header().Get("Retry-After") != "1" {
				t.Fatalf("guess 11 answered %d, Retry-After %q", refused.Code, refused.Header().Get("Retry-After"))
			}
			b.now = b.now.Add(time.Second)
			guess(a, email)
			if r := guess(a, email); r.Code != 429 || r.Header().Get("Retry-After") != "2" {
				t.Errorf("guess 13 answered %d, Retry-After %q", r.Code, r.Header().Get("Retry-After"))
			}
			b.now = b.now.Add(time.Hour)
			right := map[string]any{"email": "anna@example.org", "password": "the password of anna"}
			a.must(200, "POST", "/.account/login/password/", right)
			for range 110 { // who knows the password is not held up
				a.must(200, "POST", "/.account/login/password/", right)
			}
		})
	}
	t.Run("by address", func(t *testing.T) {
		b := newBench(t, options{})
		b.resident("anna")
		a := b.program()
		a.address = "[2001:db8:1:2::1]:1"
		for i := range 100 {
			if r := guess(a, string(rune('a'+i%26))+strings.Repeat("x", i)+"@example.org"); r.Code != 403 {
				t.Fatalf("guess %d answered %d", i+1, r.Code)
			}
		}
		a.address = "[2001:db8:1:2:ffff::9]:1" // the same subscriber
		if r := guess(a, "zoe@example.org"); r.Code != 429 {
			t.Errorf("guess 101 answered %d", r.Code)
		}
		a.address = "[2001:db8:1:3::1]:1"
		if r := guess(a, "zoe@example.org"); r.Code != 403 {
			t.Errorf("another subscriber's guess answered %d", r.Code)
		}
	})
	t.Run("by old password", func(t *testing.T) {
		b := newBench(t, options{})
		a := b.resident("anna")
		login := firstOf(a, a.must(200, "GET", "/.account/", nil).control("password.create"), "passwordLogins")
		for range 10 {
			a.must(400, "POST", login, map[string]any{"oldPassword": "wrong guess", "newPassword": "long enough"})
		}
		a.must(429, "POST", login, map[string]any{"oldPassword": "the password of anna", "newPassword": "long enough"})
	})
	t.Run("on the page", func(t *testing.T) {
		b := newBench(t, options{})
		a := b.person()
		form := url.Values{"email": {"anna@example.org"}, "password": {"wrong"}}
		for range 10 {
			if r := a.submit("/.account/login/password/", "", form); r.Code != 403 {
				t.Fatalf("status %d", r.Code)
			}
		}
		if r := a.submit("/.account/login/password/", "", form); r.Code != 429 || r.Header().Get("Retry-After") == "" {
			t.Errorf("status %d, Retry-After %q", r.Code, r.Header().Get("Retry-After"))
		}
	})
}

func TestOutdatedHashIsRenewed(t *testing.T) {
	b := newBench(t, options{})
	b.resident("anna")
	weak := *b.service.passwords
	hash := func() (hash string) {
		err := b.store.View(t.Context(), func(r rdfstore.Reader) error {
			_, login, err := loginByEmail(r, "anna@example.org")
			hash = login.Hash
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	before := hash()
	b.service.passwords = strongerHasher()
	right := map[string]any{"email": "anna@example.org", "password": "the password of anna"}
	b.program().must(200, "POST", "/.account/login/password/", right)
	if hash() == before || !weak.Outdated(hash()) {
		t.Error("signing in did not renew the hash")
	}
	b.program().must(200, "POST", "/.account/login/password/", right)
}

func TestSignUpIsAllOrNothing(t *testing.T) {
	b := newBench(t, options{})
	b.resident("anna")
	a := b.person()
	r := a.submit("/.account/login/password/register/", "", url.Values{"email": {"bob@example.org"}, "password": {"long enough"}, "name": {"anna"}})
	if r.Code != 400 {
		t.Fatalf("a taken pod name answered %d", r.Code)
	}
	if _, err := b.service.AccountByEmail(context.Background(), "bob@example.org"); !isNotFound(err) {
		t.Errorf("the refused sign-up left a login: %v", err)
	}
	if r.cookie("__Host-css-account") != nil {
		t.Error("the refused sign-up signed in")
	}
}

func TestPasswordChangedMeanwhile(t *testing.T) {
	b := newBench(t, options{})
	b.resident("anna")
	err := b.store.Update(t.Context(), func(tx rdfstore.Tx) error {
		account, login, err := loginByEmail(tx, "anna@example.org")
		if err != nil {
			return err
		}
		if err := replaceHash(tx, account, login, "first"); err != nil {
			return err
		}
		return replaceHash(tx, account, login, "second") // made from what was read before
	})
	if err != errOldPassword {
		t.Errorf("the second of two changes = %v", err)
	}
}

func TestOneEMailOneAccount(t *testing.T) {
	b := newBench(t, options{})
	var made, refused atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			switch _, err := b.service.CreateAccount(t.Context(), "anna@example.org", "long enough"); err {
			case nil:
				made.Add(1)
			case errEmailTaken:
				refused.Add(1)
			}
		})
	}
	group.Wait()
	if made.Load() != 1 || refused.Load() != 7 {
		t.Errorf("%d accounts made, %d refused, want 1 and 7", made.Load(), refused.Load())
	}
	count := 0
	err := b.view(func(r reader) error {
		for _, err := range accounts.All(r, "") {
			if err != nil {
				return err
			}
			count++
		}
		return nil
	})
	if err != nil || count != 1 {
		t.Errorf("%d accounts are kept, %v; a refused one must leave nothing", count, err)
	}
}
