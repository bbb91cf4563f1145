package server

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckAndQuota(t *testing.T) {
	data := t.TempDir()
	stop := running(t, data)
	if _, err := execute(t, data, "correct horse", "account create --pod alice alice@example.org"); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"running", "stopped"} {
		if place == "stopped" {
			stop()
		}
		report, err := execute(t, data, "", "check")
		if err != nil || !strings.HasPrefix(report, "1 storages with ") || !strings.HasSuffix(report, " 0 problems, 0 repaired\n") {
			t.Errorf("%s: %q, %v", place, report, err)
		}
		for _, c := range []struct{ line, want string }{
			{"pod quota alice 1MB", "quota 1.0 MiB\n"}, {"pod quota alice", "quota 1.0 MiB\n"}, {"pod quota alice 0", "quota none\n"},
		} {
			if report, err := execute(t, data, "", c.line); err != nil || !strings.HasSuffix(report, c.want) {
				t.Errorf("%s, %s: %q, %v", place, c.line, report, err)
			}
		}
		if _, err := execute(t, data, "", "pod quota nobody 1MB"); err == nil || !strings.Contains(err.Error(), `no pod "nobody"`) {
			t.Errorf("%s: quota of nobody: %v", place, err)
		}
		if _, err := execute(t, data, "", "pod quota alice much"); !errors.As(err, new(UsageError)) {
			t.Errorf("%s: quota of much: %v", place, err)
		}
	}
	// A file of nothing that comes after the start is found, and then removed.
	stop = running(t, data)
	defer func() { stop() }()
	if _, err := execute(t, data, "", "check"); err != nil { // the collection of the start has ended
		t.Fatal(err)
	}
	const name = "00112233445566778899aabbccddeeff"
	shard := filepath.Join(data, "blobs", name[:2])
	if err := errors.Join(os.MkdirAll(shard, 0o700), os.WriteFile(filepath.Join(shard, name), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	report, err := execute(t, data, "", "check")
	if err == nil || !strings.Contains(report, name+" belongs to nothing\n") {
		t.Errorf("check: %q, %v", report, err)
	}
	report, err = execute(t, data, "", "check --repair")
	if err != nil || !strings.Contains(report, name+" belongs to nothing: removed\n") {
		t.Errorf("check --repair: %q, %v", report, err)
	}
}
