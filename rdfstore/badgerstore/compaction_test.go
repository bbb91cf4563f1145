package badgerstore

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"domicile/rdfstore/kvstore"
)

// Overwriting and deleting the same data again and again keeps the disk within
// twice of what lives, besides the logs and tables of a fixed size.
func TestDiskIsBoundedUnderChurn(t *testing.T) {
	const (
		keys, valueSize, batch = 20_000, 2048, 200
		memory                 = 128 << 20
	)
	fixed := 2 * sizesFor(memory).memTable // the log, and a table of level 0
	dir := t.TempDir()
	options := Options{Memory: memory, unsafeNoSync: true}
	random := rand.New(rand.NewPCG(1, 1))
	var e *engine
	reopen := func() {
		t.Helper()
		if e != nil {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if e, err = openEngine(dir, options, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	apply := func(order []int, change func(key []byte) kvstore.Change) {
		t.Helper()
		for len(order) > 0 {
			changes := make([]kvstore.Change, 0, batch)
			for _, k := range order[:min(batch, len(order))] {
				changes = append(changes, change(fmt.Appendf(nil, "key %d", k)))
			}
			order = order[len(changes):]
			if err := e.Apply(changes); err != nil {
				t.Fatal(err)
			}
		}
	}
	set := func(key []byte) kvstore.Change {
		value := make([]byte, valueSize) // that does not compress
		for i := 0; i < len(value); i += 8 {
			binary.LittleEndian.PutUint64(value[i:], random.Uint64())
		}
		return kvstore.Change{Key: key, Value: value}
	}
	remove := func(key []byte) kvstore.Change { return kvstore.Change{Key: key, Delete: true} }
	check := func(when string, live int) {
		t.Helper()
		reopen() // writes the table in memory, in which deletions may be waiting
		if err := e.compact(); err != nil {
			t.Fatal(err)
		}
		lives, used := int64(live*valueSize), diskUsage(t, dir)
		t.Logf("%s: %d MB on disk, %d MB live", when, used>>20, lives>>20)
		if used > 2*lives+fixed {
			t.Errorf("%s: %d MB on disk for %d MB", when, used>>20, lives>>20)
		}
	}
	reopen()
	defer func() { e.Close() }()
	for range 4 {
		apply(random.Perm(keys), set)
	}
	check("after overwriting all", keys)
	gone := random.Perm(keys)
	apply(gone[:keys*9/10], remove)
	check("after deleting nine in ten", keys/10)
	for range 3 {
		apply(gone[:keys/2], set)
		apply(gone[:keys/2], remove)
	}
	check("after creating and deleting", keys/10)
	logs, err := filepath.Glob(filepath.Join(dir, "*.vlog"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("value logs: %v, %v", logs, err)
	}
	for _, log := range logs {
		if used := diskUsage(t, log); used > 64<<10 {
			t.Errorf("a value log has %d bytes besides its header", used)
		}
	}
}

// diskUsage returns what a file, or all below a folder, takes on the disk.
func diskUsage(t *testing.T, root string) (total int64) {
	t.Helper()
	if err := filepath.WalkDir(root, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		total += int64(allocatedBytes(info))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return total
}
