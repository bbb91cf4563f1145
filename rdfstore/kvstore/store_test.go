package kvstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

func TestFailedBatch(t *testing.T) {
	failure := errors.New("input/output error")
	id := func(t *testing.T) resource.ID { return member(t, "it") }
	put := func(b *bench, id resource.ID, body rdfstore.Staged) error {
		return b.Update(context.Background(), func(tx rdfstore.Tx) error {
			_, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Binary, Body: body})
			return err
		})
	}
	t.Run("that changed nothing is answered with the error, and writing goes on", func(t *testing.T) {
		b := newBench(t, Options{})
		b.engine.failure = fmt.Errorf("%w: %w", ErrNotApplied, failure)
		body := b.stage(t, 100_000)
		if err := put(b, id(t), body); !errors.Is(err, failure) {
			t.Errorf("Update = %v", err)
		}
		b.engine.failure = nil
		b.view(t, func(r rdfstore.Reader) error {
			if _, err := r.Resource(id(t)); !errors.Is(err, rdfstore.ErrNotFound) {
				t.Errorf("Resource = %v", err)
			}
			return nil
		})
		if err := put(b, id(t), body); err != nil {
			t.Errorf("the body is not free again: %v", err)
		}
	})
	t.Run("that may have changed something ends writing, and keeps its blobs", func(t *testing.T) {
		b := newBench(t, Options{})
		old := b.stage(t, 100_000)
		if err := put(b, id(t), old); err != nil {
			t.Fatal(err)
		}
		b.engine.failure = failure
		body := b.stage(t, 100_000)
		if err := put(b, id(t), body); !errors.Is(err, failure) {
			t.Errorf("Update = %v", err)
		}
		body.Discard()
		b.engine.failure = nil
		if err := b.Update(t.Context(), func(rdfstore.Tx) error { return nil }); !errors.Is(err, failure) {
			t.Errorf("a later Update = %v", err)
		}
		b.view(t, func(r rdfstore.Reader) error {
			_, err := r.Resource(id(t)) // reads go on
			return err
		})
		b.collectOrphans(t.Context())
		if n := b.blobCount(t); n != 2 {
			t.Errorf("%d blobs, want the old and the new one", n)
		}
	})
}

func TestExpiry(t *testing.T) {
	b := newBench(t, Options{})
	b.update(t, func(tx rdfstore.Tx) error {
		return tx.SetRecord("codes", "code", []byte("x"), b.now.Add(time.Second))
	})
	there := func() (there bool) {
		b.view(t, func(r rdfstore.Reader) error {
			_, err := r.Record("codes", "code")
			there = err == nil
			return nil
		})
		return there
	}
	for _, step := range []struct {
		advance time.Duration
		there   bool
		swept   int
	}{{0, true, 0}, {999 * time.Millisecond, true, 0}, {time.Millisecond, false, 1}, {time.Hour, false, 0}} {
		b.now = b.now.Add(step.advance)
		if there() != step.there {
			t.Errorf("at %v: there: %v", b.now, !step.there)
		}
		if n, err := b.Sweep(t.Context(), 10); n != step.swept || err != nil {
			t.Errorf("at %v: Sweep = %d, %v", b.now, n, err)
		}
	}
	b.now = b.now.Add(time.Second)
	b.update(t, func(tx rdfstore.Tx) error {
		for i := range 2500 { // more than one batch of Sweep
			if err := tx.SetRecord("codes", fmt.Sprint(i), nil, b.now); err != nil {
				return err
			}
		}
		return nil
	})
	if n, err := b.Sweep(t.Context(), 2200); n != 2200 || err != nil {
		t.Errorf("Sweep = %d, %v", n, err)
	}
	if n, err := b.Sweep(t.Context(), 2200); n != 300 || err != nil {
		t.Errorf("Sweep = %d, %v", n, err)
	}
	for key := range b.engine.entries {
		if key[0] == statePrefix || key[0] == expiryPrefix {
			t.Errorf("left after Sweep: %q", key)
		}
	}
}

func TestDatesNeverGoBack(t *testing.T) {
	b := newBench(t, Options{})
	put := func(name string) (put, root rdfstore.Resource) {
		b.update(t, func(tx rdfstore.Tx) (err error) {
			if put, err = tx.Put(member(t, name), rdfstore.Content{Kind: rdfstore.Binary}); err != nil {
				return err
			}
			root, err = tx.Resource(resource.Root("alice"))
			return err
		})
		return put, root
	}
	first, rootBefore := put("it")
	b.now = b.now.Add(-time.Hour) // the machine's clock was corrected
	second, _ := put("it")
	if second.Modified != first.Modified || second.Created != first.Created {
		t.Errorf("%v after %v", second, first)
	}
	if _, root := put("another"); root.Modified != rootBefore.Modified || root.Membership == rootBefore.Membership {
		t.Errorf("root %v after %v", root, rootBefore)
	}
}

func TestNothingIsLeftOfADeletedResource(t *testing.T) {
	b := newBench(t, Options{})
	// Counters count on and the root has changed; all else is as before.
	forget := func() {
		t.Helper()
		if _, err := b.TrimChanges(t.Context(), b.now.Add(1), 100); err != nil {
			t.Fatal(err)
		}
	}
	forget()
	before := len(b.engine.entries)
	for _, size := range []int{0, 100, 100_000} {
		id := member(t, "it")
		bodies := []rdfstore.Staged{b.stage(t, size), b.stage(t, size), b.stage(t, size)}
		b.update(t, func(tx rdfstore.Tx) error {
			for i, id := range []resource.ID{id, id.ACL(), id.Description()} {
				if _, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Document, Body: bodies[i]}); err != nil {
					return err
				}
			}
			return nil
		})
		b.update(t, func(tx rdfstore.Tx) error { return tx.Delete(id) })
		forget()
		if after := len(b.engine.entries); after != before || b.blobCount(t) != 0 {
			t.Errorf("%d bytes: %d keys and %d blobs are left", size, after-before, b.blobCount(t))
		}
	}
}

func TestOpenRefusesOtherLayouts(t *testing.T) {
	for name, c := range map[string]struct {
		version []byte
		want    error
	}{
		"newer":      {binary.AppendUvarint(nil, schema+1), rdfstore.ErrSchema},
		"unreadable": {nil, errCorrupt},
		"zero":       {[]byte{0}, errCorrupt},
	} {
		engine := &mapEngine{entries: map[string][]byte{string(schemaKey): c.version}}
		if _, err := Open(engine, &blob.Memory{}, Options{}); !errors.Is(err, c.want) {
			t.Errorf("%s: Open = %v", name, err)
		}
	}
	engine := &mapEngine{entries: map[string][]byte{string(schemaKey): {schema}}}
	if _, err := Open(engine, &blob.Memory{}, Options{}); !errors.Is(err, errCorrupt) {
		t.Errorf("no epoch: Open = %v", err)
	}
}

func TestDiscardDuringAnUpdate(t *testing.T) {
	for name, end := range map[string]error{"that succeeds": nil, "that fails": errors.New("refused")} {
		b := newBench(t, Options{})
		body := b.stage(t, 100_000)
		err := b.Update(t.Context(), func(tx rdfstore.Tx) error {
			_, err := tx.Put(member(t, "it"), rdfstore.Content{Kind: rdfstore.Binary, Body: body})
			body.Discard() // its request was given up meanwhile
			return errors.Join(err, end)
		})
		want := 1
		if end != nil {
			want = 0
		}
		if n := b.blobCount(t); n != want || !errors.Is(err, end) {
			t.Errorf("%s: %d blobs, want %d; Update = %v", name, n, want, err)
		}
	}
}

func TestBodiesOfOtherStoresAreRefused(t *testing.T) {
	one, other := newBench(t, Options{}), newBench(t, Options{})
	if err := one.Update(t.Context(), func(tx rdfstore.Tx) error {
		_, err := tx.Put(member(t, "it"), rdfstore.Content{Kind: rdfstore.Binary, Body: other.stage(t, 10)})
		return err
	}); !errors.Is(err, errForeign) {
		t.Errorf("Update = %v", err)
	}
}
