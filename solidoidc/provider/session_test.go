package provider

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
)

const loggedOut = "https://app.example/bye"

var registrationWithLogout = strings.Replace(inruptRegistration, "{", `{"post_logout_redirect_uris":["`+loggedOut+`"],`, 1)

func (h *harness) logoutWith(pairs ...string) (body, location string) {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r := h.do("GET", issuer+".oidc/session/end?"+form.Encode(), "")
	return r.Body.String(), r.Header().Get("Location")
}

func TestLogout(t *testing.T) {
	h := newHarness(t)
	a := h.register(registrationWithLogout)
	signedIn := func() bool { _, ok := h.browser.Session(nil); return ok }

	t.Run("O26 OIDC-OUT-01 hint and registered redirect", func(t *testing.T) {
		o := h.tokensOf(a)
		h.advance(24 * time.Hour) // an expired hint will do
		_, to := h.logoutWith("id_token_hint", o.text("id_token"), "post_logout_redirect_uri", loggedOut, "state", "x y")
		if to != loggedOut+"?state=x+y" || signedIn() {
			t.Errorf("to %q, signed in %v", to, signedIn())
		}
		refused(t, h.redeem(a, refreshForm(o.text("refresh_token")), h.key), 400, "invalid_grant") // OIDC-OUT-02
		_, to = h.logoutWith("id_token_hint", o.text("id_token"), "post_logout_redirect_uri", loggedOut)
		if to != loggedOut {
			t.Errorf("signed out already: %q", to)
		}
	})
	t.Run("OIDC-OUT-01 unregistered redirect", func(t *testing.T) {
		o := h.tokensOf(a)
		body, to := h.logoutWith("id_token_hint", o.text("id_token"), "post_logout_redirect_uri", loggedOut+"/x")
		if to != "" || signedIn() || !strings.Contains(body, "You are signed out") {
			t.Errorf("to %q, signed in %v: %s", to, signedIn(), body)
		}
	})
	t.Run("OIDC-OUT-01 another client's redirect", func(t *testing.T) {
		o, other := h.tokensOf(a), h.register(inruptRegistration)
		_, to := h.logoutWith("id_token_hint", o.text("id_token"), "client_id", other.id, "post_logout_redirect_uri", loggedOut)
		if to != "" {
			t.Errorf("to %q", to)
		}
	})
	t.Run("OIDC-OUT-01 without a hint the person is asked", func(t *testing.T) {
		h.signIn()
		foreign, err := h.sign(signingAlgorithms[0], "JWT", map[string]any{"iss": "https://other.example/", "sub": alice, "azp": a.id})
		if err != nil {
			t.Fatal(err)
		}
		for name, hint := range map[string]string{
			"none": "", "garbage": "x.y.z", "access token": h.tokensOf(a).text("access_token"), "another issuer's": foreign,
		} {
			body, to := h.logoutWith("id_token_hint", hint, "client_id", a.id, "post_logout_redirect_uri", loggedOut)
			if to != "" || !signedIn() || !strings.Contains(body, `method="post"`) || strings.Contains(body, "<script") {
				t.Fatalf("%s: to %q, signed in %v: %s", name, to, signedIn(), body)
			}
		}
		body, _ := h.logoutWith("client_id", a.id, "post_logout_redirect_uri", loggedOut, "state", "s")
		question := regexp.MustCompile(`name="logout" value="([^"]+)"`).FindStringSubmatch(body)[1]

		h.logoutWith("logout", question)
		if !signedIn() {
			t.Error("a GET signed her out")
		}
		stranger := Session{ID: "stranger", Account: "account-2"}
		h.browser.signIn(&stranger)
		if w := h.postForm(".oidc/session/end", url.Values{"logout": {question}}); w.Code != 400 || !signedIn() {
			t.Errorf("a question that another session was asked: %d", w.Code)
		}
		h.signIn()
		body, _ = h.logoutWith("client_id", a.id, "post_logout_redirect_uri", loggedOut, "state", "s")
		question = regexp.MustCompile(`name="logout" value="([^"]+)"`).FindStringSubmatch(body)[1]
		if w := h.postForm(".oidc/session/end", url.Values{"logout": {question}}); w.Header().Get("Location") != loggedOut+"?state=s" || signedIn() {
			t.Errorf("%d, Location %q", w.Code, w.Header().Get("Location"))
		}
		h.signIn()
		if w := h.postForm(".oidc/session/end", url.Values{"logout": {question}}); w.Code != 400 || !signedIn() {
			t.Errorf("the question again: %d", w.Code)
		}
	})
	t.Run("OIDC-OUT-01 hint of another person", func(t *testing.T) {
		o := h.tokensOf(a)
		h.signIn("http://localhost:3000/bob/profile/card#me")
		if body, _ := h.logoutWith("id_token_hint", o.text("id_token")); !signedIn() || !strings.Contains(body, "Sign out?") {
			t.Errorf("signed in %v: %s", signedIn(), body)
		}
	})
}

func TestRevokeSession(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	one, two := h.tokensOf(a), h.tokensOf(a)
	other := Session{ID: "session-10", Account: "account-1", WebIDs: []string{alice}, AuthTime: h.now()}
	h.browser.signIn(&other)
	kept := decode(t, h.redeem(a, codeForm(h.code(authorizationForm(a.id), other, alice)), h.key), 200)
	err := h.store.Update(t.Context(), func(tx rdfstore.Tx) error { return h.RevokeSession(tx, "session-1") })
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []object{one, two} {
		refused(t, h.redeem(a, refreshForm(o.text("refresh_token")), h.key), 400, "invalid_grant")
	}
	decode(t, h.redeem(a, refreshForm(kept.text("refresh_token")), h.key), 200)
}

// What a code begins, a chain of refresh tokens, would outlive the session.
func TestRevokedSessionGetsNothing(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	session := h.signIn()
	interaction := h.interact(authorizationForm(a.id))
	waiting := h.code(authorizationForm(a.id), session, alice)
	other := Session{ID: "session-10", Account: session.Account, WebIDs: session.WebIDs, AuthTime: h.now()}
	kept := h.code(authorizationForm(a.id), other, alice)
	err := h.store.Update(t.Context(), func(tx rdfstore.Tx) error { return h.RevokeSession(tx, session.ID) })
	if err != nil {
		t.Fatal(err)
	}
	t.Run("OIDC-OUT-02 a code issued before", func(t *testing.T) {
		refused(t, h.redeem(a, codeForm(waiting), h.key), 400, "invalid_grant")
	})
	t.Run("OIDC-OUT-02 approval under way", func(t *testing.T) {
		if _, err := h.Approve(t.Context(), interaction, session, consentTo(alice, true)); !errors.Is(err, ErrStaleLogin) {
			t.Errorf("error %v", err)
		}
		if _, err := h.Interaction(t.Context(), interaction); err != nil {
			t.Errorf("the question cannot be answered any more: %v", err)
		}
	})
	t.Run("OIDC-OUT-02 silent request under way", func(t *testing.T) {
		w := h.authorizeWith(authorizationForm(a.id, "prompt", "none"))
		if got := location(t, w).Query().Get("error"); got != "login_required" {
			t.Errorf("error %q", got)
		}
	})
	t.Run("OIDC-OUT-02 another session's code", func(t *testing.T) {
		decode(t, h.redeem(a, codeForm(kept), h.key), 200)
	})
}

// A chain of refresh tokens outlives the session that it began in, which may
// have ended by itself.
func TestRevokeForAccount(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	grant := func(session, account, webID string) string {
		s := Session{ID: session, Account: account, WebIDs: []string{webID}, AuthTime: h.now()}
		h.browser.signIn(&s)
		return decode(t, h.redeem(a, codeForm(h.code(authorizationForm(a.id), s, webID)), h.key), 200).text("refresh_token")
	}
	update := func(change func(rdfstore.Tx) error) {
		t.Helper()
		if err := h.store.Update(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("OIDC-OUT-02 other sessions", func(t *testing.T) {
		gone, kept, foreign := grant("gone", "account-1", alice), grant("kept", "account-1", alice), grant("gone-2", "account-10", alice)
		update(func(tx rdfstore.Tx) error { return h.RevokeOtherSessions(tx, "account-1", "kept") })
		refused(t, h.redeem(a, refreshForm(gone), h.key), 400, "invalid_grant")
		decode(t, h.redeem(a, refreshForm(kept), h.key), 200)
		decode(t, h.redeem(a, refreshForm(foreign), h.key), 200)
	})
	t.Run("OIDC-AUTH-06 a WebID", func(t *testing.T) {
		other, gone, foreign := grant("s", "account-1", aliceTwo), grant("s", "account-1", alice), grant("s-2", "account-10", alice)
		update(func(tx rdfstore.Tx) error { return h.RevokeWebID(tx, "account-1", alice) })
		refused(t, h.redeem(a, refreshForm(gone), h.key), 400, "invalid_grant")
		decode(t, h.redeem(a, refreshForm(other), h.key), 200)
		decode(t, h.redeem(a, refreshForm(foreign), h.key), 200)
		s := Session{ID: "s", Account: "account-1", WebIDs: []string{alice}, AuthTime: h.now()}
		h.browser.signIn(&s)
		if got := location(t, h.authorizeWith(authorizationForm(a.id, "prompt", "none"))).Query().Get("error"); got != "consent_required" {
			t.Errorf("the consent is still remembered: %q", got)
		}
	})
	t.Run("a grant", func(t *testing.T) {
		gone, kept := grant("s", "account-1", alice), grant("s", "account-1", aliceTwo)
		update(func(tx rdfstore.Tx) error { return h.RevokeGrant(tx, "account-1", testGrant+alice) })
		refused(t, h.redeem(a, refreshForm(gone), h.key), 400, "invalid_grant")
		decode(t, h.redeem(a, refreshForm(kept), h.key), 200)
	})
	t.Run("nothing is left of an ended family", func(t *testing.T) {
		grant("s", "account-1", alice)
		for _, account := range []string{"account-1", "account-10"} {
			update(func(tx rdfstore.Tx) error { return h.RevokeOtherSessions(tx, account, "") })
		}
		err := h.store.View(t.Context(), func(r rdfstore.Reader) error {
			for _, bucket := range []string{string(families), string(sessionFamilies), string(accountFamilies)} {
				for record := range r.Records(bucket, "", "") {
					t.Errorf("%s has %s", bucket, record.Key)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRevocation(t *testing.T) {
	h := newHarness(t)
	a, public := h.register(inruptRegistration), h.register(publicRegistration)
	for _, a := range []app{a, public} {
		token := h.tokensOf(a).text("refresh_token")
		revoke := func(as app, token string) int {
			form := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}
			if as.secret == "" {
				form.Set("client_id", as.id)
				return h.postForm(".oidc/revoke", form).Code
			}
			return h.postForm(".oidc/revoke", form, "Authorization", basic(as)).Code
		}
		if other := h.register(inruptRegistration); revoke(other, token) != 200 || revoke(a, "unknown.token") != 200 || revoke(a, "x") != 200 {
			t.Error("OIDC-TOK-09: what cannot be revoked is no error")
		}
		token = decode(t, h.redeem(a, refreshForm(token), h.key), 200).text("refresh_token")
		if revoke(a, token) != 200 {
			t.Error("OIDC-TOK-09: not revoked")
		}
		refused(t, h.redeem(a, refreshForm(token), h.key), 400, "invalid_grant")
	}
	refused(t, h.postForm(".oidc/revoke", url.Values{"token": {"x"}}), 401, "invalid_client")
	refused(t, h.postForm(".oidc/revoke", url.Values{}, "Authorization", basic(a)), 400, "invalid_request")
	refused(t, h.postForm(".oidc/revoke", url.Values{"token": {h.tokensOf(a).text("access_token")}}, "Authorization", basic(a)), 400, "unsupported_token_type")
}

func TestUserinfo(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	o := h.tokensOf(a)
	token, me := o.text("access_token"), issuer+".oidc/me"
	ask := func(authorization, proof string) (int, string) {
		w := h.do("GET", me, "", "Authorization", authorization, "DPoP", proof)
		return w.Code, w.Header().Get("WWW-Authenticate")
	}
	w := h.do("GET", me, "", "Authorization", "dpop "+token, "DPoP", h.proofFor(h.key, "GET", me))
	if o := decode(t, w, 200); o.text("sub") != alice || o.text("webid") != alice {
		t.Errorf("OIDC-TOK-09: %v", o)
	}
	foreign, err := h.sign(signingAlgorithms[0], "at+jwt", map[string]any{
		"iss": "https://other.example/", "aud": "solid", "sub": alice, "webid": alice, "iat": h.now().Unix(), "exp": h.now().Add(time.Hour).Unix(),
		"cnf": map[string]any{"jkt": h.key.Thumbprint()},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, authorization, proof, code string }{
		{"another issuer's", "DPoP " + foreign, h.proofFor(h.key, "GET", me), "invalid_token"},
		{"OIDC-DPOP-09 other key", "DPoP " + token, h.proofFor(newKey(t), "GET", me), "invalid_token"},
		{"OIDC-DPOP-06 other URL", "DPoP " + token, h.proofFor(h.key, "GET", issuer), "invalid_dpop_proof"},
		{"OIDC-RS-15 as Bearer", "Bearer " + token, h.proofFor(h.key, "GET", me), "invalid_token"},
		{"ID token", "DPoP " + o.text("id_token"), h.proofFor(h.key, "GET", me), "invalid_token"},
		{"garbage", "DPoP x", h.proofFor(h.key, "GET", me), "invalid_token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, challenge := ask(test.authorization, test.proof)
			if status != 401 || !strings.Contains(challenge, `error="`+test.code+`"`) {
				t.Errorf("%d %s", status, challenge)
			}
		})
	}
	h.advance(accessTokenLifetime + clockLeeway)
	if status, challenge := ask("DPoP "+token, h.proofFor(h.key, "GET", me)); status != 401 || !strings.Contains(challenge, "expired") {
		t.Errorf("OIDC-RS-06: %d %s", status, challenge)
	}
	if w := h.do("GET", me, ""); w.Code != 401 || strings.Contains(w.Header().Get("WWW-Authenticate"), "error=") {
		t.Errorf("no token: %d %v", w.Code, w.Header())
	}

	bearer := newHarness(t, func(c *Config) { c.Bearer = true })
	a = bearer.register(inruptRegistration)
	o = decode(t, bearer.postForm(".oidc/token", codeForm(bearer.code(authorizationForm(a.id), bearer.signIn(), alice)), "Authorization", basic(a)), 200)
	if w := bearer.do("GET", me, "", "Authorization", "Bearer "+o.text("access_token")); w.Code != 200 {
		t.Errorf("bearer: %d %s", w.Code, w.Body)
	}
	bound := newHarness(t)
	if w := bound.do("GET", me, "", "Authorization", "Bearer "+o.text("access_token")); w.Code != 401 {
		t.Errorf("OIDC-RS-15 bearer token where they are off: %d", w.Code)
	}
}

func TestCredentials(t *testing.T) {
	h := newHarness(t)
	first, _ := h.createCredentials("account-1", "one", alice)
	h.advance(time.Second)
	second, secret := h.createCredentials("account-1", "", aliceTwo)
	foreign, _ := h.createCredentials("account-10", "x", alice)
	list := func(account string) (ids []string) {
		t.Helper()
		err := h.store.View(t.Context(), func(r rdfstore.Reader) error {
			found, err := h.Credentials(r, account)
			for _, c := range found {
				ids = append(ids, c.ID)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	remove := func(account, id string) error {
		return h.store.Update(t.Context(), func(tx rdfstore.Tx) error { return h.DeleteCredentials(tx, account, id) })
	}
	if got := strings.Join(list("account-1"), " "); got != first.ID+" "+second.ID {
		t.Errorf("OIDC-CC-01: %s", got)
	}
	if err := remove("account-1", foreign.ID); !errors.Is(err, rdfstore.ErrNotFound) {
		t.Errorf("OIDC-CC-01 another account's: %v", err)
	}
	if err := remove("account-1", second.ID); err != nil {
		t.Fatal(err)
	}
	if err := remove("account-1", second.ID); !errors.Is(err, rdfstore.ErrNotFound) {
		t.Errorf("OIDC-CC-01 deleted twice: %v", err)
	}
	if got := strings.Join(list("account-1"), " "); got != first.ID {
		t.Errorf("OIDC-CC-01: %s", got)
	}
	refused(t, h.redeem(app{second.ID, secret}, url.Values{"grant_type": {"client_credentials"}}, h.key), 401, "invalid_client")
}

// Identifiers that nobody made here are unknown, whatever their form.
func TestStrangeIdentifiers(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	for _, id := range []string{"", " ", "\x00", "a/x", "é", strings.Repeat("a", 5_000)} {
		form := refreshForm(id + ".secret")
		refused(t, h.redeem(a, form, h.key), 400, "invalid_grant")
		refused(t, h.postForm(".oidc/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {id}}), 401, "invalid_client")
		if w := h.postForm(".oidc/revoke", url.Values{"token": {id + ".x"}}, "Authorization", basic(a)); w.Code != 200 {
			t.Errorf("revoke %.20q: %d", id, w.Code)
		}
		if w := h.authorizeWith(authorizationForm(id)); w.Code != 400 {
			t.Errorf("client %.20q: %d", id, w.Code)
		}
		if w := h.postForm(".oidc/session/end", url.Values{"logout": {id}}); id != "" && w.Code != 400 {
			t.Errorf("logout %.20q: %d", id, w.Code)
		}
		if _, err := h.Interaction(t.Context(), id); !errors.Is(err, ErrNoInteraction) {
			t.Errorf("interaction %.20q: %v", id, err)
		}
		if err := h.store.Update(t.Context(), func(tx rdfstore.Tx) error { return h.DeleteCredentials(tx, "account-1", id) }); !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("credentials %.20q: %v", id, err)
		}
	}
}

// TestEndedGrant: what a person let a client do is over, by her doing or by
// its time; the client gets nothing new of it.
func TestEndedGrant(t *testing.T) {
	h := newHarness(t)
	a := h.register(inruptRegistration)
	session := h.signIn(alice)
	issued := decode(t, h.redeem(a, codeForm(h.code(authorizationForm(a.id), session, alice)), h.key), 200)
	if _, claims := h.claims(issued.text("access_token")); claims.String("grant_id") != testGrant+alice {
		t.Errorf("the token names the grant %q", claims.String("grant_id"))
	}
	renewed := decode(t, h.redeem(a, refreshForm(issued.text("refresh_token")), h.key), 200)
	if _, claims := h.claims(renewed.text("access_token")); claims.String("grant_id") != testGrant+alice {
		t.Errorf("the renewed token names the grant %q", claims.String("grant_id"))
	}
	code := h.code(authorizationForm(a.id), session, alice)
	h.ended = map[string]bool{testGrant + alice: true}
	refused(t, h.redeem(a, codeForm(code), h.key), 400, "invalid_grant")
	refused(t, h.redeem(a, refreshForm(renewed.text("refresh_token")), h.key), 400, "invalid_grant")
	if got := location(t, h.authorizeWith(authorizationForm(a.id, "prompt", "none"))).Query().Get("error"); got != "consent_required" {
		t.Errorf("silent authorization under an ended grant: %q", got)
	}
	h.interact(authorizationForm(a.id)) // the person is asked again
	h.ended = nil
	decode(t, h.redeem(a, refreshForm(renewed.text("refresh_token")), h.key), 200) // prolonged
}
