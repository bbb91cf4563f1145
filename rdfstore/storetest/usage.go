package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

func (f *fixture) usage(holder rdfstore.Holder) (usage rdfstore.Usage) {
	f.Helper()
	f.view(func(r rdfstore.Reader) (err error) {
		usage, err = r.Usage(holder)
		return err
	})
	return usage
}

func (f *fixture) setQuota(holder rdfstore.Holder, bytes int64) {
	f.Helper()
	f.update(func(tx rdfstore.Tx) error { return tx.SetQuota(holder, bytes) })
}

// tryPut puts a body of some bytes, which may be refused.
func (f *fixture) tryPut(id resource.ID, size int) error {
	f.Helper()
	content := f.content(id, string(make([]byte, size)))
	return f.Update(context.Background(), func(tx rdfstore.Tx) error {
		_, err := tx.Put(id, content)
		return err
	})
}

func testUsage(t *testing.T, f *fixture) {
	account := rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: "sharing"}
	storage := func(name string) rdfstore.Holder { return rdfstore.Holder{Name: name} }
	f.update(func(tx rdfstore.Tx) error {
		return errors.Join(
			tx.CreateStorage(rdfstore.Storage{Name: "one", Account: account.Name}),
			tx.CreateStorage(rdfstore.Storage{Name: "two", Account: account.Name}),
			tx.CreateStorage(rdfstore.Storage{Name: "apart"}),
		)
	})
	expect := func(t *testing.T, holder rdfstore.Holder, bytes, resources int64) {
		t.Helper()
		usage := f.usage(holder)
		if diff := cmp.Diff(rdfstore.Usage{Bytes: bytes, Resources: resources, Quota: usage.Quota}, usage); diff != "" {
			t.Errorf("%s %s: %s", holder.Kind, holder.Name, diff)
		}
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	full := func(t *testing.T, err error, want rdfstore.QuotaError) {
		t.Helper()
		var got *rdfstore.QuotaError
		if !errors.As(err, &got) {
			t.Errorf("Update = %v, want a QuotaError", err)
		} else if diff := cmp.Diff(&want, got); diff != "" {
			t.Error(diff)
		}
	}

	t.Run("counts the bodies of all resources, by storage and account", func(t *testing.T) {
		expect(t, storage("one"), 0, 1)
		must(t, f.tryPut(in("one", "doc"), 10))
		must(t, f.tryPut(in("one", "doc.acl"), 5))
		must(t, f.tryPut(in("one", "doc.meta"), large))
		must(t, f.tryPut(in("two", "folder/"), 0))
		must(t, f.tryPut(in("two", "doc"), 3))
		must(t, f.tryPut(in("apart", "doc"), 1000))
		expect(t, storage("one"), 15+large, 4)
		expect(t, storage("two"), 3, 3)
		expect(t, account, 18+large, 7)
		must(t, f.tryPut(in("one", "doc.meta"), 1))
		expect(t, storage("one"), 16, 4)
		f.update(func(tx rdfstore.Tx) error { return tx.Delete(in("one", "doc")) })
		expect(t, storage("one"), 0, 1)
		expect(t, account, 3, 4)
	})
	t.Run("what holders there are", func(t *testing.T) {
		f.view(func(r rdfstore.Reader) error {
			if _, err := r.Usage(storage("none")); !errors.Is(err, rdfstore.ErrNotFound) {
				t.Errorf("Usage = %v", err)
			}
			usage, err := r.Usage(rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: "none"})
			if usage != (rdfstore.Usage{}) {
				t.Errorf("Usage = %+v", usage)
			}
			return err
		})
		f.refuse(rdfstore.ErrNotFound, func(tx rdfstore.Tx) error { return tx.SetQuota(storage("none"), 1) })
		if err := f.Update(context.Background(), func(tx rdfstore.Tx) error { return tx.SetQuota(storage("one"), -1) }); err == nil {
			t.Error("a quota below 0 was accepted")
		}
	})
	t.Run("a storage fills to the last byte and no further", func(t *testing.T) {
		f.setQuota(storage("one"), 100)
		must(t, f.tryPut(in("one", "a"), 60))
		full(t, f.tryPut(in("one", "b"), 41), rdfstore.QuotaError{Holder: storage("one"), Asked: 41, Left: 40})
		must(t, f.tryPut(in("one", "b"), 40))
		full(t, f.tryPut(in("one", "a"), 61), rdfstore.QuotaError{Holder: storage("one"), Asked: 1, Left: 0})
		expect(t, storage("one"), 100, 3)
		must(t, f.tryPut(in("one", "a"), 60)) // as large as before
		must(t, f.tryPut(in("one", "empty"), 0))
		must(t, f.tryPut(in("two", "b"), 1000))
		f.update(func(tx rdfstore.Tx) error { return tx.Delete(in("one", "b")) })
		must(t, f.tryPut(in("one", "c"), 40))
	})
	t.Run("an account fills over all its storages", func(t *testing.T) {
		left := int64(50)
		f.setQuota(account, f.usage(account).Bytes+left)
		must(t, f.tryPut(in("two", "c"), 30))
		full(t, f.tryPut(in("two", "d"), 21), rdfstore.QuotaError{Holder: account, Asked: 21, Left: 20})
		must(t, f.tryPut(in("apart", "d"), 1000))
		f.view(func(r rdfstore.Reader) error {
			for name, want := range map[string]rdfstore.Room{
				"one": {Whose: storage("one")}, "two": {Left: 20, Whose: account}, "apart": {Left: math.MaxInt64},
			} {
				s, err := r.Storage(name)
				if err != nil {
					return err
				}
				if room, err := rdfstore.RoomOf(r, s); err != nil || room != want {
					t.Errorf("room of %s = %+v, %v; want %+v", name, room, err, want)
				}
			}
			return nil
		})
		f.setQuota(account, 0)
	})
	t.Run("what is over a lowered quota may shrink only", func(t *testing.T) {
		f.setQuota(storage("one"), 10)
		expect(t, storage("one"), 100, 4)
		full(t, f.tryPut(in("one", "empty"), 1), rdfstore.QuotaError{Holder: storage("one"), Asked: 1, Left: 0})
		must(t, f.tryPut(in("one", "a"), 59))
		full(t, f.tryPut(in("one", "a"), 60), rdfstore.QuotaError{Holder: storage("one"), Asked: 1, Left: 0})
		must(t, f.tryPut(in("one", "empty"), 0))
		expect(t, storage("one"), 99, 4)
	})
	t.Run("a refused function may go on, and a failed one counts nothing", func(t *testing.T) {
		f.setQuota(storage("one"), 109)
		ten, eleven := f.content(in("one", "x"), "0123456789"), f.content(in("one", "x"), "0123456789+")
		f.refuse(errRefused, func(tx rdfstore.Tx) error {
			_, err := tx.Put(in("one", "x"), ten)
			return errors.Join(err, errRefused)
		})
		expect(t, storage("one"), 99, 4)
		f.update(func(tx rdfstore.Tx) error {
			_, err := tx.Put(in("one", "x"), eleven)
			full(t, err, rdfstore.QuotaError{Holder: storage("one"), Asked: 11, Left: 10})
			_, err = tx.Put(in("one", "x"), ten)
			return err
		})
		expect(t, storage("one"), 109, 5)
	})
	t.Run("is exact with concurrent writers", func(t *testing.T) { testConcurrentFilling(t, f) })
}

// testConcurrentFilling fills two storages of an account, of which one has a
// quota too, with bodies of ten bytes and checks that each limit is met exactly.
func testConcurrentFilling(t *testing.T, f *fixture) {
	const writers, puts, size, own, both = 8, 60, 10, 300, 500
	limited, account := rdfstore.Holder{Name: "limited"}, rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: "filling"}
	f.update(func(tx rdfstore.Tx) error {
		return errors.Join(
			tx.CreateStorage(rdfstore.Storage{Name: limited.Name, Account: account.Name}),
			tx.CreateStorage(rdfstore.Storage{Name: "free", Account: account.Name}),
			tx.SetQuota(limited, own), tx.SetQuota(account, both),
		)
	})
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for i := range puts {
				storage := limited.Name
				if i >= puts/2 {
					storage = "free"
				}
				var full *rdfstore.QuotaError
				if err := f.tryPut(in(storage, fmt.Sprintf("%d-%d", writer, i)), size); err != nil && !errors.As(err, &full) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if in, total := f.usage(limited).Bytes, f.usage(account).Bytes; in != own || total != both {
		t.Errorf("%d bytes in the storage and %d in the account, want %d and %d", in, total, own, both)
	}
}
