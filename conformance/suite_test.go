package conformance

import (
	"strings"
	"testing"
)

// TestSuite judges our server as anybody would, by our decisions too.
func TestSuite(t *testing.T) {
	server := program.Start(t, "--allow-fetch", "127.0.0.1/32") // where the suite waits to be asked
	code, stdout, stderr := program.Run(t, "conformance", server.BaseURL, "--decisions")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if last := lines[len(lines)-1]; code != 0 || !strings.HasSuffix(last, " passed, 0 failed") || strings.HasPrefix(last, "0 ") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}
