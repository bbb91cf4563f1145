package fetch

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestCausesAreForLogsOnly: whoever named the URL learns nothing of what is
// behind it, the operator does (security requirement 2.1).
func TestCausesAreForLogsOnly(t *testing.T) {
	var log bytes.Buffer
	c := newClient(t, Config{
		Resolver: &fakeResolver{answers: []string{"10.0.0.1"}},
		Logger:   slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	_, inside := c.Get(t.Context(), "https://intranet.example/", Options{})
	_, wrong := c.Get(t.Context(), "https://intranet.example:22/", Options{})
	c.transports["https"].DialContext = dialer{c.policy, "https", &fakeResolver{}}.dial
	_, unknown := c.Get(t.Context(), "https://nowhere.example/", Options{})
	if !errors.Is(inside, ErrForbidden) || !errors.Is(wrong, ErrForbidden) || !errors.Is(unknown, ErrUnreachable) {
		t.Fatalf("got %v, %v, %v", cause(inside), cause(wrong), cause(unknown))
	}
	if inside.Error() != unknown.Error() || inside.Error() != wrong.Error() {
		t.Errorf("%q, %q and %q can be told apart", inside, wrong, unknown)
	}
	for _, cause := range []string{"no address of the host may be connected to", "port 443", "no such host"} {
		if !strings.Contains(log.String(), cause) {
			t.Errorf("the log does not say %q:\n%s", cause, log.String())
		}
	}
	if got := (&Error{Reason: ErrBusy}).LogValue().String(); got != ErrBusy.Error() {
		t.Errorf("got %q", got)
	}
}
