package command

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"domicile/conformance/requirements/list"
	"domicile/conformance/suite"
)

// prefixes begin the IDs of the requirements of an area.
var prefixes = map[string]string{"SP": "protocol", "WAC": "wac", "OIDC": "oidc", "NOT": "notifications", "ECO": "ecosystem", "OWN": "consent"}

// TestEveryRequirementIsTriedOrSaidToBeUnseen holds the areas against the lists
// of requirements.
func TestEveryRequirementIsTriedOrSaidToBeUnseen(t *testing.T) {
	requirements, err := list.All()
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string][]string{}
	for _, requirement := range requirements {
		prefix, _, _ := strings.Cut(requirement.ID, "-")
		area, ok := prefixes[prefix]
		if !ok {
			t.Fatalf("%s belongs to no area", requirement.ID)
		}
		lists[area] = append(lists[area], requirement.ID)
	}
	for _, fault := range suite.Check(Areas(), lists) {
		t.Error(fault)
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	if err := Run(t.Context(), []string{"--help"}, &out, &out); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("error %v", err)
	}
	for _, part := range []string{"domicile conformance URL", "-only REGEXP", "earl, html, human, json, junit", "-agents FILE"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("lacks %q:\n%s", part, out.String())
		}
	}
}

func TestWrongUsage(t *testing.T) {
	for name, c := range map[string]struct{ args, says string }{
		"no URL":              {"", "usage: domicile conformance URL"},
		"two URLs":            {"http://a.example http://b.example", "usage"},
		"no regular":          {"http://a.example --only (", "missing closing"},
		"no format":           {"http://a.example --format pdf", "earl, html, human"},
		"output first":        {"http://a.example --output x", "--format before"},
		"two to stdout":       {"http://a.example --format json --format earl", "only one --format"},
		"nothing at a time":   {"http://a.example --parallel 0", "positive"},
		"agents and accounts": {"http://a.example --agents x --accounts http://b.example", "exclude"},
	} {
		t.Run(name, func(t *testing.T) {
			var wrong UsageError
			err := Run(t.Context(), strings.Fields(c.args), &bytes.Buffer{}, &bytes.Buffer{})
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want a UsageError with %q", err, c.says)
			}
		})
	}
}

// TestRunThatCannotBegin tells in one line what is missing.
func TestRunThatCannotBegin(t *testing.T) {
	agents := filepath.Join(t.TempDir(), "agents.json")
	if err := os.WriteFile(agents, []byte(`[{"webId": "https://a.example/#me", "storage": "https://a.example/"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nobody answers":  {[]string{"http://127.0.0.1:1/"}, "connection refused"},
		"no URL":          {[]string{"pod.example"}, "no URL of a server"},
		"no file":         {[]string{"http://127.0.0.1:1/", "--agents", agents + "x"}, "no such file"},
		"no token to use": {[]string{"http://127.0.0.1:1/", "--agents", agents}, "needs a token"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Run(context.Background(), c.args, &bytes.Buffer{}, &bytes.Buffer{})
			if err == nil || !strings.HasPrefix(err.Error(), "the run cannot begin: ") || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, c.says)
			}
		})
	}
}
