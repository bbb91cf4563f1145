package conformance

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"domicile/conformance/suite"
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

// TestSuiteTellsByItsExitCode runs the command as scripts do, which read the
// code and the last line.
func TestSuiteTellsByItsExitCode(t *testing.T) {
	proxy := newDistortingProxy(t)
	proxy.current.Store(&distortion{response: status(http.StatusNotFound, http.StatusOK)})
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	page := filepath.Join(t.TempDir(), "report.html")
	for name, c := range map[string]struct {
		args []string
		code int
		last string
	}{
		"what passes":    {[]string{proxy.baseURL, "--only", "^SP-PUT-01 "}, 0, "1 passed, 0 failed"},
		"what fails":     {[]string{proxy.baseURL, "--only", "^SP-(PUT-01|DEL-05) "}, 1, "1 passed, 1 failed"},
		"two reports":    {[]string{proxy.baseURL, "--only", "^SP-PUT-01 ", "--format", "html", "--output", page, "--format", "junit"}, 0, "1 passed, 0 failed"},
		"no case":        {[]string{proxy.baseURL, "--only", "^SP-NONE"}, 1, "domicile: no case could be tried"},
		"no Solid there": {[]string{elsewhere.URL}, 1, "domicile: the run cannot begin: "},
		"no URL":         {nil, 2, "domicile: usage: "},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := program.Run(t, append([]string{"conformance"}, c.args...)...)
			lines := strings.Split(strings.TrimSpace(stdout+stderr), "\n")
			if code != c.code || !strings.HasPrefix(lines[len(lines)-1], c.last) {
				t.Errorf("exit code %d, want %d, and %q at the end:\n%s%s", code, c.code, c.last, stdout, stderr)
			}
		})
	}
	if _, err := os.Stat(page); err != nil {
		t.Error(err)
	}
}

// TestSuiteWithAgents judges a server whose agents are given, as those of a
// server without an account API have to be.
func TestSuiteWithAgents(t *testing.T) {
	server := program.Start(t, "--memory")
	var agents []suite.Given
	for _, name := range []string{"alice", "bob"} {
		resident := server.SignUp(t, name)
		agents = append(agents, suite.Given{
			WebID: resident.Pod.WebID, Storage: resident.Pod.URL,
			Issuer: server.BaseURL, ID: resident.Credentials.ID, Secret: resident.Credentials.Secret,
		})
	}
	for name, given := range map[string][]suite.Given{"two": agents, "one": agents[:1]} {
		t.Run(name, func(t *testing.T) {
			raw, err := json.Marshal(given)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "agents.json")
			if err := os.WriteFile(file, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := program.Run(t, "conformance", server.BaseURL, "--agents", file, "--only", "^SP-(HTTP-0|PUT|DEL)")
			if code != 0 || !strings.Contains(stdout, "untested") {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}
