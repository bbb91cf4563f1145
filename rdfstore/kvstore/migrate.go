package kvstore

import (
	"encoding/binary"
	"fmt"
	"log/slog"

	"domicile/rdfstore"
)

// migrations has at n the step from schema n to n+1. A step writes in batches
// and may be cut off between them; what it writes follows from what it leaves
// as it is, so that it can be begun again.
var migrations = map[uint64]func(*migration) error{
	1: countUsage,
}

// migration is a step under way: it reads the state before it.
type migration struct {
	reader
	engine  Engine
	overlay *overlay // of what is not applied yet
}

// migrate brings data of an older schema to the one that this package writes.
func (s *Store) migrate(version uint64) error {
	for ; version < schema; version++ {
		s.logger.Info("migrating the data", slog.Uint64("from", version), slog.Uint64("to", version+1))
		if err := s.migrateOnce(version); err != nil {
			return fmt.Errorf("migrating the data from schema %d: %w", version, err)
		}
	}
	return nil
}

func (s *Store) migrateOnce(version uint64) error {
	snapshot, err := s.engine.Snapshot()
	if err != nil {
		return err
	}
	defer snapshot.Close()
	m := &migration{reader: reader{reads: snapshot}, engine: s.engine, overlay: newOverlay(snapshot, s.limits)}
	if err := migrations[version](m); err != nil {
		return err
	}
	if err := m.set(schemaKey, binary.AppendUvarint(nil, version+1)); err != nil {
		return err
	}
	return m.apply()
}

// set writes a value, sooner or later.
func (m *migration) set(key, value []byte) error {
	if m.overlay.halfFull() {
		if err := m.apply(); err != nil {
			return err
		}
	}
	return m.overlay.change(Change{Key: key, Value: value})
}

func (m *migration) apply() error {
	batch := m.overlay.batch()
	m.overlay = newOverlay(m.overlay.base, m.overlay.limits)
	return m.engine.Apply(batch)
}

// countUsage is the step from schema 1, which counted no usage, had no feed
// and noted for a blob the resource that it was the body of. Nobody has
// followed the feed from before.
func countUsage(m *migration) error {
	accounts := map[rdfstore.Holder]rdfstore.Usage{}
	for storage, err := range m.Storages("") {
		if err != nil {
			return err
		}
		usage, err := m.countStorage(storage.Name)
		if err != nil {
			return err
		}
		for _, holder := range storage.Holders() {
			if holder.Kind == rdfstore.AccountHolder {
				total := accounts[holder]
				total.Bytes += usage.Bytes
				total.Resources += usage.Resources
				accounts[holder] = total
			} else if err := m.set(usageKey(holder), encodeUsage(usage)); err != nil {
				return err
			}
		}
	}
	for holder, usage := range accounts {
		if err := m.set(usageKey(holder), encodeUsage(usage)); err != nil {
			return err
		}
	}
	revision, err := m.Revision()
	if err != nil {
		return err
	}
	return m.set(trimmedKey, binary.BigEndian.AppendUint64(nil, revision))
}

// countStorage returns the usage of a storage and notes what its blobs are.
func (m *migration) countStorage(name string) (usage rdfstore.Usage, err error) {
	for entry, err := range m.scan(append([]byte{resourcePrefix}, name+"\x00"...), nil) {
		if err != nil {
			return usage, err
		}
		r, err := decodeRecord(entry.Value)
		if err != nil {
			return usage, err
		}
		usage.Bytes += r.size
		usage.Resources++
		if r.location != inBlob {
			continue
		}
		if err := m.set(blobKey(r.blob), encodeReferences(references{1, r.sha256, name})); err != nil {
			return usage, err
		}
		if err := m.set(contentKey(name, r.sha256), r.blob[:]); err != nil {
			return usage, err
		}
	}
	return usage, nil
}
