package kvstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
)

// gatherTime bounds how long a group takes functions in, so that the first of
// them is not kept waiting by those that keep coming.
const gatherTime = 2 * time.Millisecond

var (
	// errGoexit: a write function ended its goroutine.
	errGoexit = errors.New("a write function ended the committer's goroutine; the group was undone")
	// errFailed: a batch failed half-way, or nobody knows. Later batches could
	// stand on what is not on disk, so there are none; reads go on.
	errFailed = errors.New("the store takes no writes until a restart, because a commit failed")
)

// committer runs the write functions.
type committer struct {
	store   *Store
	queue   chan *request // unbuffered: what was taken from it is answered
	closing chan struct{}
	stopped chan struct{}
	group   *group // under way
	failure error  // of the batch after which there are no more
}

// request is a write function that waits for its answer.
type request struct {
	ctx    context.Context
	write  func(*tx) error
	answer chan error
	result error // of the function
	used   []*staged
}

// group is write functions that are committed together.
type group struct {
	overlay  *overlay
	requests []*request
	dropped  []blob.ID
	revision uint64 // the last that was taken; 0: none
	waiting  bool   // a generation is to be collected
	began    time.Time
}

func newCommitter(store *Store) *committer {
	return &committer{
		store: store, queue: make(chan *request),
		closing: make(chan struct{}), stopped: make(chan struct{}),
	}
}

// submit hands a function to the committer and waits for the answer.
func (c *committer) submit(ctx context.Context, write func(*tx) error) error {
	r := &request{ctx: ctx, write: write, answer: make(chan error, 1)}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case c.queue <- r:
		return <-r.answer
	case <-ctx.Done():
		return ctx.Err()
	case <-c.closing:
		return rdfstore.ErrClosed
	}
}

// close answers what was taken, then stops the committer.
func (c *committer) close() {
	close(c.closing)
	<-c.stopped
}

// run serves until close. A write function that ends its goroutine
// (runtime.Goexit, as a failing test does) must not hang all others: its group
// is undone and another goroutine goes on.
func (c *committer) run() {
	ended := false
	defer func() {
		if ended {
			close(c.stopped)
			return
		}
		c.group.answer(errGoexit)
		go c.run()
	}()
	for {
		select {
		case first := <-c.queue:
			c.commit(first)
		case <-c.closing:
			ended = true
			return
		}
	}
}

// commit gathers a group that begins with first, applies it and answers all.
func (c *committer) commit(first *request) {
	c.group = &group{began: time.Now()}
	snapshot, err := c.snapshot()
	if err != nil {
		c.group.requests = []*request{first}
		c.group.answer(err)
		return
	}
	defer snapshot.Close()
	c.group.overlay = newOverlay(snapshot, c.store.limits)
	c.runOne(first)
	c.gather()
	c.apply()
}

func (c *committer) snapshot() (Snapshot, error) {
	if c.failure != nil {
		return nil, c.failure
	}
	return c.store.engine.Snapshot()
}

// apply makes the group durable and answers it.
func (c *committer) apply() {
	if batch := c.group.overlay.batch(); len(batch) > 0 {
		c.store.held.add(c.group.dropped...)
		moving := c.store.versions.begin(batch)
		err := c.store.engine.Apply(batch)
		if err == nil || errors.Is(err, ErrNotApplied) {
			end(moving) // else some may see the batch and some not, for good
		}
		if errors.Is(err, ErrNotApplied) {
			c.store.held.remove(c.group.dropped...)
			c.group.answer(fmt.Errorf("commit: %w", err))
			return
		}
		if err != nil {
			c.failure = fmt.Errorf("%w: %w", errFailed, err)
			c.store.logger.Error("commit failed; the store takes no writes until a restart", slog.Any("error", err))
			// The batch may be found after the restart: the blobs that it
			// names stay, and so do those that it dropped.
			c.group.keepBodies()
			c.group.answer(c.failure)
			return
		}
	}
	c.store.progress.move(c.group.revision)
	removable := c.store.retired.drop(c.group.dropped)
	c.group.answer(nil)
	if c.group.waiting {
		c.store.wakeCollector()
	}
	for _, id := range removable {
		c.store.removeBlob(id)
	}
}

// gather runs the functions that are waiting. It never sleeps: a writer alone
// is committed at once, and while a batch is synced the next group queues up.
func (c *committer) gather() {
	yielded := false
	for !c.group.overlay.halfFull() && time.Since(c.group.began) < gatherTime {
		select {
		case r := <-c.queue:
			c.runOne(r)
			yielded = false
		default:
			if yielded {
				return
			}
			// Writers that were just answered are ready to run and about to
			// come back; let them.
			runtime.Gosched()
			yielded = true
		}
	}
}

// runOne runs a function in an overlay of its own, which becomes the group's
// when it succeeds.
func (c *committer) runOne(r *request) {
	g := c.group
	g.requests = append(g.requests, r)
	if r.result = r.ctx.Err(); r.result != nil {
		return
	}
	t := &tx{store: c.store, overlay: g.overlay.clone()}
	t.reader = reader{reads: t.overlay, blobs: c.store.blobs, bases: c.store.bases, now: c.store.now()}
	defer func() {
		t.ended = true
		r.used = t.used
	}()
	r.result = errGoexit
	r.result = c.call(t, r.write)
	if r.result == nil {
		r.result = t.broken
	}
	if r.result == nil {
		g.overlay = t.overlay
		g.dropped = append(g.dropped, t.dropped...)
		g.revision = max(g.revision, t.revision)
		g.waiting = g.waiting || t.waiting
	}
}

// call runs a function and turns its panic into an error.
func (c *committer) call(t *tx, write func(*tx) error) (err error) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		c.store.logger.Error("a write function panicked", slog.String("stack", string(debug.Stack())))
		if cause, ok := cause.(error); ok {
			err = fmt.Errorf("a write function panicked: %w", cause)
			return
		}
		err = fmt.Errorf("a write function panicked: %v", cause)
	}()
	return write(t)
}

// answer settles the bodies and answers every writer of the group: with
// failure when there is one, else with what its function returned.
func (g *group) answer(failure error) {
	for _, r := range g.requests {
		err := r.result
		if failure != nil {
			err = failure
		}
		for _, body := range r.used {
			body.settle(err == nil)
		}
		r.answer <- err
	}
}

// keepBodies takes the bodies out of their owners' hands without settling
// whether they were committed.
func (g *group) keepBodies() {
	for _, r := range g.requests {
		for _, body := range r.used {
			body.keep()
		}
		r.used = nil
	}
}
