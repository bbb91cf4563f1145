package badgerstore

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"domicile/rdfstore/kvstore"
)

// applyUntilItFails applies batches of 1 MB, each under a key of its own, and
// returns how many it applied and the error.
func applyUntilItFails(t *testing.T, e *engine, atMost int) (int, error) {
	t.Helper()
	for n := range atMost {
		changes := make([]kvstore.Change, 0, 8)
		for part := range 8 {
			changes = append(changes, kvstore.Change{Key: fmt.Appendf(nil, "%04d/%d", n, part), Value: make([]byte, 128<<10)})
		}
		if err := e.Apply(changes); err != nil {
			return n, err
		}
	}
	return atMost, nil
}

func wantApplied(t *testing.T, e *engine, batches int) {
	t.Helper()
	snapshot, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	for n := range batches {
		for part := range 8 {
			if _, found, err := snapshot.Get(fmt.Appendf(nil, "%04d/%d", n, part)); err != nil || !found {
				t.Fatalf("batch %d, which was acknowledged: %t, %v", n, found, err)
			}
		}
	}
}

// What Badger refuses before it writes changes nothing, and the engine goes on.
func TestRefusedBatchesAreNotApplied(t *testing.T) {
	e, err := openEngine(t.TempDir(), Options{Memory: 64 << 20}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	large := []kvstore.Change{{Key: []byte("first"), Value: []byte("x")}}
	for i := range 20 {
		large = append(large, kvstore.Change{Key: fmt.Appendf(nil, "large %02d", i), Value: make([]byte, 512<<10)})
	}
	if err := e.Apply(large); !errors.Is(err, kvstore.ErrNotApplied) {
		t.Errorf("a batch that is too large: %v", err)
	}
	snapshot, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if _, found, err := snapshot.Get([]byte("first")); found || err != nil {
		t.Errorf("a part of it is there: %t, %v", found, err)
	}
	snapshot.Close()
	if n, err := applyUntilItFails(t, e, 2); n != 2 {
		t.Errorf("after the refusal: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// When a write of Badger itself fails half-way, nothing is read until the next
// start rather than something wrong, and then all that was acknowledged is there.
func TestFailedWritesLoseNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "kv")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	options := Options{Memory: 64 << 20, freeBytes: func() (uint64, error) { return 1 << 40, nil }}
	e, err := openEngine(folder, options, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	applied, err := applyUntilItFails(t, e, 3)
	if err != nil {
		t.Fatal(err)
	}
	// No new log can be made: the folder is not where it was.
	if err := os.Rename(folder, folder+".away"); err != nil {
		t.Fatal(err)
	}
	more, err := applyUntilItFails(t, e, 30)
	if err == nil || errors.Is(err, kvstore.ErrNotApplied) {
		t.Errorf("after %d batches: %v", more, err)
	}
	if _, err := e.Snapshot(); !errors.Is(err, errBroken) {
		t.Errorf("a snapshot of what is broken: %v", err)
	}
	if err := os.Rename(folder+".away", folder); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if e, err = openEngine(folder, options, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	wantApplied(t, e, max(applied, more))
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// Badger tries for ever to write into a folder that is gone; whoever ends the
// server does not wait for that.
func TestCloseEndsWhenTheFolderIsGone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "kv")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	e, err := openEngine(folder, Options{Memory: 64 << 20}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := applyUntilItFails(t, e, 1); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	e.closePatience = 100 * time.Millisecond
	if err := e.Close(); err == nil {
		t.Error("closed without an error, and its table is not on the disk")
	}
}
