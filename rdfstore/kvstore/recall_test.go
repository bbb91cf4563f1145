package kvstore

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is remembered of which snapshot, and whenever, each reads its own
// state: also while a batch is applied, after one that was not, and when much is
// remembered.
func TestRecallChangesNothing(t *testing.T) {
	const keys = 3
	key := rapid.Custom(func(t *rapid.T) []byte { return fmt.Append(nil, "key", rapid.IntRange(1, keys).Draw(t, "key")) })
	rapid.Check(t, func(t *rapid.T) {
		engine, r := &mapEngine{}, newRecall()
		open := []Snapshot{}
		look := func(t *rapid.T) {
			if len(open) == 0 {
				t.Skip("no snapshot")
			}
			s := rapid.SampledFrom(open).Draw(t, "snapshot").(mapSnapshot)
			for _, k := range rapid.SliceOfN(key, 1, 6).Draw(t, "keys") {
				want, wantFound := s.entries[string(k)]
				if value, found, err := r.over(s).Get(k); err != nil || found != wantFound || !bytes.Equal(value, want) {
					t.Fatalf("Get(%q) of version %d = %.20q, %v, %v; want %.20q, %v", k, s.version, value, found, err, want, wantFound)
				}
			}
		}
		begin := func(t *rapid.T) {
			s, err := engine.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, s)
		}
		t.Repeat(map[string]func(*rapid.T){
			"begin": begin,
			"look":  look,
			"clear": func(*rapid.T) { r.clear() },
			"apply": func(t *rapid.T) {
				batch := []Change{}
				for _, k := range rapid.SliceOfNDistinct(key, 1, keys, func(k []byte) string { return string(k) }).Draw(t, "changed") {
					length := rapid.SampledFrom([]int{0, 3, maxRecalled, maxRecalled + 1}).Draw(t, "length")
					c := Change{Key: k, Delete: rapid.Bool().Draw(t, "delete")}
					if !c.Delete {
						c.Value = fmt.Appendf(nil, "%d%s", engine.version, strings.Repeat("x", length))
					}
					batch = append(batch, c)
				}
				slices.SortFunc(batch, func(a, b Change) int { return bytes.Compare(a.Key, b.Key) })
				r.change(batch, engine.version+1)
				if len(open) > 0 && rapid.Bool().Draw(t, "look before it is applied") {
					look(t)
				}
				if rapid.Bool().Draw(t, "fails") {
					r.forget(batch)
					return
				}
				if err := engine.Apply(batch); err != nil {
					t.Fatal(err)
				}
				begin(t)
				look(t)
			},
		})
	})
}

func TestRecallForgetsWhatWasNotApplied(t *testing.T) {
	r, engine := newRecall(), &mapEngine{}
	get := func() bool {
		snapshot, err := engine.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		_, found, err := r.over(snapshot).Get([]byte("key"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	get()
	refused := []Change{{Key: []byte("key"), Value: []byte("value")}}
	r.change(refused, 1)
	r.forget(refused)
	applied := []Change{{Key: []byte("other")}}
	r.change(applied, 1)
	if err := engine.Apply(applied); err != nil {
		t.Fatal(err)
	}
	if get() {
		t.Error("it is there")
	}
}

// It is bounded, whatever is asked for.
func TestRecallIsBounded(t *testing.T) {
	s := newRecall().over(mapSnapshot{engine: &mapEngine{}}).(recalling)
	for i := range 500_000 {
		if _, _, err := s.Get(fmt.Append(nil, "a key of some length: ", i)); err != nil {
			t.Fatal(err)
		}
	}
	total, entries := 0, 0
	for i := range s.recall.shards {
		total += s.recall.shards[i].bytes
		entries += len(s.recall.shards[i].entries)
	}
	if total > recallBytes*5/4 || entries < 1000 {
		t.Errorf("%d entries, %d bytes", entries, total)
	}
}
