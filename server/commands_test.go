package server

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// execute runs a command on a data folder with a line of input.
func execute(t *testing.T, data, input, line string) (output string, err error) {
	t.Helper()
	words := strings.Fields(line)
	for _, c := range Commands {
		name := strings.Fields(c.Name)
		if len(words) < len(name) || !slices.Equal(name, words[:len(name)]) {
			continue
		}
		var out strings.Builder
		err := c.Run(t.Context(), append(words[len(name):], "--data", data), environment(nil), Streams{strings.NewReader(input), &out, io.Discard})
		return out.String(), err
	}
	t.Fatalf("no command: %s", line)
	return "", nil
}

// running starts a server on a data folder and returns what stops it.
func running(t *testing.T, data string) (stop func()) {
	t.Helper()
	config, err := Configure([]string{"--data", data, "--listen", "127.0.0.1:0", "--base-url", "http://localhost:3000/", "--ops-listen", "off"}, environment(nil), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, config, writer, io.Discard); writer.Close() }()
	if _, err := reader.Read(make([]byte, 200)); err != nil {
		t.Fatal(err, <-ended)
	}
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// Each command does the same while the server runs and while it does not.
func TestCommandsOnAccountsAndPods(t *testing.T) {
	data := t.TempDir()
	if _, err := execute(t, data, "", "pod list"); err == nil || !strings.Contains(err.Error(), "no data in "+data) {
		t.Errorf("before the first start: %v", err)
	}
	running(t, data)()
	stop := func() {}
	for _, place := range []string{"stopped", "running"} {
		if place == "running" {
			stop = running(t, data)
		}
		t.Run(place, func(t *testing.T) {
			email := place + "@example.org"
			id, err := execute(t, data, "correct horse\nsecond line\n", "account create --pod "+place+" "+email)
			if err != nil {
				t.Fatal(err)
			}
			id = strings.TrimSpace(id)
			if made, err := execute(t, data, "", "pod create work-"+place+" --account "+email); err != nil || !strings.Contains(made, "http://localhost:3000/work-"+place+"/profile/card#me") {
				t.Errorf("pod create: %q, %v", made, err)
			}
			accounts, err := execute(t, data, "", "account list")
			if err != nil || !strings.Contains(accounts, id) || !strings.Contains(accounts, email) || !strings.Contains(accounts, "work-"+place) {
				t.Errorf("account list: %s %v", accounts, err)
			}
			if used, err := execute(t, data, "", "account quota "+email+" 5MB"); err != nil || !strings.Contains(used, "quota 5.0 MiB") {
				t.Errorf("account quota: %s %v", used, err)
			}
			if used, err := execute(t, data, "", "account quota "+id); err != nil || !strings.Contains(used, "quota 5.0 MiB") {
				t.Errorf("account quota: %s %v", used, err)
			}
			link, err := execute(t, data, "", "account invite --days 2")
			if err != nil || !strings.Contains(link, "http://localhost:3000/.account/login/password/register/?invitation=") {
				t.Errorf("account invite: %s %v", link, err)
			}
			pods, err := execute(t, data, "", "pod list")
			if err != nil || !strings.Contains(pods, "work-"+place) || !strings.Contains(pods, id) {
				t.Errorf("pod list: %s %v", pods, err)
			}
			if said, err := execute(t, data, "", "signing-keys replace"); err != nil || !strings.Contains(said, "new keys") {
				t.Errorf("signing-keys replace: %s %v", said, err)
			}
			archive := filepath.Join(t.TempDir(), place+".zip")
			if _, err := execute(t, data, "", "pod export --nquads "+place+" "+archive); err != nil {
				t.Errorf("pod export: %v", err)
			}
			if names := namesIn(t, archive); !slices.Contains(names, place+"/.acl") || !slices.Contains(names, place+"/profile/card.acl") || !slices.Contains(names, "export.nq") {
				t.Errorf("pod export has %q", names)
			}
			if written, err := execute(t, data, "", "pod export "+place+" -"); err != nil || !strings.HasPrefix(written, "PK") {
				t.Errorf("pod export to the output: %.20q %v", written, err)
			}
			for line, says := range map[string]string{
				"pod export " + place + " " + archive:                "is there already",
				"pod export nobody " + archive + "2":                 "no pod",
				"account create " + email:                            "already is a login",
				"account create nobody":                              "email",
				"pod create work-" + place + " --account " + email:   "taken",
				"pod create root --account " + email:                 "not allowed",
				"pod create other --account nobody-here@example.org": "no account",
				"account disable nobody-here@example.org":            "no account",
				"account enable nobody":                              "no account",
				"account delete --yes nobody":                        "no account",
				"account quota nobody 5MB":                           "no account",
			} {
				if _, err := execute(t, data, "correct horse", line); err == nil || !strings.Contains(err.Error(), says) || errors.As(err, new(UsageError)) {
					t.Errorf("%s: %v, want an error that says %q", line, err, says)
				}
			}
			if left, err := os.ReadDir(filepath.Dir(archive)); err != nil || len(left) != 1 {
				t.Errorf("beside the archive there are %v, %v", left, err)
			}
			for _, weak := range []string{"", "short", "password1", "weak@example.org"} {
				if _, err := execute(t, data, weak+"\n", "account create weak@example.org"); err == nil {
					t.Errorf("an account with the password %q was made", weak)
				}
			}
			for _, c := range [][2]string{{"disable " + email, "disabled since"}, {"enable " + id, "open"}, {"delete --yes " + email, "to be erased on"}, {"delete --now --yes " + id, ""}} {
				if _, err := execute(t, data, "", "account "+c[0]); err != nil {
					t.Errorf("account %s: %v", c[0], err)
				}
				accounts, err := execute(t, data, "", "account list")
				if listed := strings.Contains(accounts, id); err != nil || listed != (c[1] != "") || !strings.Contains(accounts, c[1]) {
					t.Errorf("after account %s: %v\n%s", c[0], err, accounts)
				}
			}
			if pods, err := execute(t, data, "", "pod list"); err != nil || strings.Contains(pods, place) {
				t.Errorf("pods of an account that was erased: %s %v", pods, err)
			}
		})
	}
	stop()
}

// namesIn lists what an archive holds, which only its owner may read.
func namesIn(t *testing.T, name string) (names []string) {
	t.Helper()
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	archive, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	return names
}

func TestCommandUsage(t *testing.T) {
	data := t.TempDir()
	for _, line := range []string{"account create", "account create a b", "account list x", "account invite --days 0", "account disable", "account delete a@example.org", "account delete --yes", "pod explain http://localhost:3000/x/ --as x", "account quota", "account quota a lot", "pod create x", "pod create --account a@example.org", "pod export x", "pod list --nonsense", "pod list --config missing.json"} {
		if _, err := execute(t, data, "", line); !errors.As(err, new(UsageError)) {
			t.Errorf("%s: %v, want a UsageError", line, err)
		}
	}
	for _, c := range Commands {
		help, err := execute(t, data, "", c.Name+" -h")
		if !errors.Is(err, ErrHelp) || !strings.Contains(help, "-data FOLDER") {
			t.Errorf("%s -h: %v, %s", c.Name, err, help)
		}
	}
}
