// Package enginetest is the suite that every [kvstore.Engine] passes: random
// batches against a plain map, read back through snapshots.
package enginetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"domicile/rdfstore/kvstore"
)

// Run tests the engine that open returns, which is empty. The suite closes it.
func Run(t *testing.T, open func(t *testing.T) kvstore.Engine) {
	engine := open(t)
	checks := 0
	rapid.Check(t, func(t *rapid.T) {
		// Each check works below a prefix of its own.
		checks++
		own := fmt.Sprintf("%06d/", checks)
		key := rapid.Custom(func(t *rapid.T) string {
			return own + rapid.StringMatching(`[ab\x00\xff]{0,3}`).Draw(t, "key")
		})
		model := map[string]string{}
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			before, snapshot := maps.Clone(model), snapshotOf(t, engine)
			batch := map[string]kvstore.Change{}
			for _, k := range rapid.SliceOfN(key, 1, 8).Draw(t, "keys") {
				c := kvstore.Change{Key: []byte(k), Delete: rapid.Bool().Draw(t, "delete")}
				if delete(model, k); !c.Delete {
					c.Value = []byte(rapid.StringMatching(`[a-z]{0,3}`).Draw(t, "value"))
					model[k] = string(c.Value)
				}
				batch[k] = c
			}
			var changes []kvstore.Change
			for _, k := range slices.Sorted(maps.Keys(batch)) {
				changes = append(changes, batch[k])
			}
			if err := engine.Apply(changes); err != nil {
				t.Fatal(err)
			}
			compare(t, snapshot, before, own, key) // what came later changed nothing
			version := snapshot.Version()
			snapshot.Close()
			snapshot = snapshotOf(t, engine)
			if got := snapshot.Version(); got != version+1 {
				t.Fatalf("version %d after %d", got, version)
			}
			compare(t, snapshot, model, own, key)
			snapshot.Close()
		}
	})
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
}

func snapshotOf(t *rapid.T, engine kvstore.Engine) kvstore.Snapshot {
	snapshot, err := engine.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// compare asks a state and the model the same questions.
func compare(t *rapid.T, reads kvstore.Reads, model map[string]string, own string, key *rapid.Generator[string]) {
	keys := slices.Sorted(maps.Keys(model))
	for _, k := range append(keys, key.Draw(t, "get")) {
		want, exists := model[k]
		if value, found, err := reads.Get([]byte(k)); err != nil || found != exists || string(value) != want {
			t.Fatalf("Get(%q) = %q, %v, %v; want %q, %v", k, value, found, err, want, exists)
		}
	}
	prefix := key.Draw(t, "prefix")
	below := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !strings.HasPrefix(k, prefix) })

	var after []byte
	if rapid.Bool().Draw(t, "has after") {
		after = []byte(key.Draw(t, "after"))
	}
	var got []string
	for entry, err := range reads.Scan([]byte(prefix), after) {
		if err != nil || string(entry.Value) != model[string(entry.Key)] {
			t.Fatalf("Scan: %q = %q, %v", entry.Key, entry.Value, err)
		}
		got = append(got, string(entry.Key))
	}
	want := slices.DeleteFunc(slices.Clone(below), func(k string) bool { return after != nil && k <= string(after) })
	if !slices.Equal(got, want) {
		t.Fatalf("Scan(%q, %q) = %q, want %q", prefix, after, got, want)
	}
	for range reads.Scan([]byte(prefix), after) {
		break // may be left early
	}
}
