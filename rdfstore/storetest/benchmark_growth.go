package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
)

// benchmarkGrowth measures what must not cost more in something large: an edit
// of one triple by the size of its document, a new member by the number of its
// container's, a listing to its first member.
func benchmarkGrowth(b *testing.B, f *fixture) {
	for _, size := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprintf("edit/%d", size), func(b *testing.B) {
			id, quads := at(fmt.Sprintf("quads-%d", size)), manyQuads(size)
			f.TB = b
			f.putQuads(id, nil, quads...)
			benchmarkMedian(b, func(i int) error {
				was := &quads[i*31%size]
				edit := rdfstore.Edit{Removed: []rdf.Quad{*was}}
				was.O = rdf.String(fmt.Sprint("edited object number ", i))
				edit.Added = []rdf.Quad{*was}
				return f.Update(context.Background(), func(tx rdfstore.Tx) error {
					_, err := tx.Edit(id, edit, -1)
					return err
				})
			})
		})
	}
	for _, size := range []int{10, 1000, 100_000} {
		container := fmt.Sprintf("members-%d/", size)
		f.TB = b
		f.put(container)
		fillContainer(f, container, size)
		b.Run(fmt.Sprintf("create/%d", size), func(b *testing.B) {
			run++
			benchmarkMedian(b, func(i int) error {
				return writeOne(f.Store, fmt.Sprintf("%snew-%d-%d", container, run, i), strings.NewReader("<#it> <#p> 1 ."))
			})
		})
		b.Run(fmt.Sprintf("list-first/%d", size), func(b *testing.B) {
			benchmarkMedian(b, func(int) error {
				return f.View(context.Background(), func(r rdfstore.Reader) error {
					for _, err := range r.Members(at(container), "") {
						return err
					}
					return nil
				})
			})
		})
	}
}

// run keeps names apart when a benchmark is run again with another b.N.
var run int

func fillContainer(f *fixture, container string, members int) {
	f.Helper()
	const batch = 5000
	for first := 0; first < members; first += batch {
		f.update(func(tx rdfstore.Tx) error {
			for i := first; i < min(first+batch, members); i++ {
				if _, err := tx.Put(at(fmt.Sprintf("%s%06d", container, i)), rdfstore.Content{Kind: rdfstore.Binary, MediaType: "image/jpeg"}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// benchmarkMedian reports the median besides the mean, which rare pauses of
// engines move.
func benchmarkMedian(b *testing.B, do func(i int) error) {
	b.ReportAllocs()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		if err := do(i); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
}
