package oidc

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/conformance/suite"
)

// codes are about the way of an app to its tokens (OpenID Connect Core §3.1,
// RFC 6749 §4.1, RFC 7636, RFC 9207).
var codes = []suite.Case{
	suite.Must("OIDC-AUTH-01 OIDC-TOK-06", "a person lets an app in, and it acts for her", func(t *suite.T) {
		p := newParty(t, nil)
		got := p.signedIn()
		if !strings.EqualFold(got.Type, "DPoP") || got.ExpiresIn <= 0 || got.ID == "" || got.Access == "" {
			t.Failf("token_type is %q, expires_in %v; there is an ID token: %v", got.Type, got.ExpiresIn, got.ID != "")
		}
		target := private(t)
		p.with(got.Access).get(target, nil).Want(http.StatusOK)
		p.with(got.ID).get(target, nil).Want(http.StatusUnauthorized)
	}),
	suite.Must("OIDC-TOK-04", "the access token says for whom, by whom and bound to which key it is", func(t *suite.T) {
		p := newParty(t, nil)
		checkClaims(t, p, t.Claims(p.signedIn().Access), "")
	}),
	suite.Must("OIDC-TOK-05", "the ID token is for the app and for solid, with its nonce", func(t *suite.T) {
		p := newParty(t, nil)
		claims := t.Claims(p.signedIn().ID)
		checkClaims(t, p, claims, p.id)
		if claims["nonce"] != "a nonce" {
			t.Failf("the nonce is %v", claims["nonce"])
		}
		if authorized, ok := claims["azp"]; ok && authorized != p.id {
			t.Failf("azp is %v, the app %s", authorized, p.id)
		}
	}),
	suite.Must("OIDC-AUTH-01", "requests can be posted", func(t *suite.T) {
		p := newParty(t, nil)
		endpoint, query, _ := strings.Cut(p.request(nil), "?")
		answer := t.Nobody.Post(endpoint, suite.Body("application/x-www-form-urlencoded", query), suite.Accept("text/html"))
		if answer.Status != http.StatusSeeOther && answer.Status != http.StatusFound {
			answer.Failf("got %d, want a redirect to where the person is asked", answer.Status)
		}
	}),
	suite.Must("OIDC-AUTH-02", "without PKCE, or with plain, there is no code", func(t *suite.T) {
		p := newParty(t, nil)
		p.browser.SignIn()
		for _, change := range []map[string]string{
			{"code_challenge": "", "code_challenge_method": ""},
			{"code_challenge": p.verifier[:43], "code_challenge_method": "plain"},
		} {
			wantToldError(p, p.request(change), "invalid_request")
		}
	}),
	suite.Must("OIDC-AUTH-03", "the app is told its state and who the issuer is, in errors too", func(t *suite.T) {
		p := newParty(t, nil)
		told := p.authorize(nil)
		refused := wantToldError(p, p.request(map[string]string{"response_type": "magic"}), "unsupported_response_type", "invalid_request")
		for what, values := range map[string]url.Values{"answer": told, "error": refused} {
			if values.Get("iss") != p.issuer.Issuer || values.Get("state") != "a state" {
				t.Failf("with the %s iss is %q and state %q", what, values.Get("iss"), values.Get("state"))
			}
		}
	}),
	suite.Must("OIDC-AUTH-04", "prompt=none asks nobody who is not signed in", func(t *suite.T) {
		p := newParty(t, nil)
		wantToldError(p, p.request(map[string]string{"prompt": "none"}), "login_required", "interaction_required")
	}),
	suite.Must("OIDC-AUTH-04", "prompt=none asks nobody who has not consented", func(t *suite.T) {
		p := newParty(t, nil)
		p.browser.SignIn()
		wantToldError(p, p.request(map[string]string{"prompt": "none", "scope": "openid webid"}),
			"consent_required", "interaction_required", "login_required", "account_selection_required")
	}),
	suite.Must("OIDC-AUTH-04", "who was signed in longer than max_age has to sign in again", func(t *suite.T) {
		p := newParty(t, nil)
		p.authorize(nil)
		if told := p.authorize(map[string]string{"prompt": "", "max_age": "10000"}); told.Get("code") == "" {
			t.Failf("the app is told %q although nothing has to be asked", told)
		}
		wantToldError(p, p.request(map[string]string{"prompt": "none", "max_age": "0"}), "login_required")
	}),
	suite.Must("OIDC-AUTH-04", "prompt=login has a person sign in who is signed in", func(t *suite.T) {
		p := newParty(t, nil)
		p.authorize(nil)
		if at := p.browser.Open(p.request(map[string]string{"prompt": "login"})).WantLocation(); strings.HasPrefix(at, callback) {
			t.Failf("nobody is asked")
		}
	}),
	suite.Must("OIDC-AUTH-05", "a code is good once, and its second use ends what came of it", func(t *suite.T) {
		p := newParty(t, nil)
		code := p.code()
		var got tokens
		read(p.exchange(code, nil).Want(http.StatusOK), &got)
		wantError(p.exchange(code, nil), "invalid_grant")
		if got.Refresh != "" {
			wantError(p.refresh(got.Refresh, nil), "invalid_grant")
		}
	}),
	suite.Decision("OIDC-AUTH-05", "a code is good for a minute", func(t *suite.T) {
		p := newParty(t, nil)
		code := p.code()
		time.Sleep(61 * time.Second)
		wantError(p.exchange(code, nil), "invalid_grant")
	}).Slowly(),
	suite.Should("OIDC-AUTH-05", "the second use of a code ends the access token too", func(t *suite.T) {
		p := newParty(t, nil)
		code := p.code()
		var got tokens
		read(p.exchange(code, nil).Want(http.StatusOK), &got)
		p.exchange(code, nil).WantRefused()
		p.with(got.Access).get(private(t), nil).Want(http.StatusUnauthorized)
	}),
	suite.Must("OIDC-AUTH-06", "nobody is let in as somebody else", func(t *suite.T) {
		p := newParty(t, nil)
		p.browser.SignIn()
		question, err := url.Parse(p.browser.Open(p.request(nil)).WantLocation())
		if err != nil {
			t.Failf("%v", err)
		}
		step := p.browser.Control(question.RawQuery, "oidc", "webId")
		if step == "" {
			t.NotApplicable("nobody is asked which WebID to be")
		}
		p.browser.Call(http.MethodPost, step, object{"webId": t.Bob.WebID, "remember": true}).WantRefused()
	}).Needing(suite.SecondAgent),
	suite.Should("OIDC-AUTH-07", "cookies are kept from scripts, and pages from frames", func(t *suite.T) {
		p := newParty(t, nil)
		login := p.browser.Control("", "password", "login")
		answer := p.browser.Call(http.MethodPost, login, object{"email": t.Alice.Email, "password": t.Alice.Password}).WantSuccess()
		for _, cookie := range (&http.Response{Header: answer.Header}).Cookies() {
			if !cookie.HttpOnly || cookie.SameSite == http.SameSiteNoneMode {
				answer.Failf("the cookie %s is for scripts or other sites", cookie.Name)
			}
		}
		page := p.browser.Open(p.browser.Open(p.request(nil)).WantLocation()).WantSuccess()
		if !strings.Contains(page.List("Content-Security-Policy"), "frame-ancestors 'none'") && !strings.EqualFold(page.List("X-Frame-Options"), "DENY") {
			page.Failf("the page may be framed")
		}
	}),
	suite.Must("OIDC-CID-03 OIDC-DCR-03", "a redirect URI that is not registered gets nothing", func(t *suite.T) {
		p := newParty(t, nil)
		p.browser.SignIn()
		for _, uri := range []string{"https://evil.example/callback", callback + "/more", callback + "?more", "https://app.example/", "https://app.example.evil.example/callback"} {
			wantNobodyTold(p.browser.Open(p.request(map[string]string{"redirect_uri": uri})))
		}
	}),
	suite.Must("OIDC-DCR-03", "an app that is not known gets nothing", func(t *suite.T) {
		p := newParty(t, nil)
		p.id = "nobody-knows-me"
		wantNobodyTold(p.browser.Open(p.request(nil)))
	}),
	suite.Must("OIDC-PUB-01", "the public client of old drafts goes nowhere unregistered", func(t *suite.T) {
		p := newParty(t, nil)
		p.id = "http://www.w3.org/ns/solid/terms#PublicOidcClient"
		answer := p.browser.Open(p.request(map[string]string{"redirect_uri": "https://evil.example/"}))
		if answer.Status/100 == 3 {
			t.NotApplicable("the issuer still knows it")
		}
		wantNobodyTold(answer)
	}),
	suite.Must("OIDC-TOK-02", "a code needs the verifier, the redirect URI and the app that it was asked with", func(t *suite.T) {
		p, other := newParty(t, nil), newParty(t, nil)
		for _, change := range []map[string]string{
			{"code_verifier": strings.Repeat("a", 43)}, {"redirect_uri": callback + "/other"}, {"client_id": other.id},
		} {
			wantError(p.exchange(p.code(), change), "invalid_grant", "invalid_request")
		}
		p.exchange(p.code(), nil).Want(http.StatusOK)
	}),
	suite.Must("OIDC-TOK-07", "a refresh token of a public app is for its key", func(t *suite.T) {
		p := newParty(t, nil)
		first := p.signedIn()
		if first.Refresh == "" {
			t.Failf("there is no refresh token for offline_access")
		}
		thief := *p
		thief.key = newKey()
		wantError(thief.refresh(first.Refresh, nil), "invalid_grant", "invalid_dpop_proof")
		var second tokens
		read(p.refresh(first.Refresh, nil).Want(http.StatusOK), &second)
		p.with(second.Access).get(private(t), nil).Want(http.StatusOK)
	}),
	suite.Decision("OIDC-TOK-07", "a refresh token is good once, and its second use ends those that came of it", func(t *suite.T) {
		p := newParty(t, nil)
		first := p.signedIn()
		var second tokens
		read(p.refresh(first.Refresh, nil).Want(http.StatusOK), &second)
		wantError(p.refresh(first.Refresh, nil), "invalid_grant")
		wantError(p.refresh(second.Refresh, nil), "invalid_grant")
		p.with(second.Access).get(private(t), nil).Want(http.StatusUnauthorized)
	}),
	suite.Must("OIDC-TOK-07", "scope may shrink with a refresh token, and not grow", func(t *suite.T) {
		p := newParty(t, nil)
		var got tokens
		read(p.exchange(p.code(), nil).Want(http.StatusOK), &got)
		wantError(p.refresh(got.Refresh, map[string]string{"scope": "openid webid offline_access profile"}), "invalid_scope")
		p.refresh(got.Refresh, map[string]string{"scope": "openid webid"}).Want(http.StatusOK)
	}),
	suite.May("OIDC-TOK-09", "a refresh token that was revoked is over", func(t *suite.T) {
		p := newParty(t, nil)
		if p.issuer.Revocation == "" {
			t.NotApplicable("the issuer names no revocation_endpoint")
		}
		got := p.signedIn()
		p.send(p.issuer.Revocation, map[string]string{"token": got.Refresh}, nil).Want(http.StatusOK)
		wantError(p.refresh(got.Refresh, nil), "invalid_grant")
	}),
	suite.Decision("OIDC-TOK-09", "an app learns by introspection of its own tokens only", func(t *suite.T) {
		p, other := newParty(t, object{"token_endpoint_auth_method": "client_secret_basic"}), newParty(t, object{"token_endpoint_auth_method": "client_secret_basic"})
		if p.issuer.Introspection == "" {
			t.NotApplicable("the issuer names no introspection_endpoint")
		}
		got := p.signedIn()
		for _, c := range []struct {
			by     *party
			active bool
		}{{p, true}, {other, false}} {
			answer := c.by.send(c.by.issuer.Introspection, map[string]string{"token": got.Refresh}, nil)
			var about struct{ Active bool }
			if answer.Status == http.StatusOK {
				read(answer, &about)
			}
			if about.Active != c.active {
				answer.Failf("active is %v, want %v", about.Active, c.active)
			}
		}
	}),
	suite.May("OIDC-TOK-09", "the userinfo endpoint tells the app who the person is", func(t *suite.T) {
		p := newParty(t, nil)
		if p.issuer.UserInfo == "" {
			t.NotApplicable("the issuer names no userinfo_endpoint")
		}
		got := p.signedIn()
		answer := p.with(got.Access).get(p.issuer.UserInfo, nil).Want(http.StatusOK)
		var about struct{ Sub, WebID string }
		if read(answer, &about); about.Sub == "" || about.Sub != t.Claims(got.ID)["sub"] {
			answer.Failf("sub is %q", about.Sub)
		}
		t.Nobody.Get(p.issuer.UserInfo).Want(http.StatusUnauthorized)
	}),
	suite.Must("OIDC-OUT-01", "who signs out is sent to where the app has registered, and nowhere else", func(t *suite.T) {
		const after = "https://app.example/bye"
		p := newParty(t, object{"post_logout_redirect_uris": []string{after}})
		if p.issuer.EndSession == "" {
			t.NotApplicable("the issuer names no end_session_endpoint")
		}
		got := p.signedIn()
		for _, uri := range []string{"https://evil.example/", after} {
			answer := p.browser.Open(p.issuer.EndSession + "?" + url.Values{
				"id_token_hint": {got.ID}, "client_id": {p.id}, "post_logout_redirect_uri": {uri}, "state": {"x y"},
			}.Encode())
			if strings.HasPrefix(answer.List("Location"), "https://evil.example") {
				answer.Failf("it leads to where the app has not registered")
			}
			if uri == after && answer.Status/100 == 3 && answer.WantLocation() != after+"?state=x+y" && answer.WantLocation() != after+"?state=x%20y" {
				answer.Failf("it leads to %s", answer.WantLocation())
			}
		}
	}),
	suite.Decision("OIDC-OUT-02", "what an app got in a session ends with it", func(t *suite.T) {
		p := newParty(t, nil)
		got, target := p.signedIn(), private(t)
		p.with(got.Access).get(target, nil).Want(http.StatusOK)
		p.browser.Call(http.MethodPost, p.browser.Control("", "account", "logout"), object{}).WantSuccess()
		p.with(got.Access).get(target, nil).Want(http.StatusUnauthorized)
		wantError(p.refresh(got.Refresh, nil), "invalid_grant")
	}),
}

// checkClaims looks at what both tokens say. The audience is solid, and the app
// besides in an ID token.
func checkClaims(t *suite.T, p *party, claims map[string]any, app string) {
	audience := []any{claims["aud"]}
	if list, ok := claims["aud"].([]any); ok {
		audience = list
	}
	confirmation, _ := claims["cnf"].(map[string]any)
	switch {
	case claims["iss"] != p.issuer.Issuer:
		t.Failf("iss is %v", claims["iss"])
	case claims["webid"] != t.Alice.WebID:
		t.Failf("webid is %v", claims["webid"])
	case !slices.Contains(audience, any("solid")) || app != "" && !slices.Contains(audience, any(app)):
		t.Failf("aud is %v", claims["aud"])
	case app == "" && confirmation["jkt"] != p.key.thumbprint():
		t.Failf("cnf.jkt is %v, not that of the proof's key", confirmation["jkt"])
	case app == "" && claims["client_id"] != p.id:
		t.Failf("client_id is %v", claims["client_id"])
	case claims["iat"] == nil || claims["exp"] == nil:
		t.Failf("iat is %v, exp %v", claims["iat"], claims["exp"])
	}
}

// wantNobodyTold wants an error for the person, and no app to learn of it.
func wantNobodyTold(answer *suite.Answer) {
	if answer.Status < 400 {
		answer.Failf("got %d with Location %q, want an error here", answer.Status, answer.List("Location"))
	}
}

// wantToldError wants a request to tell the app an error at once.
func wantToldError(p *party, request string, errors ...string) url.Values {
	answer := p.browser.Open(request)
	location := answer.WantLocation()
	u, err := url.Parse(location)
	if err != nil || !strings.HasPrefix(location, callback+"?") {
		answer.Failf("it leads to %s, want the app to be told an error", location)
	}
	if !slices.Contains(errors, u.Query().Get("error")) {
		answer.Failf("the app is told %q, want error=%s", u.RawQuery, strings.Join(errors, " or "))
	}
	return u.Query()
}
