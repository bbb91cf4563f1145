package kvstore

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

// errEnded: a reader was used outside its view or update.
var errEnded = errors.New("a reader was used after its view ended")

// reader reads one state; now decides what has expired in it.
type reader struct {
	reads Reads
	blobs Blobs
	bases *bases
	now   time.Time
	ended bool
}

func (r *reader) get(key []byte) ([]byte, bool, error) {
	if r.ended {
		return nil, false, errEnded
	}
	return r.reads.Get(key)
}

func (r *reader) scan(prefix, after []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if r.ended {
			yield(Entry{}, errEnded)
			return
		}
		r.reads.Scan(prefix, after)(yield)
	}
}

// Storage implements [rdfstore.Reader].
func (r *reader) Storage(name string) (rdfstore.Storage, error) {
	raw, found, err := r.get(storageKey(name))
	if err != nil {
		return rdfstore.Storage{}, err
	}
	if !found {
		return rdfstore.Storage{}, rdfstore.ErrNotFound
	}
	return decodeStorage(name, raw)
}

// Storages implements [rdfstore.Reader].
func (r *reader) Storages(after string) iter.Seq2[rdfstore.Storage, error] {
	return func(yield func(rdfstore.Storage, error) bool) {
		prefix := storageKey("")
		for entry, err := range r.scan(prefix, storageKey(after)) {
			var storage rdfstore.Storage
			if err == nil {
				storage, err = decodeStorage(string(entry.Key[len(prefix):]), entry.Value)
			}
			if !yield(storage, err) || err != nil {
				return
			}
		}
	}
}

// Resource implements [rdfstore.Reader].
func (r *reader) Resource(id resource.ID) (rdfstore.Resource, error) {
	record, err := r.record(id)
	if err != nil {
		return rdfstore.Resource{}, err
	}
	return record.resource(id), nil
}

// record returns the record of id, or ErrNotFound.
func (r *reader) record(id resource.ID) (*record, error) {
	raw, found, err := r.get(resourceKey(id))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, rdfstore.ErrNotFound
	}
	return decodeRecord(raw)
}

func (r *reader) exists(id resource.ID) (bool, error) {
	_, found, err := r.get(resourceKey(id))
	return found, err
}

// Open implements [rdfstore.Reader].
func (r *reader) Open(id resource.ID) (io.ReadSeekCloser, error) {
	record, err := r.record(id)
	if err != nil {
		return nil, err
	}
	switch record.location {
	case inline:
		body, found, err := r.get(inlineKey(id))
		if err == nil && !found {
			err = fmt.Errorf("%w: the body of a resource is missing", errCorrupt)
		}
		return blob.Bytes(body), err
	case inBlob:
		return r.blobs.Open(record.blob)
	case inQuads:
		return nil, rdfstore.ErrNotQuads
	}
	return blob.Bytes(nil), nil
}

// Members implements [rdfstore.Reader]. A container that does not exist
// yields ErrNotFound.
func (r *reader) Members(container resource.ID, after string) iter.Seq2[rdfstore.Member, error] {
	return func(yield func(rdfstore.Member, error) bool) {
		if _, err := r.record(container); err != nil {
			yield(rdfstore.Member{}, err)
			return
		}
		prefix := memberKey(container, "")
		for entry, err := range r.scan(prefix, memberKey(container, after)) {
			var member rdfstore.Member
			if err == nil {
				member, err = decodeMember(entry.Value)
			}
			member.ID = container.Entry(string(entry.Key[len(prefix):]))
			if !yield(member, err) || err != nil {
				return
			}
		}
	}
}

func (r *reader) isEmpty(container resource.ID) (bool, error) {
	for _, err := range r.scan(memberKey(container, ""), nil) {
		return false, err
	}
	return true, nil
}

// Record implements [rdfstore.StateReader].
func (r *reader) Record(bucket, key string) ([]byte, error) {
	value, expires, found, err := r.stateRecord(bucket, key)
	if err != nil {
		return nil, err
	}
	if !found || r.expired(expires) {
		return nil, rdfstore.ErrNotFound
	}
	return append([]byte{}, value...), nil
}

// stateRecord returns a record, expired or not. The value is not a copy.
func (r *reader) stateRecord(bucket, key string) (value []byte, expires int64, found bool, err error) {
	if err := checkStateKey(bucket, key); err != nil {
		return nil, 0, false, err
	}
	raw, found, err := r.get(stateKey(bucket, key))
	if err != nil || !found {
		return nil, 0, false, err
	}
	value, expires, err = decodeState(raw)
	return value, expires, err == nil, err
}

// Records implements [rdfstore.StateReader].
func (r *reader) Records(bucket, prefix, after string) iter.Seq2[rdfstore.Record, error] {
	return func(yield func(rdfstore.Record, error) bool) {
		if err := checkStateKey(bucket, prefix+"?"); err != nil {
			yield(rdfstore.Record{}, err)
			return
		}
		nameAt := len(stateKey(bucket, ""))
		for entry, err := range r.scan(stateKey(bucket, prefix), stateKey(bucket, after)) {
			if err != nil {
				yield(rdfstore.Record{}, err)
				return
			}
			value, expires, err := decodeState(entry.Value)
			if err == nil && r.expired(expires) {
				continue
			}
			record := rdfstore.Record{Key: string(entry.Key[nameAt:]), Value: append([]byte{}, value...)}
			if expires != 0 {
				record.Expires = fromMilliseconds(expires)
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

func (r *reader) expired(expires int64) bool {
	return expires != 0 && expires <= r.now.UnixMilli()
}
