package fetch

import (
	"context"
	"sync"
)

const (
	slotsPerHost   = 8
	waitersPerHost = 32
	maxUnderWay    = 256 // all hosts, waiting or running
)

// slots bounds how many fetches run at once, per host and in all. Beyond that
// some wait and the rest are refused: nothing queues without bound.
type slots struct {
	mu    sync.Mutex
	hosts map[string]*hostSlots
	total int
}

type hostSlots struct {
	running chan struct{}
	users   int // running and waiting
}

func newSlots() *slots { return &slots{hosts: map[string]*hostSlots{}} }

// acquire waits for a slot of host and returns the function that gives it back.
func (s *slots) acquire(ctx context.Context, host string) (release func(), err error) {
	h := s.join(host)
	if h == nil {
		return nil, &Error{Reason: ErrBusy}
	}
	select {
	case h.running <- struct{}{}:
		return func() {
			<-h.running
			s.leave(host, h)
		}, nil
	case <-ctx.Done():
		s.leave(host, h)
		return nil, &Error{Reason: ErrBusy, Cause: ctx.Err()}
	}
}

// join counts one more user of host; nil when there are too many.
func (s *slots) join(host string) *hostSlots {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.hosts[host]
	if !ok {
		h = &hostSlots{running: make(chan struct{}, slotsPerHost)}
	}
	if s.total == maxUnderWay || h.users == slotsPerHost+waitersPerHost {
		return nil
	}
	s.hosts[host] = h
	s.total++
	h.users++
	return h
}

func (s *slots) leave(host string, h *hostSlots) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if h.users--; h.users == 0 {
		delete(s.hosts, host)
	}
}
