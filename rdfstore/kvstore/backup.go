package kvstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
)

// backup is one that is being made.
type backup struct {
	*reader
	store   *Store
	ctx     context.Context
	options rdfstore.BackupOptions
	to      *archiveWriter
	done    rdfstore.Progress
	buffer  []byte // for blobs

	// generation is that of the last block, and whether the base has it.
	generation struct {
		number uint64
		inBase bool
	}

	// shared are the blobs of storage that are in the backup and that more of
	// its resources refer to.
	storage string
	shared  map[blob.ID]struct{}
}

// Backup implements [rdfstore.Archiver]. It writes all entries but those that
// are made anew with a restored store. An increment tells of the bodies of
// resources that have not changed only their keys: what it does not name was
// deleted. Blobs come with the first changed resource that refers to them.
func (s *Store) Backup(ctx context.Context, to io.Writer, options rdfstore.BackupOptions) (header rdfstore.BackupHeader, err error) {
	err = s.view(ctx, func(r *reader) error {
		header, err = s.backupHeader(r, options.Base)
		if err != nil {
			return err
		}
		archive, err := newArchiveWriter(to, header)
		if err != nil {
			return err
		}
		b := &backup{reader: r, store: s, ctx: ctx, options: options, to: archive, buffer: make([]byte, chunkSize)}
		b.done = rdfstore.Progress{Stage: "writing the backup", Unit: rdfstore.Bytes}
		if options.Base.Revision == 0 {
			if b.done.Total, _, err = r.totals(); err != nil {
				return err
			}
		}
		for entry, err := range r.scan(nil, nil) {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				err = b.entry(entry)
			}
			if err != nil {
				return err
			}
		}
		return archive.close()
	})
	if err != nil {
		return rdfstore.BackupHeader{}, fmt.Errorf("backup: %w", err)
	}
	return header, nil
}

func (s *Store) backupHeader(r *reader, base rdfstore.BackupHeader) (rdfstore.BackupHeader, error) {
	revision, err := r.Revision()
	if err != nil {
		return rdfstore.BackupHeader{}, err
	}
	if base != (rdfstore.BackupHeader{}) && (base.Epoch != s.epoch || base.Schema != schema || base.Revision > revision) {
		return rdfstore.BackupHeader{}, fmt.Errorf("%w: the earlier one is of another store, of the time before a restore or before an upgrade: make a full one",
			rdfstore.ErrBackupOrder)
	}
	return rdfstore.BackupHeader{Schema: schema, Epoch: s.epoch, Revision: revision, Since: base.Revision, Time: backupTime(r.now)}, nil
}

// isOfOneStore reports whether a key is of the store that has it and not of
// one that is restored from it.
func isOfOneStore(key []byte) bool { return bytes.Equal(key, schemaKey) || bytes.Equal(key, epochKey) }

func (b *backup) entry(entry Entry) error {
	if isOfOneStore(entry.Key) {
		return nil
	}
	b.count(len(entry.Key) + len(entry.Value))
	kept, err := b.isInBase(entry.Key)
	if err != nil {
		return err
	}
	if kept {
		return b.to.item(keptItem, entry.Key)
	}
	if entry.Key[0] == resourcePrefix {
		if err := b.body(entry); err != nil {
			return err
		}
	}
	return b.to.item(entryItem, entry.Key, entry.Value)
}

// isInBase reports whether the base has the key with the value that it has
// now: that of a body that has not changed.
func (b *backup) isInBase(key []byte) (bool, error) {
	if b.options.Base.Revision == 0 {
		return false, nil
	}
	switch key[0] {
	case inlinePrefix:
		r, err := b.readableRecord(append([]byte{resourcePrefix}, key[1:]...))
		return r != nil && r.revision <= b.options.Base.Revision, err
	case blockPrefix:
		return b.isBlockInBase(key)
	}
	return false, nil
}

func (b *backup) isBlockInBase(key []byte) (bool, error) {
	generation, ok := parseNumbered(key)
	if !ok || generation == b.generation.number {
		return ok && b.generation.inBase, nil
	}
	b.generation.number, b.generation.inBase = generation, false
	raw, found, err := b.get(headKey(generation))
	if err != nil || !found {
		return false, err
	}
	if owner, ok := ownerOf(raw); ok {
		r, err := b.readableRecord(owner)
		if err != nil || r == nil {
			return false, err
		}
		b.generation.inBase = r.location == inQuads && r.quads.generation == generation && r.revision <= b.options.Base.Revision
	}
	return b.generation.inBase, nil
}

// readableRecord returns a record; nil when there is none or it cannot be
// read, which is damage that goes along.
func (b *backup) readableRecord(key []byte) (*record, error) {
	raw, found, err := b.get(key)
	if err != nil || !found {
		return nil, err
	}
	if r, err := decodeRecord(raw); err == nil {
		return r, nil
	}
	return nil, nil
}

// body writes the blob that a resource's record refers to.
func (b *backup) body(entry Entry) error {
	record, err := decodeRecord(entry.Value)
	if err != nil {
		b.damage(entry.Key, err)
		return nil
	}
	if record.location != inBlob || record.revision <= b.options.Base.Revision {
		return nil
	}
	if written, err := b.isWritten(record.blob); errors.Is(err, errCorrupt) {
		b.damage(entry.Key, err) // and the body may be there all the same
	} else if err != nil || written {
		return err
	}
	body, err := b.blobs.Open(record.blob)
	if err != nil {
		b.damage(entry.Key, err)
		return nil
	}
	defer body.Close()
	err, broken := b.to.blob(record.blob, &cancelled{b, body}, b.buffer)
	if err == nil {
		err = b.ctx.Err()
	}
	if err == nil && broken != nil {
		b.damage(entry.Key, broken)
	}
	return err
}

// isWritten reports whether a blob is in the backup already, and notes that it
// will be. Only resources of one storage share a blob.
func (b *backup) isWritten(id blob.ID) (bool, error) {
	refs, err := b.references(id)
	if err != nil || refs.count == 1 {
		return false, err
	}
	if refs.storage != b.storage {
		b.storage, b.shared = refs.storage, map[blob.ID]struct{}{}
	}
	_, ok := b.shared[id]
	b.shared[id] = struct{}{}
	return ok, nil
}

func (b *backup) damage(key []byte, err error) {
	if b.options.Damage != nil {
		b.options.Damage(fmt.Sprintf("%s: %v", describeKey(key), err))
	}
}

func (b *backup) count(n int) {
	b.done.Done += int64(n)
	if b.options.Progress != nil {
		b.options.Progress(b.done)
	}
}

// cancelled counts what is read through it and ends with the backup's context.
type cancelled struct {
	backup *backup
	from   io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.backup.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.from.Read(p)
	c.backup.count(n)
	return n, err
}

// totals returns how many bytes and resources all storages have.
func (r *reader) totals() (size, resources int64, err error) {
	for entry, err := range r.scan([]byte{storageUsagePrefix}, nil) {
		if err != nil {
			return 0, 0, err
		}
		if usage, err := decodeUsage(entry.Value); err == nil { // else check tells of it
			size += usage.Bytes
			resources += usage.Resources
		}
	}
	return size, resources, nil
}
