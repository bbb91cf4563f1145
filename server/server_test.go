package server

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"domicile/ldp/notify"
)

// newServer opens a server in memory whose base URL is given; nothing listens.
func newServer(t *testing.T, change func(*Config)) *Server {
	t.Helper()
	config, err := Configure([]string{"--memory"}, environment(nil), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&config)
	}
	config.resolve(3000)
	s, err := open(t.Context(), config, slog.New(slog.DiscardHandler), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// answer sends a request; header is a list of names and values by turns.
func (s *Server) answer(method, host, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "http://"+host+"/", nil)
	r.URL.Path, r.URL.RawPath = "", ""
	if u, err := url.ParseRequestURI(target); err == nil {
		r.URL = u
	}
	r.Host = host
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	s.routes().ServeHTTP(recorder, r)
	return recorder.Result()
}

// answerOf sends a GET of a script to a handler.
func answerOf(handler http.Handler, path string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "localhost:3000"
	r.Header.Set("Origin", "https://app.example")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder.Result()
}

// No method on a system path may fall through to the storages, where a
// resource of that name could be made (SP-URI-06).
func TestSystemPathsNeverReachStorage(t *testing.T) {
	s := newServer(t, nil)
	for _, path := range []string{"/.oidc/token", "/.oidc/", "/.oidc/nothing", "/.account/nothing/", "/.well-known/nothing", "/"} {
		for _, method := range []string{"GET", "PUT", "POST", "PATCH", "DELETE", "BREW"} {
			answer := s.answer(method, "localhost:3000", path)
			if answer.Header.Get("WAC-Allow") != "" || answer.StatusCode == http.StatusCreated || strings.Contains(strings.Join(answer.Header.Values("Link"), ""), "solid/terms") {
				t.Errorf("%s %s was answered by the storage: %d %v", method, path, answer.StatusCode, answer.Header)
			}
		}
	}
	for _, path := range []string{"//.oidc/token", "/alice//x", "/.OIDC/token", "/%2eoidc/token", "/.oidc"} {
		if answer := s.answer("PUT", "localhost:3000", path); answer.StatusCode != http.StatusBadRequest && answer.StatusCode != http.StatusNotFound {
			t.Errorf("PUT %s: %d, want 400 or 404", path, answer.StatusCode)
		}
	}
}

func TestHostsOfAnIdentityOriginOfItsOwn(t *testing.T) {
	s := newServer(t, func(c *Config) {
		c.BaseURL, c.IdentityURL, c.Subdomains = "https://pods.example/", "https://id.example/", true
	})
	for _, c := range []struct {
		host, path string
		identity   bool
	}{
		{"id.example", "/.well-known/openid-configuration", true},
		{"ID.example:443", "/.account/", true},
		{"pods.example", "/.account/", false},
		{"alice.pods.example", "/.account/", false},
		{"alice.pods.example", "/.oidc/jwks", false},
		{"id.example", "/.well-known/solid", false},
		{"evil.example", "/.account/", false},
	} {
		answer := s.answer("GET", c.host, c.path)
		if got := answer.StatusCode == http.StatusOK; got != c.identity {
			t.Errorf("%s%s: %d, answered by the identity provider: want %v", c.host, c.path, answer.StatusCode, c.identity)
		}
	}
}

// Inrupt's libraries ask the root of a host where to subscribe; a pod that has
// the host to itself answers with its description.
func TestGatewayIsFoundAtTheRoot(t *testing.T) {
	for _, c := range []struct {
		host       string
		subdomains bool
		status     int
	}{{"localhost:3000", false, 200}, {"localhost:3000", true, 200}, {"nobody.localhost:3000", true, 404}} {
		s := newServer(t, func(config *Config) { config.Subdomains = c.subdomains })
		if got := s.answer("GET", c.host, notify.WellKnown).StatusCode; got != c.status {
			t.Errorf("subdomains %v, %s: %d, want %d", c.subdomains, c.host, got, c.status)
		}
	}
}

// A page has one origin for its forms and cookies.
func TestPagesAreAtTheirOwnHost(t *testing.T) {
	const browser = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
	for _, c := range []struct {
		name, base, identity, method, host, target, accept string
		location                                           string // "" for no redirect
	}{
		{"welcome", "", "", "GET", "127.0.0.1:3000", "/", browser, "http://localhost:3000/"},
		{"sign-in, with its query", "", "", "GET", "127.0.0.1:3000", "/.account/login/password/?a=b%2F", browser, "http://localhost:3000/.account/login/password/?a=b%2F"},
		{"HEAD", "", "", "HEAD", "[::1]:3000", "/.account/", browser, "http://localhost:3000/.account/"},
		{"at its own host", "", "", "GET", "LOCALHOST:3000", "/.account/login/password/", browser, ""},
		{"the API", "", "", "GET", "127.0.0.1:3000", "/.account/", "application/json", ""},
		{"a form", "", "", "POST", "127.0.0.1:3000", "/.account/login/password/", browser, ""},
		{"the identity provider", "", "", "GET", "127.0.0.1:3000", "/.oidc/jwks", browser, ""},
		{"SP-URI-03 a resource", "", "", "GET", "127.0.0.1:3000", "/alice/profile/card", browser, ""},
		{"behind a proxy that rewrites Host", "https://pods.example/", "", "GET", "127.0.0.1:3000", "/", browser, ""},
		{"at the base URL, accounts elsewhere", "https://pods.example/", "https://id.example/", "GET", "pods.example", "/", browser, "https://id.example/"},
		{"accounts elsewhere", "https://pods.example/", "https://id.example/", "GET", "id.example", "/", browser, ""},
		{"SP-URI-03 a resource, accounts elsewhere", "https://pods.example/", "https://id.example/", "GET", "pods.example", "/alice/", browser, ""},
		{"a stranger's host", "https://pods.example/", "https://id.example/", "GET", "other.example", "/", browser, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, func(config *Config) { config.BaseURL, config.IdentityURL = c.base, c.identity })
			answer := s.answer(c.method, c.host, c.target, "Accept", c.accept)
			if got := answer.Header.Get("Location"); got != c.location || (c.location != "") != (answer.StatusCode == http.StatusSeeOther) {
				t.Errorf("%d to %q, want %q", answer.StatusCode, got, c.location)
			}
		})
	}
}

func TestOwnURLsAreNeverFetched(t *testing.T) {
	s := newServer(t, func(c *Config) {
		c.BaseURL, c.IdentityURL, c.Subdomains = "https://pods.example/", "https://id.example/", true
	})
	for raw, want := range map[string]bool{
		"https://pods.example/x": true, "https://alice.pods.example/profile/card": true, "https://ID.example:443/": true,
		"https://other.example/": false, "https://evilpods.example/": false, "https://pods.example.evil.example/": false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.isOwnURL(u); got != want {
			t.Errorf("OIDC-RS-09 isOwnURL(%s) = %v, want %v", raw, got, want)
		}
	}
}

func TestOriginIsKept(t *testing.T) {
	s := newServer(t, nil)
	kept := origin{BaseURL: "http://localhost:3000/", IdentityURL: "http://localhost:3000/"}
	if err := claimOrigin(t.Context(), s.store, kept); err != nil {
		t.Errorf("the same origin again: %v", err)
	}
	err := claimOrigin(t.Context(), s.store, origin{BaseURL: "https://pods.example/", IdentityURL: "https://pods.example/", Subdomains: true})
	if err == nil || !strings.Contains(err.Error(), "--base-url http://localhost:3000/") {
		t.Errorf("another origin: %v; want an error that says how to start", err)
	}
}

func TestSeed(t *testing.T) {
	s := newServer(t, nil)
	file := filepath.Join(t.TempDir(), "seed.json")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`[{"email": "alice@example.org", "password": "secret", "pods": [{"name": "alice"}, {"name": "work"}]}]`)
	for want := 1; want >= 0; want-- { // the second time, nothing is left to make
		made, taken, err := seed(t.Context(), file, s.accounts)
		if err != nil || made != want || taken != 0 {
			t.Fatalf("seed = %d, %d, %v; want %d", made, taken, err, want)
		}
	}
	// An account of it that was erased since keeps nobody from starting, and is
	// not made again.
	alice, err := s.accounts.AccountByEmail(t.Context(), "alice@example.org")
	if err == nil {
		_, err = s.accounts.Delete(t.Context(), alice, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	if made, taken, err := seed(t.Context(), file, s.accounts); err != nil || made != 0 || taken != 1 {
		t.Errorf("an account that was erased: %d, %d, %v", made, taken, err)
	}
	write(`[{"email": "alice@example.org", "password": "secret", "pods": [{"name": "alice2"}, {"name": "work2"}]}]`)
	if _, _, err := seed(t.Context(), file, s.accounts); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/alice2/profile/card", "/work2/profile/card"} {
		if answer := s.answer("GET", "localhost:3000", path); answer.StatusCode != http.StatusOK {
			t.Errorf("GET %s: %d", path, answer.StatusCode)
		}
	}
	for content, says := range map[string]string{
		`{`: "unexpected end", `[{"email": "no address", "password": "x"}]`: "account 1",
		`[{"email": "bob@example.org", "password": "x", "pods": [{"name": "No Name"}]}]`: `pod "No Name"`,
	} {
		write(content)
		if _, _, err := seed(t.Context(), file, s.accounts); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("seed %s: %v, want an error that says %q", content, err, says)
		}
	}
}

func TestRunReportsWhatIsWrong(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	address := strings.TrimPrefix(taken.URL, "http://")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--memory", "--listen", address, "--ops-listen", "off"}, address},
		{[]string{"--memory", "--listen", "127.0.0.1:0", "--ops-listen", address}, "--ops-listen"},
		{[]string{"--memory", "--listen", "127.0.0.1:0", "--ops-listen", "off", "--seed", "missing.json"}, "missing.json"},
		{[]string{"--memory", "--listen", "127.0.0.1:0", "--ops-listen", "off", "--allow-fetch", "169.254.169.254"}, "--allow-fetch"},
	} {
		config, err := Configure(c.args, environment(nil), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if err := Run(t.Context(), config, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want an error that says %q", c.args, err, c.says)
		}
	}
}

func TestRunPrintsOneLineAndDrains(t *testing.T) {
	config, err := Configure([]string{"--memory", "--listen", "127.0.0.1:0", "--ops-listen", "off"}, environment(nil), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, lines := io.Pipe()
	ended := make(chan error)
	go func() { ended <- Run(ctx, config, lines, io.Discard); lines.Close() }()
	buffer := make([]byte, 200)
	n, err := ready.Read(buffer)
	if err != nil || !bytes.Contains(buffer[:n], []byte("http://localhost:")) || buffer[n-1] != '\n' {
		t.Errorf("first line %q, %v", buffer[:n], err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v after the context ended", err)
	}
}

// A server whose folder was removed is not ready, though it can still read what
// it has open.
func TestReadinessNeedsTheDataFolder(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := newServer(t, func(c *Config) { c.Memory, c.Data = false, data })
	ready := func() int {
		answer := httptest.NewRecorder()
		s.ops.handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return answer.Code
	}
	if status := ready(); status != http.StatusOK {
		t.Fatalf("ready at first: %d", status)
	}
	if err := os.Rename(data, data+".away"); err != nil {
		t.Fatal(err)
	}
	if status := ready(); status != http.StatusServiceUnavailable {
		t.Errorf("ready without its folder: %d", status)
	}
	if err := os.Rename(data+".away", data); err != nil {
		t.Fatal(err)
	}
}
