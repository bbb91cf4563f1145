package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"domicile/rdfstore"
)

func testErasing(t *testing.T, f *fixture) {
	account := rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: alice.Account}
	hasUsage := func(holder rdfstore.Holder) (found bool) {
		f.view(func(r rdfstore.Reader) error {
			_, err := r.Usage(holder)
			found = err == nil
			return nil
		})
		return found
	}
	gone := rdfstore.Storage{Name: "gone", Owner: "https://gone.example/#me", Account: alice.Account}
	holder := rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: "gone"}
	put := func(tx rdfstore.Tx, path, body string) error {
		_, err := tx.Put(in("gone", path), f.content(in("gone", path), body))
		return err
	}
	f.putBody("keep", "kept")
	before := f.usage(account)
	f.update(func(tx rdfstore.Tx) error {
		if err := tx.CreateStorage(gone); err != nil {
			return err
		}
		for _, name := range []string{"", "a/", "a/b/"} {
			if name != "" {
				if _, err := tx.Put(in("gone", name), rdfstore.Content{Kind: rdfstore.Container, MediaType: "text/turtle"}); err != nil {
					return err
				}
			}
			for i := range 150 {
				if err := put(tx, fmt.Sprintf("%sdocument-%d", name, i), fmt.Sprint("body ", i)); err != nil {
					return err
				}
			}
		}
		return put(tx, ".acl", "acl")
	})
	f.update(func(tx rdfstore.Tx) error {
		return put(tx, "a/large", largeBody('g'))
	})

	t.Run("a storage is closed and opened", func(t *testing.T) {
		for _, closed := range []bool{true, false, true} {
			f.update(func(tx rdfstore.Tx) error { return tx.CloseStorage("gone", closed) })
			f.view(func(r rdfstore.Reader) error {
				storage, err := r.Storage("gone")
				if storage.Closed != closed || storage.Owner != gone.Owner || storage.ACLs == 0 {
					t.Errorf("the storage is %+v", storage)
				}
				return err
			})
		}
	})
	t.Run("a storage has owners", func(t *testing.T) {
		for _, owners := range [][]rdfstore.Owner{{{WebID: "https://b.example/#me", Visible: true}, {WebID: gone.Owner}}, nil} {
			f.update(func(tx rdfstore.Tx) error { return tx.SetOwners("gone", owners) })
			f.view(func(r rdfstore.Reader) error {
				storage, err := r.Storage("gone")
				if !slices.Equal(storage.Owners, owners) || storage.Owner != gone.Owner || storage.Account != gone.Account {
					t.Errorf("the storage is %+v", storage)
				}
				if !storage.IsOwner(gone.Owner) || storage.IsOwner("https://b.example/#me") != (owners != nil) || storage.IsOwner("https://c.example/#me") {
					t.Errorf("the owners are %v", storage.AllOwners())
				}
				return err
			})
		}
	})
	t.Run("only an empty one is deleted, and only one that is there", func(t *testing.T) {
		for name, want := range map[string]error{"gone": rdfstore.ErrNotEmpty, "nowhere": rdfstore.ErrNotFound} {
			err := f.Update(t.Context(), func(tx rdfstore.Tx) error { return tx.DeleteStorage(name) })
			if !errors.Is(err, want) {
				t.Errorf("DeleteStorage(%q) = %v, want %v", name, err, want)
			}
		}
		err := f.Update(t.Context(), func(tx rdfstore.Tx) error { return tx.CloseStorage("nowhere", true) })
		if !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("CloseStorage = %v", err)
		}
		err = f.Update(t.Context(), func(tx rdfstore.Tx) error { return tx.SetOwners("nowhere", nil) })
		if !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("SetOwners = %v", err)
		}
	})
	t.Run("all of it is erased and nothing else", func(t *testing.T) {
		erased, err := rdfstore.Erase(t.Context(), f.Store, "gone")
		if err != nil || erased != 3*150+2+1 {
			t.Errorf("Erase = %d, %v", erased, err)
		}
		f.view(func(r rdfstore.Reader) error {
			if _, err := r.Storage("gone"); !errors.Is(err, rdfstore.ErrNotFound) {
				t.Errorf("the storage is there: %v", err)
			}
			for _, path := range []string{"", ".acl", "a/", "a/large", "document-1"} {
				if _, err := r.Resource(in("gone", path)); !errors.Is(err, rdfstore.ErrNotFound) {
					t.Errorf("%q is there: %v", path, err)
				}
			}
			return nil
		})
		if hasUsage(holder) {
			t.Error("its usage is there")
		}
		if after := f.usage(account); after != before {
			t.Errorf("the account has %+v, had %+v", after, before)
		}
		if body := f.body("keep"); body != "kept" {
			t.Errorf("another storage's document is %q", body)
		}
		if _, err := rdfstore.Erase(t.Context(), f.Store, "gone"); !errors.Is(err, rdfstore.ErrNotFound) {
			t.Errorf("erased again: %v", err)
		}
	})
	t.Run("the name is free again, for an empty storage", func(t *testing.T) {
		f.update(func(tx rdfstore.Tx) error { return tx.CreateStorage(gone) })
		f.view(func(r rdfstore.Reader) error {
			for member := range r.Members(in("gone", ""), "") {
				t.Errorf("%s is in it", member.ID)
			}
			storage, err := r.Storage("gone")
			if storage.Closed {
				t.Error("it is closed")
			}
			return err
		})
	})
}
