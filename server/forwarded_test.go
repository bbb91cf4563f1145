package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestForwarded(t *testing.T) {
	type header map[string]string
	xff := func(value string) header { return header{"X-Forwarded-For": value} }
	for _, c := range []struct {
		name, peer string
		header     header
		want, host string // host "" is what the request says
	}{
		{"a stranger's header is ignored", "203.0.113.9:1", header{"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}, "203.0.113.9:1", ""},
		{"a stranger's Forwarded is ignored", "203.0.113.9:1", header{"Forwarded": "for=198.51.100.1;host=evil.example;proto=http"}, "203.0.113.9:1", ""},
		{"a trusted proxy is believed", "10.0.0.1:1", xff("198.51.100.1"), "198.51.100.1:0", ""},
		{"only the rightmost untrusted hop counts", "10.0.0.1:1", xff("6.6.6.6, 198.51.100.1, 10.0.0.2"), "198.51.100.1:0", ""},
		{"rubbish ends the chain", "10.0.0.1:1", xff("198.51.100.1, rubbish, 10.0.0.2"), "10.0.0.2:0", ""},
		{"with a port", "10.0.0.1:1", xff("198.51.100.1:4711"), "198.51.100.1:0", ""},
		{"no header", "10.0.0.1:1", nil, "10.0.0.1:0", ""},
		{"IPv6", "[fd00::1]:1", xff("2001:db8::7"), "[2001:db8::7]:0", ""},
		{"Forwarded", "10.0.0.1:1", header{"Forwarded": `for=198.51.100.1;proto=https;host=alice.pods.example`}, "198.51.100.1:0", "alice.pods.example"},
		{"Forwarded, IPv6 with a port", "10.0.0.1:1", header{"Forwarded": `For="[2001:db8::7]:4711"; Proto=https`}, "[2001:db8::7]:0", ""},
		{"Forwarded of several proxies", "10.0.0.1:1", header{"Forwarded": `for=6.6.6.6;host=evil.example, for=198.51.100.1;host=bob.pods.example, for=10.0.0.2;host=inner`}, "198.51.100.1:0", "bob.pods.example"},
		{"Forwarded of a hidden client", "10.0.0.1:1", header{"Forwarded": "for=_hidden"}, "10.0.0.1:0", ""},
		{"a client's Forwarded beside the proxy's own fields", "10.0.0.1:1", header{"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=6.6.6.6;host=evil.example"}, "198.51.100.1:0", ""},
		{"the host that the client asked for", "10.0.0.1:1", header{"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Host": "Alice.pods.example"}, "198.51.100.1:0", "alice.pods.example"},
		{"a client's host in front of the proxy's", "10.0.0.1:1", header{"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Host": "evil.example, pods.example"}, "198.51.100.1:0", "pods.example"},
	} {
		t.Run("SP-HTTP-02 "+c.name, func(t *testing.T) {
			s := &Server{config: Config{BaseURL: "https://pods.example/", TrustedProxy: []netip.Prefix{
				netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}}
			var got *http.Request
			handler := s.behindProxy(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr, r.Host = c.peer, "pods.example"
			for name, value := range c.header {
				r.Header.Set(name, value)
			}
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, r)
			if got == nil {
				t.Fatalf("redirected to %s", answer.Header().Get("Location"))
			}
			host := c.host
			if host == "" {
				host = "pods.example"
			}
			if got.RemoteAddr != c.want || got.Host != host {
				t.Errorf("from %s for %s, want %s for %s", got.RemoteAddr, got.Host, c.want, host)
			}
		})
	}
}

func TestRedirectToHTTPS(t *testing.T) {
	for _, c := range []struct{ name, base, method, host, target, protocol, want string }{
		{"T50 OPTIONS", "https://pods.example/", "OPTIONS", "pods.example", "/alice/a%2Bb?x=1", "http", "https://pods.example/alice/a%2Bb?x=1"},
		{"T50 GET at another port", "https://pods.example:8443/", "GET", "pods.example:8080", "/alice/", "http", "https://pods.example:8443/alice/"},
		{"T50 at the host of a storage", "https://pods.example/", "PUT", "alice.pods.example:80", "/x", "http", "https://alice.pods.example/x"},
		{"T50 a stranger's host", "https://pods.example/", "GET", "evil.example", "/x", "http", "https://pods.example/x"},
		{"T50 of no path", "https://pods.example/", "OPTIONS", "pods.example", "*", "http", "https://pods.example/"},
		{"T50 came by https", "https://pods.example/", "GET", "pods.example", "/x", "https", ""},
		{"T50 people come by http", "http://pods.example/", "GET", "pods.example", "/x", "http", ""},
	} {
		t.Run("SP-HTTP-02 "+c.name, func(t *testing.T) {
			s := &Server{config: Config{BaseURL: c.base, Subdomains: true, TrustedProxy: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
			handler := s.behindProxy(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
			r := httptest.NewRequest(c.method, "http://x/", nil)
			r.URL.Path, r.RequestURI = c.target, c.target
			if c.target != "*" {
				r = httptest.NewRequest(c.method, c.target, nil)
			}
			r.RemoteAddr, r.Host = "10.0.0.1:1", c.host
			r.Header.Set("X-Forwarded-Proto", c.protocol)
			r.Header.Set("Origin", "https://app.example")
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, r)
			if got := answer.Header().Get("Location"); got != c.want || (answer.Code == http.StatusMovedPermanently) != (c.want != "") {
				t.Errorf("%d to %q, want %q", answer.Code, got, c.want)
			}
			if cors := answer.Header().Get("Access-Control-Allow-Origin"); c.want != "" && cors != "https://app.example" {
				t.Errorf("SP-CORS-01: Access-Control-Allow-Origin %q", cors)
			}
		})
	}
}
