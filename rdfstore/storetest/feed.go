package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

func (f *fixture) revision() (revision uint64) {
	f.Helper()
	f.view(func(r rdfstore.Reader) (err error) {
		revision, err = r.Revision()
		return err
	})
	return revision
}

func (f *fixture) changes(after uint64) (changes []rdfstore.Change, err error) {
	f.Helper()
	f.view(func(r rdfstore.Reader) error {
		for change, failure := range r.Changes(after) {
			if err = failure; err != nil {
				break
			}
			changes = append(changes, change)
		}
		return nil
	})
	return changes, err
}

func testFeed(t *testing.T, f *fixture) {
	app := rdfstore.Actor{Agent: "https://alice.example/#me", Client: "https://app.example/id"}
	t.Run("has each change of a resource, and who made it", func(t *testing.T) {
		before := f.revision()
		f.update(func(tx rdfstore.Tx) error { return tx.CreateStorage(rdfstore.Storage{Name: "fed"}) })
		content, meta := f.content(in("fed", "a/doc"), "x"), f.content(in("fed", "a/.meta"), "x")
		again, acl := f.content(in("fed", "a/doc"), largeBody('f')), f.content(in("fed", "a/doc.acl"), "x")
		var revisions []uint64
		f.update(func(tx rdfstore.Tx) error {
			tx.ActAs(app)
			for _, put := range []struct {
				path    string
				content rdfstore.Content
			}{
				{"a/", rdfstore.Content{Kind: rdfstore.Container}}, {"a/doc", content}, {"a/.meta", meta}, {"a/doc.acl", acl}, {"a/doc", again},
			} {
				made, err := tx.Put(in("fed", put.path), put.content)
				if err != nil {
					return err
				}
				revisions = append(revisions, made.Revision)
			}
			return nil
		})
		f.update(func(tx rdfstore.Tx) error { return tx.Delete(in("fed", "a/doc")) })
		f.set("fed", "k", "no change of a resource", time.Time{})
		changes, err := f.changes(before)
		if err != nil {
			t.Fatal(err)
		}
		if last := changes[len(changes)-1].Revision; last != f.revision() {
			t.Errorf("the last change has revision %d, the store %d", last, f.revision())
		}
		for i := range changes {
			if age := time.Since(changes[i].Time); age < -time.Minute || age > time.Hour {
				t.Errorf("change %d was made at %v", i, changes[i].Time)
			}
			changes[i].Time = time.Time{}
		}
		want := []rdfstore.Change{
			{Revision: before + 1, Action: rdfstore.Created, ID: in("fed", ""), Kind: rdfstore.Container},
			{Revision: revisions[0], Action: rdfstore.Created, ID: in("fed", "a/"), Kind: rdfstore.Container, Actor: app},
			{Revision: revisions[1], Action: rdfstore.Created, ID: in("fed", "a/doc"), Kind: rdfstore.Document, Actor: app},
			{Revision: revisions[2], Action: rdfstore.Created, ID: in("fed", "a/.meta"), Kind: rdfstore.Document, Actor: app},
			{Revision: revisions[3], Action: rdfstore.Created, ID: in("fed", "a/doc.acl"), Kind: rdfstore.Document, Actor: app},
			{Revision: revisions[4], Action: rdfstore.Updated, ID: in("fed", "a/doc"), Kind: rdfstore.Document, Actor: app},
			{Revision: revisions[4] + 1, Action: rdfstore.Deleted, ID: in("fed", "a/doc"), Kind: rdfstore.Document},
		}
		if diff := cmp.Diff(want, changes, cmp.Comparer(func(a, b resource.ID) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
		if later, err := f.changes(want[4].Revision); err != nil || len(later) != 2 {
			t.Errorf("behind a cursor: %v, %v", later, err)
		}
	})
	t.Run("has nothing of what failed", func(t *testing.T) {
		before := f.revision()
		f.refuse(errRefused, func(tx rdfstore.Tx) error {
			_, err := tx.Put(at("failed/"), rdfstore.Content{Kind: rdfstore.Container})
			return errors.Join(err, errRefused)
		})
		if changes, err := f.changes(before); err != nil || len(changes) > 0 || f.revision() != before {
			t.Errorf("%v, %v, revision %d", changes, err, f.revision())
		}
	})
	t.Run("wakes who waits for it", func(t *testing.T) {
		before := f.revision()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		waiting := make(chan error, 1)
		go func() { waiting <- f.AwaitChange(ctx, before) }()
		f.set("fed", "k", "no change of a resource", time.Time{})
		select {
		case err := <-waiting:
			t.Errorf("AwaitChange = %v without a change", err)
		case <-time.After(10 * time.Millisecond):
		}
		f.put("awaited")
		if err := <-waiting; err != nil {
			t.Errorf("AwaitChange = %v", err)
		}
		if changes, err := f.changes(before); err != nil || len(changes) != 1 {
			t.Errorf("%v, %v", changes, err)
		}
		if err := f.AwaitChange(ctx, before); err != nil {
			t.Errorf("AwaitChange of what has been = %v", err)
		}
		cancel()
		if err := f.AwaitChange(ctx, f.revision()); !errors.Is(err, context.Canceled) {
			t.Errorf("AwaitChange = %v", err)
		}
	})
	t.Run("forgets what is old, the oldest first", func(t *testing.T) {
		f.put("old1", "old2", "old3")
		last := f.revision()
		time.Sleep(2 * time.Millisecond)
		between := time.Now().Truncate(time.Millisecond) // as times are stored
		f.put("young1", "young2")
		old, err := f.changes(0)
		if err != nil {
			t.Fatal(err)
		}
		old = old[:len(old)-2]
		trim := func(limit, want int) {
			t.Helper()
			if n, err := f.TrimChanges(context.Background(), between, limit); err != nil || n != want {
				t.Errorf("TrimChanges = %d, %v; want %d", n, err, want)
			}
		}
		trim(2, 2)
		if _, err := f.changes(old[0].Revision); !errors.Is(err, rdfstore.ErrTrimmed) {
			t.Errorf("Changes behind the first = %v", err)
		}
		if changes, err := f.changes(old[1].Revision); err != nil || len(changes) != len(old) {
			t.Errorf("Changes behind the mark: %d, %v; want %d", len(changes), err, len(old))
		}
		trim(1<<20, len(old)-2)
		trim(1<<20, 0)
		if changes, err := f.changes(last); err != nil || len(changes) != 2 {
			t.Errorf("what is young: %v, %v", changes, err)
		}
		if _, err := f.changes(last - 1); !errors.Is(err, rdfstore.ErrTrimmed) {
			t.Errorf("Changes = %v", err)
		}
	})
}
