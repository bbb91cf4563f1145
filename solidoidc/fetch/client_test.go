package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeResolver answers the n-th question with its n-th answer, then repeats
// the last.
type fakeResolver struct {
	answers []string
	asked   atomic.Int32
}

func (r *fakeResolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n := int(r.asked.Add(1)) - 1
	if len(r.answers) == 0 {
		return nil, fmt.Errorf("no such host %s", host)
	}
	return []netip.Addr{netip.MustParseAddr(r.answers[min(n, len(r.answers)-1)])}, nil
}

func newClient(t *testing.T, config Config) *Client {
	t.Helper()
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cause tells why a fetch failed, as a log would.
func cause(err error) string {
	var failure *Error
	if errors.As(err, &failure) {
		return failure.LogValue().String()
	}
	return fmt.Sprint(err)
}

// serve starts a server and returns its URL, its host and port, and a counter
// of the requests that reached it.
func serve(t *testing.T, handler http.HandlerFunc) (serverURL, hostPort string, hits *atomic.Int32) {
	t.Helper()
	hits = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, strings.TrimPrefix(server.URL, "http://"), hits
}

func turtle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "Text/Turtle; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=60")
	io.WriteString(w, "<> a <#Thing>.")
}

func TestGet(t *testing.T) {
	base, hostPort, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			w.Header().Set("Set-Cookie", "a=b")
			http.Redirect(w, r, "/card", http.StatusSeeOther)
			return
		}
		if r.Header.Get("Accept") != "text/turtle" || r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" || r.Header.Get("Authorization") != "" {
			http.Error(w, "unexpected header", http.StatusBadRequest)
			return
		}
		turtle(w, r)
	})
	c := newClient(t, Config{Allow: []string{hostPort}})
	opts := Options{Accept: "text/turtle", MediaTypes: []string{"text/turtle"}, Redirects: 1}
	for _, path := range []string{"/card#me", "/moved#me"} {
		response, err := c.Get(t.Context(), base+path, opts)
		if err != nil {
			t.Fatalf("%s: %v", path, cause(err))
		}
		if response.URL != base+"/card" || response.MediaType != "text/turtle" || string(response.Body) != "<> a <#Thing>." || response.MaxAge != time.Minute {
			t.Errorf("%s: got %+v", path, response)
		}
	}
}

func TestNoProxyFromEnvironment(t *testing.T) {
	for scheme, transport := range newClient(t, Config{}).transports {
		if transport.Proxy != nil {
			t.Errorf("%s has a proxy", scheme)
		}
	}
}

func TestClosedByDefault(t *testing.T) {
	base, hostPort, hits := serve(t, turtle)
	_, port, _ := net.SplitHostPort(hostPort)
	for name, c := range map[string]struct {
		url      string
		resolver []string
	}{
		"loopback":              {base, nil},
		"loopback, https":       {"https://127.0.0.1:" + port, nil},
		"name of loopback":      {"https://evil.example/", []string{"127.0.0.1"}},
		"name of IPv4-mapped":   {"https://evil.example/", []string{"::ffff:127.0.0.1"}},
		"name of metadata":      {"https://evil.example/", []string{"169.254.169.254"}},
		"octal and short forms": {"https://127.1/", []string{"127.0.0.1"}},
		"mapped literal":        {"https://[::ffff:127.0.0.1]/", nil},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, Config{Resolver: &fakeResolver{answers: c.resolver}})
			_, err := client.Get(t.Context(), c.url, Options{})
			if !errors.Is(err, ErrForbidden) {
				t.Errorf("got %v, want ErrForbidden", cause(err))
			}
		})
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests got through", hits.Load())
	}
}

// TestRebinding: the address that was checked is the one connected to, even
// when DNS changes its mind.
func TestRebinding(t *testing.T) {
	base, hostPort, hits := serve(t, turtle) // on 127.0.0.1
	_, port, _ := net.SplitHostPort(hostPort)
	listener, err := net.Listen("tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Fatal(err)
	}
	var good atomic.Int32
	second := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		good.Add(1)
		turtle(w, r)
	})}}
	second.Start()
	defer second.Close()

	resolver := &fakeResolver{answers: []string{"127.0.0.2", "127.0.0.1"}}
	c := newClient(t, Config{Allow: []string{"127.0.0.2/32"}, Resolver: resolver})
	target := strings.Replace(base, "127.0.0.1", "rebind.example", 1)
	if _, err := c.Get(t.Context(), target, Options{}); err != nil {
		t.Fatal(cause(err))
	}
	if good.Load() != 1 || hits.Load() != 0 || resolver.asked.Load() != 1 {
		t.Errorf("first fetch: %d to the checked address, %d to the other, %d questions", good.Load(), hits.Load(), resolver.asked.Load())
	}
	if _, err := c.Get(t.Context(), target, Options{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("after rebinding: %v", err)
	}
	if hits.Load() != 0 {
		t.Error("the forbidden address was reached")
	}
}

func TestRedirects(t *testing.T) {
	_, secretHost, secretHits := serve(t, turtle)
	base, hostPort, hits := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/secret":
			http.Redirect(w, r, "http://"+secretHost+"/", http.StatusFound)
		case "/own":
			http.Redirect(w, r, "https://ours.example/alice/", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusTemporaryRedirect)
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/300":
			w.WriteHeader(http.StatusMultipleChoices)
		default:
			turtle(w, r)
		}
	})
	c := newClient(t, Config{Allow: []string{hostPort}, Own: func(u *url.URL) bool { return u.Hostname() == "ours.example" }})
	for _, test := range []struct {
		path      string
		redirects int
		want      error
		requests  int32
	}{
		{"/secret", 3, ErrForbidden, 1},
		{"/own", 3, ErrForbidden, 1},
		{"/file", 3, ErrForbidden, 1},
		{"/loop", 3, ErrRedirect, 4},
		{"/loop", 1000, ErrRedirect, 4},
		{"/loop", 0, ErrRedirect, 1},
		{"/nowhere", 3, ErrRedirect, 1},
		{"/300", 3, ErrStatus, 1},
	} {
		before := hits.Load()
		_, err := c.Get(t.Context(), base+test.path, Options{Redirects: test.redirects})
		if !errors.Is(err, test.want) || hits.Load()-before != test.requests {
			t.Errorf("%s: got %v after %d requests, want %v after %d", test.path, cause(err), hits.Load()-before, test.want, test.requests)
		}
	}
	if secretHits.Load() != 0 {
		t.Error("a redirect led to an address that was not opened")
	}
}

func TestNoRedirectFromHTTPSToHTTP(t *testing.T) {
	plain, plainHost, hits := serve(t, turtle)
	secure := httptest.NewTLSServer(http.RedirectHandler(plain, http.StatusFound))
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	c := newClient(t, Config{RootCAs: roots, Allow: []string{plainHost, strings.TrimPrefix(secure.URL, "https://")}})
	if _, err := c.Get(t.Context(), secure.URL, Options{Redirects: 1}); !errors.Is(err, ErrRedirect) {
		t.Errorf("got %v", err)
	}
	if hits.Load() != 0 {
		t.Error("the http URL was asked")
	}
	other := newClient(t, Config{Allow: []string{"127.0.0.0/8"}})
	if _, err := other.Get(t.Context(), secure.URL, Options{}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("certificate of an unknown authority: got %v", err)
	}
}

func TestLimits(t *testing.T) {
	base, hostPort, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/turtle")
		switch r.URL.Path {
		case "/fits":
			w.Write(make([]byte, 1000))
		case "/declared":
			w.Header().Set("Content-Length", "2000000000")
			w.Write(make([]byte, 1001))
		case "/streamed":
			for range 100 {
				w.Write(make([]byte, 4096))
				w.(http.Flusher).Flush()
			}
		case "/cut":
			w.Header().Set("Content-Length", "900")
			w.Write(make([]byte, 100))
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/html":
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte("x"))
		case "/untyped":
			w.Header()["Content-Type"] = nil
			w.Write([]byte("x"))
		case "/header":
			w.Header().Set("X-Long", strings.Repeat("x", maxHeaderBytes+1))
		}
	})
	c := newClient(t, Config{Allow: []string{hostPort}})
	opts := Options{MaxBytes: 1000, MediaTypes: []string{"text/turtle"}}
	for path, want := range map[string]error{
		"/fits":                                 nil,
		"/declared":                             ErrTooLarge,
		"/streamed":                             ErrTooLarge,
		"/cut":                                  ErrUnreachable,
		"/gone":                                 ErrStatus,
		"/html":                                 ErrMediaType,
		"/untyped":                              ErrMediaType,
		"/header":                               ErrUnreachable,
		"/" + strings.Repeat("x", maxURLLength): ErrForbidden,
		"/%zz":                                  ErrForbidden,
	} {
		_, err := c.Get(t.Context(), base+path, opts)
		if !errors.Is(err, want) {
			t.Errorf("%.20s: got %v, want %v", path, cause(err), want)
		}
		if err != nil && err.Error() != (&Error{}).Error() {
			t.Errorf("%.20s: the text %q tells strangers more than others do", path, err)
		}
	}
}

func TestSlowServers(t *testing.T) {
	base, hostPort, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.Write([]byte("<> "))
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done() // until the client gives up
	})
	c := newClient(t, Config{Allow: []string{hostPort}})
	c.timeout = 50 * time.Millisecond
	for _, path := range []string{"/header", "/body"} {
		if _, err := c.Get(t.Context(), base+path, Options{}); !errors.Is(err, ErrTimeout) {
			t.Errorf("%s: got %v, want ErrTimeout", path, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	c := newClient(t, Config{Resolver: &fakeResolver{}})
	if _, err := c.Get(t.Context(), "https://nowhere.example/", Options{}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("unknown host: got %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	c = newClient(t, Config{Allow: []string{address}})
	if _, err := c.Get(t.Context(), "http://"+address, Options{}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("closed port: got %v", err)
	}
}

func TestMaxAge(t *testing.T) {
	for _, c := range []struct {
		control, age string
		want         time.Duration
	}{
		{"", "", -1},
		{"public", "10", -1},
		{"max-age=60", "", time.Minute},
		{"public, Max-Age=60", "10", 50 * time.Second},
		{"max-age=60", "100", 0},
		{`max-age="60"`, "", time.Minute},
		{"max-age=60, no-store", "", 0},
		{"no-cache", "", 0},
		{"max-age=-1", "", -1},
		{"max-age=99999999999999999999", "", -1},
	} {
		header := http.Header{}
		header.Set("Cache-Control", c.control)
		header.Set("Age", c.age)
		if got := maxAge(header); got != c.want {
			t.Errorf("%q, Age %q: got %v, want %v", c.control, c.age, got, c.want)
		}
	}
}

func TestRevalidation(t *testing.T) {
	base, hostPort, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"now"`)
		w.Header().Set("Cache-Control", "max-age=7")
		if r.Header.Get("If-None-Match") == `"now"` || r.URL.Path == "/odd" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		turtle(w, r)
	})
	c := newClient(t, Config{Allow: []string{hostPort}})
	first, err := c.Get(t.Context(), base, Options{})
	if err != nil || first.ETag != `"now"` || first.NotModified {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := c.Get(t.Context(), base, Options{IfNoneMatch: first.ETag})
	if err != nil || !again.NotModified || again.ETag != first.ETag || len(again.Body) != 0 || again.MaxAge != 7*time.Second {
		t.Errorf("%+v, %v", again, err)
	}
	if changed, err := c.Get(t.Context(), base, Options{IfNoneMatch: `"old"`}); err != nil || changed.NotModified || len(changed.Body) == 0 {
		t.Errorf("%+v, %v", changed, err)
	}
	if _, err := c.Get(t.Context(), base+"/odd", Options{}); !errors.Is(err, ErrStatus) {
		t.Errorf("304 to who has nothing: %v", err)
	}
}
