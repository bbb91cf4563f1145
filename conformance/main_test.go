package conformance

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"domicile/conformance/internal/harness"
)

// program is the server under test; each test that needs one starts its own.
var program harness.Binary

func TestMain(m *testing.M) {
	code := m.Run()
	if err := program.Remove(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const (
	turtle = "text/turtle"
	n3     = "text/n3"
)

// wantStatus fails the test when the answer has none of the statuses.
func wantStatus(t *testing.T, answer harness.Answer, statuses ...int) {
	t.Helper()
	if !slices.Contains(statuses, answer.Status) {
		t.Fatalf("got %d %s, want %v\n%s", answer.Status, http.StatusText(answer.Status), statuses, answer.Body)
	}
}

// wantContains fails the test when text lacks one of the parts.
func wantContains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}
