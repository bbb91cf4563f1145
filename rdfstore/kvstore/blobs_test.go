package kvstore

import (
	"testing"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
)

// A blob that a batch drops is removed when the views that began before it
// have ended, and not before.
func TestDroppedBlobsWaitForViews(t *testing.T) {
	b := newBench(t, Options{})
	id := member(t, "it")
	put := func() {
		t.Helper()
		body := b.stage(t, 100_000)
		b.update(t, func(tx rdfstore.Tx) error {
			_, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Binary, Body: body})
			return err
		})
	}
	expect := func(want int, when string) {
		t.Helper()
		b.collectOrphans(t.Context()) // takes nothing that a view may need
		if n := b.blobCount(t); n != want {
			t.Errorf("%s: %d blobs, want %d", when, n, want)
		}
	}
	put()
	b.view(t, func(rdfstore.Reader) error {
		put()
		expect(2, "replaced once, within the first view")
		b.view(t, func(rdfstore.Reader) error {
			put()
			expect(3, "replaced twice, within both views")
			return nil
		})
		expect(3, "the first view is still there")
		return nil
	})
	expect(1, "after both views")
}

// The collector must not take for an orphan what is committed, or dropped but
// still viewed, while it looks.
func TestCollectorRaces(t *testing.T) {
	put := func(b *bench, body rdfstore.Staged) {
		b.update(t, func(tx rdfstore.Tx) error {
			_, err := tx.Put(member(t, "it"), rdfstore.Content{Kind: rdfstore.Binary, Body: body})
			return err
		})
	}
	collect := func(b *bench) {
		var listed []blob.ID
		for id := range b.blobs.All() {
			listed = append(listed, id)
		}
		if _, err := b.removeOrphans(listed); err != nil {
			t.Error(err)
		}
	}
	t.Run("committed between snapshot and removal", func(t *testing.T) {
		b := newBench(t, Options{})
		b.alone()
		body := b.stage(t, 100_000)
		commit := func() { put(b, body) }
		b.engine.beforeRead = commit
		collect(b)
		b.engine.beforeRead = nil
		if n := b.blobCount(t); n != 1 {
			t.Error("the blob was removed")
		}
	})
	t.Run("dropped before the snapshot, while a view needs it", func(t *testing.T) {
		b := newBench(t, Options{})
		b.alone()
		put(b, b.stage(t, 100_000))
		b.view(t, func(r rdfstore.Reader) error {
			b.engine.beforeSnapshot = func() {
				b.update(t, func(tx rdfstore.Tx) error { return tx.Delete(member(t, "it")) })
			}
			collect(b)
			body, err := r.Open(member(t, "it"))
			if err == nil {
				body.Close()
			}
			return err
		})
		if n := b.blobCount(t); n != 0 {
			t.Errorf("%d blobs are left after the view", n)
		}
	})
	t.Run("an orphan", func(t *testing.T) {
		b := newBench(t, Options{})
		b.held.remove(b.stage(t, 100_000).(*staged).blob) // as after a crash
		if collect(b); b.blobCount(t) != 0 {
			t.Error("it is left")
		}
	})
}
