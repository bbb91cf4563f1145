package memstore_test

import (
	"testing"

	"go.uber.org/goleak"

	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) rdfstore.Store { return memstore.New() })
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(*testing.B) rdfstore.Store { return memstore.New() })
}
