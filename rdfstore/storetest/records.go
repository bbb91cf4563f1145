package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
)

type session struct {
	Account string
	Uses    int
}

const sessions = rdfstore.Bucket[session]("sessions")

func (f *fixture) set(bucket, key, value string, expires time.Time) {
	f.Helper()
	f.update(func(tx rdfstore.Tx) error { return tx.SetRecord(bucket, key, []byte(value), expires) })
}

// keys returns the keys of a bucket.
func keys(r rdfstore.StateReader, bucket, prefix, after string) ([]string, error) {
	keys := []string{}
	for record, err := range r.Records(bucket, prefix, after) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, record.Key)
	}
	return keys, nil
}

func testRecords(t *testing.T, f *fixture) {
	hour := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	past := time.Now().Add(-time.Hour)

	t.Run("set, get, replace, delete", func(t *testing.T) {
		f.set("b", "key", "one", time.Time{})
		f.set("b", "key", "two", hour)
		f.view(func(r rdfstore.Reader) error {
			value, err := r.Record("b", "key")
			if string(value) != "two" {
				t.Errorf("Record = %q", value)
			}
			for record, err := range r.Records("b", "", "") {
				if err != nil || !record.Expires.Equal(hour) || string(record.Value) != "two" {
					t.Errorf("Records: %+v, %v", record, err)
				}
			}
			return err
		})
		f.update(func(tx rdfstore.Tx) error {
			return errors.Join(tx.DeleteRecord("b", "key"), tx.DeleteRecord("b", "key"))
		})
		f.view(func(r rdfstore.Reader) error {
			if value, err := r.Record("b", "key"); !errors.Is(err, rdfstore.ErrNotFound) {
				t.Errorf("Record = %q, %v", value, err)
			}
			return nil
		})
	})
	t.Run("an empty value is a value", func(t *testing.T) {
		f.set("b", "empty", "", time.Time{})
		f.view(func(r rdfstore.Reader) error {
			value, err := r.Record("b", "empty")
			if len(value) != 0 {
				t.Errorf("Record = %q", value)
			}
			return err
		})
	})
	t.Run("a value is a copy", func(t *testing.T) {
		f.set("b", "copied", "abc", time.Time{})
		for range 2 {
			f.view(func(r rdfstore.Reader) error {
				value, err := r.Record("b", "copied")
				if string(value) != "abc" {
					t.Errorf("Record = %q", value)
				}
				clear(value)
				return err
			})
		}
	})
	t.Run("records are scanned in order, by prefix and behind a key", func(t *testing.T) {
		for _, key := range []string{"a/2", "b", "a/1", "a", "a/1/x", "\xff"} {
			f.set("scan", key, "x", time.Time{})
		}
		f.set("scanned", "a/0", "x", time.Time{}) // a bucket whose name begins alike
		content := f.content(at("scan"), "x")
		f.update(func(tx rdfstore.Tx) error {
			_, err := tx.Put(at("scan"), content)
			return errors.Join(err, tx.DeleteRecord("scan", "a/1"), tx.SetRecord("scan", "a/3", nil, time.Time{}))
		})
		f.view(func(r rdfstore.Reader) error {
			for _, c := range []struct {
				prefix, after string
				want          []string
			}{
				{"", "", []string{"a", "a/1/x", "a/2", "a/3", "b", "\xff"}},
				{"a/", "", []string{"a/1/x", "a/2", "a/3"}},
				{"a/", "a/2", []string{"a/3"}},
				{"a/", "a", []string{"a/1/x", "a/2", "a/3"}},
				{"a/", "b", []string{}},
				{"", "a/3", []string{"b", "\xff"}},
				{"c", "", []string{}},
			} {
				got, err := keys(r, "scan", c.prefix, c.after)
				if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
					t.Errorf("prefix %q after %q: %v %s", c.prefix, c.after, err, diff)
				}
			}
			return nil
		})
	})
	t.Run("an expired record is not there, swept or not", func(t *testing.T) {
		f.set("expiring", "old", "x", past)
		f.set("expiring", "new", "x", hour)
		f.update(func(tx rdfstore.Tx) error {
			if _, err := tx.TakeRecord("expiring", "old"); !errors.Is(err, rdfstore.ErrNotFound) {
				t.Errorf("TakeRecord = %v", err)
			}
			if _, err := tx.Record("expiring", "old"); !errors.Is(err, rdfstore.ErrNotFound) {
				t.Errorf("Record = %v", err)
			}
			got, err := keys(tx, "expiring", "", "")
			if diff := cmp.Diff([]string{"new"}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
	t.Run("Sweep removes the expired, as many as asked", func(t *testing.T) {
		if _, err := f.Sweep(context.Background(), 100); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			f.set("swept", fmt.Sprint("old", i), "x", past)
		}
		f.set("swept", "renewed", "x", past)
		f.set("swept", "renewed", "x", hour)
		f.set("swept", "forever", "x", time.Time{})
		for _, want := range []int{3, 2, 0} {
			if n, err := f.Sweep(context.Background(), 3); n != want || err != nil {
				t.Errorf("Sweep = %d, %v; want %d", n, err, want)
			}
		}
		f.view(func(r rdfstore.Reader) error {
			got, err := keys(r, "swept", "", "")
			if diff := cmp.Diff([]string{"forever", "renewed"}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
	t.Run("a record without a name is refused", func(t *testing.T) {
		for _, name := range [][2]string{{"", "key"}, {"bucket", ""}, {"buc\x00ket", "key"}, {"bucket", strings.Repeat("k", 1<<20)}} {
			if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
				return tx.SetRecord(name[0], name[1], nil, time.Time{})
			}); err == nil {
				t.Errorf("SetRecord accepted bucket %.10q, key %.10q", name[0], name[1])
			}
		}
	})
	t.Run("a value over 512 KiB is refused", func(t *testing.T) {
		f.update(func(tx rdfstore.Tx) error {
			return tx.SetRecord("b", "big", make([]byte, 512<<10), time.Time{})
		})
		f.refuse(rdfstore.ErrTooLarge, func(tx rdfstore.Tx) error {
			return tx.SetRecord("b", "big", make([]byte, 512<<10+1), time.Time{})
		})
	})
	t.Run("one of eight takers gets a record", func(t *testing.T) {
		for round := range 20 {
			key := fmt.Sprint("code", round)
			f.set("codes", key, "secret", hour)
			var taken, missed atomic.Int32
			var takers sync.WaitGroup
			for range 8 {
				takers.Go(func() {
					err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
						value, err := tx.TakeRecord("codes", key)
						if err == nil && string(value) != "secret" {
							t.Errorf("TakeRecord = %q", value)
						}
						return err
					})
					if err == nil {
						taken.Add(1)
					} else if errors.Is(err, rdfstore.ErrNotFound) {
						missed.Add(1)
					}
				})
			}
			takers.Wait()
			if taken.Load() != 1 || missed.Load() != 7 {
				t.Fatalf("%d took, %d missed", taken.Load(), missed.Load())
			}
		}
	})
	t.Run("compare and set counts every use", func(t *testing.T) {
		f.update(func(tx rdfstore.Tx) error { return sessions.Set(tx, "s", session{Account: "a"}, hour) })
		var users sync.WaitGroup
		for range 8 {
			users.Go(func() {
				for range 10 {
					if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
						s, err := sessions.Get(tx, "s")
						s.Uses++
						return errors.Join(err, sessions.Set(tx, "s", s, hour))
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		users.Wait()
		f.view(func(r rdfstore.Reader) error {
			s, err := sessions.Get(r, "s")
			if s != (session{Account: "a", Uses: 80}) {
				t.Errorf("session = %+v", s)
			}
			return err
		})
	})
}
