package kvstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
)

// Restore fills an empty engine and empty blobs with what backups hold: a full
// one and increments in their order. It makes the state that the last of them
// was made of, in constant memory, with an epoch of its own. When it fails,
// what it has written is of no use: only after a success does the engine hold
// a store.
func Restore(ctx context.Context, engine Engine, blobs Blobs, limits Limits, backups []io.Reader, progress func(rdfstore.Progress)) (rdfstore.BackupHeader, error) {
	r := &restoration{ctx: ctx, engine: engine, blobs: blobs, limits: limits, progress: progress}
	if r.limits == (Limits{}) {
		r.limits = DefaultLimits
	}
	for i, backup := range backups {
		r.done.Stage = "reading the backup"
		if len(backups) > 1 {
			r.done.Stage = fmt.Sprintf("reading backup %d of %d", i+1, len(backups))
		}
		r.done.Unit, r.done.Done = rdfstore.Bytes, 0
		if err := r.add(backup); err != nil {
			return rdfstore.BackupHeader{}, fmt.Errorf("backup %d of %d: %w", i+1, len(backups), err)
		}
	}
	return r.last, r.finish()
}

// restoration is a store that is being filled.
type restoration struct {
	ctx      context.Context
	engine   Engine
	blobs    Blobs
	limits   Limits
	progress func(rdfstore.Progress)
	done     rdfstore.Progress
	last     rdfstore.BackupHeader // zero: none yet
	batch    []Change
	size     int
}

// add brings the state to that of a backup.
func (r *restoration) add(from io.Reader) error {
	archive, err := newArchiveReader(&countedReader{r, from})
	if err != nil {
		return err
	}
	if err := r.mayFollow(archive.header); err != nil {
		return err
	}
	snapshot, err := r.engine.Snapshot()
	if err != nil {
		return err
	}
	defer snapshot.Close()
	next, stop := iter.Pull2(snapshot.Scan(nil, nil))
	defer stop()
	base := &baseEntries{next: next}
	if err := base.advance(); err != nil {
		return err
	}
	if err := r.items(archive, base); err != nil {
		return err
	}
	if err := errors.Join(r.deleteBefore(base, nil), r.apply()); err != nil {
		return err
	}
	r.last = archive.header
	return archive.finish()
}

// mayFollow says why a backup cannot be the next.
func (r *restoration) mayFollow(next rdfstore.BackupHeader) error {
	first := r.last == (rdfstore.BackupHeader{})
	switch {
	case next.Schema > schema:
		return fmt.Errorf("%w: %d; this version knows %d", rdfstore.ErrSchema, next.Schema, schema)
	case first && next.Since != 0:
		return fmt.Errorf("%w: it holds only what changed since revision %d; give the full one first", rdfstore.ErrBackupOrder, next.Since)
	case first:
		return nil
	case next.Since == 0:
		return fmt.Errorf("%w: it is a full one", rdfstore.ErrBackupOrder)
	case next.Epoch != r.last.Epoch || next.Schema != r.last.Schema:
		return fmt.Errorf("%w: it is of another store or schema than the one before", rdfstore.ErrBackupOrder)
	case next.Since > r.last.Revision:
		return fmt.Errorf("%w: it begins at revision %d, the one before ends at %d", rdfstore.ErrBackupOrder, next.Since, r.last.Revision)
	case next.Revision < r.last.Revision:
		return fmt.Errorf("%w: it is older than the one before", rdfstore.ErrBackupOrder)
	}
	return nil
}

// items takes what a backup holds. Its entries and those of the base are both
// in order.
func (r *restoration) items(archive *archiveReader, base *baseEntries) error {
	var last []byte
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		kind, err := archive.ReadByte()
		if err != nil {
			return ended(err)
		}
		if kind == endItem {
			return nil
		}
		name, err := archive.text()
		if err != nil {
			return err
		}
		if kind == blobItem {
			if err := r.writeBlob(archive, name); err != nil {
				return err
			}
			continue
		}
		if len(name) == 0 || bytes.Compare(name, last) <= 0 || isOfOneStore(name) {
			return fmt.Errorf("%w: its entries are not in order", rdfstore.ErrBackup)
		}
		last = name
		if err := r.deleteBefore(base, name); err != nil {
			return err
		}
		inBase := base.valid && bytes.Equal(base.key, name)
		switch kind {
		case entryItem:
			value, err := archive.text()
			if err == nil {
				err = r.change(Change{Key: name, Value: value})
			}
			if err != nil {
				return err
			}
		case keptItem:
			if !inBase {
				return fmt.Errorf("%w: the one before lacks what has not changed since (%s)", rdfstore.ErrBackupOrder, describeKey(name))
			}
		default:
			return fmt.Errorf("%w: unknown item %q", rdfstore.ErrBackup, kind)
		}
		if inBase {
			if err := base.advance(); err != nil {
				return err
			}
		}
	}
}

func (r *restoration) writeBlob(archive *archiveReader, name []byte) error {
	var id blob.ID
	if len(name) != len(id) {
		return fmt.Errorf("%w: name of a blob", rdfstore.ErrBackup)
	}
	copy(id[:], name)
	if err := r.blobs.Write(id, &blobReader{archive: archive}); err != nil && !errors.Is(err, errBroken) {
		return err
	}
	return nil
}

// deleteBefore deletes the entries of the base that come before a key (nil:
// all that are left): the backup does not name them.
func (r *restoration) deleteBefore(base *baseEntries, key []byte) error {
	for base.valid && (key == nil || bytes.Compare(base.key, key) < 0) {
		if err := r.change(Change{Key: base.key, Delete: true}); err != nil {
			return err
		}
		if err := base.advance(); err != nil {
			return err
		}
	}
	return nil
}

func (r *restoration) change(c Change) error {
	r.batch = append(r.batch, c)
	r.size += c.size()
	if len(r.batch) < r.limits.Keys/2 && r.size < r.limits.Bytes/2 {
		return nil
	}
	return r.apply()
}

func (r *restoration) apply() error {
	if len(r.batch) == 0 {
		return nil
	}
	batch := r.batch
	r.batch, r.size = nil, 0
	return r.engine.Apply(batch)
}

// finish removes the blobs that increments made superfluous and makes the
// whole a store.
func (r *restoration) finish() error {
	if r.last == (rdfstore.BackupHeader{}) {
		return fmt.Errorf("%w: none was given", rdfstore.ErrBackupOrder)
	}
	snapshot, err := r.engine.Snapshot()
	if err != nil {
		return err
	}
	defer snapshot.Close()
	for id, err := range r.blobs.All() {
		if err != nil {
			return err
		}
		if _, found, err := snapshot.Get(blobKey(id)); err != nil {
			return err
		} else if !found {
			if err := r.blobs.Remove(id); err != nil {
				return err
			}
		}
	}
	return r.engine.Apply([]Change{
		{Key: epochKey, Value: []byte(rand.Text()[:8])},
		{Key: schemaKey, Value: binary.AppendUvarint(nil, r.last.Schema)},
	})
}

// baseEntries are the keys of the state that an increment changes.
type baseEntries struct {
	next  func() (Entry, error, bool)
	key   []byte
	valid bool
}

func (b *baseEntries) advance() error {
	entry, err, ok := b.next()
	b.key, b.valid = bytes.Clone(entry.Key), ok
	return err
}

// countedReader tells how far a backup is read.
type countedReader struct {
	r    *restoration
	from io.Reader
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.r.done.Done += int64(n)
	if c.r.progress != nil {
		c.r.progress(c.r.done)
	}
	return n, err
}
