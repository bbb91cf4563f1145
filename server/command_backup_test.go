package server

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"domicile/rdfstore"
)

// A full backup of a running server and an increment of the stopped one
// restore what there was.
func TestBackupAndRestore(t *testing.T) {
	data, files := t.TempDir(), t.TempDir()
	full, increment := filepath.Join(files, "full"), filepath.Join(files, "increment")
	stop := running(t, data)
	for _, line := range []string{"account create --pod alice alice@example.org", "backup " + full} {
		if _, err := execute(t, data, "correct horse", line); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	for _, line := range []string{"pod create bob --account alice@example.org", "backup --since " + full + " " + increment} {
		if _, err := execute(t, data, "", line); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(full); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("full backup: %v, %v", info.Mode(), err)
	}
	restored := filepath.Join(t.TempDir(), "new")
	if report, err := execute(t, restored, "", "restore "+full+" "+increment); err != nil || !strings.Contains(report, restored) {
		t.Fatal(report, err)
	}
	for _, line := range []string{"pod list", "account list"} {
		before, errBefore := execute(t, data, "", line)
		after, errAfter := execute(t, restored, "", line)
		if err := errors.Join(errBefore, errAfter); err != nil || before != after || !strings.Contains(after, "bob") {
			t.Errorf("%s: %v\n%s\nwas\n%s", line, err, after, before)
		}
	}
	stop = running(t, restored)
	stop()
	for name, c := range map[string]struct {
		data, line string
		want       string
	}{
		"over a file":              {data, "backup " + full, "is there already"},
		"into a folder":            {data, "backup " + filepath.Join(files, "missing", "x"), "no such file"},
		"since what is no backup":  {data, "backup --since " + os.Args[0] + " " + filepath.Join(files, "x"), "not a backup"},
		"since another's":          {restored, "backup --since " + full + " " + filepath.Join(files, "y"), "another store"},
		"into data that are there": {data, "restore " + full, "not empty"},
		"without a full one":       {t.TempDir(), "restore " + increment, "full one first"},
		"of nothing":               {t.TempDir(), "restore " + filepath.Join(files, "z"), "no such file"},
	} {
		if _, err := execute(t, c.data, "", c.line); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error that says %q", name, err, c.want)
		}
	}
	s := newServer(t, func(c *Config) { c.Memory, c.Data = false, restored })
	if answer := s.answer("GET", "localhost:3000", "/bob/profile/card"); answer.StatusCode != http.StatusOK {
		t.Errorf("a profile in the restored data: %d", answer.StatusCode)
	}
	left, err := os.ReadDir(files)
	if err != nil || len(left) != 2 {
		t.Errorf("backups that failed left something: %v, %v", left, err)
	}
}

// A backup goes through pipes.
func TestBackupToTheOutput(t *testing.T) {
	data, restored := t.TempDir(), t.TempDir()
	running(t, data)()
	file, err := execute(t, data, "", "backup -")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := execute(t, restored, file, "restore -"); err != nil {
		t.Error(err)
	}
	if _, err := execute(t, restored, "", "pod list"); err != nil {
		t.Error(err)
	}
	broken := t.TempDir()
	if _, err := execute(t, broken, file[:len(file)-1], "restore -"); !errors.Is(err, rdfstore.ErrBackup) {
		t.Errorf("a backup that was cut off: %v", err)
	}
	if left, err := os.ReadDir(broken); err != nil || len(left) != 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}
