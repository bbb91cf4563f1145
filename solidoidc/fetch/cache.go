package fetch

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// NegativeTTL is how long a failure should be remembered (OIDC-RS-12).
const NegativeTTL = 30 * time.Second

// Cache remembers what was loaded, and that a load failed, each for a time of
// its own. It holds a bounded number of entries and drops the least recently
// used. Of any number of callers that miss the same key one loads; the others
// wait for it. A Cache is safe for concurrent use.
type Cache[V any] struct {
	limit   int
	clock   func() time.Time
	flights singleflight.Group

	mu      sync.Mutex
	entries map[string]*list.Element // of *cached[V]
	recent  *list.List               // most recently used first
}

type cached[V any] struct {
	key             string
	value           V
	err             error
	loaded, expires time.Time
}

// NewCache returns a cache of at most limit entries, limit > 0.
func NewCache[V any](limit int, clock func() time.Time) *Cache[V] {
	return &Cache[V]{limit: limit, clock: clock, entries: map[string]*list.Element{}, recent: list.New()}
}

// Get returns the value of key when there is one that has not expired.
func (c *Cache[V]) Get(key string) (V, bool) {
	entry := c.find(key, time.Time{})
	if entry == nil || entry.err != nil {
		var none V
		return none, false
	}
	return entry.value, true
}

// Put remembers value until expires.
func (c *Cache[V]) Put(key string, value V, expires time.Time) {
	now := c.clock()
	c.keep(&cached[V]{key: key, value: value, loaded: now, expires: expires}, now)
}

// Load returns what is remembered of key, value or error, if it was loaded at
// since or later; otherwise what load returns, which is remembered for the
// time that load names. A zero time means not to remember.
//
// The context of load is not cancelled with ctx, because others may wait for
// the same result: load must end by itself. Its panic is an error.
func (c *Cache[V]) Load(ctx context.Context, key string, since time.Time, load func(context.Context) (V, time.Duration, error)) (V, error) {
	if entry := c.find(key, since); entry != nil {
		return entry.value, entry.err
	}
	flight := c.flights.DoChan(key, func() (any, error) {
		if entry := c.find(key, since); entry != nil {
			return entry, nil
		}
		now := c.clock()
		entry := &cached[V]{key: key, loaded: now}
		var keep time.Duration
		entry.value, keep, entry.err = guarded(context.WithoutCancel(ctx), load)
		if entry.expires = now.Add(keep); keep > 0 {
			c.keep(entry, now)
		}
		return entry, nil
	})
	select {
	case result := <-flight:
		entry := result.Val.(*cached[V])
		return entry.value, entry.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

// guarded keeps a panic over a hostile document from ending the process: the
// load runs on a goroutine of its own, where nobody else could recover it.
func guarded[V any](ctx context.Context, load func(context.Context) (V, time.Duration, error)) (value V, keep time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			keep, err = NegativeTTL, fmt.Errorf("panic while loading: %v", p)
		}
	}()
	return load(ctx)
}

func (c *Cache[V]) find(key string, since time.Time) *cached[V] {
	now := c.clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return nil
	}
	entry := element.Value.(*cached[V])
	if !now.Before(entry.expires) {
		c.drop(element)
		return nil
	}
	if entry.loaded.Before(since) {
		return nil
	}
	c.recent.MoveToFront(element)
	return entry
}

func (c *Cache[V]) keep(entry *cached[V], now time.Time) {
	if !now.Before(entry.expires) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[entry.key]; ok {
		element.Value = entry
		c.recent.MoveToFront(element)
		return
	}
	if len(c.entries) == c.limit {
		c.drop(c.recent.Back())
	}
	c.entries[entry.key] = c.recent.PushFront(entry)
}

func (c *Cache[V]) drop(element *list.Element) {
	delete(c.entries, element.Value.(*cached[V]).key)
	c.recent.Remove(element)
}
