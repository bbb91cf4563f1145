package kvstore

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// An overlay reads as a map would in which the changes had been made, and those
// that were rolled back had not.
func TestOverlayReadsAsIfApplied(t *testing.T) {
	key := rapid.StringMatching(`[ab\x00\xff]{0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		base, engine := map[string][]byte{}, &mapEngine{}
		for _, k := range rapid.SliceOf(key).Draw(t, "base") {
			base[k] = []byte("base")
		}
		applied := maps.Clone(base)
		o := newOverlay(mapSnapshot{entries: base, engine: engine}, DefaultLimits)
		for range rapid.IntRange(0, 4).Draw(t, "functions") {
			o.mark()
			marked, bytes := maps.Clone(applied), o.bytes
			for _, k := range rapid.SliceOf(key).Draw(t, "changes") {
				c := Change{Key: []byte(k), Delete: rapid.Bool().Draw(t, "delete")}
				delete(applied, k)
				if !c.Delete {
					c.Value = []byte("changed"[:rapid.IntRange(0, 7).Draw(t, "length")])
					applied[k] = c.Value
				}
				if err := o.change(c); err != nil {
					t.Fatal(err)
				}
			}
			if rapid.Bool().Draw(t, "roll back") {
				o.rollback()
				applied = marked
				if o.bytes != bytes {
					t.Fatalf("%d bytes, before %d", o.bytes, bytes)
				}
			}
		}
		prefix := []byte(key.Draw(t, "prefix"))
		var after []byte
		if rapid.Bool().Draw(t, "has after") {
			after = []byte(key.Draw(t, "after"))
		}
		if diff := cmp.Diff(entries(t, mapSnapshot{entries: applied, engine: engine}, prefix, after), entries(t, o, prefix, after)); diff != "" {
			t.Fatal(diff)
		}
		for _, k := range append(slices.Collect(maps.Keys(base)), key.Draw(t, "key")) {
			want, wantFound := applied[k]
			value, found, err := o.Get([]byte(k))
			if err != nil || found != wantFound || !bytes.Equal(value, want) {
				t.Fatalf("Get(%q) = %q, %v, %v", k, value, found, err)
			}
		}
		for range o.Scan(prefix, after) {
			break // may be left early
		}
	})
}

func entries(t *rapid.T, reads Reads, prefix, after []byte) (found []Entry) {
	for entry, err := range reads.Scan(prefix, after) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, Entry{bytes.Clone(entry.Key), bytes.Clone(entry.Value)})
	}
	return found
}

func TestOverlayScanShowsTheStateAtItsBeginning(t *testing.T) {
	o := newOverlay(mapSnapshot{entries: map[string][]byte{"b": nil, "d": nil}, engine: &mapEngine{}}, DefaultLimits)
	set := func(key string, gone bool) {
		if err := o.change(Change{Key: []byte(key), Delete: gone}); err != nil {
			t.Fatal(err)
		}
	}
	set("a", false)
	set("c", false)
	var seen []string
	for entry, err := range o.Scan(nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, string(entry.Key))
		set("c", true)
		set("d", true)
		set("e", false)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestOverlayCountsBytesOnce(t *testing.T) {
	o := newOverlay(mapSnapshot{engine: &mapEngine{}}, Limits{Keys: 2, Bytes: 200})
	for range 100 {
		if err := o.change(Change{Key: []byte("key"), Value: make([]byte, 100)}); err != nil {
			t.Fatal(err)
		}
	}
	if !o.halfFull() || o.bytes != 3+100+changeOverhead {
		t.Errorf("%d bytes", o.bytes)
	}
	if err := o.change(Change{Key: []byte("other"), Value: make([]byte, 100)}); err == nil {
		t.Error("more bytes than allowed were taken")
	}
}
