package badgerstore

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The oldest is that of the open snapshots, in whatever order they end; with
// none it is the last commit. Nothing is remembered of what has ended.
func TestTimestamps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var times timestamps
		var open []uint64
		var latest uint64
		t.Repeat(map[string]func(*rapid.T){
			"enter": func(t *rapid.T) {
				got := times.enter()
				if got != latest {
					t.Fatalf("a snapshot of %d, want %d", got, latest)
				}
				open = append(open, got)
			},
			"leave": func(t *rapid.T) {
				if len(open) == 0 {
					t.Skip("none is open")
				}
				i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
				times.leave(open[i])
				open = slices.Delete(open, i, i+1)
			},
			"advance": func(t *rapid.T) {
				latest++
				want := latest
				if len(open) > 0 {
					want = slices.Min(open)
				}
				if got := times.advance(latest); got != want {
					t.Fatalf("the oldest is %d, want %d", got, want)
				}
			},
			"": func(t *rapid.T) {
				if len(open) == 0 && len(times.reads) > 0 {
					t.Fatalf("%v is remembered", times.reads)
				}
			},
		})
	})
}
