package conformance

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"domicile/conformance/internal/harness"
)

// nodePatience ends a Node program that hangs. It is no measurement.
const nodePatience = 10 * time.Minute

// TestInruptLibraries runs the scenario of a resident's first day with the
// unchanged Inrupt libraries, kills the server, and looks whether everything
// is there.
func TestInruptLibraries(t *testing.T) {
	needNodeModules(t)
	server := program.Start(t)
	state := filepath.Join(t.TempDir(), "state.json")
	runNode(t, "scenario.mjs", "write", server.BaseURL, state)
	server.Kill()
	server.Restart()
	runNode(t, "scenario.mjs", "verify", server.BaseURL, state)
}

// TestBrowser walks through sign-up, account and consent pages and a small app
// in a real browser.
func TestBrowser(t *testing.T) { runInBrowser(t, "browser.mjs") }

// TestConsentBinds has a resident narrow, widen and stop an app in a real
// browser.
func TestConsentBinds(t *testing.T) { runInBrowser(t, "consent.mjs") }

// TestSessions logs in to an app, reloads, logs out and lets somebody else take
// over, in a real browser, with a client identifier document and without.
func TestSessions(t *testing.T) { runInBrowser(t, "sessions.mjs", "--allow-fetch", "localhost") }

// TestLetters signs up, and gets a new password, by the letters that a mail
// server takes.
func TestLetters(t *testing.T) {
	needBrowser(t)
	mail := harness.FreeAddress(t)
	runNode(t, "letters.mjs", program.Start(t, "--smtp", "smtp://"+mail).BaseURL, mail)
}

// TestPages looks at every page there is, in each language, narrow and wide.
func TestPages(t *testing.T) {
	needBrowser(t)
	mail := harness.FreeAddress(t)
	server := program.Start(t, "--smtp", "smtp://"+mail)
	inviting := program.Start(t, "--registration", "invite")
	code, invitation, problem := program.Run(t, "account", "invite", "--data", inviting.Data)
	if code != 0 {
		t.Fatal(problem)
	}
	address, _, _ := strings.Cut(invitation, "\n")
	runNode(t, "pages.mjs", server.BaseURL, mail, address)
}

// TestRefreshTokens keeps a login by refresh tokens as a program does.
func TestRefreshTokens(t *testing.T) {
	needNodeModules(t)
	runNode(t, "refresh.mjs", program.Start(t).BaseURL)
}

// runInBrowser runs a journey against a server of its own.
func runInBrowser(t *testing.T, journey string, args ...string) {
	t.Helper()
	needBrowser(t)
	server := program.Start(t, args...)
	runNode(t, journey, server.BaseURL)
}

func needBrowser(t *testing.T) {
	t.Helper()
	needNodeModules(t)
	needChromium(t)
}

func needChromium(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(chromium()); err != nil {
		t.Fatalf("there is no Chromium at %s: run `make test`, which installs it, or name one in CHROMIUM", chromium())
	}
}

func chromium() string {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path
	}
	return "/usr/bin/chromium"
}

func needNodeModules(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("Node.js is missing: install version 20 or newer")
	}
	if _, err := os.Stat(filepath.Join("node", "node_modules", "@inrupt", "solid-client")); err != nil {
		t.Fatal("the packages from npm are missing: run `make test`, which installs them")
	}
}

func runNode(t *testing.T, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), nodePatience)
	defer cancel()
	command := exec.CommandContext(ctx, "node", append([]string{script}, args...)...)
	command.Dir = "node"
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		t.Fatalf("node %s: %v\n%s", script, err, output.Bytes())
	}
	t.Logf("node %s\n%s", script, output.Bytes())
}
