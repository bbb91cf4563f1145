package provider

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// allowance is how often an address may do something: a burst of times, then
// once per interval.
type allowance struct {
	burst    int
	interval time.Duration
}

var (
	registrationAllowance = allowance{60, 10 * time.Second}
	// A school behind one address signs in at the same time in the morning.
	// Each question stays in the store for an hour.
	questionAllowance = allowance{600, time.Second}
)

// maxAddresses bounds the memory of a limiter.
const maxAddresses = 10_000

// limiter bounds how often an address may do something. An address that has
// been quiet long enough to have its whole burst again is forgotten.
type limiter struct {
	allowance
	clock func() time.Time

	mu        sync.Mutex
	addresses map[string]*rate.Limiter
}

func newLimiter(a allowance, clock func() time.Time) *limiter {
	return &limiter{allowance: a, clock: clock, addresses: map[string]*rate.Limiter{}}
}

// wait returns 0 when the address may go on, otherwise after how long it may
// try again.
func (l *limiter) wait(address string) time.Duration {
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
			return l.interval
		}
		bucket = rate.NewLimiter(rate.Every(l.interval), l.burst)
		l.addresses[key] = bucket
	}
	if bucket.AllowN(now, 1) {
		return 0
	}
	return l.interval
}

func (l *limiter) forget(now time.Time) {
	for address, bucket := range l.addresses {
		if bucket.TokensAt(now) >= float64(l.burst) {
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
