package kvstore

import (
	"testing"

	"domicile/rdfstore"
)

// TestNothingKeptIsNoRecord: an account that is gone leaves no usage behind.
func TestNothingKeptIsNoRecord(t *testing.T) {
	b := newBench(t, Options{})
	holder := rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: "account"}
	recorded := func() bool {
		snapshot, err := b.engine.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		defer snapshot.Close()
		_, found, err := snapshot.Get(usageKey(holder))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	b.update(t, func(tx rdfstore.Tx) error { return tx.SetQuota(holder, 100) })
	b.update(t, func(tx rdfstore.Tx) error { return tx.CreateStorage(rdfstore.Storage{Name: "bob", Account: "account"}) })
	b.update(t, func(tx rdfstore.Tx) error { return tx.SetQuota(holder, 0) })
	if !recorded() {
		t.Error("what its storage keeps is not recorded")
	}
	b.update(t, func(tx rdfstore.Tx) error { return tx.DeleteStorage("bob") })
	if recorded() {
		t.Error("there is a record of nothing")
	}
	b.update(t, func(tx rdfstore.Tx) error { return tx.SetQuota(holder, 100) })
	b.update(t, func(tx rdfstore.Tx) error { return tx.SetQuota(holder, 0) })
	if recorded() {
		t.Error("there is a record of no quota")
	}
}
