package rdfstore

import (
	"encoding/json"
	"fmt"
	"iter"
	"time"
)

// StateReader reads the server's own records: accounts, sessions, codes,
// grants, cursors. A record is bytes under a key in a named bucket. Expired
// records are not there, swept or not.
type StateReader interface {
	// Record returns a copy of the value, or ErrNotFound.
	Record(bucket, key string) ([]byte, error)
	// Records yields the records whose keys begin with prefix and come after
	// the key after ("" for all), in key order.
	Records(bucket, prefix, after string) iter.Seq2[Record, error]
}

// StateWriter changes records.
type StateWriter interface {
	// SetRecord writes a record; the zero expires means never.
	SetRecord(bucket, key string, value []byte, expires time.Time) error
	// TakeRecord returns the record and removes it: of any number of takers
	// one gets it, the others get ErrNotFound.
	TakeRecord(bucket, key string) ([]byte, error)
	// DeleteRecord removes a record; a missing one is no error.
	DeleteRecord(bucket, key string) error
}

// Record is one record of a bucket.
type Record struct {
	Key     string
	Value   []byte
	Expires time.Time // zero: never
}

// Bucket is a bucket whose values are JSON documents of type T. Compare and
// set is a Get and a Set in one Update: nothing comes between them.
type Bucket[T any] string

// Get returns the value of key, or ErrNotFound.
func (b Bucket[T]) Get(r StateReader, key string) (T, error) {
	raw, err := r.Record(string(b), key)
	return b.decode(raw, err)
}

// Set writes the value of key; the zero expires means never.
func (b Bucket[T]) Set(w StateWriter, key string, value T, expires time.Time) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("record in %s: %w", string(b), err)
	}
	return w.SetRecord(string(b), key, raw, expires)
}

// Take returns the value of key and removes it; only one taker gets it.
func (b Bucket[T]) Take(w StateWriter, key string) (T, error) {
	raw, err := w.TakeRecord(string(b), key)
	return b.decode(raw, err)
}

// Delete removes key; a missing one is no error.
func (b Bucket[T]) Delete(w StateWriter, key string) error {
	return w.DeleteRecord(string(b), key)
}

// All yields keys and values whose key begins with prefix, in key order.
func (b Bucket[T]) All(r StateReader, prefix string) iter.Seq2[Entry[T], error] {
	return func(yield func(Entry[T], error) bool) {
		for record, err := range r.Records(string(b), prefix, "") {
			entry := Entry[T]{Key: record.Key, Expires: record.Expires}
			if err == nil {
				entry.Value, err = b.decode(record.Value, nil)
			}
			if !yield(entry, err) {
				return
			}
		}
	}
}

// Entry is a decoded record.
type Entry[T any] struct {
	Key     string
	Value   T
	Expires time.Time
}

func (b Bucket[T]) decode(raw []byte, err error) (T, error) {
	var value T
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, fmt.Errorf("record in %s: %w", string(b), err)
	}
	return value, nil
}
