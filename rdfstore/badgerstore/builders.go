package badgerstore

import (
	"reflect"
	"time"
	"unsafe"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/ristretto/v2/z"
)

const (
	// leastTable is Badger's own size of a table, in bytes. Building one takes
	// some ten times as much memory, and ten may be built at a time.
	leastTable = 2 << 20
	// manyTables is how many may be: each takes a mapping and a handle, of
	// which Linux gives a process 65,530.
	manyTables = 8192
)

// tableSize returns how large the tables of a store are to be, by what they take
// on the disk now, both in bytes. By itself Badger makes those of the last level
// four to sixteen times as large as those of the first.
func tableSize(tables uint64) int64 { return max(leastTable, int64(tables/manyTables)) }

// releaseInterval is how long a buffer that no table is built in may be kept.
const releaseInterval = 100 * time.Millisecond

// buffers are those in which Badger builds tables. It keeps eight, each as large
// as the largest table that was ever built in it, and gives one back in two
// seconds in which no table was begun, thus none while data are loaded: 400 MB
// that the collector has to work around. There is no option for it, so the
// pool is read out of the field of [badger.DB] that holds it, and emptied.
type buffers struct{ pool *z.AllocatorPool }

// buffersOf returns the buffers of a database, and false when this version of
// Badger keeps them elsewhere.
func buffersOf(db *badger.DB) (buffers, bool) {
	field := reflect.ValueOf(db).Elem().FieldByName("allocPool")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*z.AllocatorPool]() {
		return buffers{}, false
	}
	return buffers{*(**z.AllocatorPool)(unsafe.Pointer(field.UnsafeAddr()))}, true
}

// releaseUntil releases what is not in use, again and again until stop is closed,
// which must be before the database is: that closes the pool.
func (b buffers) releaseUntil(stop <-chan struct{}) {
	ticker := time.NewTicker(releaseInterval)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			b.release()
		}
	}
}

// release returns how many bytes it released. An empty pool makes the smallest
// buffer for who asks.
func (b buffers) release() (bytes uint64) {
	const smallest = 512
	for {
		buffer := b.pool.Get(smallest, "")
		size := buffer.Allocated()
		buffer.Release()
		if size == smallest {
			return bytes
		}
		bytes += size
	}
}
