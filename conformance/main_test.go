package conformance

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"domicile/conformance/internal/harness"
)

// program is the server under test; each test that needs one starts its own.
var program harness.Binary

// library is the example of a data holder.
var library = harness.Binary{Package: "domicile/clients/library"}

// css is another server; tests that need one share it.
var css = harness.CSS{Folder: "css"}

func TestMain(m *testing.M) {
	if err := lookAtSources(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	css.Stop()
	if err := errors.Join(program.Remove(), library.Remove()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// lookAtSources lets go test know that the results depend on all files of the
// module: it keeps results while no file has changed that the test process
// looked at, and these tests see the code through go build and go list only.
func lookAtSources() error {
	return filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if err == nil {
			_, err = os.Stat(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another process removed it meanwhile
		}
		return err
	})
}

const (
	turtle = "text/turtle"
	n3     = "text/n3"
)

// wantStatus fails the test when the answer has none of the statuses.
func wantStatus(t *testing.T, answer harness.Answer, statuses ...int) {
	t.Helper()
	if !slices.Contains(statuses, answer.Status) {
		t.Fatalf("got %d %s, want %v\n%s", answer.Status, http.StatusText(answer.Status), statuses, answer.Body)
	}
}

// wantContains fails the test when text lacks one of the parts.
func wantContains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}
