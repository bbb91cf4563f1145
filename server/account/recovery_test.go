package account

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/server/language"
	"domicile/server/mail"
)

// letterbox keeps the letters that are posted.
type letterbox struct{ letters []mail.Letter }

func (b *letterbox) Post(l mail.Letter) { b.letters = append(b.letters, l) }

// link is the path of the link in the latest letter to an address.
func (b *letterbox) link(t *testing.T, to string) string {
	t.Helper()
	for i := len(b.letters) - 1; i >= 0; i-- {
		if b.letters[i].To == to {
			match := regexp.MustCompile(`https://id\.example(/\S+)`).FindStringSubmatch(b.letters[i].Text)
			if match == nil || b.letters[i].Subject == "" {
				t.Fatalf("no link in %+v", b.letters[i])
			}
			return match[1]
		}
	}
	t.Fatalf("no letter to %s", to)
	return ""
}

const (
	forgotPage = "/.account/login/password/forgot/"
	resetPage  = "/.account/login/password/reset/"
)

func TestForgottenPassword(t *testing.T) {
	box := &letterbox{}
	b := newBench(t, options{post: box})
	a := b.resident("anna")
	index := a.must(200, "GET", "/.account/", nil)
	if index.control("password.forgot") == "" || index.control("password.reset") == "" {
		t.Fatalf("the controls are %v", index.json["controls"])
	}
	person := b.person()
	for _, email := range []string{"anna@example.org", "nobody@example.org"} {
		page := person.submit(forgotPage, "", url.Values{"email": {email}})
		if page.Code != 200 || !strings.Contains(page.html, `role="status"`) {
			t.Fatalf("%s: answered %d", email, page.Code)
		}
		accessible(t, page.html, "en")
		sameJSON(t, email, b.program().must(200, "POST", forgotPage, map[string]any{"email": email}).json["controls"].(map[string]any)["main"], `{"index":"https://id.example/.account/","logins":"https://id.example/.account/login/"}`)
	}
	if len(box.letters) != 2 {
		t.Fatalf("posted %v", box.letters)
	}
	link := box.link(t, "anna@example.org")
	first := linkOf(box.letters[0].Text)
	inFrench := `href="?lang=fr&amp;rid=` + secretIn(t, link) + `"`
	page := person.must(200, "GET", link, nil).html
	accessible(t, page, "en")
	if !strings.Contains(page, inFrench) {
		t.Error("in another language the link is lost")
	}
	form := func(password string) url.Values {
		return url.Values{"rid": {secretIn(t, link)}, "password": {password}}
	}
	if r := person.submit(link, resetPage, form("anna@example.org")); r.Code != 400 || !strings.Contains(r.html, inFrench) {
		t.Errorf("a password that is no good answered %d, and in another language the link is lost: %s", r.Code, r.html)
	}
	if r := person.submit(link, resetPage, form("the new one of anna")); r.Code != 200 || !strings.Contains(r.html, `role="status"`) {
		t.Errorf("the reset answered %d: %s", r.Code, r.Body)
	}
	person.must(400, "GET", link, nil) // used
	a.must(401, "GET", index.control("account.pod"), nil)
	if want := "others " + accountOf(index) + " "; !strings.Contains(strings.Join(b.oidc.withheld, "|"), want) {
		t.Errorf("applications keep their tokens: %q", b.oidc.withheld)
	}
	signIn := func(password string) int {
		return b.program().send("POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": password}).Code
	}
	if signIn("the password of anna") != 403 || signIn("the new one of anna") != 200 {
		t.Error("the old password works, or the new one does not")
	}
	t.Run("an older link is over with it", func(t *testing.T) {
		b.program().must(400, "POST", resetPage, map[string]any{"recordId": secretIn(t, first), "password": "once more another"})
	})
	t.Run("too old", func(t *testing.T) {
		b.now = b.now.Add(24 * time.Hour)
		person.submit(forgotPage, "", url.Values{"email": {"anna@example.org"}})
		late := box.link(t, "anna@example.org")
		b.now = b.now.Add(resetLifetime)
		person.must(400, "GET", late, nil)
		b.program().must(400, "POST", resetPage, map[string]any{"recordId": secretIn(t, late), "password": "far too late now"})
	})
	t.Run("an address gets few letters", func(t *testing.T) {
		b.now = b.now.Add(24 * time.Hour)
		refused := false
		for range 6 {
			refused = person.submit(forgotPage, "", url.Values{"email": {"anna@example.org"}}).Code == 429 || refused
		}
		if !refused {
			t.Error("it gets as many as anybody asks for")
		}
	})
	t.Run("in each language", func(t *testing.T) {
		b.now = b.now.Add(24 * time.Hour)
		for _, lang := range language.All {
			accessible(t, person.must(200, "GET", forgotPage, nil, "Accept-Language: "+lang).html, lang)
			b.now = b.now.Add(24 * time.Hour)
			before := len(box.letters)
			b.program().must(200, "POST", forgotPage, map[string]any{"email": "anna@example.org"}, "Accept-Language: "+lang)
			if len(box.letters) != before+1 || strings.Contains(box.letters[before].Text, "%!") {
				t.Errorf("%s: %v", lang, box.letters[before:])
			}
		}
	})
}

func linkOf(text string) string {
	return regexp.MustCompile(`https://id\.example(/\S+)`).FindStringSubmatch(text)[1]
}

func secretIn(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("rid")
}

func TestWithoutMailServer(t *testing.T) {
	b := newBench(t, options{})
	index := b.resident("anna").must(200, "GET", "/.account/", nil)
	if index.control("password.forgot") != "" {
		t.Error("a control is offered that cannot work")
	}
	b.program().must(404, "POST", forgotPage, map[string]any{"email": "anna@example.org"})
	b.person().must(404, "GET", forgotPage, nil)
}

// TestLinksAreOverWithThePassword: whoever read the mail of an address once must
// not come back by an older letter when the person has helped herself.
func TestLinksAreOverWithThePassword(t *testing.T) {
	ask := func(b *bench, email string) {
		b.now = b.now.Add(2 * time.Minute)
		b.program().must(200, "POST", forgotPage, map[string]any{"email": email})
	}
	letter := func(t *testing.T) (b *bench, box *letterbox, link string) {
		box = &letterbox{}
		b = newBench(t, options{post: box})
		b.resident("anna")
		ask(b, "anna@example.org")
		return b, box, box.link(t, "anna@example.org")
	}
	reset := func(b *bench, link, password string) int {
		return b.program().send("POST", resetPage, map[string]any{"recordId": secretIn(b.t, link), "password": password}).Code
	}
	t.Run("another letter was used", func(t *testing.T) {
		b, box, older := letter(t)
		ask(b, "anna@example.org")
		if code := reset(b, older, "a password of hers"); code != 200 {
			t.Fatalf("of two letters the older answered %d", code)
		}
		if code := reset(b, box.link(t, "anna@example.org"), "a password of his"); code != 400 {
			t.Errorf("then the other answered %d", code)
		}
	})
	t.Run("the address was changed", func(t *testing.T) {
		b, _, older := letter(t)
		err := b.store.Update(t.Context(), func(tx rdfstore.Tx) error {
			account, login, err := loginByEmail(tx, "anna@example.org")
			if err != nil {
				return err
			}
			if err := takeEmail(tx, account, login, "anna@work.example"); err != nil {
				return err
			}
			login.Email = "anna@work.example"
			return logins.Set(tx, key(account, login.ID), login, time.Time{})
		})
		if err != nil {
			t.Fatal(err)
		}
		if code := reset(b, older, "a password of his"); code != 400 {
			t.Errorf("the letter to the former address answered %d", code)
		}
	})
	t.Run("a code on paper, and she chose by mail", func(t *testing.T) {
		box := &letterbox{}
		b := newBench(t, options{post: box})
		made, err := b.service.Enrol(t.Context(), Enrolment{Email: "anna@example.org", Pod: "anna", Code: NewCode(), Expires: b.now.Add(24 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		ask(b, "anna@example.org")
		if code := reset(b, box.link(t, "anna@example.org"), "a password of hers"); code != 200 {
			t.Fatalf("her letter answered %d", code)
		}
		if code := reset(b, made.Link, "a password of his"); code != 400 {
			t.Errorf("the code on paper answered %d", code)
		}
	})
}

func TestEmailAddress(t *testing.T) {
	const confirmPage = "/.account/login/password/confirm/"
	box := &letterbox{}
	b := newBench(t, options{post: box})
	a := b.person()
	home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	confirm := func(link string) reply {
		t.Helper()
		accessible(t, a.must(200, "GET", link, nil).html, "en")
		return a.submit(link, confirmPage, url.Values{"rid": {secretIn(t, link)}})
	}
	if page := a.must(200, "GET", home, nil).html; !strings.Contains(page, "not confirmed yet") {
		t.Error("the account page does not say that the address is not confirmed")
	}
	link := box.link(t, "anna@example.org")
	if page := a.must(200, "GET", home, nil).html; !strings.Contains(page, "not confirmed yet") {
		t.Error("opening a link, as mail scanners do, confirms")
	}
	if r := confirm(link); r.Code != 200 || strings.Contains(a.must(200, "GET", home, nil).html, "not confirmed yet") {
		t.Errorf("confirming answered %d", r.Code)
	}
	a.must(400, "GET", link, nil)

	change := regexp.MustCompile(`href="([^"]+/email/)"`).FindStringSubmatch(a.must(200, "GET", home, nil).html)[1]
	accessible(t, a.must(200, "GET", change, nil).html, "en")
	if r := a.submit(change, "", url.Values{"email": {"anna@work.example"}}); r.Code != 200 {
		t.Fatalf("the change answered %d", r.Code)
	}
	signIn := func(email string) int {
		return b.program().send("POST", "/.account/login/password/", map[string]any{"email": email, "password": "long enough"}).Code
	}
	if signIn("anna@work.example") != 403 || signIn("anna@example.org") != 200 {
		t.Error("the new address counts before it is confirmed")
	}
	confirm(box.link(t, "anna@work.example"))
	if signIn("anna@work.example") != 200 || signIn("anna@example.org") != 403 {
		t.Error("the new address does not count, or the old one still does")
	}
	t.Run("one that is taken meanwhile", func(t *testing.T) {
		a.submit(change, "", url.Values{"email": {"bert@example.org"}})
		link := box.link(t, "bert@example.org")
		b.resident("bert")
		if r := a.submit(link, confirmPage, url.Values{"rid": {secretIn(t, link)}}); r.Code != 400 {
			t.Errorf("confirming answered %d", r.Code)
		}
	})
	t.Run("a link for something else", func(t *testing.T) {
		a.must(400, "GET", resetPage+"?rid="+secretIn(t, box.link(t, "bert@example.org")), nil)
	})
}

// TestPresence: what lets others in for long takes the password again when it
// was typed a while ago; what was chosen in the form is not lost.
func TestPresence(t *testing.T) {
	const consent, webID = "/.account/oidc/consent/?interaction=req", "https://pods.example/anna/profile/card#me"
	b := newBench(t, options{})
	a := b.person()
	home := a.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
	b.now = b.now.Add(presence)
	form := url.Values{"decision": {"allow"}, "webId": {webID}, "amount": {"everything"}, "term": {"week"}}
	again := a.submit(consent, "", form)
	accessible(t, again.html, "en")
	if again.Code != 403 || b.oidc.answered != "" || !strings.Contains(again.html, `value="everything" checked`) || !strings.Contains(again.html, `value="week" selected`) || !strings.Contains(again.html, `name="presence"`) {
		t.Errorf("answered %d; the provider heard %q:\n%s", again.Code, b.oidc.answered, again.html)
	}
	form.Set("presence", "a guess")
	if r := a.submit(consent, "", form); r.Code != 403 || b.oidc.answered != "" {
		t.Errorf("a wrong password answered %d", r.Code)
	}
	form.Set("presence", "long enough")
	if r := a.submit(consent, "", form); r.Code != 303 {
		t.Errorf("the right password answered %d", r.Code)
	}
	credentials := url.Values{"credentialsName": {"script"}, "webId": {webID}}
	if r := a.submit(home, home+"client-credentials/", credentials); r.Code != 200 {
		t.Errorf("a moment later it is asked for again: %d", r.Code)
	}
	b.now = b.now.Add(presence)
	if r := a.submit(home, home+"client-credentials/", credentials); r.Code != 403 {
		t.Errorf("credentials were made without it: %d", r.Code)
	}
	b.oidc.answered = ""
	form = url.Values{"decision": {"allow"}, "webId": {webID}, "amount": {"parts"}, "part https://pods.example/anna/notes/": {"see"}, "term": {"week"}}
	if r := a.submit(consent, "", form); r.Code != 303 {
		t.Errorf("it is asked for where nobody is let in for long: %d", r.Code)
	}
	t.Run("by the API with a cookie too", func(t *testing.T) {
		b := newBench(t, options{})
		person := b.person()
		home := person.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
		b.now = b.now.Add(presence)
		browser := b.program() // what a script in the page sends
		browser.cookies = person.cookies
		everything := map[string]any{"webId": webID, "everything": true}
		first := func(path, member string) string {
			for _, url := range browser.must(200, "GET", home+path, nil).json[member].(map[string]any) {
				return url.(string)
			}
			t.Fatalf("there is nothing at %s", path)
			return ""
		}
		login, pod := first("login/password/", "passwordLogins"), first("pod/", "pods")
		for _, c := range []struct {
			method, target string
			body           any
		}{
			{"POST", home + "client-credentials/", map[string]any{"name": "script", "webId": webID}},
			{"POST", home + "share/", map[string]any{"webId": "https://elsewhere.example/#i", "name": "x", "everything": true}},
			{"POST", "/.account/oidc/consent/?interaction=req", everything},
			{"POST", home + "login/password/", map[string]any{"email": "mallory@example.org", "password": "a key of my own"}},
			{"DELETE", login, nil},
			{"POST", pod, map[string]any{"webId": "https://elsewhere.example/#i"}},
			{"DELETE", home, nil},
		} {
			if r := browser.send(c.method, c.target, c.body, "Sec-Fetch-Site: same-origin"); r.Code != 403 || !strings.Contains(r.Body.String(), "password") {
				t.Errorf("%s %s answered %d: %s", c.method, c.target, r.Code, r.Body)
			}
		}
		if r := browser.send("POST", home+"client-credentials/", map[string]any{"name": "script", "webId": webID, "presence": "long enough"}, "Sec-Fetch-Site: same-origin"); r.Code != 200 {
			t.Errorf("with the password: %d %s", r.Code, r.Body)
		}
	})
	t.Run("the cookie is no token of a program", func(t *testing.T) {
		b := newBench(t, options{})
		person := b.person()
		home := person.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
		b.now = b.now.Add(presence)
		thief := b.program()
		thief.token = person.cookies["__Host-css-account"]
		thief.must(200, "GET", home+"pod/", nil)
		thief.must(403, "POST", home+"client-credentials/", map[string]any{"name": "script", "webId": webID})
		program := b.program()
		program.token = program.must(200, "POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "long enough"}).text("authorization")
		b.now = b.now.Add(presence)
		program.must(200, "POST", home+"client-credentials/", map[string]any{"name": "script", "webId": webID})
	})
	t.Run("without a login there is nothing to prove", func(t *testing.T) {
		b := newBench(t, options{})
		newcomer := b.program()
		newcomer.cookies = map[string]string{"__Host-css-account": newcomer.must(200, "POST", "/.account/account/", map[string]any{}).text("authorization")}
		b.now = b.now.Add(presence)
		index := newcomer.must(200, "GET", "/.account/", nil)
		newcomer.must(200, "POST", index.control("password.create"), map[string]any{"email": "bea@example.org", "password": "long enough"}, "Sec-Fetch-Site: same-origin")
	})
	t.Run("a session that ended meanwhile stays ended", func(t *testing.T) {
		b := newBench(t, options{})
		person := b.person()
		home := person.submit("/.account/login/password/register/", "", url.Values{"email": {"anna@example.org"}, "password": {"long enough"}, "name": {"anna"}}).Header().Get("Location")
		c := &call{w: httptest.NewRecorder(), r: httptest.NewRequest("POST", home, nil), service: b.service, input: input{"presence": "long enough"}}
		c.r.AddCookie(&http.Cookie{Name: "__Host-css-account", Value: person.cookies["__Host-css-account"]})
		if err := c.identify(); err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(presence)
		if err := b.store.Update(t.Context(), c.end); err != nil {
			t.Fatal(err)
		}
		if err := b.service.provePresence(c); err != errSignedOut {
			t.Errorf("got %v", err)
		}
		person.must(303, "GET", home, nil)
	})
	t.Run("guessing is slowed down", func(t *testing.T) {
		slowed := false
		for range 20 {
			credentials.Set("presence", "a guess")
			slowed = a.submit(home, home+"client-credentials/", credentials).Code == 429 || slowed
		}
		if !slowed {
			t.Error("it is not")
		}
	})
}

func TestSessions(t *testing.T) {
	b := newBench(t, options{})
	a := b.resident("anna")
	index := a.must(200, "GET", "/.account/", nil)
	phone := b.person()
	home := phone.submit("/.account/login/password/", "", url.Values{"email": {"anna@example.org"}, "password": {"the password of anna"}}).Header().Get("Location")
	page := phone.must(200, "GET", home+"session/", nil)
	accessible(t, page.html, "en")
	listed := a.must(200, "GET", index.control("account.session"), nil).json["sessions"].([]any)
	if len(listed) != 2 || strings.Count(page.html, `action="`+home+"session/") != 2 {
		t.Fatalf("sessions %v on\n%s", listed, page.html)
	}
	for _, one := range listed {
		one := one.(map[string]any)
		if one["current"] == true {
			continue
		}
		a.must(200, "DELETE", one["resource"].(string), nil)
		a.must(404, "DELETE", one["resource"].(string), nil)
		if len(b.oidc.revoked) == 0 || b.oidc.revoked[len(b.oidc.revoked)-1] != one["id"] {
			t.Errorf("what applications got in it is left: %q", b.oidc.revoked)
		}
	}
	phone.must(303, "GET", home, nil) // signed out
	a.must(200, "GET", index.control("account.pod"), nil)

	b.now = b.now.Add(time.Minute) // the latest is listed first
	phone.submit("/.account/login/password/", "", url.Values{"email": {"anna@example.org"}, "password": {"the password of anna"}})
	own := regexp.MustCompile(`action="([^"]+/session/[^"]+)"`).FindStringSubmatch(phone.must(200, "GET", home+"session/", nil).html)[1]
	if r := phone.submit(home+"session/", own, url.Values{}); r.Code != 303 {
		t.Errorf("ending the own session answered %d", r.Code)
	}
	phone.must(303, "GET", home, nil)
}

func TestDevices(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36":                                   "Chrome, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0":           "Edge, Windows",
		"Mozilla/5.0 (Android 16; Mobile; rv:149.0) Gecko/149.0 Firefox/149.0":                                                                    "Firefox, Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1": "Safari, iPhone",
		"curl/8.5.0": "",
	} {
		if got := deviceOf(agent); got != want {
			t.Errorf("%s is %q, want %q", agent, got, want)
		}
	}
}

func TestGuessedPasswords(t *testing.T) {
	for _, password := range []string{"password", "12345678", "azertyuiop", "Welkom2026", "ikhouvanjou", "motdepasse", "Bienvenue1", "annasmith1"} {
		if err := checkPassword(password, "annasmith@example.org"); err != errPasswordWeak {
			t.Errorf("%q: %v", password, err)
		}
	}
	for _, password := range []string{"correct horse battery", "fiets onder de regenboog", "Vj7#qLw2", strings.Repeat("een vos en een das lopen ", 40)} {
		if err := checkPassword(password, "anna@example.org"); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}
