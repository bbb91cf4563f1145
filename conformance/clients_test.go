package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// realClients are programs in node/clients that use what other people made.
var realClients = []struct {
	script  string
	browser bool     // it needs Chromium
	args    []string // for the server
}{
	{script: "comunica.mjs"},
	{script: "inrupt.mjs"},
	{script: "mashlib.mjs", browser: true},
	{script: "pod-os.mjs", browser: true},
	{script: "rdflib.mjs", args: []string{"--updates-via", "all"}},
	{script: "solid-logic.mjs", browser: true},
}

// TestRealClients has clients from npm, unchanged, do what their users do, each
// with a server of its own.
func TestRealClients(t *testing.T) {
	needNodeModules(t)
	for _, client := range realClients {
		t.Run(client.script, func(t *testing.T) {
			t.Parallel()
			if client.browser {
				needChromium(t)
			}
			runNode(t, filepath.Join("clients", client.script), program.Start(t, client.args...).BaseURL)
		})
	}
}

// TestCompatibilityTable keeps docs/compatibility.md to what TestRealClients
// runs, in the versions that are installed.
func TestCompatibilityTable(t *testing.T) {
	read := func(path ...string) []byte {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(path...))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	var installed struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(read("node", "package.json"), &installed); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{} // whether a script that runs has a row
	for _, client := range realClients {
		told[client.script] = false
	}
	for line := range strings.Lines(string(read("..", "docs", "compatibility.md"))) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 5 || !strings.HasPrefix(cells[0], "`") {
			continue // no row of the table
		}
		name, version, script := strings.Trim(cells[0], "`"), cells[1], strings.Trim(cells[4], "`")
		if version != installed.Dependencies[name] {
			t.Errorf("%s: the table says %s, package.json %q", name, version, installed.Dependencies[name])
		}
		if _, runs := told[script]; !runs {
			t.Errorf("%s: TestRealClients does not run %s", name, script)
			continue
		}
		told[script] = true
		if !strings.Contains(string(read("node", "clients", script)), `"`+name) {
			t.Errorf("%s: %s does not use it", name, script)
		}
	}
	for script, row := range told {
		if !row {
			t.Errorf("%s has no row in the table", script)
		}
	}
}
