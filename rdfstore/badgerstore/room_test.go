package badgerstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"domicile/rdfstore"
)

// A disk that fills up stops bodies first and then all writes, never reads,
// and all goes on when there is room again.
func TestFullDisk(t *testing.T) {
	var free atomic.Uint64
	free.Store(math.MaxInt64)
	var log bytes.Buffer
	store := open(t, t.TempDir(), Options{
		Memory: 64 << 20, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		freeBytes: func() (uint64, error) { return free.Load(), nil },
	})
	defer closeStore(t, store)
	large := strings.Repeat("large ", 20_000)
	if err := errors.Join(putBody(store, member(t, "small"), "small"), putBody(store, member(t, "large"), large)); err != nil {
		t.Fatal(err)
	}
	record := func() error {
		return store.Update(context.Background(), func(tx rdfstore.Tx) error {
			return tx.SetRecord("bucket", "key", []byte("value"), time.Time{})
		})
	}
	remove := func(name string) error {
		return store.Update(context.Background(), func(tx rdfstore.Tx) error { return tx.Delete(member(t, name)) })
	}
	wantFull := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, rdfstore.ErrDiskFull) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantReadable := func() {
		t.Helper()
		if body, err := readBody(store, member(t, "large")); err != nil || body != large {
			t.Errorf("the body that was there: %d bytes, %v", len(body), err)
		}
	}

	free.Store(28 << 20) // between the reserves: three tables of 8 MB, and four
	wantFull("a small body", putBody(store, member(t, "new"), "new"))
	wantFull("a large body", putBody(store, member(t, "new"), large))
	if err := errors.Join(record(), remove("small")); err != nil {
		t.Errorf("signing in and deleting: %v", err)
	}
	wantReadable()

	free.Store(20 << 20)
	wantFull("a record", record())
	wantFull("a deletion", remove("large"))
	wantReadable()

	free.Store(math.MaxInt64)
	if err := errors.Join(putBody(store, member(t, "new"), large), record(), remove("large")); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if full, again := strings.Count(log.String(), "writes are refused"), strings.Count(log.String(), "has room again"); full != 1 || again != 1 {
		t.Errorf("the log says it %d and %d times:\n%s", full, again, &log)
	}
}

// The file system is not asked with each write, and what it says holds for a
// moment only.
func TestHowOftenTheDiskIsLookedAt(t *testing.T) {
	now := time.Now()
	asked, free := 0, uint64(2)
	r := &room{
		free: func() (uint64, error) { asked++; return free, nil }, lookTime: lookTime,
		need: func() uint64 { return 1 }, logger: slog.New(slog.DiscardHandler), clock: func() time.Time { return now },
	}
	for range 100 {
		if err := r.forCommit(); err != nil {
			t.Fatal(err)
		}
		now = now.Add(lookTime / 50)
	}
	if asked != 2 {
		t.Errorf("it is asked %d times in %v", asked, 2*lookTime)
	}
	free = 0
	now = now.Add(lookTime)
	if err := r.forCommit(); !errors.Is(err, rdfstore.ErrDiskFull) {
		t.Errorf("on a full disk: %v", err)
	}
	free = 2
	if err := r.forCommit(); err != nil {
		t.Errorf("as soon as there is room: %v", err)
	}
}

// The disk may fill up while a body comes in.
func TestDiskThatFillsUpMeanwhile(t *testing.T) {
	dir := t.TempDir()
	var free atomic.Uint64
	free.Store(math.MaxInt64)
	store := open(t, dir, Options{freeBytes: func() (uint64, error) { return free.Load(), nil }})
	defer closeStore(t, store)
	fills := readerFunc(func(p []byte) (int, error) { free.Store(0); return len(p), nil })
	_, err := store.Stage(context.Background(), io.MultiReader(strings.NewReader(strings.Repeat("x", 100_000)), fills), -1)
	if !errors.Is(err, rdfstore.ErrDiskFull) {
		t.Errorf("Stage = %v", err)
	}
	if n := blobsIn(t, dir); n != 0 {
		t.Errorf("%d blobs are left", n)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestOpenOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	full := Options{freeBytes: func() (uint64, error) { return 1 << 20, nil }}
	if _, err := Open(dir, full); !errors.Is(err, rdfstore.ErrDiskFull) {
		t.Errorf("a new folder: %v", err)
	}
	store := open(t, dir, Options{})
	if err := putBody(store, member(t, "kept"), "kept"); err != nil {
		t.Fatal(err)
	}
	closeStore(t, store)
	if _, err := Open(dir, full); !errors.Is(err, rdfstore.ErrDiskFull) {
		t.Errorf("a folder with data: %v", err)
	}
	store = open(t, dir, Options{})
	defer closeStore(t, store)
	if body, err := readBody(store, member(t, "kept")); err != nil || body != "kept" {
		t.Errorf("after the refusal: %q, %v", body, err)
	}
}
