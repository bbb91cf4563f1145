package notify

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

const (
	// heartbeat is how often a connection shows that it lives. Proxies cut
	// what is silent for a minute, the server's own pace after half of one.
	defaultHeartbeat = 20 * time.Second
	// maxLifetime is how long a channel lasts at most (NOT-SUB-08).
	maxLifetime = 14 * 24 * time.Hour
	// breath is how long after a change the feed is read, so that its writer has
	// the answer first, and that under load streams wake for several events at
	// a time.
	breath = 5 * time.Millisecond
	// wakesPerCPU is how many streams begin to send in a second, for each CPU, of
	// which that takes about a tenth: of a thousand who listen to one topic all
	// within 100 ms on two CPUs. wakesAtOnce need not wait.
	wakesPerCPU = 5_000
	wakesAtOnce = 64
	// readers is how many streams may read the feed at a time.
	readers = 2
)

// Resources is what the package needs of the resource server; [ldp.Handler]
// has it.
type Resources interface {
	Endpoint(func(http.ResponseWriter, *http.Request) error) http.Handler
	Agent(*http.Request) (wac.Agent, error)
	AuthorizeRead(*http.Request, wac.Agent, resource.ID) (wac.Agent, error)
	Readable(context.Context, wac.Agent, resource.ID) (ldp.Readable, error)
}

// Limits bound the channels of one storage and of one agent, of whom the public
// is one.
type Limits struct{ Storage, Agent int }

// Config is what a Service needs. Space, Store and Resources are required.
type Config struct {
	Space     *resource.Space
	Store     rdfstore.Store
	Resources Resources
	// Types are served besides those of the package.
	Types     []Type
	Limits    Limits           // zero: 10,000 and 1,000
	Heartbeat time.Duration    // zero: 20 seconds
	Logger    *slog.Logger     // nil: slog.Default
	Clock     func() time.Time // nil: time.Now
}

// Service has the channels of a server.
type Service struct {
	space     *resource.Space
	store     rdfstore.Store
	resources Resources
	types     []Type
	limits    Limits
	heartbeat time.Duration
	logger    *slog.Logger
	clock     func() time.Time

	hub     *hub
	pace    *rate.Limiter
	reading chan struct{} // a slot for each stream that may read the feed
	metrics metrics

	mu   sync.Mutex
	live map[string]*Stream // the latest of each channel
	// counts has how many channels there are under a prefix of [holdings], or
	// a larger number.
	counts  map[string]int
	closing chan struct{}
	working sync.WaitGroup // connections that nobody else waits for
}

type metrics struct{ streams, sent, resyncs, revoked atomic.Int64 }

// Metrics are counts for operators: connections and push channels that are
// served now, and since the start the messages that were sent, those that only
// said to read anew, and the channels that ended because access was withdrawn.
type Metrics struct{ Streams, Sent, Resyncs, Revoked int64 }

// Metrics returns the counts so far.
func (s *Service) Metrics() Metrics {
	return Metrics{s.metrics.streams.Load(), s.metrics.sent.Load(), s.metrics.resyncs.Load(), s.metrics.revoked.Load()}
}

// New returns a Service. [Service.Run] makes it work.
func New(c Config) (*Service, error) {
	if c.Space == nil || c.Store == nil || c.Resources == nil {
		return nil, errors.New("notify: Config.Space, Store and Resources are required")
	}
	if c.Limits == (Limits{}) {
		c.Limits = Limits{Storage: 10_000, Agent: 1_000}
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = defaultHeartbeat
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	s := &Service{
		space: c.Space, store: c.Store, resources: c.Resources, types: withOwn(c.Types),
		limits: c.Limits, heartbeat: c.Heartbeat, logger: c.Logger, clock: c.Clock,
		hub: newHub(), pace: rate.NewLimiter(rate.Limit(wakesPerCPU*runtime.GOMAXPROCS(0)), wakesAtOnce), reading: make(chan struct{}, readers), live: map[string]*Stream{}, counts: map[string]int{},
		closing: make(chan struct{}),
	}
	return s, c.Store.View(context.Background(), func(r rdfstore.Reader) (err error) {
		s.hub.position, err = r.Revision()
		s.hub.horizon = s.hub.position
		return err
	})
}

// Run follows the feed until ctx is done or the store is closed.
func (s *Service) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	working.Go(func() { every(ctx, s.heartbeat/beatParts, s.hub.beat) })
	working.Go(func() {
		every(ctx, patrolTime, func() {
			if err := s.patrol(ctx); err != nil && ctx.Err() == nil {
				s.logger.ErrorContext(ctx, "notification channels were not looked after", "error", err)
			}
		})
	})
	defer working.Wait()
	defer cancel()
	for position := s.hub.position; ; {
		err := s.store.AwaitChange(ctx, position)
		if err == nil {
			time.Sleep(breath)
			position, err = s.follow(ctx, position)
		}
		switch {
		case err == nil:
		case ctx.Err() != nil || errors.Is(err, rdfstore.ErrClosed):
			return
		default:
			s.logger.ErrorContext(ctx, "the change feed was not read", "error", err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
}

// every calls a function now and then until ctx is done.
func every(ctx context.Context, interval time.Duration, do func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			do()
		case <-ctx.Done():
			return
		}
	}
}

// follow reads some of the feed behind a position and returns how far it came.
func (s *Service) follow(ctx context.Context, position uint64) (uint64, error) {
	epoch := s.store.Epoch()
	err := s.store.View(ctx, func(r rdfstore.Reader) error {
		revision, err := r.Revision()
		if err != nil {
			return err
		}
		s.hub.begin(revision)
		var events []*Event
		scanned, read := 0, revision
		for change, err := range r.Changes(position) {
			if errors.Is(err, rdfstore.ErrTrimmed) {
				s.hub.skip(revision)
				position = revision
				return nil
			}
			if err != nil {
				return err
			}
			if s.hub.isWatched(change.ID.Storage()) {
				of, err := eventsOf(r, epoch, change)
				if err != nil {
					return err
				}
				events = append(events, of...)
				if change.ID.Aux() == resource.ACL {
					s.hub.publish(events, change.Revision)
					s.hub.changeACL(change.ID.Storage(), change.Revision)
					events = nil
				}
			}
			if scanned++; scanned == readAtOnce {
				read = change.Revision
				break
			}
		}
		s.hub.publish(events, read)
		position = read
		return nil
	})
	return position, err
}

// register makes a stream the one of its channel.
func (s *Service) register(st *Stream) {
	if st.channel.ID == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if before := s.live[st.channel.ID]; before != nil {
		before.end(ErrReplaced)
	}
	s.live[st.channel.ID] = st
}

func (s *Service) unregister(st *Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live[st.channel.ID] == st {
		delete(s.live, st.channel.ID)
	}
}

// end ends the stream of a channel, if it has one.
func (s *Service) end(id string, reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.live[id]; st != nil {
		st.end(reason)
	}
}

// Close ends all streams and returns when their connections are closed. It is
// called once.
func (s *Service) Close() {
	close(s.closing)
	s.working.Wait()
}
