package kvstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
)

// gatherTime bounds how long a group takes functions in, so that the first of
// them is not kept waiting by those that keep coming.
const gatherTime = 2 * time.Millisecond

var (
	// errGoexit: a write function ended its goroutine.
	errGoexit = errors.New("a write function ended its goroutine; the group was undone")
	// errFailed: a batch failed half-way, or nobody knows. Later batches could
	// stand on what is not on disk, so there are none; reads go on.
	errFailed = errors.New("the store takes no writes until a restart, because a commit failed")
)

// committer runs the write functions, one at a time. It has no goroutine of its
// own, which each writer would have to wake and be woken by: who comes when
// nobody leads runs its own function and those that wait by then, applies the
// group and passes the lead to the next that waits.
type committer struct {
	store *Store

	mu      sync.Mutex
	led     bool       // somebody leads
	waiting []*request // in the order in which they came
	closing chan struct{}
	idle    chan struct{} // closed when it is closed and nobody leads

	// Of who leads.
	group   *group
	crowded bool  // the last group had several functions
	failure error // of the batch after which there are no more
}

// request is a write function that waits for its answer.
type request struct {
	ctx    context.Context
	write  func(*tx) error
	answer chan error // or errLead
	result error      // of the function
	used   []*staged
}

// errLead answers a request that is to lead.
var errLead = errors.New("lead")

// group is write functions that are committed together.
type group struct {
	version  uint64 // that it changes
	overlay  *overlay
	requests []*request
	dropped  []blob.ID
	revision uint64 // the last that was taken; 0: none
	waiting  bool   // a generation is to be collected
	began    time.Time
}

func newCommitter(store *Store) *committer {
	return &committer{store: store, closing: make(chan struct{}), idle: make(chan struct{})}
}

// submit has a function committed and returns what came of it.
func (c *committer) submit(ctx context.Context, write func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{ctx: ctx, write: write, answer: make(chan error, 1)}
	leads, err := c.enter(r)
	if err != nil {
		return err
	}
	if !leads {
		select {
		case err = <-r.answer:
		case <-ctx.Done():
			if c.withdraw(r) {
				return ctx.Err()
			}
			err = <-r.answer
		}
		if !errors.Is(err, errLead) {
			return err
		}
	}
	c.lead(r)
	return <-r.answer
}

// enter reports whether a request leads; else it waits to be answered.
func (c *committer) enter(r *request) (leads bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.closing:
		return false, rdfstore.ErrClosed
	default:
	}
	if !c.led {
		c.led = true
		return true, nil
	}
	c.waiting = append(c.waiting, r)
	return false, nil
}

// withdraw takes a request back that has not been taken.
func (c *committer) withdraw(r *request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.waiting, r)
	if i < 0 {
		return false
	}
	c.waiting = slices.Delete(c.waiting, i, i+1)
	return true
}

// next takes the request that has waited longest, nil when there is none.
func (c *committer) next() *request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.take()
}

func (c *committer) take() *request {
	if len(c.waiting) == 0 {
		return nil
	}
	r := c.waiting[0]
	c.waiting = slices.Delete(c.waiting, 0, 1)
	return r
}

// pass makes the next that waits lead.
func (c *committer) pass() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.take(); r != nil {
		r.answer <- errLead
		return
	}
	c.led = false
	select {
	case <-c.closing:
		close(c.idle)
	default:
	}
}

// close answers what has come and takes no more.
func (c *committer) close() {
	c.mu.Lock()
	close(c.closing)
	if !c.led {
		close(c.idle)
	}
	c.mu.Unlock()
	<-c.idle
}

// lead commits a group that begins with a request. A function that ends its
// goroutine (runtime.Goexit, as a failing test does) ends this one, which may be
// another's, and must not hang all others: its group is undone.
func (c *committer) lead(first *request) {
	ended := false
	defer func() {
		if !ended {
			c.group.answer(errGoexit)
		}
		c.pass()
	}()
	c.commit(first)
	ended = true
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
	c.group.version = snapshot.Version()
	c.group.overlay = newOverlay(snapshot, c.store.limits)
	c.runOne(first)
	c.gather()
	c.crowded = len(c.group.requests) > 1
	c.apply()
}

func (c *committer) snapshot() (Snapshot, error) {
	if c.failure != nil {
		return nil, c.failure
	}
	snapshot, err := c.store.engine.Snapshot()
	if err != nil {
		return nil, err
	}
	return c.store.recall.over(snapshot), nil
}

// apply makes the group durable and answers it.
func (c *committer) apply() {
	if batch := c.group.overlay.batch(); len(batch) > 0 {
		c.store.held.add(c.group.dropped...)
		c.store.recall.change(batch, c.group.version+1)
		moving := c.store.versions.begin(batch)
		c.failure = errFailed // should Apply not return
		err := c.store.engine.Apply(batch)
		c.failure = nil
		if err == nil || errors.Is(err, ErrNotApplied) {
			end(moving) // else some may see the batch and some not, for good
		}
		if errors.Is(err, ErrNotApplied) {
			c.store.recall.forget(batch)
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
	yielded := !c.crowded
	for !c.group.overlay.halfFull() && time.Since(c.group.began) < gatherTime {
		if r := c.next(); r != nil {
			c.runOne(r)
			yielded = false
			continue
		}
		if yielded {
			return
		}
		// Writers that were just answered are ready to run and about to
		// come back; let them.
		runtime.Gosched()
		yielded = true
	}
}

// runOne runs a function in the group's overlay, which it leaves as it was when
// it fails.
func (c *committer) runOne(r *request) {
	g := c.group
	g.requests = append(g.requests, r)
	if r.result = r.ctx.Err(); r.result != nil {
		return
	}
	g.overlay.mark()
	t := &tx{store: c.store, overlay: g.overlay}
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
	if r.result != nil {
		g.overlay.rollback()
		return
	}
	g.dropped = append(g.dropped, t.dropped...)
	g.revision = max(g.revision, t.revision)
	g.waiting = g.waiting || t.waiting
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
