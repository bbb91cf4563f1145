package webhook

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxSending is how many messages are under way at a time, maxSendingToOne
	// how many of them to one host, so that a slow one delays nobody else.
	maxSending      = 96
	maxSendingToOne = 4
	// What one host is sent at most, whoever subscribed it.
	messagesPerSecond = 50
	messagesAtOnce    = 100
	// maxIdle is how many hosts are remembered that might be forgotten.
	maxIdle = 1000
)

// targets bounds what is sent, to each host and in all.
type targets struct {
	sending chan struct{}

	mu    sync.Mutex
	hosts map[string]*target
}

// target is a host.
type target struct {
	users   int // of the turns under way or waited for
	sending chan struct{}
	limiter *rate.Limiter
}

func newTargets() *targets {
	return &targets{sending: make(chan struct{}, maxSending), hosts: map[string]*target{}}
}

// turn waits until a message may be sent to a URL, and returns what to call when
// it has been.
func (t *targets) turn(ctx context.Context, sendTo string) (done func(), err error) {
	to := t.join(sendTo)
	taken := 0
	slots := []chan struct{}{to.sending, t.sending} // the host's first: who waits for it takes nobody's place
	done = func() {
		for _, s := range slots[:taken] {
			<-s
		}
		t.leave(to)
	}
	if err := to.limiter.Wait(ctx); err != nil {
		done()
		return nil, err
	}
	for _, s := range slots {
		select {
		case s <- struct{}{}:
			taken++
		case <-ctx.Done():
			done()
			return nil, ctx.Err()
		}
	}
	return done, nil
}

func (t *targets) join(sendTo string) *target {
	host := sendTo
	if u, err := url.Parse(sendTo); err == nil {
		host = strings.ToLower(u.Host)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	to := t.hosts[host]
	if to == nil {
		if len(t.hosts) >= maxIdle {
			t.tidy(time.Now())
		}
		to = &target{sending: make(chan struct{}, maxSendingToOne), limiter: rate.NewLimiter(messagesPerSecond, messagesAtOnce)}
		t.hosts[host] = to
	}
	to.users++
	return to
}

func (t *targets) leave(to *target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	to.users--
}

// tidy forgets the hosts that may be sent all at once again. Who calls it has
// the lock.
func (t *targets) tidy(now time.Time) {
	for host, to := range t.hosts {
		if to.users == 0 && to.limiter.TokensAt(now) >= messagesAtOnce {
			delete(t.hosts, host)
		}
	}
}
