package account

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"domicile/server/language"
)

func TestEnrolment(t *testing.T) {
	b := newBench(t, options{})
	enrol := func(email, pod, code string) (Enrolled, error) {
		return b.service.Enrol(t.Context(), Enrolment{Email: email, Pod: pod, Code: code, Expires: b.now.Add(24 * time.Hour)})
	}
	code := NewCode()
	made, err := enrol("Anna@example.org", "anna", code)
	if err != nil || made.URL != "https://pods.example/anna/" || made.WebID == "" || !made.Until.Equal(b.now.Add(24*time.Hour)) {
		t.Fatalf("made %+v, %v", made, err)
	}
	link := strings.TrimPrefix(made.Link, "https://id.example")
	signIn := func(password string) int {
		return b.program().send("POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": password}).Code
	}

	t.Run("again", func(t *testing.T) {
		if again, err := enrol("anna@example.org", "anna", code); err != nil || again != made {
			t.Errorf("with the same code: %+v, %v", again, err)
		}
		if again, err := enrol("anna@example.org", "anna", NewCode()); err != nil || again.Link != "" || again.URL != made.URL {
			t.Errorf("with another code: %+v, %v", again, err)
		}
		if more, err := enrol("anna@example.org", "anna-work", NewCode()); err != nil || more.Link != "" || more.URL != "https://pods.example/anna-work/" {
			t.Errorf("another pod: %+v, %v", more, err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		for _, c := range []struct {
			email, pod string
			want       error
		}{
			{"bert", "bert", errEmailInvalid},
			{"bert@example.org", "admin", ErrNameInvalid},
			{"bert@example.org", "anna", ErrNameTaken},
		} {
			if _, err := enrol(c.email, c.pod, NewCode()); !errors.Is(err, c.want) {
				t.Errorf("%s for %s: %v, want %v", c.pod, c.email, err, c.want)
			}
		}
		if _, err := b.service.AccountByEmail(t.Context(), "bert@example.org"); err == nil {
			t.Error("an account stayed without its pod")
		}
	})
	t.Run("no password opens it", func(t *testing.T) {
		for _, password := range []string{"", code, "anything at all"} {
			if status := signIn(password); status != 403 && status != 400 {
				t.Errorf("%q: answered %d", password, status)
			}
		}
	})
	t.Run("by the code", func(t *testing.T) {
		person := b.person()
		for _, lang := range language.All {
			accessible(t, person.must(200, "GET", resetPage, nil, "Accept-Language: "+lang).html, lang)
			accessible(t, person.must(200, "GET", link, nil, "Accept-Language: "+lang).html, lang)
		}
		typed := strings.ToUpper(code[:5] + "-" + code[5:12] + " " + code[12:])
		person.must(200, "GET", resetPage+"?"+url.Values{"rid": {typed}}.Encode(), nil)
		person.must(400, "GET", resetPage+"?rid=nonsense", nil)
		if r := person.submit(link, resetPage, url.Values{"rid": {code}, "password": {"anna@example.org"}}); r.Code != 400 {
			t.Errorf("a password that is no good answered %d", r.Code)
		}
		if r := person.submit(link, resetPage, url.Values{"rid": {code}, "password": {"the first one of anna"}}); r.Code != 200 || !strings.Contains(r.html, "Your password is set") {
			t.Errorf("answered %d: %s", r.Code, r.html)
		}
		person.must(400, "GET", link, nil) // used
		if signIn("the first one of anna") != 200 {
			t.Error("the password was not set")
		}
		if again, err := enrol("anna@example.org", "anna", code); err != nil || again.Link != "" {
			t.Errorf("the used code is passed on: %+v, %v", again, err)
		}
	})
	t.Run("too late", func(t *testing.T) {
		late, err := enrol("carl@example.org", "carl", NewCode())
		if err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(24 * time.Hour)
		b.person().must(400, "GET", strings.TrimPrefix(late.Link, "https://id.example"), nil)
	})
}
