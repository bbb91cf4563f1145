package account

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/server/account/password"
	"domicile/server/language"
)

const signUpPage = "/.account/login/password/register/"

// newConfirming is a bench where addresses are confirmed first, with its letters.
func newConfirming(t *testing.T, o options) (*bench, *letterbox) {
	box := &letterbox{}
	o.post, o.confirmFirst = box, true
	return newBench(t, o), box
}

func signUpForm(name string) url.Values {
	return url.Values{"email": {name + "@example.org"}, "password": {"long enough"}, "name": {name}}
}

// masked leaves out of an answer what differs by chance or follows from what was
// sent.
func masked(r reply, sent ...string) string {
	text := fmt.Sprint(r.Code, r.Header(), r.Body)
	for _, part := range sent {
		text = strings.ReplaceAll(text, part, "SENT")
	}
	return regexp.MustCompile(`[A-Za-z0-9_-]{20,}`).ReplaceAllString(text, "RANDOM")
}

// TestSignUpTellsNobody: whether an address has an account cannot be seen in what
// a stranger is answered, nor in the work it takes; its owner is told by letter.
func TestSignUpTellsNobody(t *testing.T) {
	const memory = 4 << 20
	ways := map[string]func(b *bench, email string) reply{
		"page": func(b *bench, email string) reply {
			return b.person().submit(signUpPage+"?interaction=req", "", url.Values{"email": {email}, "password": {"long enough"}, "name": {"mine"}})
		},
		"API": func(b *bench, email string) reply {
			a := b.program()
			a.token = a.must(200, "POST", "/.account/account/", map[string]any{}).text("authorization")
			logins := a.must(200, "GET", "/.account/", nil).control("password.create")
			answered := a.send("POST", logins, map[string]any{"email": email, "password": "long enough"})
			listed := a.must(200, "GET", logins, nil).json["passwordLogins"].(map[string]any)
			if len(listed) != 1 || listed[email] != answered.text("resource") {
				t.Errorf("%s: the logins are %v, the answer was %s", email, listed, answered.Body)
			}
			return answered
		},
		"forgotten password": func(b *bench, email string) reply {
			return b.person().submit(forgotPage, "", url.Values{"email": {email}})
		},
		"sign-in": func(b *bench, email string) reply {
			return b.person().submit("/.account/login/password/", "", url.Values{"email": {email}, "password": {"long enough"}})
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			b, box := newConfirming(t, options{hashing: password.Params{Memory: memory >> 10, Time: 1, Threads: 1}})
			if _, err := b.service.CreateAccount(t.Context(), "anna@example.org", "the password of anna"); err != nil {
				t.Fatal(err)
			}
			answers, work := map[string]string{}, map[string]uint64{}
			for _, email := range []string{"anna@example.org", "nobo@example.org"} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				r := way(b, email)
				runtime.ReadMemStats(&after)
				answers[email], work[email] = masked(r, email, url.QueryEscape(email)), (after.TotalAlloc-before.TotalAlloc)/memory
			}
			if answers["anna@example.org"] != answers["nobo@example.org"] {
				t.Errorf("with an account:\n%s\nwithout:\n%s", answers["anna@example.org"], answers["nobo@example.org"])
			}
			if work["anna@example.org"] != work["nobo@example.org"] {
				t.Errorf("hashes of passwords, with an account and without: %v", work)
			}
			letters := map[string]int{"page": 2, "API": 2, "forgotten password": 1}[name]
			if len(box.letters) != letters {
				t.Fatalf("letters: %v", box.letters)
			}
			if letters == 2 && !(strings.Contains(box.letters[0].Subject, "account already") && box.letters[0].To == "anna@example.org" && box.letters[1].To == "nobo@example.org") {
				t.Errorf("letters: %v", box.letters)
			}
		})
	}
}

// TestSignUpByLetter: nothing is made before the reader of the address says so,
// and then she goes on to the app that she came from.
func TestSignUpByLetter(t *testing.T) {
	for _, lang := range language.All {
		t.Run(lang, func(t *testing.T) {
			b, box := newConfirming(t, options{})
			a := b.person()
			a.must(200, "GET", "/?lang="+lang, nil)
			sent := a.submit(signUpPage+"?interaction=req", "", signUpForm("anna"))
			accessible(t, sent.html, lang)
			if sent.Code != 200 || !strings.Contains(sent.html, `role="status"`) || a.cookies["__Host-css-account"] != "" || strings.Contains(box.letters[0].Text, "%!") {
				t.Fatalf("answered %d, letter %v", sent.Code, box.letters)
			}
			if _, err := b.service.AccountByEmail(t.Context(), "anna@example.org"); !isNotFound(err) {
				t.Errorf("there is an account before the letter is answered: %v", err)
			}
			link := box.link(t, "anna@example.org")
			page := a.must(200, "GET", link, nil)
			accessible(t, page.html, lang)
			if strings.Contains(page.html, `type="password"`) {
				t.Error("the password is asked for in the browser that it was typed in")
			}
			b.resident("taken")
			form := url.Values{"rid": {secretIn(t, link)}, "name": {"taken"}}
			again := a.submit(link, link, form)
			accessible(t, again.html, lang)
			if again.Code != 400 || !strings.Contains(again.html, `href="#name"`) {
				t.Fatalf("a name that went meanwhile: answered %d", again.Code)
			}
			form.Set("name", "anna")
			if r := a.submit(link, link, form); r.Code != 303 || r.Header().Get("Location") != "https://id.example/.account/oidc/consent/?interaction=req" {
				t.Fatalf("answered %d, to %s: %s", r.Code, r.Header().Get("Location"), r.Body)
			}
			if r := b.program().send("POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "long enough"}); r.Code != 200 {
				t.Errorf("signing in answered %d", r.Code)
			}
			a.must(400, "GET", link, nil) // used
		})
	}
}

// TestSignUpLetterElsewhere: who only reads the mail has not chosen the password,
// and whoever chose it could get in: it is asked for.
func TestSignUpLetterElsewhere(t *testing.T) {
	b, box := newConfirming(t, options{})
	b.person().submit(signUpPage+"?interaction=req", "", signUpForm("anna"))
	link := box.link(t, "anna@example.org")
	phone := b.person()
	page := phone.must(200, "GET", link, nil)
	accessible(t, page.html, "en")
	if !strings.Contains(page.html, `type="password"`) {
		t.Fatal("the password is not asked for")
	}
	form := url.Values{"rid": {secretIn(t, link)}, "name": {"anna"}}
	for _, typed := range []string{"", "a guess at it"} {
		form.Set("password", typed)
		r := phone.submit(link, link, form)
		accessible(t, r.html, "en")
		if r.Code != 403 {
			t.Errorf("with %q it answered %d", typed, r.Code)
		}
	}
	if _, err := b.service.AccountByEmail(t.Context(), "anna@example.org"); !isNotFound(err) {
		t.Errorf("there is an account: %v", err)
	}
	slowed := false
	for range 12 {
		form.Set("password", "a guess at it")
		slowed = phone.submit(link, link, form).Code == 429 || slowed
	}
	if !slowed {
		t.Error("guesses are not slowed down")
	}
	b.now = b.now.Add(time.Hour)
	form.Set("password", "long enough")
	if r := phone.submit(link, link, form); r.Code != 303 || !strings.Contains(r.Header().Get("Location"), "/.account/account/") {
		t.Errorf("answered %d, to %s", r.Code, r.Header().Get("Location"))
	}
	t.Run("too late", func(t *testing.T) {
		b.person().submit(signUpPage, "", signUpForm("bert"))
		link := box.link(t, "bert@example.org")
		b.now = b.now.Add(signUpLifetime)
		phone.must(400, "GET", link, nil)
	})
	t.Run("an address gets few letters, with an account or without", func(t *testing.T) {
		for _, name := range []string{"anna", "carl"} {
			var answers []int
			for range 6 {
				form := signUpForm(name)
				form.Set("name", "another")
				answers = append(answers, b.person().submit(signUpPage, "", form).Code)
			}
			if !slices.Equal(answers, []int{200, 200, 200, 429, 429, 429}) {
				t.Errorf("%s: answered %v", name, answers)
			}
		}
	})
}

// TestWaitingLogins: a login that the API made works when its address is
// confirmed, and does nothing to an account that has the address.
func TestWaitingLogins(t *testing.T) {
	const confirmPage = "/.account/login/password/confirm/"
	b, box := newConfirming(t, options{})
	if _, err := b.service.CreateAccount(t.Context(), "anna@example.org", "the password of anna"); err != nil {
		t.Fatal(err)
	}
	signIn := func(email, password string) int {
		return b.program().send("POST", "/.account/login/password/", map[string]any{"email": email, "password": password}).Code
	}
	a := b.program()
	a.token = a.must(200, "POST", "/.account/account/", map[string]any{}).text("authorization")
	logins := a.must(200, "GET", "/.account/", nil).control("password.create")
	add := func(email string) string {
		return a.must(200, "POST", logins, map[string]any{"email": email, "password": "long enough"}).text("resource")
	}
	add("bert@example.org")
	anna := add("anna@example.org")
	a.must(400, "POST", logins, map[string]any{"email": "bert@example.org", "password": "long enough"})
	if got := signIn("bert@example.org", "long enough"); got != http.StatusForbidden {
		t.Errorf("before it is confirmed: %d", got)
	}
	link := box.link(t, "bert@example.org")
	if r := b.person().submit(link, confirmPage, url.Values{"rid": {secretIn(t, link)}}); r.Code != 200 {
		t.Fatalf("confirming answered %d", r.Code)
	}
	if got := signIn("bert@example.org", "long enough"); got != http.StatusOK {
		t.Errorf("confirmed: %d", got)
	}
	annas := func() {
		t.Helper()
		if signIn("anna@example.org", "the password of anna") != 200 || signIn("anna@example.org", "long enough") != 403 {
			t.Error("the login of the other account does not work, or the one that waits does")
		}
	}
	annas()
	a.must(200, "DELETE", anna, nil)
	annas()
	add("anna@example.org")
	a.must(200, "DELETE", a.must(200, "GET", "/.account/", nil).control("account.delete"), nil)
	b.now = b.now.Add(regret)
	if err := b.service.EraseDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	annas()
	if got := signIn("bert@example.org", "long enough"); got != http.StatusForbidden {
		t.Errorf("of an account that was erased: %d", got)
	}
}
