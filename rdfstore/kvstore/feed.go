package kvstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"sync"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// ActAs implements [rdfstore.Tx].
func (t *tx) ActAs(actor rdfstore.Actor) { t.actor = actor }

// append takes the next revision for a change of a resource and puts the change
// into the feed. Whatever changes a resource begins with it.
func (t *tx) append(action rdfstore.Action, id resource.ID, kind rdfstore.Kind) (revision uint64, err error) {
	if revision, err = t.nextRevision(); err != nil {
		return 0, err
	}
	change := rdfstore.Change{Revision: revision, Time: t.now, Action: action, ID: id, Kind: kind, Actor: t.actor}
	return revision, t.set(changeKey(revision), encodeChange(change))
}

// nextRevision takes the next revision of the store.
func (t *tx) nextRevision() (uint64, error) {
	revision, err := t.Revision()
	if err != nil {
		return 0, err
	}
	t.revision = revision + 1
	return t.revision, t.set(revisionKey, binary.BigEndian.AppendUint64(nil, t.revision))
}

// Revision implements [rdfstore.Reader].
func (r *reader) Revision() (uint64, error) { return r.mark(revisionKey) }

// mark reads a revision that the store notes of itself; 0 when it has not yet.
func (r *reader) mark(key []byte) (uint64, error) {
	raw, found, err := r.get(key)
	if err != nil || !found {
		return 0, err
	}
	if len(raw) != 8 {
		return 0, fmt.Errorf("%w: revision", errCorrupt)
	}
	return binary.BigEndian.Uint64(raw), nil
}

// Changes implements [rdfstore.Reader].
func (r *reader) Changes(after uint64) iter.Seq2[rdfstore.Change, error] {
	return func(yield func(rdfstore.Change, error) bool) {
		trimmed, err := r.mark(trimmedKey)
		if err == nil && after < trimmed {
			err = rdfstore.ErrTrimmed
		}
		if err != nil {
			yield(rdfstore.Change{}, err)
			return
		}
		for entry, err := range r.scan([]byte{changePrefix}, changeKey(after)) {
			var change rdfstore.Change
			if err == nil {
				change, err = decodeChange(entry)
			}
			if !yield(change, err) || err != nil {
				return
			}
		}
	}
}

// trim forgets at most limit changes that were made before a time.
func (t *tx) trim(before time.Time, limit int) (forgotten int, err error) {
	trimmed, err := t.mark(trimmedKey)
	if err != nil {
		return 0, err
	}
	// From the mark on: an engine may be slow to pass what was deleted.
	for entry, err := range t.scan([]byte{changePrefix}, changeKey(trimmed)) {
		if err != nil {
			return forgotten, err
		}
		change, err := decodeChange(entry)
		if err != nil {
			return forgotten, err
		}
		if forgotten == limit || !change.Time.Before(before) {
			break
		}
		if err := t.delete(bytes.Clone(entry.Key)); err != nil {
			return forgotten, err
		}
		trimmed = change.Revision
		forgotten++
	}
	if forgotten == 0 {
		return 0, nil
	}
	return forgotten, t.set(trimmedKey, binary.BigEndian.AppendUint64(nil, trimmed))
}

// encodeChange: version, time, action, kind, face, and with their lengths
// storage, path and agent; then the client.
func encodeChange(c rdfstore.Change) []byte {
	b := make([]byte, 0, 24+len(c.ID.Storage())+len(c.ID.Path())+len(c.Agent)+len(c.Client))
	b = binary.AppendVarint(append(b, encodingVersion), c.Time.UnixMilli())
	b = append(b, byte(c.Action), byte(c.Kind), byte(c.ID.Aux()))
	for _, part := range []string{c.ID.Storage(), c.ID.Path(), c.Agent} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return append(b, c.Client...)
}

func decodeChange(entry Entry) (rdfstore.Change, error) {
	d := newDecoder(entry.Value)
	c := rdfstore.Change{Time: fromMilliseconds(d.varint()), Action: rdfstore.Action(d.byte()), Kind: rdfstore.Kind(d.byte())}
	face := resource.Aux(d.byte())
	storage, path := string(d.take(d.length())), string(d.take(d.length()))
	c.Agent = string(d.take(d.length()))
	c.Client = d.rest()
	c.ID = resource.Root(storage).Entry(path)
	switch face {
	case resource.Subject:
	case resource.ACL:
		c.ID = c.ID.ACL()
	case resource.Description:
		c.ID = c.ID.Description()
	default:
		d.failed = true
	}
	if d.failed || len(entry.Key) != 9 || c.Action < rdfstore.Created || c.Action > rdfstore.Deleted || !validKind(c.Kind) {
		return rdfstore.Change{}, fmt.Errorf("%w: change", errCorrupt)
	}
	c.Revision = binary.BigEndian.Uint64(entry.Key[1:])
	return c, nil
}

// TrimChanges implements [rdfstore.Store].
func (s *Store) TrimChanges(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.inBatches(ctx, limit, func(t *tx, limit int) (int, error) { return t.trim(before, limit) })
}

// AwaitChange implements [rdfstore.Store].
func (s *Store) AwaitChange(ctx context.Context, after uint64) error {
	for {
		revision, moved := s.progress.now()
		if revision > after {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.committer.closing:
			return rdfstore.ErrClosed
		}
	}
}

// progress is the revision that the store has come to.
type progress struct {
	mu       sync.Mutex
	revision uint64
	moved    chan struct{} // closed with the next move; nil when nobody waits for it
}

func (p *progress) now() (revision uint64, moved <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moved == nil {
		p.moved = make(chan struct{})
	}
	return p.revision, p.moved
}

func (p *progress) move(revision uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revision = max(p.revision, revision)
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}
