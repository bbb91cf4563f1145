package kvstore

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// Whichever read fails, an operation is done or not, never by half, also when
// its write function swallows the error.
func TestFailedReadsLeaveNoHalves(t *testing.T) {
	inner, err := resource.Root("alice").Member("inner", true)
	if err != nil {
		t.Fatal(err)
	}
	document, err := inner.Member("document", false)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := inner.Member("fresh", false)
	if err != nil {
		t.Fatal(err)
	}
	put := func(id resource.ID, kind rdfstore.Kind) func(tx rdfstore.Tx) error {
		return func(tx rdfstore.Tx) error {
			_, err := tx.Put(id, rdfstore.Content{Kind: kind})
			return err
		}
	}
	prepare := func(b *bench) {
		for _, write := range []func(rdfstore.Tx) error{
			put(inner, rdfstore.Container), put(document, rdfstore.Document), put(document.ACL(), rdfstore.Document),
			put(inner.Description(), rdfstore.Document),
			func(tx rdfstore.Tx) error { return tx.SetRecord("bucket", "key", nil, b.now.Add(time.Hour)) },
		} {
			b.update(t, write)
		}
	}
	for name, operation := range map[string]func(rdfstore.Tx) error{
		"create storage":     func(tx rdfstore.Tx) error { return tx.CreateStorage(rdfstore.Storage{Name: "bob"}) },
		"create":             put(fresh, rdfstore.Binary),
		"replace":            put(document, rdfstore.Binary),
		"create auxiliary":   put(document.Description(), rdfstore.Document),
		"delete":             func(tx rdfstore.Tx) error { return tx.Delete(document) },
		"delete description": func(tx rdfstore.Tx) error { return tx.Delete(inner.Description()) },
		"set record":         func(tx rdfstore.Tx) error { return tx.SetRecord("bucket", "key", []byte("x"), time.Time{}) },
		"take record":        func(tx rdfstore.Tx) error { _, err := tx.TakeRecord("bucket", "key"); return err },
	} {
		for _, swallow := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, swallowing %v", name, swallow), func(t *testing.T) {
				b := newBench(t, Options{})
				prepare(b)
				b.alone()
				before := b.engine.entries
				failures := 0
				for failing := 1; ; failing++ {
					b.recall.clear()
					b.engine.badRead = failing
					err := b.Update(t.Context(), func(tx rdfstore.Tx) error {
						if err := operation(tx); err != nil && !swallow {
							return err
						}
						return nil
					})
					if b.engine.badRead > 0 { // no read was left to fail
						if err != nil || sameEntries(before, b.engine.entries) {
							t.Errorf("without a failure: %v, or nothing changed", err)
						}
						break
					}
					failures++
					if !swallow && !errors.Is(err, errRead) {
						t.Errorf("read %d: Update = %v", failing, err)
					}
					if !sameEntries(before, b.engine.entries) {
						t.Fatalf("read %d failed, and something changed", failing)
					}
				}
				if failures == 0 {
					t.Error("no read failed")
				}
			})
		}
	}
}

func sameEntries(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, slices.Equal[[]byte]) }
