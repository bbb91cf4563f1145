package kvstore

import (
	"bytes"
	"fmt"
	"time"

	"domicile/rdfstore"
)

// maxValue is the largest value of a record, in bytes. Engines keep values
// beside their keys; what is larger belongs in a blob.
const maxValue = 512 << 10

// SetRecord implements [rdfstore.StateWriter].
func (t *tx) SetRecord(bucket, key string, value []byte, expires time.Time) error {
	if len(value) > maxValue {
		return fmt.Errorf("record in %s: %w: %d bytes, at most %d", bucket, rdfstore.ErrTooLarge, len(value), maxValue)
	}
	if err := t.DeleteRecord(bucket, key); err != nil {
		return err
	}
	var milliseconds int64
	if !expires.IsZero() {
		// 0 stands for never.
		milliseconds = max(expires.UnixMilli(), 1)
		if err := t.set(expiryKey(milliseconds, bucket, key), nil); err != nil {
			return err
		}
	}
	return t.set(stateKey(bucket, key), encodeState(value, milliseconds))
}

// TakeRecord implements [rdfstore.StateWriter].
func (t *tx) TakeRecord(bucket, key string) ([]byte, error) {
	value, err := t.Record(bucket, key)
	if err != nil {
		return nil, err
	}
	return value, t.DeleteRecord(bucket, key)
}

// DeleteRecord implements [rdfstore.StateWriter].
func (t *tx) DeleteRecord(bucket, key string) error {
	_, expires, found, err := t.stateRecord(bucket, key)
	if err != nil || !found {
		return err
	}
	if expires != 0 {
		if err := t.delete(expiryKey(expires, bucket, key)); err != nil {
			return err
		}
	}
	return t.delete(stateKey(bucket, key))
}

// sweep removes at most limit expired records.
func (t *tx) sweep(limit int) (removed int, err error) {
	for entry, err := range t.scan([]byte{expiryPrefix}, nil) {
		if err != nil {
			return removed, err
		}
		expires, bucket, key, err := splitExpiryKey(entry.Key)
		if err != nil {
			return removed, err
		}
		if removed == limit || !t.expired(expires) {
			break
		}
		if err := t.expire(entry.Key, bucket, key, expires); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// expire removes an entry of the expiry index and the record that it is of.
func (t *tx) expire(indexKey []byte, bucket, key string, expires int64) error {
	_, current, found, err := t.stateRecord(bucket, key)
	if err != nil {
		return err
	}
	if found && current == expires {
		return t.DeleteRecord(bucket, key)
	}
	return t.delete(bytes.Clone(indexKey))
}
