package badgerstore

import (
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, clock func() time.Time) rdfstore.Store {
		store, err := Open(t.TempDir(), Options{Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}, 1000)
}
