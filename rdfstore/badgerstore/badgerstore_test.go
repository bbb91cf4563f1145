package badgerstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/kvstore"
	"domicile/rdfstore/kvstore/enginetest"
	"domicile/rdfstore/resource"
	"domicile/rdfstore/storetest"
)

func open(t testing.TB, dir string, options Options) rdfstore.Store {
	t.Helper()
	store, err := Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func closeStore(t testing.TB, store rdfstore.Store) {
	t.Helper()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	defer goleak.VerifyNone(t)
	storetest.Run(t, func(t *testing.T) rdfstore.Store { return open(t, t.TempDir(), Options{}) })
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) rdfstore.Store { return open(b, b.TempDir(), Options{}) })
}

// member returns the identifier of a direct member of the test storage's root.
func member(t testing.TB, name string) resource.ID {
	t.Helper()
	id, err := resource.Root("alice").Member(name, false)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// putBody stages a body and puts it under a name in the root of the test
// storage, which it creates when it is missing.
func putBody(store rdfstore.Store, id resource.ID, body string) error {
	ctx := context.Background()
	staged, err := store.Stage(ctx, strings.NewReader(body), -1)
	if err != nil {
		return err
	}
	defer staged.Discard()
	return store.Update(ctx, func(tx rdfstore.Tx) error {
		if err := tx.CreateStorage(rdfstore.Storage{Name: id.Storage()}); err != nil && !errors.Is(err, rdfstore.ErrExists) {
			return err
		}
		_, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Binary, MediaType: "text/plain", Body: staged})
		return err
	})
}

func readBody(store rdfstore.Store, id resource.ID) (body string, err error) {
	err = store.View(context.Background(), func(r rdfstore.Reader) error {
		opened, err := r.Open(id)
		if err != nil {
			return err
		}
		defer opened.Close()
		raw, err := io.ReadAll(opened)
		body = string(raw)
		return err
	})
	return body, err
}

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	large := strings.Repeat("large ", 20_000)
	first := open(t, dir, Options{})
	if err := errors.Join(putBody(first, member(t, "small"), "small"), putBody(first, member(t, "large"), large),
		first.Update(context.Background(), func(tx rdfstore.Tx) error {
			return tx.SetRecord("bucket", "key", []byte("value"), time.Time{})
		})); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v; want it for its owner only", info.Mode(), err)
	}
	var before, after rdfstore.Resource
	resourceOf := func(store rdfstore.Store, into *rdfstore.Resource) {
		t.Helper()
		if err := store.View(context.Background(), func(r rdfstore.Reader) (err error) {
			*into, err = r.Resource(member(t, "large"))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	resourceOf(first, &before)
	closeStore(t, first)

	second := open(t, dir, Options{})
	defer closeStore(t, second)
	resourceOf(second, &after)
	if after != before {
		t.Errorf("after reopening %+v, before %+v", after, before)
	}
	for name, want := range map[string]string{"small": "small", "large": large} {
		if body, err := readBody(second, member(t, name)); err != nil || body != want {
			t.Errorf("%s: %d bytes, %v", name, len(body), err)
		}
	}
	if err := second.View(context.Background(), func(r rdfstore.Reader) error {
		value, err := r.Record("bucket", "key")
		if string(value) != "value" {
			t.Errorf("Record = %q", value)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if first.Epoch() == "" || second.Epoch() != first.Epoch() {
		t.Errorf("epoch %q, was %q", second.Epoch(), first.Epoch())
	}
	if err := putBody(second, member(t, "later"), "later"); err != nil {
		t.Fatal(err)
	}
	if resourceOf(second, &before); before.Revision != after.Revision {
		t.Error("another write moved the revision")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Run("a folder that is in use", func(t *testing.T) {
		dir := t.TempDir()
		defer closeStore(t, open(t, dir, Options{}))
		if _, err := Open(dir, Options{}); !errors.Is(err, rdfstore.ErrInUse) {
			t.Errorf("Open = %v", err)
		}
	})
	t.Run("a newer schema, and leaves it closed", func(t *testing.T) {
		dir := t.TempDir()
		closeStore(t, open(t, dir, Options{}))
		engine, err := openEngine(filepath.Join(dir, "kv"), Options{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		newer := kvstore.Change{Key: []byte("mschema"), Value: binary.AppendUvarint(nil, 1000)}
		if err := errors.Join(engine.Apply([]kvstore.Change{newer}), engine.Close()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := Open(dir, Options{}); !errors.Is(err, rdfstore.ErrSchema) {
				t.Errorf("Open = %v", err)
			}
		}
	})
	t.Run("a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(file, Options{}); err == nil {
			t.Error("Open took a file for a folder")
		}
	})
}

// blobsIn returns how many files there are below the folder of blobs.
func blobsIn(t testing.TB, dir string) (count int) {
	t.Helper()
	if err := filepath.WalkDir(filepath.Join(dir, "blobs"), func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			count++
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return count
}

// tidied returns when what earlier writes dropped has been removed: that is
// done after their answer and before the next write.
func tidied(t testing.TB, store rdfstore.Store) {
	t.Helper()
	if err := store.Update(context.Background(), func(rdfstore.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestBlobsGoWithTheirResources(t *testing.T) {
	dir, body := t.TempDir(), strings.Repeat("x", 100_000)
	store := open(t, dir, Options{})
	defer closeStore(t, store)
	for range 3 { // each replaces the one before
		if err := putBody(store, member(t, "large"), body); err != nil {
			t.Fatal(err)
		}
		tidied(t, store)
		if n := blobsIn(t, dir); n != 1 {
			t.Errorf("%d blobs for one large resource", n)
		}
	}
	staged, err := store.Stage(context.Background(), strings.NewReader(body), -1)
	if err != nil {
		t.Fatal(err)
	}
	if n := blobsIn(t, dir); n != 2 {
		t.Errorf("%d blobs for one large resource and a staged body", n)
	}
	staged.Discard()
	if _, err := store.Stage(context.Background(), strings.NewReader(body), 50_000); err == nil {
		t.Error("the limit did not hold")
	}
	if err := store.Update(context.Background(), func(tx rdfstore.Tx) error { return tx.Delete(member(t, "large")) }); err != nil {
		t.Fatal(err)
	}
	tidied(t, store)
	if n := blobsIn(t, dir); n != 0 {
		t.Errorf("%d blobs are left", n)
	}
}

// What a crash leaves goes after the next start; what is committed or staged
// stays.
func TestOrphansAreCollected(t *testing.T) {
	dir, body := t.TempDir(), strings.Repeat("x", 100_000)
	store := open(t, dir, Options{})
	if err := putBody(store, member(t, "committed"), body); err != nil {
		t.Fatal(err)
	}
	for range 600 { // more than are looked at together
		if _, err := store.Stage(context.Background(), strings.NewReader(body[:20_000]), -1); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, store)
	if n := blobsIn(t, dir); n != 601 {
		t.Fatalf("%d blobs before the restart", n)
	}
	unfinished := filepath.Join(dir, "blobs", "tmp", blob.NewID().String())
	if err := os.WriteFile(unfinished, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}

	store = open(t, dir, Options{})
	defer func() { closeStore(t, store) }()
	staged, err := store.Stage(context.Background(), strings.NewReader(body), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer staged.Discard()
	for deadline := time.Now().Add(time.Minute); blobsIn(t, dir) != 2; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d blobs after the restart, want those of the resource and the staged body", blobsIn(t, dir))
		}
	}
	if got, err := readBody(store, member(t, "committed")); err != nil || got != body {
		t.Errorf("the committed body: %d bytes, %v", len(got), err)
	}
	opened, err := staged.Open()
	if err != nil {
		t.Fatal("the staged body:", err)
	}
	opened.Close()
}

func TestEngine(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) kvstore.Engine {
		engine, err := openEngine(t.TempDir(), Options{unsafeNoSync: true}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return engine
	})
}

func TestRestore(t *testing.T) {
	ctx, large := context.Background(), strings.Repeat("large ", 20_000)
	first := open(t, t.TempDir(), Options{})
	defer closeStore(t, first)
	if err := errors.Join(putBody(first, member(t, "small"), "small"), putBody(first, member(t, "large"), large)); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := first.Backup(ctx, &file, rdfstore.BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "data")
	cutOff := bytes.NewReader(file.Bytes()[:file.Len()/2])
	if _, err := Restore(ctx, dir, []io.Reader{cutOff}, nil, Options{}); !errors.Is(err, rdfstore.ErrBackup) || Exists(dir) {
		t.Errorf("a file that was cut off: %v, and there is a store: %v", err, Exists(dir))
	}
	killed := filepath.Join(dir, restoring, engineFolder)
	if err := errors.Join(blob.MakeFolder(killed), os.WriteFile(filepath.Join(killed, "MANIFEST"), []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(ctx, dir, []io.Reader{&file}, nil, Options{}); err != nil {
		t.Fatalf("after a restore that was killed: %v", err)
	}
	second := open(t, dir, Options{})
	defer closeStore(t, second)
	for name, want := range map[string]string{"small": "small", "large": large} {
		if body, err := readBody(second, member(t, name)); err != nil || body != want {
			t.Errorf("%s: %d bytes, %v", name, len(body), err)
		}
	}
	if first.Epoch() == second.Epoch() {
		t.Error("the epoch is that of the store that was saved")
	}
	if _, err := Restore(ctx, dir, []io.Reader{&file}, nil, Options{}); err == nil {
		t.Error("restored over a store")
	}
}
