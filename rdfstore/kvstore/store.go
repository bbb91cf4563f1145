// Package kvstore is the store over any ordered key-value [Engine].
//
// It keeps the promises of package rdfstore that do not depend on the engine:
// the order of writes and their isolation (committer.go), containment and the
// other invariants (tx.go), expiry, and the life of blobs. The key space is in
// keys.go, the records in encoding.go.
//
// It does not know files or Badger: badgerstore and memstore bring an engine
// and a place for blobs.
package kvstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"domicile/rdfstore"
)

// schema is the version of keys and records.
const schema = 1

// queueLength bounds the writers that wait in memory; more wait in Update.
const queueLength = 4096

// Options are for [Open].
type Options struct {
	Logger *slog.Logger     // nil: slog.Default
	Clock  func() time.Time // nil: time.Now
}

// Store implements [rdfstore.Store].
type Store struct {
	engine Engine
	blobs  Blobs
	logger *slog.Logger
	clock  func() time.Time
	epoch  string

	queue     chan *request
	closing   chan struct{}
	committed chan struct{} // closed when the committer has ended
	collected chan struct{} // closed when orphans have been collected
	closeOnce sync.Once
	closeErr  error
	revision  uint64 // the committer's

	staged sync.Map // names of blobs that belong to no resource yet
	views  viewings
}

var _ rdfstore.Store = (*Store)(nil)

// Open returns the store of an engine and a place for blobs, and closes both
// when it is closed or fails to open. Errors: [rdfstore.ErrSchema].
func Open(engine Engine, blobs Blobs, options Options) (*Store, error) {
	s := &Store{
		engine: engine, blobs: blobs, logger: options.Logger, clock: options.Clock,
		queue: make(chan *request, queueLength), closing: make(chan struct{}),
		committed: make(chan struct{}), collected: make(chan struct{}),
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if err := s.readMeta(); err != nil {
		return nil, errors.Join(err, blobs.Close(), engine.Close())
	}
	go s.commit()
	go s.collectOrphans()
	return s, nil
}

// readMeta reads the schema version, the epoch and the last revision, or
// writes them into an empty engine.
func (s *Store) readMeta() error {
	snapshot := s.engine.Snapshot()
	defer snapshot.Close()
	version, found, err := snapshot.Get(keySchema)
	if err != nil {
		return err
	}
	if !found {
		s.epoch = rand.Text()[:8]
		return s.engine.Apply([]Change{
			{keySchema, binary.BigEndian.AppendUint64(nil, schema)},
			{keyEpoch, []byte(s.epoch)},
			{keyRevision, binary.BigEndian.AppendUint64(nil, 0)},
		})
	}
	if v := binary.BigEndian.Uint64(version); v > schema {
		return fmt.Errorf("%w: %d, this program knows %d", rdfstore.ErrSchema, v, schema)
	}
	epoch, _, err := snapshot.Get(keyEpoch)
	if err != nil {
		return err
	}
	s.epoch = string(epoch)
	revision, found, err := snapshot.Get(keyRevision)
	if err != nil || !found {
		return errors.Join(err, errCorrupt)
	}
	s.revision = binary.BigEndian.Uint64(revision)
	return nil
}

// Epoch implements [rdfstore.Store].
func (s *Store) Epoch() string { return s.epoch }

// View implements [rdfstore.Store].
func (s *Store) View(ctx context.Context, read func(rdfstore.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	began, ok := s.views.begin()
	if !ok {
		return rdfstore.ErrClosed
	}
	defer func() { s.removeBlobs(s.views.end(began)) }()
	snapshot := s.engine.Snapshot()
	defer snapshot.Close()
	return read(&reader{view: snapshot, blobs: s.blobs, now: s.now()})
}

// Sweep implements [rdfstore.Store].
func (s *Store) Sweep(ctx context.Context, limit int) (swept int, err error) {
	err = s.update(ctx, func(t *tx) error {
		swept, err = t.sweep(limit)
		return err
	})
	return swept, err
}

// Close implements [rdfstore.Store].
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		<-s.committed
		<-s.collected
		s.removeBlobs(s.views.close())
		s.closeErr = errors.Join(s.blobs.Close(), s.engine.Close())
	})
	return s.closeErr
}

// now is the time in whole milliseconds, as records keep it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// collectOrphans removes the blobs that a crash left between staging and
// commit. A blob that is staged now is passed over; the order of the two
// questions matters, since a commit makes the key before it ends the staging.
func (s *Store) collectOrphans() {
	defer close(s.collected)
	err := s.blobs.Names(func(name string) bool {
		select {
		case <-s.closing:
			return false
		default:
		}
		if _, staged := s.staged.Load(name); staged {
			return true
		}
		snapshot := s.engine.Snapshot()
		defer snapshot.Close()
		if _, used, err := snapshot.Get(blobKey(name)); err == nil && !used {
			s.removeLater([]string{name})
		}
		return true
	})
	if err != nil {
		s.logger.Error("orphaned blobs were not collected", "error", err)
	}
}

func (s *Store) removeBlobs(names []string) {
	for _, name := range names {
		s.removeBlob(name)
	}
}

// removeLater removes blobs once no view can know them any more.
func (s *Store) removeLater(names []string) {
	if len(names) > 0 {
		s.removeBlobs(s.views.retire(names))
	}
}
