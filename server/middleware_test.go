package server

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestObservedSurvivesPanic(t *testing.T) {
	var logs bytes.Buffer
	handler := guarded(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }), patience)
	handler.refuse, handler.logger = newServer(t, nil).answerFault, slog.New(slog.NewTextHandler(&logs, nil))
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
	handler.ops.handler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
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
		newOperations(http.NotFoundHandler(), c.checks...).handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.says) {
			t.Errorf("readyz = %d %s, want %d %s", answer.Code, answer.Body, c.status, c.says)
		}
	}
}
