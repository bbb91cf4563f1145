package kvstore

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// reader implements [rdfstore.Reader] over a view.
type reader struct {
	view  view
	blobs Blobs
	now   time.Time // expired records are those before it
}

func (r *reader) Storage(name string) (rdfstore.Storage, error) {
	raw, found, err := r.view.Get(storageKey(name))
	if err != nil {
		return rdfstore.Storage{}, err
	}
	if !found {
		return rdfstore.Storage{}, fmt.Errorf("storage: %w", rdfstore.ErrNotFound)
	}
	return decodeStorage(name, raw)
}

func (r *reader) Storages(afterName string) iter.Seq2[rdfstore.Storage, error] {
	return func(yield func(rdfstore.Storage, error) bool) {
		stopped := false
		err := r.view.Scan([]byte{tableStorage}, after(storageKey(afterName)), func(key, value []byte) bool {
			s, err := decodeStorage(string(key[1:]), value)
			stopped = !yield(s, err)
			return !stopped
		})
		if err != nil && !stopped {
			yield(rdfstore.Storage{}, err)
		}
	}
}

func (r *reader) Resource(id resource.ID) (rdfstore.Resource, error) {
	s, err := r.load(id)
	return s.Resource, err
}

func (r *reader) load(id resource.ID) (stored, error) {
	raw, found, err := r.view.Get(resourceKey(id))
	if err != nil {
		return stored{}, err
	}
	if !found {
		return stored{}, fmt.Errorf("resource: %w", rdfstore.ErrNotFound)
	}
	return decodeStored(id, raw)
}

func (r *reader) exists(id resource.ID) (bool, error) {
	_, found, err := r.view.Get(resourceKey(id))
	return found, err
}

func (r *reader) Open(id resource.ID) (io.ReadSeekCloser, error) {
	s, err := r.load(id)
	if err != nil {
		return nil, err
	}
	if s.blob != "" {
		return r.blobs.Open(s.blob)
	}
	return inMemory(bytes.Clone(s.inline)), nil
}

func (r *reader) Members(container resource.ID, afterName string) iter.Seq2[rdfstore.Member, error] {
	return func(yield func(rdfstore.Member, error) bool) {
		prefix := memberPrefix(container)
		from := prefix
		if afterName != "" {
			from = after(memberKey(container, afterName))
		}
		stopped := false
		err := r.view.Scan(prefix, from, func(key, value []byte) bool {
			m, err := decodeMember(container.Entry(string(key[len(prefix):])), value)
			stopped = !yield(m, err)
			return !stopped
		})
		if err != nil && !stopped {
			yield(rdfstore.Member{}, err)
		}
	}
}

func (r *reader) Record(bucket, key string) ([]byte, error) {
	raw, found, err := r.view.Get(recordKey(bucket, key))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("record in %s: %w", bucket, rdfstore.ErrNotFound)
	}
	value, expires, err := decodeRecord(raw)
	if err != nil {
		return nil, fmt.Errorf("record in %s: %w", bucket, err)
	}
	if r.expired(expires) {
		return nil, fmt.Errorf("record in %s: %w", bucket, rdfstore.ErrNotFound)
	}
	return bytes.Clone(value), nil
}

func (r *reader) Records(bucket, prefix, afterKey string) iter.Seq2[rdfstore.Record, error] {
	return func(yield func(rdfstore.Record, error) bool) {
		table := recordKey(bucket, "")
		from := table
		if afterKey != "" {
			from = after(recordKey(bucket, afterKey))
		}
		stopped := false
		err := r.view.Scan(recordKey(bucket, prefix), from, func(key, raw []byte) bool {
			value, expires, err := decodeRecord(raw)
			if err == nil && r.expired(expires) {
				return true
			}
			record := rdfstore.Record{Key: string(key[len(table):]), Value: bytes.Clone(value), Expires: expires}
			stopped = !yield(record, err)
			return !stopped
		})
		if err != nil && !stopped {
			yield(rdfstore.Record{}, err)
		}
	}
}

func (r *reader) expired(at time.Time) bool { return !at.IsZero() && !r.now.Before(at) }
