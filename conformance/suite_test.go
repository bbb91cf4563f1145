package conformance

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestSuite judges our server as anybody would, by our decisions too. Warnings
// count: nothing that is recommended is left out.
func TestSuite(t *testing.T) {
	server := program.Start(t, "--allow-fetch", "127.0.0.1/32") // where the suite waits to be asked
	code, stdout, stderr := program.Run(t, "conformance", server.BaseURL, "--decisions", "--format", "json")
	var report struct {
		Passed  int
		Results []struct {
			Requirements           []string
			Title, Outcome, Reason string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if code != 0 || report.Passed == 0 {
		t.Errorf("exit code %d, %d passed", code, report.Passed)
	}
	for _, result := range report.Results {
		if result.Outcome == "not applicable" || result.Outcome == "untested" {
			continue
		}
		t.Run(strings.Join(result.Requirements, " ")+" "+result.Title, func(t *testing.T) {
			if result.Outcome != "passed" {
				t.Errorf("%s: %s", result.Outcome, result.Reason)
			}
		})
	}
}
