package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/solidoidc/provider"
)

// members returns the sorted names of an object's members.
func members(object map[string]any) []string {
	var names []string
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestShapes goes the way of a script written for CSS 7.2 and compares each
// answer with what CSS gave for the same request.
func TestShapes(t *testing.T) {
	b := newBench(t, options{})
	a := b.program()

	index := a.must(200, "GET", "/.account/", nil)
	for control, want := range map[string]string{
		"main.index":             "https://id.example/.account/",
		"main.logins":            "https://id.example/.account/login/",
		"account.create":         "https://id.example/.account/account/",
		"account.pod":            "",
		"password.login":         "https://id.example/.account/login/password/",
		"password.create":        "",
		"password.forgot":        "",
		"html.main.login":        "https://id.example/.account/login/",
		"html.password.login":    "https://id.example/.account/login/password/",
		"html.password.register": "https://id.example/.account/login/password/register/",
		"oidc.consent":           "",
	} {
		if got := index.control(control); got != want {
			t.Errorf("signed out, control %s = %q, want %q", control, got, want)
		}
	}
	if index.text("version") != "0.5" {
		t.Errorf("version %q", index.text("version"))
	}

	created := a.must(200, "POST", index.control("account.create"), map[string]any{})
	a.token = created.text("authorization")
	if a.token == "" || !slices.Equal(members(created.json), []string{"authorization", "controls", "version"}) {
		t.Fatalf("account.create answered %s", created.Body)
	}
	index = a.must(200, "GET", "/.account/", nil)

	login := a.must(200, "GET", index.control("password.login"), nil)
	sameJSON(t, "password.login", login.json["fields"], `{"email":{"required":true,"type":"string"},"password":{"required":true,"type":"string"},"remember":{"required":false,"type":"boolean"}}`)

	added := a.must(200, "POST", index.control("password.create"), map[string]any{"email": " Anna@Example.org ", "password": "twelve horses"})
	logins := a.must(200, "GET", index.control("password.create"), nil)
	sameJSON(t, "password.create", logins.json["fields"], `{"email":{"required":true,"type":"string"},"password":{"required":true,"type":"string"}}`)
	sameJSON(t, "passwordLogins", logins.json["passwordLogins"], `{"anna@example.org":"`+added.text("resource")+`"}`)
	change := a.must(200, "GET", added.text("resource"), nil)
	sameJSON(t, "password change", change.json["fields"], `{"oldPassword":{"required":true,"type":"string"},"newPassword":{"required":true,"type":"string"}}`)

	sameJSON(t, "no pods", a.must(200, "GET", index.control("account.pod"), nil).json["pods"], `{}`)
	pod := a.must(200, "POST", index.control("account.pod"), map[string]any{"name": "Anna"})
	if pod.text("pod") != "https://pods.example/anna/" || pod.text("webId") != "https://pods.example/anna/profile/card#me" {
		t.Errorf("account.pod answered %s", pod.Body)
	}
	pods := a.must(200, "GET", index.control("account.pod"), nil)
	sameJSON(t, "usage of all pods", pods.json["usage"], `{"bytes":0,"resources":2,"quota":1000000}`)
	sameJSON(t, "pods", pods.json["pods"], `{"https://pods.example/anna/":"`+pod.text("podResource")+`"}`)
	sameJSON(t, "account.pod", pods.json["fields"], `{"name":{"required":true,"type":"string"},"settings":{"required":false,"type":"object","fields":{"webId":{"required":false,"type":"string"}}}}`)
	one := a.must(200, "GET", pod.text("podResource"), nil)
	sameJSON(t, "usage", one.json["usage"], `{"bytes":0,"resources":2}`)
	sameJSON(t, "pod owners", one.json["owners"], `[{"webId":"https://pods.example/anna/profile/card#me","visible":false}]`)
	if one.text("baseUrl") != "https://pods.example/anna/" {
		t.Errorf("baseUrl %q", one.text("baseUrl"))
	}

	links := a.must(200, "GET", index.control("account.webId"), nil)
	sameJSON(t, "webIdLinks", links.json["webIdLinks"], `{"https://pods.example/anna/profile/card#me":"`+pod.text("webIdResource")+`"}`)
	sameJSON(t, "account.webId", links.json["fields"], `{"webId":{"required":true,"type":"string"}}`)

	theirs := a.must(200, "POST", index.control("account.pod"), map[string]any{"name": "work", "settings": map[string]any{"webId": "https://elsewhere.example/me#i"}})
	if theirs.text("webId") != "https://elsewhere.example/me#i" || theirs.json["webIdResource"] != nil {
		t.Errorf("a pod with an owner elsewhere answered %s", theirs.Body)
	}

	sameJSON(t, "no credentials", a.must(200, "GET", index.control("account.clientCredentials"), nil).json["clientCredentials"], `{}`)
	made := a.must(200, "POST", index.control("account.clientCredentials"), map[string]any{"name": "my token", "webId": pod.text("webId")})
	if made.text("id") == "" || made.text("secret") == "" || made.text("resource") == "" {
		t.Errorf("OIDC-CC-01: account.clientCredentials answered %s", made.Body)
	}
	all := a.must(200, "GET", index.control("account.clientCredentials"), nil)
	sameJSON(t, "clientCredentials", all.json["clientCredentials"], `{"`+made.text("id")+`":"`+made.text("resource")+`"}`)
	sameJSON(t, "credentials fields", all.json["fields"], `{"name":{"required":false,"type":"string"},"webId":{"required":true,"type":"string"},
		"everything":{"required":false,"type":"boolean"},"access":{"required":false,"type":"array"},"until":{"required":false,"type":"string"}}`)
	shown := a.must(200, "GET", made.text("resource"), nil)
	if !slices.Equal(members(shown.json), []string{"controls", "id", "version", "webId"}) {
		t.Errorf("OIDC-CC-01: the secret is shown once; reading the credentials answered %s", shown.Body)
	}
	a.must(200, "DELETE", made.text("resource"), nil)
	a.must(404, "GET", made.text("resource"), nil)
	a.must(404, "DELETE", made.text("resource"), nil)

	sameJSON(t, "logins", a.must(200, "GET", index.control("main.logins"), nil).json["logins"], `{"Email/password combination":"https://id.example/.account/login/password/"}`)

	a.must(200, "POST", index.control("account.logout"), map[string]any{})
	a.must(401, "GET", index.control("account.pod"), nil)
	a.token = ""
	signedIn := a.must(200, "POST", index.control("password.login"), map[string]any{"email": "ANNA@example.org", "password": "twelve horses"})
	a.token = signedIn.text("authorization")
	a.must(200, "GET", index.control("account.pod"), nil)
}

func sameJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	var expected any
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(expected)
	if string(a) != string(b) {
		t.Errorf("%s: %s, want %s", what, a, b)
	}
}

// TestListedControlsWork reads each control that is listed.
func TestListedControlsWork(t *testing.T) {
	a := newBench(t, options{}).resident("anna")
	index := a.must(200, "GET", "/.account/?interaction=req", nil)
	var walk func(path string, node any)
	walk = func(path string, node any) {
		if group, ok := node.(map[string]any); ok {
			for name, inner := range group {
				walk(path+"."+name, inner)
			}
			return
		}
		target, _ := node.(string)
		r := a
		if strings.HasPrefix(path, ".html.") {
			r = a.person()
			r.token = a.token
		}
		want := []int{200}
		switch path {
		case ".account.logout":
			want = []int{405} // POST only, tested elsewhere
		case ".html.main.login", ".html.password.login", ".html.password.register":
			want = []int{303} // signed in already
		}
		if got := r.send("GET", target, nil); !slices.Contains(want, got.Code) {
			t.Errorf("control %s: GET %s answered %d, want %v", path, target, got.Code, want)
		}
	}
	walk("", index.json["controls"])
}

func TestRefusals(t *testing.T) {
	b := newBench(t, options{})
	a := b.resident("anna")
	bob := b.resident("bob")
	index := a.must(200, "GET", "/.account/", nil)
	bobs := bob.must(200, "GET", "/.account/", nil)
	nobody := b.program()
	wrong := b.program()
	wrong.token = "nonsense"

	for _, c := range []struct {
		name    string
		by      *agent
		method  string
		target  string
		body    any
		status  int
		message string // "" = any
	}{
		{"second login for an e-mail", a, "POST", index.control("password.create"), map[string]any{"email": "BOB@example.org ", "password": "long enough"}, 400, "There already is a login for this e-mail address."},
		{"missing member", a, "POST", index.control("password.create"), map[string]any{"email": "x@example.org"}, 400, "password is a required field"},
		{"empty member", nobody, "POST", index.control("password.login"), map[string]any{"email": "", "password": "x"}, 400, "email is a required field"},
		{"null member", nobody, "POST", index.control("password.login"), map[string]any{"email": "a@b", "password": nil}, 400, "password is a required field"},
		{"wrong type", nobody, "POST", index.control("password.login"), map[string]any{"email": 7, "password": "x"}, 400, "email must be of type string"},
		{"wrong type inside", a, "POST", index.control("account.pod"), map[string]any{"name": "x", "settings": map[string]any{"webId": true}}, 400, "webId must be of type string"},
		{"settings of another type", a, "POST", index.control("account.pod"), map[string]any{"name": "x", "settings": "y"}, 400, "settings must be of type object"},
		{"owner that is no URL", a, "POST", index.control("account.pod"), map[string]any{"name": "x", "settings": map[string]any{"webId": "me"}}, 400, ""},
		{"short password", a, "POST", index.control("password.create"), map[string]any{"email": "n@example.org", "password": "short"}, 400, "password must be at least 8 characters"},
		{"e-mail as password", a, "POST", index.control("password.create"), map[string]any{"email": "n@example.org", "password": "N@example.org"}, 400, ""},
		{"odd e-mail", a, "POST", index.control("password.create"), map[string]any{"email": "nobody", "password": "long enough"}, 400, "email must be a valid email"},
		{"wrong password", nobody, "POST", index.control("password.login"), map[string]any{"email": "anna@example.org", "password": "wrong one"}, 403, "Invalid email/password combination."},
		{"unknown e-mail", nobody, "POST", index.control("password.login"), map[string]any{"email": "zoe@example.org", "password": "wrong one"}, 403, "Invalid email/password combination."},
		{"overlong password", nobody, "POST", index.control("password.login"), map[string]any{"email": "anna@example.org", "password": strings.Repeat("x", 2000)}, 403, "Invalid email/password combination."},
		{"not JSON", nobody, "POST", index.control("password.login"), "x{", 400, ""},
		{"not an object", nobody, "POST", index.control("password.login"), "[1]", 400, ""},
		{"too large", nobody, "POST", index.control("password.login"), `{"email":"` + strings.Repeat("x", maxBody) + `"}`, 413, ""},
		{"taken pod name", a, "POST", index.control("account.pod"), map[string]any{"name": "bob"}, 400, ""},
		{"reserved pod name", a, "POST", index.control("account.pod"), map[string]any{"name": "admin"}, 400, ""},
		{"no pod name", a, "POST", index.control("account.pod"), map[string]any{}, 400, "name is a required field"},
		{"credentials for another's WebID", a, "POST", index.control("account.clientCredentials"), map[string]any{"webId": "https://pods.example/bob/profile/card#me"}, 400, "WebID does not belong to this account."},
		{"credentials for no WebID", a, "POST", index.control("account.clientCredentials"), map[string]any{"name": "x"}, 400, "webId is a required field"},
		{"OIDC-AUTH-06 link another's WebID", a, "POST", index.control("account.webId"), map[string]any{"webId": "https://pods.example/bob/profile/card#me"}, 400, ""},
		{"OIDC-AUTH-06 link a WebID elsewhere", a, "POST", index.control("account.webId"), map[string]any{"webId": "https://pods.example/bert/profile/card#me"}, 400, errUnprovenWebID.Message},
		{"credentials with a novel for a name", a, "POST", index.control("account.clientCredentials"), map[string]any{"name": strings.Repeat("x", 201), "webId": "https://pods.example/anna/profile/card#me"}, 400, "name must be at most 200 bytes"},
		{"link it twice", a, "POST", index.control("account.webId"), map[string]any{"webId": "https://pods.example/anna/profile/card#me"}, 400, "https://pods.example/anna/profile/card#me is already registered to this account."},
		{"link nonsense", a, "POST", index.control("account.webId"), map[string]any{"webId": "nonsense"}, 400, ""},
		{"signed out", nobody, "GET", index.control("account.pod"), nil, 401, ""},
		{"wrong token", wrong, "GET", index.control("account.pod"), nil, 401, ""},
		{"another's account", bob, "GET", index.control("account.pod"), nil, 403, ""},
		{"another's account, change", bob, "POST", index.control("account.pod"), map[string]any{"name": "x"}, 403, ""},
		{"another's resource below one's own account", bob, "GET", strings.Replace(firstOf(a, index.control("account.pod"), "pods"), accountOf(index), accountOf(bobs), 1), nil, 404, ""},
		{"another's WebID below one's own account", bob, "DELETE", strings.Replace(firstOf(a, index.control("account.webId"), "webIdLinks"), accountOf(index), accountOf(bobs), 1), nil, 404, ""},
		{"unknown account", a, "GET", "/.account/account/nobody/pod/", nil, 403, ""},
		{"nowhere", a, "GET", "/.account/nowhere/", nil, 404, ""},
		{"wrong method", a, "PUT", index.control("password.login"), nil, 405, "Only GET, HEAD, POST, OPTIONS requests are supported."},
		{"last login", a, "DELETE", firstOf(a, index.control("password.create"), "passwordLogins"), nil, 400, "An account needs at least 1 login method."},
		{"wrong old password", a, "POST", firstOf(a, index.control("password.create"), "passwordLogins"), map[string]any{"oldPassword": "x", "newPassword": "long enough"}, 400, "Old password is invalid."},
		{"weak new password", a, "POST", firstOf(a, index.control("password.create"), "passwordLogins"), map[string]any{"oldPassword": "the password of anna", "newPassword": "short"}, 400, ""},
		{"no interaction", a, "GET", "/.account/oidc/consent/", nil, 400, "This action can only be performed as part of an OIDC authentication flow."},
		{"unknown interaction", a, "POST", "/.account/oidc/cancel/?interaction=other", map[string]any{}, 400, "This action can only be performed as part of an OIDC authentication flow."},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.by.must(c.status, c.method, c.target, c.body)
			if mediaType := got.Header().Get("Content-Type"); mediaType != "application/problem+json" {
				t.Errorf("media type %q", mediaType)
			}
			if c.message != "" && got.text("message") != c.message {
				t.Errorf("message %q, want %q", got.text("message"), c.message)
			}
			for _, member := range []string{"name", "message", "statusCode", "errorCode", "details", "type", "title", "status", "detail"} {
				if got.json[member] == nil || got.json[member] == "" {
					t.Errorf("the problem has no %s: %s", member, got.Body)
				}
			}
			if got.json["statusCode"] != float64(c.status) {
				t.Errorf("statusCode %v", got.json["statusCode"])
			}
			if c.status == 401 && got.Header().Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
			if c.status == 405 && got.Header().Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
	t.Run("nothing changed", func(t *testing.T) {
		for _, list := range [][2]string{{"account.pod", "pods"}, {"account.webId", "webIdLinks"}, {"password.create", "passwordLogins"}} {
			entries, _ := a.must(200, "GET", index.control(list[0]), nil).json[list[1]].(map[string]any)
			if len(entries) != 1 {
				t.Errorf("%s: %v, want the one from before", list[0], entries)
			}
		}
	})
	t.Run("media type", func(t *testing.T) {
		nobody.must(415, "POST", index.control("password.login"), `{"email":"a@b"}`, "Content-Type: text/plain")
		nobody.must(415, "POST", "/.account/account/", "a=b", "Content-Type: application/x-www-form-urlencoded")
	})
}

// firstOf returns the only URL in a list of a control.
func firstOf(a *agent, control, list string) string {
	a.t.Helper()
	entries, _ := a.must(200, "GET", control, nil).json[list].(map[string]any)
	for _, target := range entries {
		return target.(string)
	}
	a.t.Fatalf("%s lists no %s", control, list)
	return ""
}

// accountOf returns the id of the account that an index is for.
func accountOf(index reply) string {
	return strings.Split(strings.TrimPrefix(index.control("account.pod"), "https://id.example/.account/account/"), "/")[0]
}

func TestAccountWithoutLogin(t *testing.T) {
	b := newBench(t, options{})
	a := b.program()
	a.token = a.must(200, "POST", "/.account/account/", nil).text("authorization")
	index := a.must(200, "GET", "/.account/", nil)
	if got := a.must(400, "POST", index.control("account.pod"), map[string]any{"name": "x"}); got.text("message") != errNeedsLogin.Message {
		t.Errorf("a pod without a login: %s", got.Body)
	}
	b.now = b.now.Add(29 * time.Minute)
	a.must(200, "GET", index.control("account.pod"), nil)
	t.Run("stays when it gets a login", func(t *testing.T) {
		a.must(200, "POST", index.control("password.create"), map[string]any{"email": "a@example.org", "password": "long enough"})
		b.now = b.now.Add(24 * time.Hour)
		a.must(200, "GET", index.control("account.pod"), nil)
	})
	t.Run("expires otherwise", func(t *testing.T) {
		other := b.program()
		other.token = other.must(200, "POST", "/.account/account/", nil).text("authorization")
		index := other.must(200, "GET", "/.account/", nil)
		b.now = b.now.Add(31 * time.Minute)
		other.must(401, "GET", index.control("account.pod"), nil)
	})
}

func TestPasswordChange(t *testing.T) {
	b := newBench(t, options{})
	a := b.resident("anna")
	other := b.program()
	credentials := map[string]any{"email": "anna@example.org", "password": "the password of anna"}
	other.token = other.must(200, "POST", "/.account/login/password/", credentials).text("authorization")
	index := a.must(200, "GET", "/.account/", nil)
	other.must(200, "GET", index.control("account.pod"), nil)

	login := firstOf(a, index.control("password.create"), "passwordLogins")
	a.must(200, "POST", login, map[string]any{"oldPassword": "the password of anna", "newPassword": "a new password"})
	a.must(200, "GET", index.control("account.pod"), nil)
	other.must(401, "GET", index.control("account.pod"), nil) // whoever knew the old one is out
	if len(b.oidc.revoked) != 1 {
		t.Errorf("OIDC-OUT-02: sessions %v were revoked at the provider, want the other one", b.oidc.revoked)
	}
	if got := b.oidc.withheld; len(got) != 1 || !strings.HasPrefix(got[0], "others "+accountOf(index)+" ") {
		t.Errorf("OIDC-OUT-02: of sessions that were over %v was ended", got)
	}
	other.token = ""
	other.must(403, "POST", "/.account/login/password/", credentials)
	other.must(200, "POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "a new password"})

	second := a.must(200, "POST", index.control("password.create"), map[string]any{"email": "second@example.org", "password": "long enough"})
	other.token = other.must(200, "POST", "/.account/login/password/", map[string]any{"email": "second@example.org", "password": "long enough"}).text("authorization")
	a.must(200, "DELETE", second.text("resource"), nil)
	a.must(200, "GET", index.control("account.pod"), nil)
	other.must(401, "GET", index.control("account.pod"), nil) // whoever signed in by it is out
	other.token = ""
	other.must(403, "POST", "/.account/login/password/", map[string]any{"email": "second@example.org", "password": "long enough"})
	a.must(200, "POST", index.control("password.create"), map[string]any{"email": "second@example.org", "password": "long enough"})
}

func TestUnlinkingAWebID(t *testing.T) {
	b := newBench(t, options{})
	a := b.resident("anna")
	index := a.must(200, "GET", "/.account/", nil)
	const webID = "https://pods.example/anna/profile/card#me"
	made := a.must(200, "POST", index.control("account.clientCredentials"), map[string]any{"webId": webID})
	a.must(200, "DELETE", firstOf(a, index.control("account.webId"), "webIdLinks"), nil)
	a.must(404, "GET", made.text("resource"), nil) // its credentials went with it
	if want := "webid " + accountOf(index) + " " + webID; !slices.Equal(b.oidc.withheld, []string{want}) {
		t.Errorf("applications still have %q", b.oidc.withheld)
	}
	a.must(400, "POST", index.control("account.clientCredentials"), map[string]any{"webId": webID})
	a.must(200, "POST", index.control("account.webId"), map[string]any{"webId": webID}) // it is in a pod of hers
	a.must(200, "POST", index.control("account.clientCredentials"), map[string]any{"webId": webID})
}

// TestRefusalsOfTheProvider: what the provider finds wrong with an approval is
// the caller's to know.
func TestRefusalsOfTheProvider(t *testing.T) {
	for refusal, status := range map[error]int{provider.ErrForeignWebID: 400, provider.ErrStaleLogin: 401, provider.ErrNoInteraction: 400} {
		t.Run(refusal.Error(), func(t *testing.T) {
			b := newBench(t, options{})
			a := b.resident("anna")
			b.oidc.refusal = fmt.Errorf("approving: %w", refusal)
			a.must(status, "POST", "/.account/oidc/consent/?interaction=req", map[string]any{})
		})
	}
}

func TestRegistrationModes(t *testing.T) {
	for _, mode := range []Registration{Invite, Closed} {
		t.Run(string(mode), func(t *testing.T) {
			b := newBench(t, options{registration: mode})
			a := b.program()
			index := a.must(200, "GET", "/.account/", nil)
			if index.control("account.create") != "" || index.control("html.password.register") != "" {
				t.Error("a control for signing up is listed")
			}
			a.must(403, "POST", "/.account/account/", map[string]any{})
			b.person().must(403, "GET", "/.account/login/password/register/", nil)
			if html := b.person().must(200, "GET", "/.account/login/password/", nil).html; strings.Contains(html, "register") {
				t.Error("the sign-in page links to signing up")
			}
			if _, err := b.service.CreateAccount(t.Context(), "anna@example.org", "abc", "anna"); err != nil {
				t.Fatal(err)
			}
			a.must(200, "POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "abc"})
		})
	}
}

func TestCORS(t *testing.T) {
	a := newBench(t, options{}).resident("anna")
	index := a.must(200, "GET", "/.account/", nil)
	for _, r := range []reply{
		a.send("GET", "/.account/", nil, "Origin: https://app.example"),
		a.send("GET", "/.account/nowhere/", nil, "Origin: https://app.example"),
		a.send("OPTIONS", index.control("account.pod"), nil, "Origin: https://app.example", "Access-Control-Request-Method: POST"),
		// The token works from any origin; no browser adds it by itself.
		a.send("POST", index.control("account.pod"), map[string]any{"name": "second"}, "Origin: https://app.example", "Sec-Fetch-Site: cross-site"),
	} {
		if got := r.Header().Values("Access-Control-Allow-Origin"); !slices.Equal(got, []string{"*"}) {
			t.Errorf("status %d: Access-Control-Allow-Origin %q", r.Code, got)
		}
		if r.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("status %d: credentials are allowed", r.Code)
		}
	}
	preflight := a.must(204, "OPTIONS", index.control("account.pod"), nil)
	if got := preflight.Header().Get("Access-Control-Allow-Methods"); got != "GET, HEAD, POST, OPTIONS" {
		t.Errorf("Access-Control-Allow-Methods %q", got)
	}
	if got := preflight.Header().Get("Access-Control-Allow-Headers"); !strings.Contains(got, "Authorization") || !strings.Contains(got, "Content-Type") {
		t.Errorf("Access-Control-Allow-Headers %q", got)
	}
}

func TestOIDCControls(t *testing.T) {
	b := newBench(t, options{})
	a := b.resident("anna")
	b.now = b.now.Add(time.Second)
	b.oidc.request.Stage, b.oidc.request.Requested = provider.StageLogin, b.now
	index := a.must(200, "GET", "/.account/?interaction=req", nil)
	if got := a.must(200, "GET", index.control("oidc.prompt"), nil); got.text("prompt") != "login" {
		t.Errorf("before a fresh sign-in the prompt is %q", got.text("prompt"))
	}
	a.must(401, "POST", index.control("oidc.consent"), map[string]any{})

	a.token = a.must(200, "POST", "/.account/login/password/?interaction=req", map[string]any{"email": "anna@example.org", "password": "the password of anna"}).text("authorization")
	if got := a.must(200, "GET", index.control("oidc.prompt"), nil); got.text("prompt") != "consent" || got.text("location") != index.control("oidc.consent") {
		t.Errorf("after it the prompt is %s", got.Body)
	}
	b.now = b.now.Add(time.Second)
	a.must(200, "POST", a.must(200, "GET", "/.account/", nil).control("account.pod"), map[string]any{"name": "second"})
	a.must(400, "POST", index.control("oidc.consent"), map[string]any{}) // which of the two?
	webIDs := a.must(200, "GET", index.control("oidc.webId"), nil)
	sameJSON(t, "webIds", webIDs.json["webIds"], `["https://pods.example/anna/profile/card#me","https://pods.example/second/profile/card#me"]`)
	a.must(400, "POST", index.control("oidc.webId"), map[string]any{"webId": "https://pods.example/bob/profile/card#me"})
	a.must(200, "POST", index.control("oidc.webId"), map[string]any{"webId": "https://pods.example/second/profile/card#me"})
	other := b.resident("bob")
	b.now = b.now.Add(time.Second)
	other.token = other.must(200, "POST", "/.account/login/password/", map[string]any{"email": "bob@example.org", "password": "the password of bob"}).text("authorization")
	if got := other.must(200, "GET", index.control("oidc.consent"), nil).text("webId"); got != "https://pods.example/bob/profile/card#me" {
		t.Errorf("another person is offered %q", got)
	}
	shown := a.must(200, "GET", index.control("oidc.consent"), nil)
	if shown.text("webId") != "https://pods.example/second/profile/card#me" {
		t.Errorf("OIDC-AUTH-06: picked %q", shown.text("webId"))
	}
	sameJSON(t, "client", shown.json["client"], `{"@context":"https://www.w3.org/ns/solid/oidc-context.jsonld","client_id":"https://app.example/id","client_name":"Notes"}`)
	allowed := a.must(200, "POST", index.control("oidc.consent"), map[string]any{"remember": true})
	if allowed.text("location") != "https://app.example/cb?code=c" {
		t.Errorf("location %q", allowed.text("location"))
	}
	if b.oidc.answered != "approved https://pods.example/second/profile/card#me remember=true" {
		t.Errorf("the provider heard %q", b.oidc.answered)
	}
	a.must(400, "POST", index.control("oidc.cancel"), map[string]any{}) // answered already

	b.oidc.answered = ""
	if got := a.must(200, "POST", index.control("oidc.cancel"), map[string]any{}); got.text("location") != "https://app.example/cb?error=access_denied" {
		t.Errorf("cancel answered %s", got.Body)
	}
}

func TestLogsNameNobody(t *testing.T) {
	b := newBench(t, options{})
	a := b.resident("anna")
	a.must(403, "POST", "/.account/login/password/", map[string]any{"email": "anna@example.org", "password": "wrong-guess"})
	index := a.must(200, "GET", "/.account/", nil)
	made := a.must(200, "POST", index.control("account.clientCredentials"), map[string]any{"webId": "https://pods.example/anna/profile/card#me"})
	logs := b.logs.String()
	if !strings.Contains(logs, accountOf(index)) {
		t.Error("the log does not name the account")
	}
	for _, secret := range []string{"anna@", "the password", "wrong-guess", "profile/card", a.token, made.text("secret")} {
		if strings.Contains(logs, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestSecretsAreHashedAtRest(t *testing.T) {
	b := newBench(t, options{})
	a := b.resident("anna")
	for _, bucket := range []string{string(accounts), string(emails), string(logins), string(sessions), string(sessionIndex)} {
		count := 0
		err := b.view(func(r reader) error {
			for entry, err := range r.Records(bucket, "", "") {
				if err != nil {
					return err
				}
				count++
				text := entry.Key + string(entry.Value)
				if strings.Contains(text, a.token) || strings.Contains(text, "the password") {
					t.Errorf("bucket %s holds a secret as it is", bucket)
				}
			}
			return nil
		})
		if err != nil || count == 0 {
			t.Errorf("bucket %s: %d records, %v", bucket, count, err)
		}
	}
}

func TestOperatorCalls(t *testing.T) {
	b := newBench(t, options{})
	id, err := b.service.CreateAccount(t.Context(), " Seed@Example.org", "abc123", "seed")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.service.AccountByEmail(t.Context(), "seed@example.ORG "); err != nil || got != id {
		t.Errorf("AccountByEmail = %q, %v; want %q", got, err, id)
	}
	if _, err := b.service.AccountByEmail(t.Context(), "other@example.org"); !isNotFound(err) {
		t.Errorf("AccountByEmail of nobody = %v", err)
	}
	if _, err := b.service.CreateAccount(t.Context(), "seed@example.org", "other"); err != errEmailTaken {
		t.Errorf("CreateAccount for a taken address = %v", err)
	}
	if _, err := b.service.CreateAccount(t.Context(), "new@example.org", ""); err == nil {
		t.Error("CreateAccount took an empty password")
	}
	if _, err := b.service.CreateAccount(t.Context(), "new@example.org", "abc", "new", "seed"); !errors.Is(err, ErrNameTaken) {
		t.Errorf("CreateAccount with a taken name = %v", err)
	}
	if _, err := b.service.AccountByEmail(t.Context(), "new@example.org"); !isNotFound(err) {
		t.Errorf("an account whose pod could not be made was left: %v", err)
	}
	a := b.program()
	a.token = a.must(200, "POST", "/.account/login/password/", map[string]any{"email": "seed@example.org", "password": "abc123"}).text("authorization")
	pods, _ := a.must(200, "GET", a.must(200, "GET", "/.account/", nil).control("account.pod"), nil).json["pods"].(map[string]any)
	if !slices.Equal(members(pods), []string{"https://pods.example/seed/"}) {
		t.Errorf("pods %v", pods)
	}
}

func TestHead(t *testing.T) {
	a := newBench(t, options{}).program()
	if got := a.must(http.StatusOK, http.MethodHead, "/.account/", nil); got.Header().Get("Cache-Control") != "no-store" {
		t.Error("answers may be cached")
	}
}

// TestOwners: a pod has one owner or more, whom the store gives Control
// (SP-STO-06, SP-STO-07).
func TestOwners(t *testing.T) {
	const bert = "https://bert.example/#me"
	b := newBench(t, options{})
	a, other := b.resident("anna"), b.resident("other")
	pods := a.must(200, "GET", a.must(200, "GET", "/.account/", nil).control("account.pod"), nil).json["pods"].(map[string]any)
	address := pods["https://pods.example/anna/"].(string)
	const anna = "https://pods.example/anna/profile/card#me"
	owners := func(want string) {
		t.Helper()
		sameJSON(t, "owners", a.must(200, "GET", address, nil).json["owners"], want)
		storage, err := b.storage("anna")
		if err != nil {
			t.Fatal(err)
		}
		for _, webID := range []string{anna, bert} {
			if storage.IsOwner(webID) != strings.Contains(want, webID) {
				t.Errorf("the store has %v, want %s", storage.AllOwners(), want)
			}
		}
	}
	for _, c := range []struct {
		name, in string
		status   int
		want     string
	}{
		{"another", `{"webId":"` + bert + `"}`, 200, `[{"webId":"` + anna + `","visible":false},{"webId":"` + bert + `","visible":false}]`},
		{"is shown", `{"webId":"` + bert + `","visible":true}`, 200, `[{"webId":"` + anna + `","visible":false},{"webId":"` + bert + `","visible":true}]`},
		{"the first goes", `{"webId":"` + anna + `","remove":true}`, 200, `[{"webId":"` + bert + `","visible":true}]`},
		{"the last stays", `{"webId":"` + bert + `","remove":true}`, 400, `[{"webId":"` + bert + `","visible":true}]`},
		{"who is none goes", `{"webId":"` + anna + `","remove":true}`, 200, `[{"webId":"` + bert + `","visible":true}]`},
		{"no WebID", `{"webId":"anna"}`, 400, `[{"webId":"` + bert + `","visible":true}]`},
		{"is hidden", `{"webId":"` + bert + `"}`, 200, `[{"webId":"` + bert + `","visible":false}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var in map[string]any
			if err := json.Unmarshal([]byte(c.in), &in); err != nil {
				t.Fatal(err)
			}
			a.must(c.status, "POST", address, in)
			owners(c.want)
		})
	}
	if r := other.send("POST", address, map[string]any{"webId": bert}); r.Code != 403 {
		t.Errorf("another account was answered %d", r.Code)
	}
	for i := range maxOwners - 1 {
		a.must(200, "POST", address, map[string]any{"webId": fmt.Sprintf("https://o%d.example/", i)})
	}
	a.must(400, "POST", address, map[string]any{"webId": "https://o.example/"})
}
