package kvstore

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// schema1 turns entries of this version into what schema 1 had: no usage, no
// feed, no contents, and for a blob the key of its resource.
func schema1(t *testing.T, entries map[string][]byte) map[string][]byte {
	t.Helper()
	old := map[string][]byte{}
	for key, value := range entries {
		switch key[0] {
		case storageUsagePrefix, accountUsagePrefix, changePrefix, contentPrefix, blobPrefix:
			continue
		case resourcePrefix:
			r, err := decodeRecord(value)
			if err != nil {
				t.Fatal(err)
			}
			if r.location == inBlob {
				old[string(blobKey(r.blob))] = []byte(key)
			}
		}
		old[key] = value
	}
	delete(old, string(trimmedKey))
	old[string(schemaKey)] = []byte{1}
	return old
}

// schema1Bench is a bench whose data have schema 1: two storages of an account
// and one without, and a store that has not been opened.
func schema1Bench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, Options{})
	b.update(t, func(tx rdfstore.Tx) error {
		return errors.Join(
			tx.CreateStorage(rdfstore.Storage{Name: "bob", Account: "account"}),
			tx.CreateStorage(rdfstore.Storage{Name: "carol", Account: "account"}),
		)
	})
	twice := bytes.Repeat([]byte("s"), 50_000)
	for i := range 40 {
		name := fmt.Sprint("doc", i)
		for _, put := range []struct {
			id   resource.ID
			body rdfstore.Staged
		}{
			{resource.Root("alice").Entry(name), b.stage(t, 100)},
			{resource.Root("bob").Entry(name), b.stage(t, 20_000+i)},
			{resource.Root("bob").Entry(name).ACL(), b.stage(t, i)},
			{resource.Root("carol").Entry(name), b.stage(t, 7)},
		} {
			b.update(t, func(tx rdfstore.Tx) error {
				_, err := tx.Put(put.id, rdfstore.Content{Kind: rdfstore.Document, Body: put.body})
				return err
			})
		}
	}
	// Schema 1 shared nothing: identical bodies have blobs of their own.
	for _, name := range []string{"twin1", "twin2"} {
		body := b.stageBody(t, twice)
		b.update(t, func(tx rdfstore.Tx) error {
			_, err := tx.Put(resource.Root("bob").Entry(name), rdfstore.Content{Kind: rdfstore.Binary, Body: body})
			return err
		})
		b.engine.mu.Lock()
		entries := maps.Clone(b.engine.entries)
		maps.DeleteFunc(entries, func(key string, _ []byte) bool { return key[0] == contentPrefix })
		b.engine.entries = entries
		b.engine.mu.Unlock()
		b.recall.clear()
	}
	if err := b.Store.Close(); err != nil {
		t.Fatal(err)
	}
	b.engine.entries = schema1(t, b.engine.entries)
	return b
}

func TestMigrationFromSchema1(t *testing.T) {
	b := schema1Bench(t)
	b.open(t, Options{Limits: Limits{Keys: 20, Bytes: 1 << 20}})
	checkMigrated(t, b)
}

// A migration that is cut off goes on at the next start, wherever it was.
func TestMigrationIsRestartable(t *testing.T) {
	failure := fmt.Errorf("%w: no space", ErrNotApplied)
	limits := Limits{Keys: 20, Bytes: 1 << 20}
	b := schema1Bench(t)
	cutOff := 0
	for batches := 0; ; batches++ {
		engine := &failingEngine{mapEngine: b.engine, after: batches, failure: failure}
		store, err := Open(engine, b.blobs, Options{Limits: limits})
		if err == nil {
			store.Close()
			break
		}
		if !errors.Is(err, failure) {
			t.Fatal(err)
		}
		cutOff++
	}
	if cutOff < 5 {
		t.Errorf("cut off %d times only", cutOff)
	}
	b.open(t, Options{})
	checkMigrated(t, b)
}

// failingEngine applies some batches and fails then.
type failingEngine struct {
	*mapEngine
	after   int
	failure error
}

func (e *failingEngine) Apply(changes []Change) error {
	if e.after--; e.after < 0 {
		return e.failure
	}
	return e.mapEngine.Apply(changes)
}

func checkMigrated(t *testing.T, b *bench) {
	t.Helper()
	aclBytes := int64(39 * 40 / 2)
	bob := rdfstore.Usage{Bytes: 40*20_000 + aclBytes + aclBytes + 2*50_000, Resources: 1 + 40 + 40 + 2}
	carol := rdfstore.Usage{Bytes: 40 * 7, Resources: 41}
	b.view(t, func(r rdfstore.Reader) error {
		for holder, want := range map[rdfstore.Holder]rdfstore.Usage{
			{Name: "alice"}: {Bytes: 40 * 100, Resources: 41},
			{Name: "bob"}:   bob,
			{Name: "carol"}: carol,
			{Kind: rdfstore.AccountHolder, Name: "account"}: {Bytes: bob.Bytes + carol.Bytes, Resources: bob.Resources + carol.Resources},
		} {
			usage, err := r.Usage(holder)
			if diff := cmp.Diff(want, usage); err != nil || diff != "" {
				t.Errorf("usage of %s %s: %v %s", holder.Kind, holder.Name, err, diff)
			}
		}
		for _, err := range r.Changes(0) {
			if !errors.Is(err, rdfstore.ErrTrimmed) {
				t.Errorf("a feed from before: %v", err)
			}
		}
		return nil
	})
	before := b.blobCount(t)
	delete := func(id resource.ID) {
		t.Helper()
		b.update(t, func(tx rdfstore.Tx) error { return tx.Delete(id) })
	}
	// Each of the identical blobs goes with its resource, and one of them is
	// found to be shared.
	body := b.stageBody(t, bytes.Repeat([]byte("s"), 50_000))
	b.update(t, func(tx rdfstore.Tx) error {
		_, err := tx.Put(resource.Root("bob").Entry("twin3"), rdfstore.Content{Kind: rdfstore.Binary, Body: body})
		return err
	})
	for _, name := range []string{"twin1", "twin2", "twin3"} {
		delete(resource.Root("bob").Entry(name))
	}
	for i := range 40 {
		delete(resource.Root("bob").Entry(fmt.Sprint("doc", i)))
	}
	if after := b.blobCount(t); before != 42 || after != 0 {
		t.Errorf("%d blobs, and %d after all are deleted", before, after)
	}
	b.view(t, func(r rdfstore.Reader) error {
		usage, err := r.Usage(rdfstore.Holder{Name: "bob"})
		if usage != (rdfstore.Usage{Resources: 1}) {
			t.Errorf("usage of the emptied storage: %+v", usage)
		}
		return err
	})
}
