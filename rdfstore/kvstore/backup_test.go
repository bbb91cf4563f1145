package kvstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

// backup makes a backup that must succeed.
func (b *bench) backup(t testing.TB, options rdfstore.BackupOptions) ([]byte, rdfstore.BackupHeader) {
	t.Helper()
	var file bytes.Buffer
	header, err := b.Backup(context.Background(), &file, options)
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), header
}

// restored is what backups restore.
func restored(backups ...[]byte) (*mapEngine, *blob.Memory, error) {
	engine, blobs := &mapEngine{}, &blob.Memory{}
	readers := make([]io.Reader, len(backups))
	for i, backup := range backups {
		readers[i] = bytes.NewReader(backup)
	}
	_, err := Restore(context.Background(), engine, blobs, Limits{Keys: 50, Bytes: 1 << 20}, readers, nil)
	return engine, blobs, err
}

// difference compares a restored store with one whose writing has ended.
func (b *bench) difference(engine *mapEngine, blobs *blob.Memory) error {
	for key, value := range engine.entries {
		switch {
		case key == string(epochKey):
			if bytes.Equal(value, b.engine.entries[key]) {
				return errors.New("the epoch is the same")
			}
		case !bytes.Equal(value, b.engine.entries[key]):
			return fmt.Errorf("%q is %q, was %q", key, value, b.engine.entries[key])
		}
	}
	if len(engine.entries) != len(b.engine.entries) {
		return fmt.Errorf("%d entries, were %d", len(engine.entries), len(b.engine.entries))
	}
	count := 0
	for id := range blobs.All() {
		count++
		want, err := readBlob(b.blobs, id)
		got, gotErr := readBlob(blobs, id)
		if err := errors.Join(err, gotErr); err != nil || got != want {
			return fmt.Errorf("blob of %d bytes, was %d: %w", len(got), len(want), err)
		}
	}
	for range b.blobs.All() {
		count--
	}
	if count != 0 {
		return fmt.Errorf("%d blobs too many", count)
	}
	return nil
}

// isCollecting reports whether blocks wait for the collector.
func (b *bench) isCollecting() bool {
	waiting, err := b.waitingGenerations()
	return err == nil && len(waiting) > 0
}

func readBlob(blobs *blob.Memory, id blob.ID) (string, error) {
	body, err := blobs.Open(id)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(body)
	return string(content), err
}

// stageSeeded stages a body of which each seed has another.
func (b *bench) stageSeeded(t testing.TB, size int, seed uint64) rdfstore.Staged {
	t.Helper()
	content := make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 1})
	_, _ = random.Read(content)
	staged, err := b.Stage(context.Background(), bytes.NewReader(content), -1)
	if err != nil {
		t.Fatal(err)
	}
	return staged
}

// Any chain of a full backup and increments restores the state of its end.
func TestBackupChains(t *testing.T) {
	sizes := []int{0, 10, 20_000, 600_000}
	var seed uint64
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t, Options{})
		defer b.Close()
		chain := [][]byte{}
		var base rdfstore.BackupHeader
		for range rapid.IntRange(1, 4).Draw(rt, "backups") {
			for range rapid.IntRange(0, 8).Draw(rt, "changes") {
				name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "name")
				id := member(t, name)
				if rapid.Bool().Draw(rt, "acl") {
					id = id.ACL()
				}
				seed++
				body := b.stageSeeded(t, rapid.SampledFrom(sizes).Draw(rt, "size"), seed)
				if rapid.IntRange(0, 2).Draw(rt, "triples") == 0 {
					body.Discard()
					body = b.stageTriples(t, rapid.SampledFrom([]int{1, 500, 20_000}).Draw(rt, "count"), fmt.Sprint(seed))
				}
				remove := rapid.IntRange(0, 3).Draw(rt, "remove") == 0
				err := b.Update(context.Background(), func(tx rdfstore.Tx) error {
					if err := tx.SetRecord("bucket", name, []byte(fmt.Sprint(seed)), time.Time{}); err != nil {
						return err
					}
					if remove {
						return tx.Delete(id)
					}
					_, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Binary, Body: body})
					return err
				})
				body.Discard()
				if err != nil && !errors.Is(err, rdfstore.ErrNotFound) && !errors.Is(err, rdfstore.ErrNoSubject) {
					rt.Fatal(err)
				}
			}
			if err := b.Update(context.Background(), func(rdfstore.Tx) error { return nil }); err != nil { // blobs are tidied
				rt.Fatal(err)
			}
			for b.isCollecting() {
				runtime.Gosched()
			}
			file, header := b.backup(t, rdfstore.BackupOptions{Base: base})
			chain = append(chain, file)
			if rapid.Bool().Draw(rt, "rebase") || len(chain) == 1 {
				base = header
			}
		}
		engine, blobs, err := restored(chain...)
		if err != nil {
			rt.Fatal(err)
		}
		if err := b.difference(engine, blobs); err != nil {
			rt.Fatal(err)
		}
	})
}

// An increment holds the bodies that changed and no others.
func TestIncrementsAreSmall(t *testing.T) {
	b := newBench(t, Options{})
	put := func(name string, size int, seed uint64) {
		body := b.stageSeeded(t, size, seed)
		b.update(t, func(tx rdfstore.Tx) error {
			_, err := tx.Put(member(t, name), rdfstore.Content{Kind: rdfstore.Binary, Body: body})
			return err
		})
	}
	for i := range uint64(20) {
		put(fmt.Sprint("small", i), 10_000, i)
		put(fmt.Sprint("large", i), 50_000, 100+i)
	}
	triples := b.stageTriples(t, 20_000, "value")
	b.update(t, func(tx rdfstore.Tx) error {
		_, err := tx.Put(member(t, "triples"), rdfstore.Content{Kind: rdfstore.Document, Body: triples})
		return err
	})
	full, header := b.backup(t, rdfstore.BackupOptions{})
	put("small3", 10_000, 200)
	put("large3", 50_000, 201)
	increment, _ := b.backup(t, rdfstore.BackupOptions{Base: header})
	if len(full) < 20*60_000 || len(increment) > 100_000 {
		t.Errorf("full: %d bytes, increment: %d bytes", len(full), len(increment))
	}
	engine, blobs, err := restored(full, increment)
	if err := errors.Join(err, b.difference(engine, blobs)); err != nil {
		t.Error(err)
	}
}

// A backup is of one revision, whatever is written while it is made, and has
// the blobs that were dropped meanwhile.
func TestBackupWhileWriting(t *testing.T) {
	b := newBench(t, Options{})
	first := b.stageSeeded(t, 600_000, 1)
	b.update(t, func(tx rdfstore.Tx) error {
		_, err := tx.Put(member(t, "it"), rdfstore.Content{Kind: rdfstore.Binary, Body: first})
		return err
	})
	var once bool
	second := b.stageSeeded(t, 600_000, 2)
	file, header := b.backup(t, rdfstore.BackupOptions{Progress: func(rdfstore.Progress) {
		if once {
			return
		}
		once = true
		b.update(t, func(tx rdfstore.Tx) error {
			_, err := tx.Put(member(t, "it"), rdfstore.Content{Kind: rdfstore.Binary, Body: second})
			return err
		})
	}})
	engine, blobs, err := restored(file)
	if err != nil {
		t.Fatal(err)
	}
	again := &bench{engine: engine, blobs: blobs}
	again.open(t, Options{})
	again.view(t, func(r rdfstore.Reader) error {
		found, err := r.Resource(member(t, "it"))
		if err != nil {
			return err
		}
		body, err := r.Open(found.ID)
		if err != nil {
			return err
		}
		defer body.Close()
		if got, err := hashOf(body); err != nil || got != first.SHA256() || found.SHA256 != got || found.Revision > header.Revision {
			t.Errorf("%v, %x of revision %d; the backup is of %d", err, got, found.Revision, header.Revision)
		}
		return nil
	})
}

// No file that was cut off or altered restores to a store.
func TestDamagedBackupsAreRefused(t *testing.T) {
	b := newBench(t, Options{})
	for i := range 40 {
		body := b.stageSeeded(t, 10_000, uint64(i))
		b.update(t, func(tx rdfstore.Tx) error {
			_, err := tx.Put(member(t, fmt.Sprint(i)), rdfstore.Content{Kind: rdfstore.Binary, Body: body})
			return err
		})
	}
	file, _ := b.backup(t, rdfstore.BackupOptions{})
	refuse := func(name string, damaged []byte) {
		t.Helper()
		engine, _, err := restored(damaged)
		if !errors.Is(err, rdfstore.ErrBackup) {
			t.Errorf("%s: %v", name, err)
		}
		if _, there := engine.entries[string(schemaKey)]; there {
			t.Errorf("%s: there is a store now", name)
		}
	}
	for _, length := range []int{0, 1, len(archiveMagic), len(archiveMagic) + 20, len(file) / 2, len(file) - 37, len(file) - 36, len(file) - 32, len(file) - 1} {
		refuse(fmt.Sprintf("the first %d of %d bytes", length, len(file)), file[:length])
	}
	for range 60 {
		at := rand.IntN(len(file))
		altered := slices.Clone(file)
		altered[at] ^= 1 << rand.IntN(8)
		refuse(fmt.Sprintf("a bit altered at %d of %d", at, len(file)), altered)
	}
	refuse("something behind the end", append(slices.Clone(file), 0))
	refuse("two files in one", append(slices.Clone(file), file...))
}

func TestBackupsThatDoNotFollow(t *testing.T) {
	b := newBench(t, Options{})
	change := func() {
		b.update(t, func(tx rdfstore.Tx) error {
			_, err := tx.Put(member(t, "it"), rdfstore.Content{Kind: rdfstore.Document, Body: b.stage(t, 10)})
			return err
		})
	}
	change()
	full, first := b.backup(t, rdfstore.BackupOptions{})
	change()
	second, secondHeader := b.backup(t, rdfstore.BackupOptions{Base: first})
	change()
	third, _ := b.backup(t, rdfstore.BackupOptions{Base: secondHeader})
	other := newBench(t, Options{})
	foreign, foreignHeader := other.backup(t, rdfstore.BackupOptions{})
	foreignIncrement, _ := other.backup(t, rdfstore.BackupOptions{Base: foreignHeader})
	for name, c := range map[string]struct {
		chain [][]byte
		says  string
	}{
		"none":                    {nil, "none was given"},
		"no full one":             {[][]byte{second}, "give the full one first"},
		"a gap":                   {[][]byte{full, third}, "the one before ends at"},
		"backwards":               {[][]byte{full, second, third, second}, "older"},
		"two full ones":           {[][]byte{full, full}, "it is a full one"},
		"of another store":        {[][]byte{full, foreignIncrement}, "another store"},
		"a full one, then others": {[][]byte{foreign, second}, "another store"},
	} {
		if _, _, err := restored(c.chain...); !errors.Is(err, rdfstore.ErrBackupOrder) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want an error that says %q", name, err, c.says)
		}
	}
	if _, err := other.Backup(t.Context(), io.Discard, rdfstore.BackupOptions{Base: first}); !errors.Is(err, rdfstore.ErrBackupOrder) {
		t.Errorf("an increment on another store's backup: %v", err)
	}
}

// A body that cannot be read is told of and does not keep the rest from being
// saved.
func TestBackupOfADamagedStore(t *testing.T) {
	b := newBench(t, Options{})
	for i, name := range []string{"lost", "kept"} {
		body := b.stageSeeded(t, 600_000, uint64(i))
		b.update(t, func(tx rdfstore.Tx) error {
			_, err := tx.Put(member(t, name), rdfstore.Content{Kind: rdfstore.Binary, Body: body})
			return err
		})
	}
	b.view(t, func(rdfstore.Reader) error {
		raw := b.engine.entries[string(resourceKey(member(t, "lost")))]
		record, err := decodeRecord(raw)
		return errors.Join(err, b.blobs.Remove(record.blob))
	})
	var damage []string
	file, _ := b.backup(t, rdfstore.BackupOptions{Damage: func(what string) { damage = append(damage, what) }})
	if len(damage) != 1 || !strings.Contains(damage[0], "alice:lost") {
		t.Errorf("damage: %v", damage)
	}
	engine, blobs, err := restored(file)
	if err := errors.Join(err, b.difference(engine, blobs)); err != nil {
		t.Error(err)
	}
}

// A backup needs no more memory for a large body than for a small one.
func TestBackupInConstantMemory(t *testing.T) {
	b := newBench(t, Options{})
	body := b.stage(t, 32<<20)
	b.update(t, func(tx rdfstore.Tx) error {
		_, err := tx.Put(member(t, "it"), rdfstore.Content{Kind: rdfstore.Binary, Body: body})
		return err
	})
	allocated := testing.Benchmark(func(tb *testing.B) {
		for tb.Loop() {
			if _, err := b.Backup(context.Background(), io.Discard, rdfstore.BackupOptions{}); err != nil {
				tb.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 2<<20 {
		t.Errorf("a backup of 32 MiB allocates %d bytes", allocated)
	}
}

func FuzzRestore(f *testing.F) {
	var file bytes.Buffer
	w, err := newArchiveWriter(&file, rdfstore.BackupHeader{Schema: schema, Epoch: "e", Revision: 1})
	if err != nil {
		f.Fatal(err)
	}
	id := blob.NewID()
	err, broken := w.blob(id, strings.NewReader("content"), make([]byte, 4))
	if err := errors.Join(err, broken, w.item(entryItem, resourceKey(resource.Root("alice")), []byte("x")), w.close()); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		engine, _, err := restored(file)
		if _, there := engine.entries[string(schemaKey)]; there != (err == nil) {
			t.Errorf("%v, and there is a store: %v", err, there)
		}
	})
}

func hashOf(body io.Reader) (sum [sha256.Size]byte, err error) {
	hash := sha256.New()
	_, err = io.Copy(hash, body)
	hash.Sum(sum[:0])
	return sum, err
}
