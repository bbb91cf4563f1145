package kvstore

import (
	"bytes"
	"io"
	"testing"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// Identical bodies of one storage are one blob, which goes with the last of
// them; another storage has its own.
func TestSharedBlobs(t *testing.T) {
	b := newBench(t, Options{})
	b.update(t, func(tx rdfstore.Tx) error { return tx.CreateStorage(rdfstore.Storage{Name: "bob"}) })
	in := func(storage, name string) resource.ID { return resource.Root(storage).Entry(name) }
	same, other := bytes.Repeat([]byte("s"), 50_000), bytes.Repeat([]byte("o"), 50_000)
	put := func(body []byte, ids ...resource.ID) {
		t.Helper()
		staged := make([]rdfstore.Staged, len(ids))
		for i := range ids {
			staged[i] = b.stageBody(t, body)
			defer staged[i].Discard()
		}
		b.update(t, func(tx rdfstore.Tx) error {
			for i, id := range ids {
				if _, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Binary, Body: staged[i]}); err != nil {
					return err
				}
			}
			return nil
		})
		for i, id := range ids {
			for name, open := range map[string]func() (io.ReadSeekCloser, error){
				"the staged body": staged[i].Open,
				"the resource": func() (opened io.ReadSeekCloser, err error) {
					err = b.View(t.Context(), func(r rdfstore.Reader) error {
						opened, err = r.Open(id)
						return err
					})
					return opened, err
				},
			} {
				opened, err := open()
				if err != nil {
					t.Fatalf("%s of %v: %v", name, id, err)
				}
				if got, err := io.ReadAll(opened); err != nil || !bytes.Equal(got, body) {
					t.Errorf("%s of %v: %d bytes, %v", name, id, len(got), err)
				}
				opened.Close()
			}
		}
	}
	remove := func(id resource.ID) {
		t.Helper()
		b.update(t, func(tx rdfstore.Tx) error { return tx.Delete(id) })
	}
	expect := func(want int, when string) {
		t.Helper()
		b.collectOrphans(t.Context())
		if n := b.blobCount(t); n != want {
			t.Errorf("%s: %d blobs, want %d", when, n, want)
		}
	}
	put(same, in("alice", "a"), in("alice", "b"))
	put(same, in("alice", "c"))
	expect(1, "three resources")
	put(same, in("bob", "a"))
	expect(2, "another storage")
	put(same, in("alice", "a"))
	expect(2, "replaced by the same")
	put(other, in("alice", "a"))
	expect(3, "replaced by another")
	remove(in("alice", "b"))
	expect(3, "one of two deleted")
	remove(in("alice", "c"))
	expect(2, "the last deleted")
	put(same, in("alice", "b"))
	expect(3, "written anew")
	remove(in("bob", "a"))
	expect(2, "deleted in the other storage")
}

// A body whose update fails is no reference, and one that waits to be committed
// is none to share.
func TestFailedUpdatesShareNothing(t *testing.T) {
	b := newBench(t, Options{})
	body := bytes.Repeat([]byte("s"), 50_000)
	put := func(tx rdfstore.Tx, name string, staged rdfstore.Staged) error {
		_, err := tx.Put(member(t, name), rdfstore.Content{Kind: rdfstore.Binary, Body: staged})
		return err
	}
	first, second := b.stageBody(t, body), b.stageBody(t, body)
	if err := b.Update(t.Context(), func(tx rdfstore.Tx) error {
		if err := put(tx, "failed", first); err != nil {
			return err
		}
		return io.ErrUnexpectedEOF
	}); err == nil {
		t.Fatal("Update succeeded")
	}
	first.Discard()
	b.update(t, func(tx rdfstore.Tx) error { return put(tx, "it", second) })
	second.Discard()
	if n := b.blobCount(t); n != 1 {
		t.Errorf("%d blobs, want 1", n)
	}
	b.update(t, func(tx rdfstore.Tx) error { return tx.Delete(member(t, "it")) })
	if n := b.blobCount(t); n != 0 {
		t.Errorf("%d blobs are left", n)
	}
}
