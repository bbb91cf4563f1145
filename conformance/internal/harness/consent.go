package harness

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Browser is a resident's signed-in browser, without a screen.
type Browser struct {
	t       testing.TB
	account string // URL of the account API
	token   string
}

// SignIn signs a resident in by password.
func (s *Server) SignIn(t testing.TB, email string) *Browser {
	t.Helper()
	b := &Browser{t: t, account: s.IdentityURL + ".account/"}
	var answer struct {
		Authorization string `json:"authorization"`
	}
	b.post(b.control("", "password", "login"), map[string]string{"email": email, "password": Password}, &answer)
	if b.token = answer.Authorization; b.token == "" {
		t.Fatal("signing in gave no token")
	}
	return b
}

// Open goes to a URL of the issuer and returns where it leads.
func (b *Browser) Open(target string) *url.URL {
	b.t.Helper()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer := Send(b.t, client, http.MethodGet, target, nil, "Cookie", "css-account="+b.token, "Accept", "text/html")
	location, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.Status != http.StatusSeeOther {
		b.t.Fatalf("%s answered %d, not a redirect\n%s", target, answer.Status, answer.Body)
	}
	return location
}

// Allow follows an authorization request of an app, allows what it asks and
// returns where the browser is sent, which carries the app's answer.
func (b *Browser) Allow(request string) *url.URL {
	b.t.Helper()
	question := b.Open(request)
	if !question.Query().Has("interaction") {
		b.t.Fatalf("nobody is asked: %s", question)
	}
	var answer struct {
		Location string `json:"location"`
	}
	b.post(b.control(question.RawQuery, "oidc", "consent"), map[string]any{"remember": true}, &answer)
	location, err := url.Parse(answer.Location)
	if err != nil {
		b.t.Fatal(err)
	}
	return location
}

// control returns a URL that the account API names, to a browser with the
// query of a question if there is one.
func (b *Browser) control(query, group, name string) string {
	b.t.Helper()
	var index struct {
		Controls map[string]map[string]any `json:"controls"`
	}
	b.read(Send(b.t, &http.Client{Transport: transport}, http.MethodGet, b.account+"?"+query, nil, b.header()...), &index)
	target, _ := index.Controls[group][name].(string)
	return target
}

func (b *Browser) post(target string, body, answer any) {
	b.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.read(Send(b.t, &http.Client{Transport: transport}, http.MethodPost, target, strings.NewReader(string(raw)),
		append(b.header(), "Content-Type", "application/json")...), answer)
}

func (b *Browser) header() []string {
	header := []string{"Accept", "application/json"}
	if b.token != "" {
		header = append(header, "Authorization", "CSS-Account-Token "+b.token)
	}
	return header
}

func (b *Browser) read(answer Answer, into any) {
	b.t.Helper()
	if answer.Status != http.StatusOK {
		b.t.Fatalf("%s answered %d\n%s", answer.URL, answer.Status, answer.Body)
	}
	if err := json.Unmarshal([]byte(answer.Body), into); err != nil {
		b.t.Fatalf("%s: %v\n%s", answer.URL, err, answer.Body)
	}
}
