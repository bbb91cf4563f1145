package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestOperatorsIntrospect: OIDC-TOK-09 on the operators' listener, which knows
// no clients, and not on the public one.
func TestOperatorsIntrospect(t *testing.T) {
	s := newServer(t, nil)
	ask := func(handler http.Handler) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "http://localhost:3000/introspect", strings.NewReader("token=x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	if w := ask(s.ops.handler()); w.Code != http.StatusOK || w.Body.String() != `{"active":false}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s.routes()); w.Code == http.StatusOK {
		t.Errorf("everybody may ask: %d %s", w.Code, w.Body)
	}
}
