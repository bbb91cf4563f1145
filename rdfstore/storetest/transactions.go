package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"domicile/rdfstore"
)

var errRefused = errors.New("refused by the write function")

func testTransactions(t *testing.T, f *fixture) {
	t.Run("a transaction sees its own writes", func(t *testing.T) {
		body := largeBody('t')
		content := f.content(at("own/doc"), body)
		f.update(func(tx rdfstore.Tx) error {
			if _, err := tx.Put(at("own/"), rdfstore.Content{Kind: rdfstore.Container}); err != nil {
				return err
			}
			put, err := tx.Put(at("own/doc"), content)
			if err != nil {
				return err
			}
			if found, err := tx.Resource(at("own/doc")); err != nil || found != put {
				t.Errorf("Resource = %+v, %v", found, err)
			}
			if got, err := bodyOf(tx, at("own/doc")); err != nil || got != body {
				t.Errorf("Open: %d bytes, %v", len(got), err)
			}
			if err := errors.Join(tx.SetRecord("own", "k", []byte("v"), time.Time{}), tx.CreateStorage(rdfstore.Storage{Name: "own"})); err != nil {
				return err
			}
			if value, err := tx.Record("own", "k"); err != nil || string(value) != "v" {
				t.Errorf("Record = %q, %v", value, err)
			}
			if _, err := tx.Storage("own"); err != nil {
				t.Errorf("Storage = %v", err)
			}
			return nil
		})
	})
	t.Run("a failing function leaves nothing", func(t *testing.T) {
		f.put("untouched/", "untouched/doc", "untouched/doc.acl")
		before := f.resource("untouched/")
		content := f.content(at("untouched/new"), largeBody('n'))
		f.refuse(errRefused, func(tx rdfstore.Tx) error {
			if _, err := tx.Put(at("untouched/new"), content); err != nil {
				return err
			}
			return errors.Join(tx.Delete(at("untouched/doc")), tx.SetRecord("untouched", "k", nil, time.Time{}),
				tx.CreateStorage(rdfstore.Storage{Name: "untouched"}), errRefused)
		})
		if after := f.resource("untouched/"); after != before {
			t.Errorf("container %+v, was %+v", after, before)
		}
		if f.exists("untouched/new") || f.body("untouched/doc") != "body of untouched/doc" || !f.exists("untouched/doc.acl") {
			t.Error("something changed")
		}
		f.view(func(r rdfstore.Reader) error {
			_, storage := r.Storage("untouched")
			_, record := r.Record("untouched", "k")
			if !errors.Is(storage, rdfstore.ErrNotFound) || !errors.Is(record, rdfstore.ErrNotFound) {
				t.Errorf("Storage = %v, Record = %v", storage, record)
			}
			return nil
		})
	})
	t.Run("functions that fail, panic or end their goroutine harm no other", func(t *testing.T) { testBadNeighbours(t, f) })
	t.Run("a panic is an error", func(t *testing.T) {
		cause := errors.New("cause")
		f.refuse(cause, func(rdfstore.Tx) error { panic(cause) })
		if err := f.Update(context.Background(), func(rdfstore.Tx) error { panic("oh") }); err == nil || !strings.Contains(err.Error(), "oh") {
			t.Errorf("Update = %v", err)
		}
	})
	t.Run("a cancelled update is not run", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		ran := false
		if err := f.Update(ctx, func(rdfstore.Tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) || ran {
			t.Errorf("Update = %v, ran: %v", err, ran)
		}
		if err := f.View(ctx, func(rdfstore.Reader) error { ran = true; return nil }); !errors.Is(err, context.Canceled) || ran {
			t.Errorf("View = %v, ran: %v", err, ran)
		}
	})
	t.Run("an update that began is not cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if err := f.Update(ctx, func(tx rdfstore.Tx) error {
			cancel()
			return tx.SetRecord("began", "k", nil, time.Time{})
		}); err != nil {
			t.Errorf("Update = %v", err)
		}
	})
	t.Run("an update cancelled while it waits is not run", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		blocked, release := make(chan struct{}), make(chan struct{})
		var writers sync.WaitGroup
		writers.Go(func() {
			if err := f.Update(context.Background(), func(rdfstore.Tx) error { close(blocked); <-release; return nil }); err != nil {
				t.Errorf("Update = %v", err)
			}
		})
		<-blocked
		writers.Go(func() {
			if err := f.Update(ctx, func(rdfstore.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("Update = %v", err)
			}
		})
		cancel()
		close(release)
		writers.Wait()
	})
	t.Run("a view keeps its snapshot", func(t *testing.T) {
		f.putBody("isolated", "before")
		f.set("isolated", "k", "before", time.Time{})
		f.view(func(r rdfstore.Reader) error {
			f.putBody("isolated", "after")
			f.set("isolated", "k", "after", time.Time{})
			f.put("isolated-new")
			body, err := bodyOf(r, at("isolated"))
			value, err2 := r.Record("isolated", "k")
			_, newErr := r.Resource(at("isolated-new"))
			members, err3 := names(r, at(""), "isolated")
			if body != "before" || string(value) != "before" || !errors.Is(newErr, rdfstore.ErrNotFound) {
				t.Errorf("body %q, record %q, new resource: %v", body, value, newErr)
			}
			for _, name := range members {
				if name == "isolated-new" {
					t.Error("the listing shows a later member")
				}
			}
			return errors.Join(err, err2, err3)
		})
	})
	t.Run("an acknowledged write is seen by the next view", func(t *testing.T) {
		for i := range 50 {
			f.set("seen", "k", fmt.Sprint(i), time.Time{})
			f.view(func(r rdfstore.Reader) error {
				value, err := r.Record("seen", "k")
				if string(value) != fmt.Sprint(i) {
					t.Fatalf("Record = %q after %d", value, i)
				}
				return err
			})
		}
	})
	t.Run("a view's error is returned", func(t *testing.T) {
		if err := f.View(context.Background(), func(rdfstore.Reader) error { return errRefused }); !errors.Is(err, errRefused) {
			t.Errorf("View = %v", err)
		}
	})
	t.Run("a reader ends with its view", func(t *testing.T) {
		var reader rdfstore.Reader
		var transaction rdfstore.Tx
		f.view(func(r rdfstore.Reader) error { reader = r; return nil })
		f.update(func(tx rdfstore.Tx) error { transaction = tx; return nil })
		if _, err := reader.Resource(at("")); err == nil {
			t.Error("a reader works after its view")
		}
		if err := transaction.SetRecord("late", "k", nil, time.Time{}); err == nil {
			t.Error("a transaction works after its update")
		}
	})
	t.Run("too large a function is refused whole", func(t *testing.T) {
		f.refuse(rdfstore.ErrTooLarge, func(tx rdfstore.Tx) error {
			value := make([]byte, 256<<10)
			for i := range 1000 {
				if err := tx.SetRecord("flood", fmt.Sprint(i), value, time.Time{}); err != nil {
					return nil // who swallows the error does not get a half
				}
			}
			return nil
		})
		f.view(func(r rdfstore.Reader) error {
			got, err := keys(r, "flood", "", "")
			if len(got) != 0 {
				t.Errorf("%d records are left", len(got))
			}
			return err
		})
	})
}

// testBadNeighbours runs good and bad writers side by side, so that they share
// groups.
func testBadNeighbours(t *testing.T, f *fixture) {
	const rounds = 40
	f.put("neighbours/")
	var writers sync.WaitGroup
	for round := range rounds {
		name := func(kind string) string { return fmt.Sprintf("neighbours/%s-%d", kind, round) }
		write := func(path string, end func() error) error {
			content := f.content(at(path), "x")
			return f.Update(context.Background(), func(tx rdfstore.Tx) error {
				if _, err := tx.Put(at(path), content); err != nil {
					return err
				}
				return end()
			})
		}
		writers.Go(func() {
			if err := write(name("failing"), func() error { return errRefused }); !errors.Is(err, errRefused) {
				t.Errorf("failing function: %v", err)
			}
		})
		writers.Go(func() {
			if err := write(name("panicking"), func() error { panic("oh") }); err == nil {
				t.Error("panicking function: no error")
			}
		})
		writers.Go(func() {
			if err := write(name("good"), func() error { return nil }); err != nil {
				t.Errorf("good function: %v", err)
			}
		})
	}
	writers.Wait()
	members := f.members("neighbours/")
	if len(members) != rounds {
		t.Errorf("%d members, want %d", len(members), rounds)
	}
	for _, member := range members {
		if !strings.HasPrefix(member, "good-") {
			t.Errorf("%s is there", member)
		}
	}
	// A test that fails within a write function ends its goroutine; others go on.
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = f.Update(context.Background(), func(rdfstore.Tx) error { runtime.Goexit(); return nil })
	}()
	<-ended
	f.put("neighbours/after")
}

func testClosing(t *testing.T, f *fixture) {
	blocked, release := make(chan struct{}), make(chan struct{})
	var underWay sync.WaitGroup
	underWay.Go(func() {
		if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
			close(blocked)
			<-release
			return tx.SetRecord("closing", "k", nil, time.Time{})
		}); err != nil {
			t.Errorf("an update under way while closing: %v", err)
		}
	})
	<-blocked
	underWay.Go(func() {
		if err := f.AwaitChange(context.Background(), math.MaxUint64); !errors.Is(err, rdfstore.ErrClosed) {
			t.Errorf("waiting for a change while closing: %v", err)
		}
	})
	closed := make(chan error)
	go func() { closed <- f.Close() }()
	close(release)
	underWay.Wait()
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
	_, stageErr := f.Stage(context.Background(), strings.NewReader("x"), -1)
	_, sweepErr := f.Sweep(context.Background(), 1)
	for call, err := range map[string]error{
		"Update": f.Update(context.Background(), func(rdfstore.Tx) error { return nil }),
		"View":   f.View(context.Background(), func(rdfstore.Reader) error { return nil }),
		"Stage":  stageErr, "Sweep": sweepErr, "Close": f.Close(),
		"AwaitChange": f.AwaitChange(context.Background(), math.MaxUint64),
	} {
		if !errors.Is(err, rdfstore.ErrClosed) {
			t.Errorf("%s after Close = %v", call, err)
		}
	}
}
