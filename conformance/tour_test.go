package conformance

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestTourOfTheREADME and TestTourForDevelopers paste the commands of a guide
// into a shell, as a reader would, and look for what the text around them
// promises.
func TestTourOfTheREADME(t *testing.T) {
	followGuide(t, "README.md", "\n## Five minutes with curl\n", "\n## ",
		"/tour/profile/card#me", // the WebID
		"oidcIssuer",            // in its document
		"201 Created", "Hello",  // the private document as Turtle
		`"@id"`, "401 Unauthorized", // as JSON-LD, and to a stranger
		"204 No Content",        // the patch
		"/tour/notes/first.ttl", // the listing
		"201 Created", "200 OK", // the ACL, and the stranger again
		`"Hello, world"`,
		"first.ttl.acl", `"modes":["read"]`, "it is for agents that have signed in", // and why
	)
}

func TestTourForDevelopers(t *testing.T) {
	followGuide(t, "docs/developers.md", "\n## With curl\n", "\x00",
		"201 Created", "412 Precondition Failed", "204 No Content", // nothing is overwritten unseen
		`"type":"Add"`, "/dev/notes/three", // the change that was followed
		"deposited", "/dev/loans/loan-4711", "BorrowAction", "Momo", // the loan
		"stopped: the resident's consent has ended", "exit code 3",
	)
}

// followGuide runs the shell commands of a guide between two lines, in the root of the
// module.
func followGuide(t *testing.T, guide, from, to string, promises ...string) {
	t.Helper()
	text, err := os.ReadFile("../" + guide)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), from)
	section, _, _ = strings.Cut(section, to)
	commands := shellOf(section)
	const printed = "http://localhost:3000"
	if !strings.Contains(commands, "BASE="+printed+"\n") {
		t.Fatalf("the tour does not set BASE to %s:\n%s", printed, commands)
	}
	server := program.Start(t)
	commands = strings.ReplaceAll(commands, printed, strings.TrimSuffix(server.BaseURL, "/"))

	ctx, cancel := context.WithTimeout(t.Context(), nodePatience)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash")
	shell.Dir = ".."
	shell.Stdin = strings.NewReader(commands)
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	rest := string(output)
	for _, promised := range promises {
		_, after, found := strings.Cut(rest, promised)
		if !found {
			t.Fatalf("%q is missing, or not where it is promised:\n%s", promised, output)
		}
		rest = after
	}
}

// shellOf returns the shell commands in a text.
func shellOf(text string) string {
	var commands strings.Builder
	for i, block := range strings.Split(text, "```") {
		if code, isShell := strings.CutPrefix(block, "sh\n"); isShell && i%2 == 1 {
			commands.WriteString(code)
		}
	}
	return commands.String()
}
