package kvstore

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
)

// queueBehind lets writers queue while the batch of another one is applied,
// and returns the sizes of the batches that they then took.
func queueBehind(t *testing.T, limits Limits, writers int, write func(tx rdfstore.Tx, writer int) error) []int {
	b := newBench(t, Options{Limits: limits})
	b.engine.gate = make(chan struct{})
	var all sync.WaitGroup
	update := func(write func(rdfstore.Tx) error) {
		all.Go(func() {
			if err := b.Update(t.Context(), write); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
	}
	update(func(tx rdfstore.Tx) error { return tx.SetRecord("bucket", "first", nil, time.Time{}) })
	for i := range writers {
		update(func(tx rdfstore.Tx) error { return write(tx, i) })
	}
	before := len(b.engine.batches) + 1
	close(b.engine.gate)
	all.Wait()
	return b.engine.batches[before:]
}

func TestWaitingWritersShareABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []int
		batches := queueBehind(t, Limits{}, 20, func(tx rdfstore.Tx, writer int) error {
			order = append(order, writer)
			return tx.SetRecord("bucket", fmt.Sprint(writer), nil, time.Time{})
		})
		if diff := cmp.Diff([]int{20}, batches); diff != "" {
			t.Error(diff)
		}
		if len(order) != 20 || !slices.IsSorted(order) {
			t.Errorf("run in the order %v", order)
		}
	})
}

func TestBatchesAreBoundedByKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		batches := queueBehind(t, Limits{Keys: 10, Bytes: 1 << 20}, 12, func(tx rdfstore.Tx, writer int) error {
			return tx.SetRecord("bucket", fmt.Sprint(writer), nil, time.Time{})
		})
		if diff := cmp.Diff([]int{6, 6}, batches); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBatchesAreBoundedByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		batches := queueBehind(t, Limits{Keys: 1000, Bytes: 100_000}, 8, func(tx rdfstore.Tx, writer int) error {
			return tx.SetRecord("bucket", fmt.Sprint(writer), make([]byte, 15_000), time.Time{})
		})
		if diff := cmp.Diff([]int{4, 4}, batches); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBatchesAreBoundedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		batches := queueBehind(t, Limits{}, 6, func(tx rdfstore.Tx, writer int) error {
			time.Sleep(gatherTime / 2)
			return tx.SetRecord("bucket", fmt.Sprint(writer), nil, time.Time{})
		})
		if diff := cmp.Diff([]int{2, 2, 2}, batches); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNothingIsAppliedWithoutChanges(t *testing.T) {
	b := newBench(t, Options{})
	before := len(b.engine.batches)
	b.update(t, func(tx rdfstore.Tx) error {
		_, err := tx.Storage("alice")
		return err
	})
	if len(b.engine.batches) != before {
		t.Error("a function that changed nothing was applied")
	}
}
