// Package limit bounds how often an address may do something: a token bucket
// per address, or for IPv6 per /64, in bounded memory.
package limit

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Allowance is how often an address may do something: a burst of times, then
// once per interval.
type Allowance struct {
	Burst    int
	Interval time.Duration
}

// maxAddresses bounds the memory of a limiter.
const maxAddresses = 10_000

// Limiter bounds how often an address may do something. An address that has
// been quiet long enough to have its whole burst again is forgotten. It is safe
// for concurrent use.
type Limiter struct {
	allowance Allowance
	clock     func() time.Time

	mu        sync.Mutex
	addresses map[string]*rate.Limiter
}

// New returns a limiter.
func New(a Allowance, clock func() time.Time) *Limiter {
	return &Limiter{allowance: a, clock: clock, addresses: map[string]*rate.Limiter{}}
}

// Wait counts one more time and returns 0 when the address may go on, otherwise
// after how long it may try again.
func (l *Limiter) Wait(address string) time.Duration {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	key := network(address)
	bucket, ok := l.addresses[key]
	if !ok {
		if len(l.addresses) >= maxAddresses {
			l.forget(now)
		}
		if len(l.addresses) >= maxAddresses {
			return l.allowance.Interval
		}
		bucket = rate.NewLimiter(rate.Every(l.allowance.Interval), l.allowance.Burst)
		l.addresses[key] = bucket
	}
	if bucket.AllowN(now, 1) {
		return 0
	}
	return l.allowance.Interval
}

// Blocked returns what Wait would and counts nothing: for limits on failures,
// which are known only afterwards. An address that is not known goes on.
func (l *Limiter) Blocked(address string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket, ok := l.addresses[network(address)]
	if !ok || bucket.TokensAt(l.clock()) >= 1 {
		return 0
	}
	return l.allowance.Interval
}

func (l *Limiter) forget(now time.Time) {
	for address, bucket := range l.addresses {
		if bucket.TokensAt(now) >= float64(l.allowance.Burst) {
			delete(l.addresses, address)
		}
	}
}

// network is the address, or for IPv6 the /64 that one subscriber has.
func network(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil || parsed.Unmap().Is4() {
		return address
	}
	prefix, err := parsed.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
