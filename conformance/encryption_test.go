package conformance

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keyFile makes a key as an operator would.
func keyFile(t *testing.T) string {
	t.Helper()
	key := make([]byte, 32)
	rand.Read(key)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestEncryptionAtRest: what residents write cannot be read in the files, only
// the key opens them, and it can be changed while the server runs.
func TestEncryptionAtRest(t *testing.T) {
	key, next := keyFile(t), keyFile(t)
	t.Setenv("DOMICILE_ENCRYPTION_KEY_FILE", key)
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	small, large := "Sphinx of black quartz", strings.Repeat("judge my vow and quick jigs ", 100_000)
	wantStatus(t, alice.Do(t, "PUT", alice.Pod.URL+"waltz-nymph.txt", small, "Content-Type", "text/plain"), http.StatusCreated)
	wantStatus(t, alice.Do(t, "PUT", alice.Pod.URL+"large.txt", large, "Content-Type", "text/plain"), http.StatusCreated)
	wantKept := func() {
		t.Helper()
		if answer := alice.Do(t, "GET", alice.Pod.URL+"waltz-nymph.txt", ""); answer.Body != small {
			t.Errorf("the small file: %d %q", answer.Status, answer.Body)
		}
		if answer := alice.Do(t, "GET", alice.Pod.URL+"large.txt", ""); answer.Body != large {
			t.Errorf("the large file: %d, %d bytes", answer.Status, len(answer.Body))
		}
		part := alice.Do(t, "GET", alice.Pod.URL+"large.txt", "", "Range", "bytes=1000000-1000099")
		if part.Status != http.StatusPartialContent || part.Body != large[1000000:1000100] {
			t.Errorf("a part of it: %d %q", part.Status, part.Body)
		}
	}
	wantUnreadable := func() {
		t.Helper()
		for _, secret := range []string{small, large[:20], "waltz-nymph", "alice@example.org", alice.Credentials.Secret} {
			if file := fileWith(t, server.Data, secret); file != "" {
				t.Errorf("%s holds %q", file, secret)
			}
		}
	}
	wantKept()
	wantUnreadable()

	if code, _, stderr := program.Run(t, "rotate-key", next, "--data", server.Data); code != exitFine {
		t.Fatalf("rotate-key: exit code %d\n%s", code, stderr)
	}
	wantKept()
	server.Stop()
	wantUnreadable()
	for what, flags := range map[string][]string{
		"the old key is not the one": {"--encryption-key-file", key},
		"the data are encrypted":     {"--encryption-key-file", ""},
	} {
		code, _, stderr := program.Run(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--base-url", server.BaseURL, "--ops-listen", "off", "--data", server.Data}, flags...)...)
		if code != exitFailed || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "encrypt") {
			t.Errorf("%s: exit code %d\n%s", what, code, stderr)
		}
	}
	t.Setenv("DOMICILE_ENCRYPTION_KEY_FILE", next)
	server.Restart()
	wantKept()
}

// fileWith returns a file below a folder that holds a text, "" when none does.
func fileWith(t *testing.T, folder, text string) (found string) {
	t.Helper()
	if err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("reading for the test: %w", err)
		}
		if bytes.Contains(raw, []byte(text)) {
			found = path
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}
