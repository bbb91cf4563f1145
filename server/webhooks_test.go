package server

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"domicile/ldp/notify/webhook"
	"domicile/solidoidc/fetch"
)

// TestWebhookClient: messages go through the client that refuses what is not
// public, and come as they are.
func TestWebhookClient(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) != "{}" || r.Header.Get("DPoP") != "proof" || r.Header.Get("Content-Type") != "application/ld+json" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(receiver.Close)
	m := webhook.Message{MediaType: "application/ld+json", Body: []byte("{}"), Header: http.Header{"Dpop": {"proof"}}}
	for opened, want := range map[string]error{strings.TrimPrefix(receiver.URL, "http://"): nil, "127.0.0.1:1": fetch.ErrForbidden} {
		client, err := fetch.New(fetch.Config{Allow: []string{opened}})
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := webhookClient{client}.Post(t.Context(), receiver.URL, m)
		if !errors.Is(err, want) || want == nil && (receipt.Status != http.StatusAccepted || receipt.RetryAfter.Seconds() != 7) {
			t.Errorf("with %s opened: %+v, %v", opened, receipt, err)
		}
	}
}

func TestWebhooksAreOfferedAndCounted(t *testing.T) {
	s := seeded(t)
	answer := s.answer("GET", "localhost:3000", "/alice/.well-known/solid", "Accept", "text/turtle")
	description, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(description), "/.notifications/WebhookChannel2023/") {
		t.Errorf("NOT-DISC-02: %v %s", err, description)
	}
	answer = s.answer("GET", "localhost:3000", "/.oidc/sender")
	if sender, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(sender), "<http://localhost:3000/>") {
		t.Errorf("NOT-WH-02: %v %s", err, sender)
	}
	metrics := httptest.NewRecorder()
	s.ops.handler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, name := range []string{"messages_delivered", "tries_failed", "channels_given_up"} {
		if !strings.Contains(metrics.Body.String(), "domicile_webhook_"+name+"_total 0") {
			t.Errorf("metrics lack %s", name)
		}
	}
}
