package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/resource"
	"domicile/server/account/password"
	"domicile/solidoidc/provider"
)

// fakePods makes pods that consist of a root and a container.
type fakePods struct{}

func (fakePods) CheckName(r rdfstore.Reader, name string) error {
	if name == "" || name == "admin" {
		return ErrNameInvalid
	}
	if _, err := r.Storage(name); err == nil {
		return ErrNameTaken
	}
	return nil
}

func (f fakePods) CreatePod(_ context.Context, tx rdfstore.Tx, account, name, owner string) (Pod, error) {
	if err := f.CheckName(tx, name); err != nil {
		return Pod{}, err
	}
	if owner == "" {
		owner = "https://pods.example/" + name + "/profile/card#me"
	}
	err := tx.CreateStorage(rdfstore.Storage{Name: name, Owner: owner, Account: account})
	if err == nil {
		_, err = tx.Put(resource.Root(name).Entry("notes/"), rdfstore.Content{Kind: rdfstore.Container, MediaType: "text/turtle"})
	}
	return Pod{URL: "https://pods.example/" + name + "/", WebID: owner}, err
}

// fakeACLs has the entries that were written into ACLs, by resource and name.
type fakeACLs map[string]ldp.ACLEntry

func (f fakeACLs) SetACLEntry(_ context.Context, tx rdfstore.Tx, subject resource.ID, e ldp.ACLEntry) error {
	_, err := tx.Resource(subject)
	if err == nil {
		f[subject.String()+" "+e.Name] = e
	}
	return err
}

func (f fakeACLs) RemoveACLEntry(_ context.Context, _ rdfstore.Tx, subject resource.ID, name string) error {
	delete(f, subject.String()+" "+name)
	return nil
}

// fakeOIDC has one request that waits, "req", until it is answered.
type fakeOIDC struct {
	request  provider.Interaction
	answered string   // what was decided
	refusal  error    // of any approval
	revoked  []string // sessions
	store    rdfstore.Store
	grant    string   // of the approval
	withheld []string // what else was ended: "others ACCOUNT SESSION", "webid ACCOUNT WEBID"
}

const testCredentials rdfstore.Bucket[provider.Credentials] = "test-credentials"

func (f *fakeOIDC) Interaction(_ context.Context, id string) (provider.Interaction, error) {
	if id != f.request.ID || f.answered != "" {
		return provider.Interaction{}, provider.ErrNoInteraction
	}
	return f.request, nil
}

func (f *fakeOIDC) Approve(ctx context.Context, id string, s provider.Session, c provider.Consent) (string, error) {
	if !slices.Contains(s.WebIDs, c.WebID) {
		return "", provider.ErrForeignWebID
	}
	if f.refusal != nil {
		return "", f.refusal
	}
	err := f.store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		f.grant, err = c.Grant(tx)
		return err
	})
	if err != nil {
		return "", err
	}
	f.answered = fmt.Sprintf("approved %s remember=%t", c.WebID, c.Remember)
	return "https://app.example/cb?code=c", nil
}

func (f *fakeOIDC) Cancel(context.Context, string) (string, error) {
	f.answered = "cancelled"
	return "https://app.example/cb?error=access_denied", nil
}

func (f *fakeOIDC) CreateCredentials(tx rdfstore.Tx, account, name, webID string, grant func(string) (string, error)) (provider.Credentials, string, error) {
	c := provider.Credentials{ID: "cc-" + newID(), Account: account, Name: name, WebID: webID}
	var err error
	if c.Grant, err = grant(c.ID); err != nil {
		return c, "", err
	}
	return c, "the-secret-" + c.ID, testCredentials.Set(tx, key(account, c.ID), c, time.Time{})
}

func (f *fakeOIDC) Credentials(r rdfstore.Reader, account string) ([]provider.Credentials, error) {
	return owned(r, testCredentials, account, func(c provider.Credentials) time.Time { return c.Created })
}

func (f *fakeOIDC) DeleteCredentials(tx rdfstore.Tx, account, id string) error {
	_, err := testCredentials.Take(tx, key(account, id))
	return err
}

func (f *fakeOIDC) RevokeSession(_ rdfstore.Tx, sessionID string) error {
	f.revoked = append(f.revoked, sessionID)
	return nil
}

func (f *fakeOIDC) RevokeOtherSessions(_ rdfstore.Tx, account, keep string) error {
	f.withheld = append(f.withheld, "others "+account+" "+keep)
	return nil
}

func (f *fakeOIDC) RevokeWebID(_ rdfstore.Tx, account, webID string) error {
	f.withheld = append(f.withheld, "webid "+account+" "+webID)
	return nil
}

func (f *fakeOIDC) RevokeGrant(_ rdfstore.Tx, account, grant string) error {
	f.withheld = append(f.withheld, "grant "+account+" "+grant)
	return nil
}

type options struct {
	baseURL      string
	registration Registration
	post         Post
	confirmFirst bool
	profiles     Profiles
	hashing      password.Params // zero: cheap
}

// bench is a service under test.
type bench struct {
	t       *testing.T
	service *Service
	store   rdfstore.Store
	oidc    *fakeOIDC
	// explainer says who may do what.
	explainer *fakeExplainer
	now       time.Time
	logs      bytes.Buffer
	base      string
	acls      fakeACLs
}

func newBench(t *testing.T, o options) *bench {
	t.Helper()
	if o.baseURL == "" {
		o.baseURL = "https://id.example/"
	}
	if o.profiles == nil {
		o.profiles = web{}
	}
	if o.registration == "" {
		o.registration = Open
	}
	if o.hashing == (password.Params{}) {
		o.hashing = password.Params{Memory: 64, Time: 1, Threads: 1}
	}
	b := &bench{t: t, now: time.Now(), base: o.baseURL, store: memstore.New(), explainer: &fakeExplainer{}, oidc: &fakeOIDC{request: provider.Interaction{
		ID: "req", ClientID: "https://app.example/id", ClientName: "Notes", ClientHost: "app.example", RedirectHost: "app.example",
		Verified: true, Scopes: []string{"openid", "webid"}, Stage: "consent",
	}}}
	t.Cleanup(func() { b.store.Close() })
	b.oidc.store = b.store
	b.acls = fakeACLs{}
	space, err := resource.NewSpace("https://pods.example/", false)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return b.now }
	logger := slog.New(slog.NewTextHandler(&b.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.service = New(Config{
		Store:    b.store,
		Sessions: NewSessions(SessionsConfig{Store: b.store, Secure: strings.HasPrefix(o.baseURL, "https:"), Clock: clock, Logger: logger}),
		OIDC:     b.oidc, Pods: fakePods{}, Explainer: b.explainer, Space: space, BaseURL: o.baseURL, Registration: o.registration, Quota: 1_000_000, Post: o.post, ConfirmFirst: o.confirmFirst, ACLs: b.acls, Profiles: o.profiles, Logger: logger, Clock: clock,
		Passwords: password.New(o.hashing),
	})
	return b
}

// agent is a program or a browser that talks to the service.
type agent struct {
	*bench
	token   string // sent in the Authorization header
	cookies map[string]string
	browser bool
	address string
}

func (b *bench) program() *agent {
	return &agent{bench: b, cookies: map[string]string{}, address: "192.0.2.1:1000"}
}

func (b *bench) person() *agent {
	a := b.program()
	a.browser = true
	return a
}

// reply is an answer, read.
type reply struct {
	*httptest.ResponseRecorder
	json map[string]any
	html string
}

// send makes a request. body is a form (url.Values), a string as it is, or
// anything that JSON can carry; nil is no body. Headers are "Name: value".
func (a *agent) send(method, target string, body any, headers ...string) reply {
	a.t.Helper()
	var payload io.Reader
	contentType := ""
	switch body := body.(type) {
	case nil:
	case url.Values:
		payload, contentType = strings.NewReader(body.Encode()), "application/x-www-form-urlencoded"
	case string:
		payload, contentType = strings.NewReader(body), "application/json"
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			a.t.Fatal(err)
		}
		payload, contentType = bytes.NewReader(raw), "application/json"
	}
	if strings.HasPrefix(target, "/") {
		target = strings.TrimSuffix(a.base, "/") + target
	}
	r := httptest.NewRequest(method, target, payload)
	r.RemoteAddr = a.address
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if a.token != "" {
		r.Header.Set("Authorization", "CSS-Account-Token "+a.token)
	}
	for name, value := range a.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if a.browser {
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		if method == http.MethodPost {
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Origin", strings.TrimSuffix(a.base, "/"))
		}
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if value == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Set(name, value)
	}
	handler := a.service.Handler()
	if r.URL.Path == "/" {
		handler = a.service.Welcome()
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if a.browser {
		for _, cookie := range w.Result().Cookies() {
			a.cookies[cookie.Name] = cookie.Value
			if cookie.MaxAge < 0 {
				delete(a.cookies, cookie.Name)
			}
		}
	}
	result := reply{ResponseRecorder: w}
	switch mediaType := w.Header().Get("Content-Type"); {
	case strings.HasSuffix(mediaType, "json"):
		if err := json.Unmarshal(w.Body.Bytes(), &result.json); err != nil {
			a.t.Fatalf("%s %s: body is not JSON: %v", method, target, err)
		}
	case strings.HasPrefix(mediaType, "text/html"):
		result.html = w.Body.String()
	}
	return result
}

// must is send, with the status that the answer has to have.
func (a *agent) must(status int, method, target string, body any, headers ...string) reply {
	a.t.Helper()
	result := a.send(method, target, body, headers...)
	if result.Code != status {
		a.t.Fatalf("%s %s: status %d, want %d: %s", method, target, result.Code, status, result.Body)
	}
	return result
}

// control returns the URL of a control, such as "account.pod", or "".
func (r reply) control(path string) string {
	var node any = r.json["controls"]
	for step := range strings.SplitSeq(path, ".") {
		group, _ := node.(map[string]any)
		node = group[step]
	}
	text, _ := node.(string)
	return text
}

func (r reply) text(member string) string {
	text, _ := r.json[member].(string)
	return text
}

func (r reply) cookie(name string) *http.Cookie {
	for _, cookie := range r.Result().Cookies() {
		if cookie.Name == name {
			return cookie
		}
	}
	return nil
}

// resident is an agent with an account, a login and a pod.
func (b *bench) resident(name string) *agent {
	b.t.Helper()
	a := b.program()
	a.token = a.must(200, "POST", "/.account/account/", map[string]any{}).text("authorization")
	index := a.must(200, "GET", "/.account/", nil)
	a.must(200, "POST", index.control("password.create"), map[string]any{"email": name + "@example.org", "password": "the password of " + name})
	a.must(200, "POST", index.control("account.pod"), map[string]any{"name": name})
	return a
}

var hiddenToken = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// submit fetches a page, fills its form and sends it to action ("" = the page).
func (a *agent) submit(page, action string, form url.Values) reply {
	a.t.Helper()
	token := hiddenToken.FindStringSubmatch(a.must(200, "GET", page, nil).html)
	if token == nil {
		a.t.Fatalf("%s has no form", page)
	}
	form.Set("csrf", token[1])
	if action == "" {
		action = page
	}
	return a.send("POST", action, form)
}

type reader = rdfstore.Reader

func (b *bench) view(read func(reader) error) error {
	return b.store.View(b.t.Context(), read)
}

func isNotFound(err error) bool { return errors.Is(err, rdfstore.ErrNotFound) }

func strongerHasher() *password.Hasher {
	return password.New(password.Params{Memory: 128, Time: 1, Threads: 1})
}
