package provider

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAuthorizeRefusals(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	tests := []struct {
		name    string
		changes []string
		code    string // "" begins an interaction
	}{
		{"OIDC-AUTH-01 good", nil, ""},
		{"OIDC-AUTH-01 unknown parameter", []string{"x", "y"}, ""},
		{"OIDC-AUTH-01 unknown prompt", []string{"prompt", "dance"}, ""},
		{"OIDC-AUTH-01 unknown scope", []string{"scope", "openid webid email"}, ""},
		{"OIDC-AUTH-01 response_mode query", []string{"response_mode", "query"}, ""},
		{"O16 no code_challenge", []string{"code_challenge", ""}, "invalid_request"},
		{"O16 plain", []string{"code_challenge_method", "plain"}, "invalid_request"},
		{"OIDC-AUTH-02 method left out means plain", []string{"code_challenge_method", ""}, "invalid_request"},
		{"OIDC-AUTH-02 challenge is no hash", []string{"code_challenge", "abc"}, "invalid_request"},
		{"OIDC-AUTH-02 challenge with other characters", []string{"code_challenge", strings.Repeat("+", 43)}, "invalid_request"},
		{"response_type token", []string{"response_type", "token"}, "unsupported_response_type"},
		{"response_type code id_token", []string{"response_type", "code id_token"}, "unsupported_response_type"},
		{"response_mode fragment", []string{"response_mode", "fragment"}, "invalid_request"},
		{"no openid", []string{"scope", "webid"}, "invalid_scope"},
		{"request object", []string{"request", "x"}, "request_not_supported"},
		{"request_uri", []string{"request_uri", "https://a.example/"}, "request_uri_not_supported"},
		{"prompt none and login", []string{"prompt", "none login"}, "invalid_request"},
		{"max_age no number", []string{"max_age", "x"}, "invalid_request"},
		{"max_age negative", []string{"max_age", "-1"}, "invalid_request"},
		{"dpop_jkt", []string{"dpop_jkt", "x"}, "invalid_request"},
	}
	for _, test := range tests {
		form := authorizationForm(a.id, test.changes...)
		for method, w := range map[string]func() *url.URL{
			"GET":  func() *url.URL { return location(t, h.authorizeWith(form)) },
			"POST": func() *url.URL { return location(t, h.postForm(".oidc/auth", form)) },
		} {
			t.Run("OIDC-AUTH-03 "+method+" "+test.name, func(t *testing.T) {
				u := w()
				if test.code == "" {
					if u.Query().Get("interaction") == "" {
						t.Errorf("no interaction: %s", u)
					}
					return
				}
				if !strings.HasPrefix(u.String(), callback+"&") {
					t.Errorf("the registered redirect URI was changed: %s", u)
				}
				got := u.Query()
				if got.Get("error") != test.code || got.Get("state") != "st&te" || got.Get("iss") != issuer || got.Get("code") != "" {
					t.Errorf("OIDC-AUTH-03: %s, want error %s", u, test.code)
				}
			})
		}
	}
	t.Run("repeated parameter", func(t *testing.T) {
		form := authorizationForm(a.id)
		form.Add("scope", "openid")
		if got := location(t, h.authorizeWith(form)).Query().Get("error"); got != "invalid_request" {
			t.Error(got)
		}
	})
}

// What waits for a person is stored before anybody has signed in.
func TestQuestionsAreBounded(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	t.Run("request too long to be kept", func(t *testing.T) {
		if w := h.authorizeWith(authorizationForm(a.id, "state", strings.Repeat("s", maxFormBytes))); w.Code != 400 {
			t.Errorf("status %d", w.Code)
		}
	})
	form := authorizationForm(a.id)
	for range questionAllowance.Burst {
		h.interact(form)
	}
	before := strings.Count(h.stored(), "\n")
	t.Run("too many sign-ins from an address", func(t *testing.T) {
		if got := location(t, h.authorizeWith(form)).Query().Get("error"); got != "temporarily_unavailable" {
			t.Errorf("error %q", got)
		}
	})
	t.Run("too many questions whether to sign out", func(t *testing.T) {
		h.signIn()
		if w := h.do("GET", issuer+".oidc/session/end", ""); w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Errorf("status %d, %v", w.Code, w.Header())
		}
	})
	if after := strings.Count(h.stored(), "\n"); after != before {
		t.Errorf("%d records were kept of refused requests", after-before)
	}
	h.advance(questionAllowance.Interval)
	h.interact(form)
}

func TestAuthorizeNeverRedirectsToStrangers(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	withPort := h.register(`{"redirect_uris":["http://localhost:8080/cb"]}`)
	nativeApp := h.register(`{"redirect_uris":["http://127.0.0.1:1/cb"],"application_type":"native"}`)
	script, _ := h.createCredentials("account-1", "bot", alice)
	tests := []struct {
		name string
		form url.Values
	}{
		{"O17 unregistered redirect_uri", authorizationForm(a.id, "redirect_uri", "https://evil.example/")},
		{"O17 longer path", authorizationForm(a.id, "redirect_uri", callback+"/x")},
		{"O17 another case", authorizationForm(a.id, "redirect_uri", strings.ToUpper(callback))},
		{"O17 without query", authorizationForm(a.id, "redirect_uri", "https://app.example/callback")},
		{"O17 user information", authorizationForm(a.id, "redirect_uri", "https://app.example@evil.example/callback?app=1")},
		{"O17 no redirect_uri", authorizationForm(a.id, "redirect_uri", "")},
		{"O17 another port of a web client", authorizationForm(withPort.id, "redirect_uri", "http://localhost:8081/cb")},
		{"O17 another path of a native client", authorizationForm(nativeApp.id, "redirect_uri", "http://127.0.0.1:2/other")},
		{"O17 another host of a native client", authorizationForm(nativeApp.id, "redirect_uri", "http://127.0.0.1.evil.example:2/cb")},
		{"no client_id", authorizationForm("", "client_id", "")},
		{"unknown client", authorizationForm("nobody")},
		{"client credentials", authorizationForm(script.ID)},
		{"two redirect URIs", func() url.Values {
			form := authorizationForm(a.id)
			form.Add("redirect_uri", "https://evil.example/")
			return form
		}()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := h.authorizeWith(test.form)
			if w.Code != http.StatusBadRequest || w.Header().Get("Location") != "" {
				t.Fatalf("%d, Location %q", w.Code, w.Header().Get("Location"))
			}
			if w.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				t.Errorf("%v", w.Header())
			}
			if strings.Contains(w.Body.String(), "<script") || strings.Contains(w.Body.String(), "evil") {
				t.Errorf("%s", w.Body)
			}
		})
	}
	t.Run("RFC 8252 §7.3 another port of a native client", func(t *testing.T) {
		h.interact(authorizationForm(nativeApp.id, "redirect_uri", "http://127.0.0.1:65000/cb"))
	})
}

func TestInteraction(t *testing.T) {
	h := newHarness(t)
	a := h.register(strings.Replace(inruptRegistration, "Notes", `No\u202etes\u0000 `+strings.Repeat("x", 200), 1))
	id := h.interact(authorizationForm(a.id, "prompt", "consent", "login_hint", "alice@example.org", "ui_locales", "nl fr"))
	got, err := h.Interaction(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want := Interaction{
		ID: id, ClientID: a.id, ClientName: "Notes " + strings.Repeat("x", 94), RedirectHost: "app.example",
		Scopes: []string{"openid", "offline_access", "webid"}, Offline: true, Prompt: []string{"consent"},
		LoginHint: "alice@example.org", Locales: []string{"nl", "fr"}, Stage: StageConsent, Requested: h.now(),
		RegistrationEnd: h.now().Add(usedClientLifetime),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	session := h.signIn()
	if _, err := h.Approve(t.Context(), id, session, consentTo(aliceTwo, false)); !errors.Is(err, ErrForeignWebID) {
		t.Errorf("OIDC-AUTH-06: %v", err)
	}
	redirect, err := h.Approve(t.Context(), id, session, consentTo(alice, false))
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(redirect)
	if q := u.Query(); q.Get("iss") != issuer || q.Get("state") != "st&te" || len(q.Get("code")) < 22 || q.Get("app") != "1" {
		t.Errorf("O21 OIDC-AUTH-03: %s", redirect)
	}
	if strings.Contains(h.stored(), u.Query().Get("code")) {
		t.Error("OIDC-AUTH-05: the code is stored")
	}
	if _, err := h.Approve(t.Context(), id, session, consentTo(alice, false)); !errors.Is(err, ErrNoInteraction) {
		t.Errorf("approved twice: %v", err)
	}
	if _, err := h.Cancel(t.Context(), id); !errors.Is(err, ErrNoInteraction) {
		t.Errorf("cancelled after: %v", err)
	}

	id = h.interact(authorizationForm(a.id))
	redirect, err = h.Cancel(t.Context(), id)
	u, _ = url.Parse(redirect)
	if q := u.Query(); err != nil || q.Get("error") != "access_denied" || q.Get("iss") != issuer || q.Get("state") != "st&te" {
		t.Errorf("cancel: %s, %v", redirect, err)
	}

	h.browser.signIn(nil)
	id = h.interact(authorizationForm(a.id))
	h.advance(interactionLifetime)
	if _, err := h.Interaction(t.Context(), id); !errors.Is(err, ErrNoInteraction) {
		t.Errorf("after an hour: %v", err)
	}
}

func TestFreshLogin(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	old := h.signIn()
	h.advance(time.Hour)
	for _, changes := range [][]string{{"prompt", "login"}, {"max_age", "60"}, {"max_age", "0"}} {
		t.Run("OIDC-AUTH-04 "+strings.Join(changes, " "), func(t *testing.T) {
			id := h.interact(authorizationForm(a.id, changes...))
			if i, err := h.Interaction(t.Context(), id); err != nil || i.Stage != StageLogin {
				t.Errorf("stage %q, %v", i.Stage, err)
			}
			if _, err := h.Approve(t.Context(), id, old, consentTo(alice, true)); !errors.Is(err, ErrStaleLogin) {
				t.Errorf("old session: %v", err)
			}
			fresh := old
			fresh.AuthTime = h.now()
			if _, err := h.Approve(t.Context(), id, fresh, consentTo(alice, true)); err != nil {
				t.Errorf("fresh session: %v", err)
			}
		})
	}
	t.Run("OIDC-AUTH-04 max_age kept", func(t *testing.T) {
		id := h.interact(authorizationForm(a.id, "max_age", "7200", "prompt", "consent"))
		if i, err := h.Interaction(t.Context(), id); err != nil || i.Stage != StageConsent {
			t.Errorf("stage %q, %v", i.Stage, err)
		}
	})
	t.Run("OIDC-AUTH-04 prompt=none with max_age passed", func(t *testing.T) {
		u := location(t, h.authorizeWith(authorizationForm(a.id, "prompt", "none", "max_age", "60")))
		if u.Query().Get("error") != "login_required" {
			t.Error(u)
		}
	})
	t.Run("OIDC-AUTH-04 default_max_age", func(t *testing.T) {
		strict := h.register(strings.Replace(inruptRegistration, "{", `{"default_max_age":60,`, 1))
		u := location(t, h.authorizeWith(authorizationForm(strict.id, "prompt", "none")))
		if u.Query().Get("error") != "login_required" {
			t.Error(u)
		}
	})
}

func TestSilentAuthorization(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	none := authorizationForm(a.id, "prompt", "none")
	silent := func(form url.Values) url.Values {
		t.Helper()
		u := location(t, h.authorizeWith(form))
		if !strings.HasPrefix(u.String(), callback) || u.Query().Get("iss") != issuer || u.Query().Get("state") != "st&te" {
			t.Errorf("not sent back: %s", u)
		}
		return u.Query()
	}
	if got := silent(none).Get("error"); got != "login_required" {
		t.Errorf("O22 logged out: %q", got)
	}
	h.signIn()
	if got := silent(none).Get("error"); got != "consent_required" {
		t.Errorf("OIDC-AUTH-04 no consent: %q", got)
	}
	session := h.signIn(alice, aliceTwo)
	if got := silent(none).Get("error"); got != "account_selection_required" {
		t.Errorf("OIDC-AUTH-04 two WebIDs: %q", got)
	}
	h.code(authorizationForm(a.id, "scope", "openid webid"), session, aliceTwo)
	if got := silent(none).Get("error"); got != "consent_required" {
		t.Errorf("OIDC-AUTH-07 more scope than remembered: %q", got)
	}
	h.code(authorizationForm(a.id), session, aliceTwo)

	for name, form := range map[string]url.Values{"prompt=none": none, "no prompt": authorizationForm(a.id)} {
		q := silent(form)
		o := decode(t, h.redeem(a, codeForm(q.Get("code")), h.key), 200)
		if _, claims := h.claims(o.text("id_token")); claims.String("webid") != aliceTwo {
			t.Errorf("OIDC-AUTH-07 %s: WebID %q", name, claims.String("webid"))
		}
		if o.text("refresh_token") == "" {
			t.Errorf("%s: no refresh token after silent login", name)
		}
	}
	for _, prompt := range []string{"consent", "login", "select_account", "create"} {
		h.interact(authorizationForm(a.id, "prompt", prompt))
	}
	other := h.register(inruptRegistration)
	if got := silent(authorizationForm(other.id, "prompt", "none")).Get("error"); got != "account_selection_required" {
		t.Errorf("OIDC-AUTH-07 another client: %q", got)
	}
	h.signIn(alice)
	if got := silent(none).Get("error"); got != "consent_required" {
		t.Errorf("OIDC-AUTH-06 the WebID left the account: %q", got)
	}
	session = h.signIn(alice, aliceTwo)
	if _, err := h.Approve(t.Context(), h.interact(authorizationForm(a.id, "prompt", "consent")), session, consentTo(alice, false)); err != nil {
		t.Fatal(err)
	}
	if got := silent(none).Get("error"); got != "account_selection_required" {
		t.Errorf("OIDC-AUTH-07 no longer remembered: %q", got)
	}
}

// TestHintedPerson: OIDC Core §3.1.2.1. An app that renews its sign-in on a shared
// computer says who it was for; nobody else is signed in to it without being asked.
func TestHintedPerson(t *testing.T) {
	const bob = "http://localhost:3000/bob/profile/card#me"
	h := newHarness(t)
	a := h.register(inruptRegistration)
	of := func(webID string) string {
		t.Helper()
		session := h.signIn(webID)
		o := decode(t, h.redeem(a, codeForm(h.code(authorizationForm(a.id), session, webID)), h.key), 200)
		return o.text("id_token")
	}
	alices, bobs := of(alice), of(bob) // Bob is signed in now
	silent := func(hint string) url.Values {
		return location(t, h.authorizeWith(authorizationForm(a.id, "prompt", "none", "id_token_hint", hint))).Query()
	}
	if q := silent(bobs); q.Get("code") == "" {
		t.Errorf("who it was for: %v", q)
	}
	if q := silent(alices); q.Get("error") != "login_required" || q.Get("code") != "" {
		t.Errorf("somebody else: %v", q)
	}
	h.interact(authorizationForm(a.id, "id_token_hint", alices)) // he is asked
	h.advance(2 * time.Hour)                                     // the hint may have expired
	if q := silent(bobs); q.Get("code") == "" {
		t.Errorf("an expired hint: %v", q)
	}
	for _, hint := range []string{"x", alices[:len(alices)-8] + "AAAAAAAA", decode(t, h.redeem(a, codeForm(silent(bobs).Get("code")), h.key), 200).text("access_token")} {
		if q := silent(hint); q.Get("error") != "invalid_request" {
			t.Errorf("what is no ID token: %v", q)
		}
	}
}
