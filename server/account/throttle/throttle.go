// Package throttle slows down guessing. A [Limiter] counts attempts by key
// (an account, a network address); after a number of free ones each further
// attempt doubles the wait before the next.
//
// An attempt counts from its beginning, not from its failure, so that
// attempts made at the same time cannot slip through together. Counts are kept
// in bounded memory and forgotten when the process ends or after a quiet time.
package throttle

import (
	"sync"
	"time"
)

// Config says how patient a Limiter is.
type Config struct {
	Free     int           // attempts before the first wait
	First    time.Duration // the first wait; each later one is twice as long
	Longest  time.Duration // bound on the wait
	Quiet    time.Duration // after this long without an attempt the count is forgotten
	Capacity int           // keys remembered
	Clock    func() time.Time
}

// Limiter counts attempts. It is safe for concurrent use.
type Limiter struct {
	config Config
	mu     sync.Mutex
	counts map[string]count
}

type count struct {
	attempts int
	last     time.Time
	until    time.Time // no attempt before
}

// New returns a Limiter.
func New(config Config) *Limiter {
	return &Limiter{config: config, counts: map[string]count{}}
}

// Begin counts an attempt and returns 0, or, when the key has to wait,
// counts nothing and returns for how long.
func (l *Limiter) Begin(key string) time.Duration {
	now := l.config.Clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	c, known := l.counts[key]
	if known && now.Sub(c.last) > l.config.Quiet && now.After(c.until) {
		c, known = count{}, false
	}
	if wait := c.until.Sub(now); known && wait > 0 {
		return wait
	}
	c.attempts++
	c.last = now
	c.until = now.Add(l.wait(c.attempts))
	if _, there := l.counts[key]; !there && len(l.counts) >= l.config.Capacity {
		l.evict(now)
	}
	l.counts[key] = c
	return 0
}

// Forgive takes back one attempt.
func (l *Limiter) Forgive(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, known := l.counts[key]
	if !known {
		return
	}
	c.attempts--
	c.until = c.last.Add(l.wait(c.attempts))
	if c.attempts <= 0 {
		delete(l.counts, key)
		return
	}
	l.counts[key] = c
}

// Forget takes back all attempts of a key.
func (l *Limiter) Forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.counts, key)
}

func (l *Limiter) wait(attempts int) time.Duration {
	if attempts < l.config.Free {
		return 0
	}
	wait := l.config.First
	for range attempts - l.config.Free {
		if wait >= l.config.Longest {
			break
		}
		wait *= 2
	}
	return min(wait, l.config.Longest)
}

// evict makes room: of a few keys that the map happens to yield it drops the
// one with the fewest attempts, so that an attacker who floods the memory
// with new keys pushes out her own and not the ones that are being guessed.
func (l *Limiter) evict(now time.Time) {
	const sample = 16
	var victim string
	fewest, seen := 0, 0
	for key, c := range l.counts {
		if now.Sub(c.last) > l.config.Quiet && now.After(c.until) {
			delete(l.counts, key)
			return
		}
		if seen == 0 || c.attempts < fewest {
			victim, fewest = key, c.attempts
		}
		if seen++; seen == sample {
			break
		}
	}
	delete(l.counts, victim)
}
