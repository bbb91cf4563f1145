package badgerstore

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// It fails with a version of Badger that keeps its buffers elsewhere.
func TestBuffersAreReleased(t *testing.T) {
	db, err := badger.Open(badger.DefaultOptions(t.TempDir()).WithMemTableSize(1 << 20).WithValueThreshold(100 << 10).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	buffers, ok := buffersOf(db)
	if !ok {
		t.Fatal("no buffers in Badger's database")
	}
	for i := range 100 { // ten tables
		value := make([]byte, 100_000)
		_, _ = rand.Read(value)
		if err := db.Update(func(txn *badger.Txn) error { return txn.Set(fmt.Append(nil, i), value) }); err != nil {
			t.Fatal(err)
		}
	}
	const ofOneTable = 1 << 20
	for deadline := time.Now().Add(time.Minute); buffers.release() < ofOneTable; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("tables were built and no buffer released")
		}
	}
}

func TestTableSize(t *testing.T) {
	for onDisk, want := range map[uint64]int64{0: 2 << 20, 16 << 30: 2 << 20, 16<<30 + 8192: 2<<20 + 1, 160 << 30: 20 << 20} {
		if size := tableSize(onDisk); size != want {
			t.Errorf("with %d bytes: tables of %d, want %d", onDisk, size, want)
		}
	}
}
