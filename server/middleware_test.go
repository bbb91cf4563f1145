package server

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct{ name, peer, forwarded, want string }{
		{"SP-HTTP-02 a stranger's header is ignored", "203.0.113.9:1", "198.51.100.1", "203.0.113.9:1"},
		{"SP-HTTP-02 a trusted proxy is believed", "10.0.0.1:1", "198.51.100.1", "198.51.100.1:0"},
		{"SP-HTTP-02 only the rightmost untrusted hop counts", "10.0.0.1:1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1:0"},
		{"SP-HTTP-02 rubbish ends the chain", "10.0.0.1:1", "198.51.100.1, rubbish, 10.0.0.2", "10.0.0.2:0"},
		{"SP-HTTP-02 no header", "10.0.0.1:1", "", "10.0.0.1:0"},
		{"SP-HTTP-02 IPv6", "[fd00::1]:1", "2001:db8::7", "[2001:db8::7]:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got string
			handler := clientAddress(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }), trusted)
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			handler.ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("RemoteAddr = %s, want %s", got, c.want)
			}
		})
	}
}

func TestObservedSurvivesPanic(t *testing.T) {
	var logs bytes.Buffer
	ops := newOperations()
	handler := observed(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }),
		func(*http.Request) string { return areaStorage }, ops, slog.New(slog.NewTextHandler(&logs, nil)))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("BREW", "/alice/secret-path", nil))
	if answer.Code != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", answer.Code)
	}
	id := answer.Header().Get("X-Request-Id")
	if id == "" || !strings.Contains(answer.Body.String(), id) || !strings.Contains(logs.String(), id) {
		t.Errorf("answer and log must share the id %q: %s", id, answer.Body)
	}
	if strings.Contains(logs.String(), "secret-path") {
		t.Error("the log holds a path (security 2.9)")
	}
	metrics := httptest.NewRecorder()
	ops.handler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if want := `domicile_http_request_duration_seconds_count{area="storage",method="other",status="500"} 1`; !strings.Contains(metrics.Body.String(), want) {
		t.Errorf("metrics lack %s", want)
	}
}

func TestReadyz(t *testing.T) {
	fine := check{"fine", func(context.Context) error { return nil }}
	broken := check{"broken", func(context.Context) error { return io.ErrClosedPipe }}
	for _, c := range []struct {
		checks []check
		status int
		says   string
	}{
		{[]check{fine}, http.StatusOK, "[+] fine ok"},
		{[]check{fine, broken}, http.StatusServiceUnavailable, "[-] broken: " + io.ErrClosedPipe.Error()},
	} {
		answer := httptest.NewRecorder()
		newOperations(c.checks...).handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.says) {
			t.Errorf("readyz = %d %s, want %d %s", answer.Code, answer.Body, c.status, c.says)
		}
	}
}
