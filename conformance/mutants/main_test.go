package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A small module with a rule, a test for one half of it and faults in both.
var module = map[string]string{
	"go.mod":        "module m\n\ngo 1.26.0\n",
	"p/p.go":        "package p\n\nfunc Sign(n int) int {\n\tif n < 0 {\n\t\treturn -1\n\t}\n\treturn 1 // zero too\n}\n",
	"p/p_test.go":   "package p\n\nimport \"testing\"\n\nfunc TestSign(t *testing.T) {\n\tif Sign(-5) != -1 {\n\t\tt.Error(\"sign\")\n\t}\n}\n",
	"p/other.go":    "package p\n",
	"faults/a.json": `[{"requirement": "R-1", "fault": "no negatives", "file": "p/p.go", "old": "return -1", "new": "return 1", "package": "p"}]`,
}

func inModule(t *testing.T, more map[string]string) {
	t.Helper()
	root := t.TempDir()
	for _, files := range []map[string]string{module, more} {
		for name, content := range files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Chdir(root)
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name, fault string // fault is JSON, "" for none besides the one that is caught
		says, fails string
	}{
		{"caught", "", "caught  R-1          p/p.go: no negatives [TestSign]\n1 faults, 1 caught", ""},
		{"missed", `{"requirement": "R-2", "fault": "zero", "file": "p/p.go", "old": "return 1 //", "new": "return 2 //", "package": "p"}`,
			"MISSED  R-2", "1 of 2 faults"},
		{"a fault that does not compile is not caught", `{"requirement": "R-3", "fault": "x", "file": "p/p.go", "old": "return -1", "new": "return", "package": "p"}`,
			"UNMADE  R-3", "1 of 2 faults"},
		{"the text is gone", `{"requirement": "R-4", "fault": "x", "file": "p/p.go", "old": "return 7", "new": "return 8", "package": "p"}`,
			"", "has the text 0 times"},
		{"the text is not one place", `{"requirement": "R-5", "fault": "x", "file": "p/p.go", "old": "return", "new": "panic(1)", "package": "p"}`,
			"", "has the text 2 times"},
		{"no such selection", `{"requirement": "R-6", "fault": "x", "file": "p/p.go", "old": "n < 0", "new": "n > 0", "package": "p", "run": "TestNone"}`,
			"MISSED  R-6", "1 of 2 faults"},
		{"unknown field", `{"requirements": "R-7"}`, "", "unknown field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inModule(t, map[string]string{"faults/b.json": "[" + c.fault + "]"})
			var out strings.Builder
			err := run(t.Context(), &out, "faults", "", 2, false)
			if !strings.Contains(out.String(), c.says) {
				t.Errorf("says %q, want %q", out.String(), c.says)
			}
			if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("error %v, want %q", err, c.fails)
			}
		})
	}
	t.Run("tests that fail anyway catch nothing", func(t *testing.T) {
		inModule(t, map[string]string{"p/other_test.go": "package p\n\nimport \"testing\"\n\nfunc TestFails(t *testing.T) { t.Fail() }\n"})
		if err := run(t.Context(), new(strings.Builder), "faults", "", 1, false); err == nil || !strings.Contains(err.Error(), "without any fault") {
			t.Error(err)
		}
	})
}

// program is a server of the module, and a suite that knows its URL only.
const program = `package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"m/p"
)

func main() {
	if os.Args[1] == "serve" {
		listener, _ := net.Listen("tcp", "127.0.0.1:0")
		fmt.Printf("Ready at http://%s/\n", listener.Addr())
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, p.Sign(-5)) }))
	}
	answer, _ := http.Get(os.Args[2])
	text, _ := io.ReadAll(answer.Body)
	outcome := "passed"
	if string(text) != "-1" {
		outcome = "failed"
		defer os.Exit(1)
	}
	fmt.Printf("{\"results\": [{\"requirements\": [\"R-1\"], \"title\": \"signs\", \"outcome\": %q}]}", outcome)
}
`

func TestSuite(t *testing.T) {
	zero := `{"requirement": "R-2", "fault": "zero", "file": "p/p.go", "old": "return 1 //", "new": "return 2 //", "package": "p"`
	for _, c := range []struct{ name, faults, says, fails string }{
		{"caught", "", "caught  R-1          p/p.go: no negatives [R-1 signs]\n1 faults, 1 caught\n", ""},
		{"missed", zero + "}", "MISSED  R-2", "1 of 2 faults"},
		{"what cannot be seen is not missed", zero + `, "unseen": "nobody asks for zero"}`, "2 faults, 1 caught; of the 1 that a client can see, 1", ""},
		{"nothing runs with it", `{"requirement": "R-3", "fault": "x", "file": "main.go", "old": "http.Serve(", "new": "http.ListenAndServe(", "package": "p"}`, "UNMADE  R-3", "1 of 2 faults"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inModule(t, map[string]string{"main.go": program, "faults/b.json": "[" + c.faults + "]"})
			var out strings.Builder
			err := run(t.Context(), &out, "faults", "", 2, true)
			if !strings.Contains(out.String(), c.says) {
				t.Errorf("says %q, want %q", out.String(), c.says)
			}
			if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("error %v, want %q", err, c.fails)
			}
		})
	}
	t.Run("a suite that fails anyway catches nothing", func(t *testing.T) {
		inModule(t, map[string]string{"main.go": strings.Replace(program, "Sign(-5)", "Sign(5)", 1)})
		if err := run(t.Context(), new(strings.Builder), "faults", "", 1, true); err == nil || !strings.Contains(err.Error(), "without any") {
			t.Error(err)
		}
	})
}

// TestEveryFaultCanBeMade fails when the code has moved on under a fault.
func TestEveryFaultCanBeMade(t *testing.T) {
	t.Chdir("../..")
	mutants, err := load("conformance/mutants")
	if err != nil {
		t.Error(err)
	}
	if len(mutants) == 0 {
		t.Error("there are none")
	}
}
