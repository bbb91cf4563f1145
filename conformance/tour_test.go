package conformance

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestTourOfTheREADME pastes the commands of the README's tour into a shell,
// as a reader would, and looks for what the text around them promises.
func TestTourOfTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := tourOf(string(readme))
	const printed = "http://localhost:3000"
	if !strings.Contains(commands, "BASE="+printed+"\n") {
		t.Fatalf("the tour does not set BASE to %s:\n%s", printed, commands)
	}
	server := program.Start(t)
	commands = strings.ReplaceAll(commands, printed, strings.TrimSuffix(server.BaseURL, "/"))

	ctx, cancel := context.WithTimeout(t.Context(), nodePatience)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash")
	shell.Stdin = strings.NewReader(commands)
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	rest := string(output)
	for _, promised := range []string{
		"/tour/profile/card#me", // the WebID
		"oidcIssuer",            // in its document
		"201 Created", "Hello",  // the private document as Turtle
		`"@id"`, "401 Unauthorized", // as JSON-LD, and to a stranger
		"204 No Content",        // the patch
		"/tour/notes/first.ttl", // the listing
		"201 Created", "200 OK", // the ACL, and the stranger again
		`"Hello, world"`,
		"first.ttl.acl", `"modes":["read"]`, "it is for agents that have signed in", // and why
	} {
		_, after, found := strings.Cut(rest, promised)
		if !found {
			t.Fatalf("%q is missing, or not where it is promised:\n%s", promised, output)
		}
		rest = after
	}
}

// tourOf returns the shell commands of the section about curl.
func tourOf(readme string) string {
	_, section, _ := strings.Cut(readme, "\n## Five minutes with curl\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var commands strings.Builder
	for i, block := range strings.Split(section, "```") {
		if code, isShell := strings.CutPrefix(block, "sh\n"); isShell && i%2 == 1 {
			commands.WriteString(code)
		}
	}
	return commands.String()
}
