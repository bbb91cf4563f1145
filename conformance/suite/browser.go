package suite

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Browser is that of a resident: it keeps cookies, signs her in by the account
// API of Community Solid Server and answers in her name what an issuer asks.
// Cases that use one need [Accounts].
type Browser struct {
	*Agent // nobody: what the browser sends is known by its cookies
	of     *Identity
	// Token is that of the account API; empty until SignIn.
	Token   string
	cookies map[string]string
}

// NewBrowser returns an agent's browser, nobody signed in.
func (t *T) NewBrowser(of *Agent) *Browser {
	return &Browser{Agent: t.Nobody, of: of.Identity, cookies: map[string]string{}}
}

// Open goes to a URL of the issuer's host and does not follow redirects.
func (b *Browser) Open(target string) *Answer {
	return b.send(http.MethodGet, target, Accept("text/html"))
}

// Forget signs out without telling: all cookies go.
func (b *Browser) Forget() { b.cookies, b.Token = map[string]string{}, "" }

// SignIn signs in by password.
func (b *Browser) SignIn() *Browser {
	b.signIn("")
	return b
}

// signIn answers the question whose query it is, "" for none, and returns
// where to go on.
func (b *Browser) signIn(query string) (location string) {
	var got struct{ Authorization, Location string }
	login := b.Control(query, "password", "login")
	b.read(b.Call(http.MethodPost, login, map[string]string{"email": b.of.Email, "password": b.of.Password}), &got)
	b.Token = got.Authorization
	return got.Location
}

// Allow follows an authorization request, signs in and consents where it is
// asked to, and returns where the app is told what came of it: the redirect URI
// with what the issuer adds.
func (b *Browser) Allow(request, redirectURI string) *url.URL {
	at, redirected := request, false
	for range 12 { // sign-in, choice of a WebID and consent, each with redirects
		u, err := url.Parse(at)
		if err != nil {
			b.t.Failf("it leads to %q: %v", at, err)
		}
		if at == redirectURI || strings.HasPrefix(at, redirectURI+"?") {
			return u
		}
		asked := ""
		if redirected {
			asked = b.Control(u.RawQuery, "oidc", "prompt")
		}
		if redirected = asked == ""; redirected {
			at = b.Open(at).WantLocation()
		} else if at = b.answer(u.RawQuery, asked); at == "" { // signed in, and not told where to go
			at = request
		}
	}
	b.t.Failf("after twelve steps the app is told nothing")
	return nil
}

// answer answers the question that the issuer asks now and returns where to go
// on.
func (b *Browser) answer(query, asked string) (location string) {
	var got struct {
		Prompt, Location string
		WebIDs           []string `json:"webIds"`
	}
	b.read(b.Call(http.MethodGet, asked, nil), &got)
	step := b.Control(query, "oidc", "consent")
	var body any = map[string]any{"remember": true}
	switch {
	case got.Prompt == "account" || got.Prompt == "login" && b.Token == "":
		return b.signIn(query)
	case got.Prompt == "login": // Community Solid Server asks which WebID
		step = b.Control(query, "oidc", "webId")
		b.read(b.Call(http.MethodGet, step, nil), &got)
		if !slices.Contains(got.WebIDs, b.of.WebID) {
			b.t.Failf("the WebID %s is not offered, but %q", b.of.WebID, got.WebIDs)
		}
		body = map[string]any{"webId": b.of.WebID, "remember": true}
	}
	b.read(b.Call(http.MethodPost, step, body), &got)
	return got.Location
}

// Control returns a URL that the account API names, "" when it does not, to
// somebody who came with the query of a question.
func (b *Browser) Control(query, group, name string) string {
	var got struct {
		Controls map[string]map[string]any
	}
	b.read(b.Call(http.MethodGet, strings.TrimSuffix(b.t.Target.Issuer, "/")+"/.account/?"+query, nil), &got)
	found, _ := got.Controls[group][name].(string)
	return found
}

// Call sends a request to the account API, with JSON unless the body is nil.
func (b *Browser) Call(method, target string, body any) *Answer {
	return b.CallFrom("", method, target, body)
}

// CallFrom is Call from a page of the origin, "" for no page.
func (b *Browser) CallFrom(origin, method, target string, body any) *Answer {
	parts := []Part{Accept("application/json")}
	if origin != "" {
		parts = append(parts, Origin(origin), Header("Sec-Fetch-Site", "cross-site"))
	}
	if b.Token != "" {
		parts = append(parts, Header("Authorization", "CSS-Account-Token "+b.Token))
	}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			b.t.Failf("%v", err)
		}
		parts = append(parts, Body("application/json", string(raw)))
	}
	return b.send(method, target, parts...)
}

// Submit submits a form of the issuer's own pages, with what is in it.
func (b *Browser) Submit(target string, values url.Values) *Answer {
	return b.send(http.MethodPost, target, Accept("text/html"), Header("Sec-Fetch-Site", "same-origin"),
		Body("application/x-www-form-urlencoded", values.Encode()))
}

var formToken = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// FormToken returns what a form of the issuer's own page has to be sent with.
func (b *Browser) FormToken(page string) string {
	answer := b.Open(page).WantSuccess()
	found := formToken.FindStringSubmatch(answer.Body)
	if found == nil {
		answer.Failf("there is no form with a token")
	}
	return found[1]
}

// send sends the cookies along and keeps those that come.
func (b *Browser) send(method, target string, parts ...Part) *Answer {
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		parts = append(parts, Header("Cookie", name+"="+b.cookies[name]))
	}
	answer := b.Do(method, target, parts...)
	for _, cookie := range (&http.Response{Header: answer.Header}).Cookies() {
		if b.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 || cookie.Value == "" {
			delete(b.cookies, cookie.Name)
		}
	}
	return answer
}

func (b *Browser) read(answer *Answer, into any) {
	answer.WantSuccess()
	if err := json.Unmarshal([]byte(answer.Body), into); err != nil {
		answer.Failf("the content is no JSON as expected: %v", err)
	}
}
