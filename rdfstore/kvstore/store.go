package kvstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

// schema is the version of the layout that this package writes.
const schema = 2

// maxBatch bounds what one write function of a long work does, so that it keeps
// no writer waiting for long.
const maxBatch = 1000

// Options are the settings of a store. The zero Options suit.
type Options struct {
	Logger *slog.Logger     // nil: none
	Clock  func() time.Time // nil: time.Now
	Limits Limits           // zero: DefaultLimits
	// Room is asked before and while a body is taken in; its error refuses
	// the body. nil: there is always room.
	Room func() error
	// Space has the base URL; IRIs below it are kept relative to it. Nil: none.
	Space *resource.Space
}

// Store implements [rdfstore.Store] over an engine.
type Store struct {
	engine    Engine
	blobs     Blobs
	logger    *slog.Logger
	clock     func() time.Time
	limits    Limits
	room      func() error
	epoch     string
	gate      gate
	committer *committer
	retired   *retirement
	held      holdings[blob.ID]
	progress  progress
	versions  *versions
	recall    *recall
	bases     *bases
	staging   holdings[uint64] // generations that wait to be put
	waiting   chan struct{}    // tells that generations are to be collected

	stopCollecting context.CancelFunc
	collecting     sync.WaitGroup
	collected      chan struct{} // closed when the first collection has ended
}

// Open returns the store that engine and blobs keep, a new one when they are
// empty. It returns [rdfstore.ErrSchema] for data of a newer layout. The store
// takes the engine over and closes it, unless Open fails.
func Open(engine Engine, blobs Blobs, options Options) (*Store, error) {
	s := &Store{
		engine: engine, blobs: blobs, logger: options.Logger, clock: options.Clock,
		limits: options.Limits, room: options.Room, retired: newRetirement(), versions: newVersions(), recall: newRecall(),
		waiting: make(chan struct{}, 1),
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.limits == (Limits{}) {
		s.limits = DefaultLimits
	}
	if s.room == nil {
		s.room = func() error { return nil }
	}
	if err := s.readMeta(); err != nil {
		return nil, err
	}
	var err error
	if s.bases, err = openBases(engine, options.Space); err != nil {
		return nil, err
	}
	s.committer = newCommitter(s)
	ctx, cancel := context.WithCancel(context.Background())
	s.stopCollecting = cancel
	s.collected = make(chan struct{})
	s.collecting.Go(func() {
		defer close(s.collected)
		s.collectOrphans(ctx)
	})
	s.collecting.Go(func() { s.collectGenerations(ctx) })
	return s, nil
}

// readMeta reads what the store says of itself, or writes it for a new one.
func (s *Store) readMeta() error {
	snapshot, err := s.engine.Snapshot()
	if err != nil {
		return err
	}
	defer snapshot.Close()
	version, found, err := snapshot.Get(schemaKey)
	if err != nil {
		return err
	}
	if !found {
		s.epoch = rand.Text()[:8]
		return s.engine.Apply([]Change{
			{Key: epochKey, Value: []byte(s.epoch)},
			{Key: schemaKey, Value: binary.AppendUvarint(nil, schema)},
		})
	}
	v, n := binary.Uvarint(version)
	if n <= 0 || v == 0 {
		return fmt.Errorf("%w: schema version", errCorrupt)
	}
	if v > schema {
		return fmt.Errorf("%w: %d; this version knows %d", rdfstore.ErrSchema, v, schema)
	}
	epoch, found, err := snapshot.Get(epochKey)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("%w: no epoch", errCorrupt)
	}
	s.epoch = string(epoch)
	revision, err := (&reader{reads: snapshot}).Revision()
	if err != nil {
		return err
	}
	s.progress.move(revision)
	return s.migrate(v)
}

// View implements [rdfstore.Store].
func (s *Store) View(ctx context.Context, read func(rdfstore.Reader) error) error {
	return s.view(ctx, func(r *reader) error { return read(r) })
}

func (s *Store) view(ctx context.Context, read func(*reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.gate.enter() {
		return rdfstore.ErrClosed
	}
	defer s.gate.leave()
	generation := s.retired.enter()
	defer func() {
		for _, id := range s.retired.leave(generation) {
			s.removeBlob(id)
		}
	}()
	snapshot, err := s.engine.Snapshot()
	if err != nil {
		return err
	}
	defer snapshot.Close()
	r := &reader{reads: s.recall.over(snapshot), blobs: s.blobs, bases: s.bases, now: s.now()}
	defer func() { r.ended = true }()
	return read(r)
}

// Update implements [rdfstore.Store]. A cancelled ctx keeps a function from
// being run; once it runs, its end decides.
func (s *Store) Update(ctx context.Context, write func(rdfstore.Tx) error) error {
	return s.committer.submit(ctx, func(t *tx) error { return write(t) })
}

// Sweep implements [rdfstore.Store].
func (s *Store) Sweep(ctx context.Context, limit int) (int, error) {
	return s.inBatches(ctx, limit, (*tx).sweep)
}

// inBatches runs write functions that each do a bounded part of a long work and
// return how much they did, until limit is reached or nothing is left.
func (s *Store) inBatches(ctx context.Context, limit int, write func(t *tx, limit int) (int, error)) (int, error) {
	total := 0
	for total < limit {
		batch, done := min(limit-total, maxBatch), 0
		err := s.committer.submit(ctx, func(t *tx) (err error) {
			done, err = write(t, batch)
			return err
		})
		if err != nil {
			return total, err
		}
		total += done
		if done < batch {
			break
		}
	}
	return total, nil
}

// Epoch implements [rdfstore.Store].
func (s *Store) Epoch() string { return s.epoch }

// Close implements [rdfstore.Store]. It waits for views and updates that have
// begun; called within one it would wait for itself.
func (s *Store) Close() error {
	if !s.gate.close() {
		return rdfstore.ErrClosed
	}
	s.stopCollecting()
	s.collecting.Wait()
	s.committer.close()
	s.gate.wait()
	return s.engine.Close()
}

// now is the time as it is stored: UTC, whole milliseconds.
func (s *Store) now() time.Time {
	return s.clock().UTC().Truncate(time.Millisecond)
}

// gate lets views in until the store is closed.
type gate struct {
	mu     sync.Mutex
	closed bool
	inside sync.WaitGroup
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.inside.Add(1)
	return true
}

func (g *gate) leave() { g.inside.Done() }

// close shuts the gate; false when it was shut before.
func (g *gate) close() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	was := g.closed
	g.closed = true
	return !was
}

func (g *gate) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

func (g *gate) wait() { g.inside.Wait() }
