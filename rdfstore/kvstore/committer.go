package kvstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"domicile/rdfstore"
)

// The committer is the serial point of a store: one goroutine runs the write
// functions in the order they came, each against an overlay of its own on the
// group's overlay, so that it sees its predecessors and leaves nothing behind
// when it fails. The group is applied as one durable batch, and all its
// writers are answered. While one group is being synced the next one queues
// up, so that groups grow with load and a lone writer waits for nobody.

// maxGroup bounds the writers of one group.
const maxGroup = 1024

// request is one write function that waits for its turn.
type request struct {
	write   func(*tx) error
	started atomic.Bool // set by whoever comes first: the committer or the caller who gave up
	done    chan error  // buffered
}

// Update implements [rdfstore.Store].
func (s *Store) Update(ctx context.Context, write func(rdfstore.Tx) error) error {
	return s.update(ctx, func(t *tx) error { return write(t) })
}

func (s *Store) update(ctx context.Context, write func(*tx) error) error {
	r := &request{write: write, done: make(chan error, 1)}
	select {
	case <-s.closing:
		return rdfstore.ErrClosed
	default:
	}
	select {
	case s.queue <- r:
	case <-s.closing:
		return rdfstore.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if !r.started.Swap(true) {
			return ctx.Err() // the committer will pass it over
		}
		return <-r.done
	}
}

// commit runs groups until the store closes; what is queued then is still
// written.
func (s *Store) commit() {
	defer close(s.committed)
	for {
		select {
		case first := <-s.queue:
			s.commitGroup(first)
		case <-s.closing:
			for {
				select {
				case first := <-s.queue:
					s.commitGroup(first)
				default:
					return
				}
			}
		}
	}
}

// finished is a request whose function succeeded and that waits for the disk.
type finished struct {
	*request
	tx *tx
}

func (s *Store) commitGroup(first *request) {
	snapshot := s.engine.Snapshot()
	defer snapshot.Close()
	group := newOverlay(snapshot)
	var waiting []finished
	for next := first; next != nil; next = s.next(len(waiting), group.bytes) {
		if next.started.Swap(true) {
			continue // its caller gave up
		}
		t := s.begin(group)
		err := run(next.write, t)
		if err == nil && t.changes.bytes > s.engine.MaxBatch() {
			err = fmt.Errorf("one write of %d bytes: %w", t.changes.bytes, errTooBig)
		}
		if err != nil {
			next.done <- err
			continue
		}
		s.revision = t.revision
		if group.bytes+t.changes.bytes > s.engine.MaxBatch() {
			// It has seen the group, so it follows in a batch of its own.
			if err := s.finish(group, waiting); err != nil {
				next.done <- err
				return
			}
			_ = s.finish(t.changes, []finished{{next, t}})
			return
		}
		group.absorb(t.changes)
		waiting = append(waiting, finished{next, t})
	}
	_ = s.finish(group, waiting) // the writers have been told
}

// errTooBig: the write function changed more than one batch can hold.
var errTooBig = errors.New("too many changes at once")

// next returns another request if one is there already and the group has room.
func (s *Store) next(writers, bytes int) *request {
	if writers >= maxGroup || bytes >= s.engine.MaxBatch()/2 {
		return nil
	}
	select {
	case r := <-s.queue:
		return r
	default:
		return nil
	}
}

// begin returns a tx over the group's changes so far.
func (s *Store) begin(group *overlay) *tx {
	changes := newOverlay(group)
	return &tx{
		reader:  reader{view: changes, blobs: s.blobs, now: s.now()},
		changes: changes, revision: s.revision + 1,
	}
}

// run calls write; its panic is an error.
func run(write func(*tx) error, t *tx) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("write function panicked: %v\n%s", fault, debug.Stack())
		}
	}()
	return write(t)
}

// finish makes a group durable and answers its writers.
func (s *Store) finish(group *overlay, waiting []finished) error {
	var err error
	if group.changes.Len() > 0 {
		group.set(keyRevision, binary.BigEndian.AppendUint64(nil, s.revision))
		err = s.engine.Apply(group.all())
	}
	for _, f := range waiting {
		if err == nil {
			s.settle(f.tx)
		}
		f.done <- err
	}
	return err
}

// settle does for the blobs what the commit did for the records.
func (s *Store) settle(t *tx) {
	for _, b := range t.taken {
		b.settled.Store(true)
		s.staged.Delete(b.blob)
	}
	s.removeLater(t.dropped)
}
