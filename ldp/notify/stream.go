package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// What ends a [Stream], or does not: ErrIdle.
var (
	// ErrIdle: nothing happened for a while. The stream goes on; a connection
	// shows that it lives.
	ErrIdle = errors.New("nothing happened")
	// ErrEnded: the time of the channel is over, or it was removed.
	ErrEnded = errors.New("the channel has ended")
	// ErrRevoked: the agent may not read the topic any more.
	ErrRevoked = errors.New("access was withdrawn")
	// ErrReplaced: another connection took over.
	ErrReplaced = errors.New("another connection receives from the channel")
	// ErrShutdown: the server goes away, the channel stays.
	ErrShutdown = errors.New("the server is shutting down")
)

const (
	// resumeBudget and lagBudget bound the changes, of all storages, that are
	// read to find a topic's events behind a position: for who comes back, and
	// for who cannot keep up.
	resumeBudget = 1 << 20
	lagBudget    = 1 << 14
	// readAtOnce is how many are read in one snapshot, heldAtOnce how many
	// events are kept from it.
	readAtOnce = 4096
	heldAtOnce = 64
	// checkTime is how long a decision serves for events before it.
	checkTime = time.Second
)

// Stream hands out the events of a channel's topic. It is for one goroutine.
type Stream struct {
	service *Service
	channel Channel
	id      resource.ID
	topic   *topic
	part    int // of the watchers
	// read is how far events have been found, pending what is to be handed out
	// of them.
	read    uint64
	pending []*Event
	budget  int
	// allowed is the latest revision at which the agent was found to have
	// access, decided when.
	allowed uint64
	decided time.Time
	// aclChanged is the last change of an ACL in the storage that was read.
	aclChanged uint64
	told       time.Time // when the last event was handed out
	last       bool      // access went with the topic, of which its agent still hears

	ending sync.Once
	ended  chan struct{}
	reason error
}

// Open begins a stream behind a message, given by its identifier, or behind the
// position of the channel when after is "". ErrRevoked when its agent may not
// read the topic, ErrEnded when its time is over or it was removed. Whoever gets a Stream
// closes it.
func (s *Service) Open(ctx context.Context, c Channel, after string) (*Stream, error) {
	st := &Stream{service: s, channel: c, id: c.topic(), read: c.Since, budget: resumeBudget, ended: make(chan struct{})}
	if !s.clock().Before(c.Expires) {
		return nil, ErrEnded
	}
	if after != "" {
		position, ok := ParsePosition(after, s.store.Epoch())
		if !ok {
			return nil, errNoPosition
		}
		st.read = position
	}
	if err := st.check(ctx); err != nil {
		return nil, err
	}
	s.register(st)
	st.topic, st.part = s.hub.watch(st.id)
	s.metrics.streams.Add(1)
	err := s.isKept(ctx, c)
	switch {
	case err != nil:
	case st.read > st.allowed: // nothing here has come as far
		err = st.begin(ctx, func(rdfstore.Reader) (bool, error) { return true, nil })
	case after == "" && c.State != "": // NOT-FEAT-03
		err = st.begin(ctx, func(r rdfstore.Reader) (bool, error) {
			same, err := isState(r, s.store.Epoch(), st.id, c.State)
			return !same, err
		})
	}
	if err != nil {
		st.Close()
		return nil, err
	}
	return st, nil
}

// isKept returns ErrEnded for a channel that has been removed. It is asked when
// the stream is registered: from then on removal ends the stream.
func (s *Service) isKept(ctx context.Context, c Channel) error {
	if c.ID == "" {
		return nil
	}
	_, err := s.Channel(ctx, c.ID)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return ErrEnded
	}
	return err
}

// begin tells the stream to begin with the state of the topic, if need be, and
// not with what led to it.
func (st *Stream) begin(ctx context.Context, need func(rdfstore.Reader) (bool, error)) error {
	return st.service.store.View(ctx, func(r rdfstore.Reader) error {
		anew, err := need(r)
		if err != nil || !anew {
			return err
		}
		return st.resync(r)
	})
}

// Close ends the stream.
func (st *Stream) Close() {
	st.end(ErrEnded)
	st.service.unregister(st)
	st.service.hub.unwatch(st.topic)
	st.service.metrics.streams.Add(-1)
}

// end makes Next return a reason. It is safe to call from any goroutine.
func (st *Stream) end(reason error) {
	st.ending.Do(func() {
		st.reason = reason
		close(st.ended)
	})
}

// Next returns the next event when there is one. The errors above say why there
// is none; what else it returns is temporary. A channel whose agent has lost
// access is removed.
func (st *Stream) Next(ctx context.Context) (*Event, error) {
	e, err := st.next(ctx)
	if err == nil {
		st.service.metrics.sent.Add(1)
	}
	return e, st.revoke(ctx, err)
}

// Confirm decides once more whether an event may be told, for who could not tell
// it at once. The errors are those of Next.
func (st *Stream) Confirm(ctx context.Context, e *Event) error {
	return st.revoke(ctx, st.admit(ctx, e, st.service.clock()))
}

// revoke removes the channel if err says that its agent lost access, and returns
// err or why it could not.
func (st *Stream) revoke(ctx context.Context, err error) error {
	if !errors.Is(err, ErrRevoked) || st.channel.ID == "" {
		return err
	}
	st.service.metrics.revoked.Add(1)
	if failure := st.service.Remove(context.WithoutCancel(ctx), st.channel.ID); failure != nil {
		return failure
	}
	return err
}

func (st *Stream) next(ctx context.Context) (*Event, error) {
	for {
		select {
		case <-st.ended:
			return nil, st.reason
		case <-st.service.closing:
			return nil, ErrShutdown
		default:
		}
		now := st.service.clock()
		if !now.Before(st.channel.Expires) {
			return nil, ErrEnded
		}
		if st.last {
			return nil, ErrRevoked
		}
		release := st.told.Add(st.channel.Rate)
		if len(st.pending) > 0 && !now.Before(release) {
			if err := st.admit(ctx, st.pending[0], now); err != nil {
				return nil, err
			}
			e := st.pending[0]
			st.pending, st.told = st.pending[1:], now
			return e, nil
		}
		found := st.service.hub.look(st.topic, st.part, st.read)
		if found.aclChanged > st.allowed {
			if err := st.check(ctx); err != nil && !st.deletedIn(found) {
				return nil, err
			}
		}
		switch {
		case found.behind:
			if err := st.readFeed(ctx); err != nil {
				return nil, err
			}
			continue
		case len(found.events) > 0:
			st.hold(found.events...)
			st.read, st.budget = found.events[len(found.events)-1].Position, lagBudget
			continue
		}
		st.read, st.budget = max(st.read, found.position), lagBudget
		if err := st.wait(ctx, found, now, release); err != nil {
			return nil, err
		}
	}
}

// Cursor is what to open a stream behind that goes on where this one is; "" while
// an event waits to be handed out.
func (st *Stream) Cursor() string {
	if len(st.pending) > 0 {
		return ""
	}
	return ID{epoch: st.service.store.Epoch(), Position: st.read}.String()
}

// HasNext reports whether Next has an event at once.
func (st *Stream) HasNext() bool { return len(st.pending) > 0 && st.channel.Rate == 0 }

// deletedIn reports whether a deletion of the topic is still to be told, and
// so whether access may have gone with it. [Stream.admit] decides.
func (st *Stream) deletedIn(found view) bool {
	for _, events := range [2][]*Event{st.pending, found.events} {
		for _, e := range events {
			if e.Activity == Delete && st.allowed >= e.aclChanged {
				return true
			}
		}
	}
	return false
}

// wait waits until something happens, but no longer than matters.
func (st *Stream) wait(ctx context.Context, found view, now, release time.Time) error {
	until := st.channel.Expires
	if len(st.pending) > 0 && release.Before(until) {
		until = release
	}
	var timeout <-chan time.Time
	if left := until.Sub(now); left < st.service.heartbeat {
		timer := time.NewTimer(left)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-found.moved:
		return st.service.pace.Wait(ctx)
	case <-timeout:
		return nil
	case <-found.beat:
		return ErrIdle
	case <-st.ended: // the loop says why
		return nil
	case <-st.service.closing:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// admit decides whether an event may be told now. An agent whose access went with
// the topic hears of what happened until then.
func (st *Stream) admit(ctx context.Context, e *Event, now time.Time) error {
	if st.allowed >= e.Position && now.Sub(st.decided) < checkTime {
		return nil
	}
	readable, err := st.service.resources.Readable(ctx, st.channel.Agent, st.id)
	switch {
	case err != nil:
		return err
	case readable.Now:
		st.allowed, st.decided = readable.Revision, now
		return nil
	case !readable.Granted:
		return ErrRevoked
	}
	if st.read < readable.Revision {
		if err := st.readFeed(ctx); err != nil { // the deletion may be yet to come
			return err
		}
	}
	for _, later := range append([]*Event{e}, st.pending...) {
		if later.Activity == Delete && later.Position >= e.Position {
			if st.allowed < later.aclChanged || st.allowed >= later.Position {
				break
			}
			st.last = later == e
			return nil
		}
	}
	return ErrRevoked
}

// check decides whether the agent may still read the topic.
func (st *Stream) check(ctx context.Context) error {
	readable, err := st.service.resources.Readable(ctx, st.channel.Agent, st.id)
	if err != nil {
		return err
	}
	if !readable.Now {
		return ErrRevoked
	}
	st.allowed, st.decided = readable.Revision, st.service.clock()
	return nil
}

// hold keeps events to be handed out. Under a rate that is one at most, which
// stands for all (NOT-FEAT-04).
func (st *Stream) hold(events ...*Event) {
	for _, e := range events {
		if e.Time.Before(st.channel.StartAt) { // NOT-FEAT-01
			continue
		}
		if st.channel.Rate > 0 && len(st.pending) > 0 {
			st.pending[0] = coalesce(st.pending[0], e)
			continue
		}
		st.pending = append(st.pending, e)
	}
}

// coalesce returns one event for two of a topic. The later update or deletion
// says all; of members that came and went no single event does.
func coalesce(earlier, later *Event) *Event {
	if later.Object == later.Topic && earlier.Object == earlier.Topic && earlier.Activity != Resync {
		return later
	}
	return newResync(later.Topic, later.epoch, later.Position, later.State, later.Time)
}

// readFeed finds events in the feed, some at a time, or gives them up when
// that is too much or they are not known any more.
func (st *Stream) readFeed(ctx context.Context) error {
	select {
	case st.service.reading <- struct{}{}:
		defer func() { <-st.service.reading }()
	case <-ctx.Done():
		return ctx.Err()
	}
	epoch := st.service.store.Epoch()
	return st.service.store.View(ctx, func(r rdfstore.Reader) error {
		revision, err := r.Revision()
		if err != nil {
			return err
		}
		if st.budget <= 0 {
			return st.resync(r)
		}
		scanned, kept, read := 0, 0, revision
		for change, err := range r.Changes(st.read) {
			if errors.Is(err, rdfstore.ErrTrimmed) {
				return st.resync(r)
			}
			if err != nil {
				return err
			}
			scanned++
			if change.ID.Storage() == st.id.Storage() {
				if change.ID.Aux() == resource.ACL {
					st.aclChanged = change.Revision
				}
				events, err := eventsOf(r, epoch, change)
				if err != nil {
					return err
				}
				for _, e := range events {
					if e.Topic == st.id {
						e.aclChanged = st.aclChanged
						st.hold(e)
						kept++
					}
				}
			}
			if scanned == readAtOnce || kept == heldAtOnce {
				read = change.Revision
				break
			}
		}
		st.read = read
		st.budget -= scanned
		return nil
	})
}

// resync gives up what cannot be told event by event.
func (st *Stream) resync(r rdfstore.Reader) error {
	epoch := st.service.store.Epoch()
	revision, err := r.Revision()
	if err != nil {
		return err
	}
	state, err := stateOf(r, epoch, st.id)
	if err != nil {
		return err
	}
	st.service.metrics.resyncs.Add(1)
	st.pending = append(st.pending[:0:0], newResync(st.id, epoch, revision, state, st.service.clock()))
	st.read, st.budget = revision, lagBudget
	return nil
}

// Render writes an event of the stream as its subscriber wants it.
func (st *Stream) Render(e *Event) ([]byte, error) {
	return e.render(st.service.space, st.channel.Format)
}
