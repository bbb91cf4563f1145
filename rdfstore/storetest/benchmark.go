package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"domicile/rdfstore"
)

// Benchmark measures a store: writes of a small document that wait until they
// are durable, by different numbers of writers, reads of one, listings, and
// what must not grow.
func Benchmark(b *testing.B, open func(b *testing.B) rdfstore.Store) {
	const listed = 1000
	store := open(b)
	defer store.Close()
	f := &fixture{TB: b, Store: store}
	f.update(func(tx rdfstore.Tx) error { return tx.CreateStorage(alice) })
	f.put("listed/", "written/", "read")
	f.update(func(tx rdfstore.Tx) error {
		for i := range listed {
			if _, err := tx.Put(at(fmt.Sprintf("listed/%04d", i)), rdfstore.Content{Kind: rdfstore.Binary, MediaType: "image/jpeg"}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("write/%d", writers), func(b *testing.B) { benchmarkWrites(b, store, writers) })
	}
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := store.View(context.Background(), func(r rdfstore.Reader) error {
				_, err := bodyOf(r, at("read"))
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	benchmarkGrowth(b, f)
	b.Run("list/1000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			count := 0
			if err := store.View(context.Background(), func(r rdfstore.Reader) error {
				for _, err := range r.Members(at("listed/"), "") {
					if err != nil {
						return err
					}
					count++
				}
				return nil
			}); err != nil || count != listed {
				b.Fatal(count, err)
			}
		}
	})
}

func benchmarkWrites(b *testing.B, store rdfstore.Store, writers int) {
	const body = "<#it> <http://schema.org/name> \"a small document\" .\n"
	var next atomic.Int64
	results := make(chan error)
	b.ResetTimer()
	for range writers {
		go func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := writeOne(store, fmt.Sprintf("written/%d", n%5000), strings.NewReader(body)); err != nil {
					results <- err
					return
				}
			}
			results <- nil
		}()
	}
	var err error
	for range writers {
		err = errors.Join(err, <-results)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
}

func writeOne(store rdfstore.Store, path string, body io.Reader) error {
	staged, err := store.Stage(context.Background(), body, -1)
	if err != nil {
		return err
	}
	defer staged.Discard()
	return store.Update(context.Background(), func(tx rdfstore.Tx) error {
		_, err := tx.Put(at(path), rdfstore.Content{Kind: rdfstore.Document, MediaType: "text/turtle", Body: staged})
		return err
	})
}
