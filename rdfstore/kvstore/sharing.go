package kvstore

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"domicile/rdfstore/blob"
)

// references says by what a blob is referred to: how many resources of which
// storage have it as their body. Bodies of different storages share no blob,
// so that nobody can tell from time or space what another keeps.
type references struct {
	count   uint64
	hash    [sha256.Size]byte
	storage string
}

// refer adds a reference of a storage's resource to the blob that has the
// body: that of an identical body if there is one, else the body's own.
func (t *tx) refer(storage string, body *staged) (blob.ID, error) {
	id, refs := body.blob, references{hash: body.sha256, storage: storage}
	raw, shared, err := t.get(contentKey(storage, body.sha256))
	if err != nil {
		return blob.ID{}, err
	}
	if shared {
		if len(raw) != len(id) {
			return blob.ID{}, fmt.Errorf("%w: blob of a content", errCorrupt)
		}
		id = blob.ID(raw)
		if refs, err = t.references(id); err != nil {
			return blob.ID{}, err
		}
	} else if err := t.set(contentKey(storage, body.sha256), id[:]); err != nil {
		return blob.ID{}, err
	}
	refs.count++
	body.take(id)
	return id, t.set(blobKey(id), encodeReferences(refs))
}

// release takes a reference away, and with the last one the blob.
func (t *tx) release(id blob.ID) error {
	refs, err := t.references(id)
	if err != nil {
		return err
	}
	if refs.count--; refs.count > 0 {
		return t.set(blobKey(id), encodeReferences(refs))
	}
	// In data of schema 1 identical bodies have blobs of their own, of which
	// one is found by its content.
	key := contentKey(refs.storage, refs.hash)
	raw, found, err := t.get(key)
	if err == nil && found && string(raw) == string(id[:]) {
		err = t.delete(key)
	}
	if err != nil {
		return err
	}
	t.dropped = append(t.dropped, id)
	return t.delete(blobKey(id))
}

// references reads those of a blob that is in use.
func (r *reader) references(id blob.ID) (references, error) {
	raw, found, err := r.get(blobKey(id))
	if err != nil {
		return references{}, err
	}
	if !found {
		return references{}, fmt.Errorf("%w: a blob in use has no references", errCorrupt)
	}
	return decodeReferences(raw)
}

// encodeReferences: version, count, hash, storage.
func encodeReferences(r references) []byte {
	b := binary.AppendUvarint([]byte{encodingVersion}, r.count)
	b = append(b, r.hash[:]...)
	return append(b, r.storage...)
}

func decodeReferences(raw []byte) (references, error) {
	d := newDecoder(raw)
	r := references{count: d.uvarint()}
	copy(r.hash[:], d.take(len(r.hash)))
	r.storage = d.rest()
	if d.failed || r.count == 0 || r.storage == "" {
		return references{}, fmt.Errorf("%w: references of a blob", errCorrupt)
	}
	return r, nil
}
