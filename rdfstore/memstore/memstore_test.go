package memstore_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"domicile/rdfstore"
	"domicile/rdfstore/kvstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, clock func() time.Time) rdfstore.Store {
		return memstore.Open(kvstore.Options{Clock: clock})
	}, 1000)
}
