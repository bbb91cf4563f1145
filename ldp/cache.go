package ldp

import (
	"container/list"
	"sync"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// contentKey names what a parsed or rendered body depends on. It holds a hash,
// because a write that is undone gives its revision to the next, and a revision,
// because the hash of quads is one that their author could make twice.
type contentKey struct {
	id        resource.ID
	revision  uint64
	sha256    [32]byte
	mediaType string
	variant   string
}

func contentKeyOf(r rdfstore.Resource) contentKey {
	return contentKey{id: r.ID, revision: r.Revision, sha256: r.SHA256, mediaType: r.MediaType}
}

// cache keeps the values used last, as many as fit in a number of bytes. It is
// safe for concurrent use; its values must not change.
type cache[K comparable, V any] struct {
	mu       sync.Mutex
	capacity int64
	used     int64
	order    *list.List // of entries, the latest first
	entries  map[K]*list.Element
}

// contentCache keeps what has been made of bodies.
type contentCache[V any] = cache[contentKey, V]

type cacheEntry[K comparable, V any] struct {
	key   K
	value V
	bytes int64
}

func newCache[K comparable, V any](capacity int64) *cache[K, V] {
	return &cache[K, V]{capacity: capacity, order: list.New(), entries: map[K]*list.Element{}}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		var none V
		return none, false
	}
	c.order.MoveToFront(element)
	return element.Value.(cacheEntry[K, V]).value, true
}

// put keeps a value that takes about so many bytes. One that is more than a
// quarter of the cache is not kept.
func (c *cache[K, V]) put(key K, value V, bytes int64) {
	bytes += 256 // what an entry costs besides
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.entries[key]; known || bytes > c.capacity/4 {
		return
	}
	c.entries[key] = c.order.PushFront(cacheEntry[K, V]{key, value, bytes})
	c.used += bytes
	for c.used > c.capacity {
		last := c.order.Remove(c.order.Back()).(cacheEntry[K, V])
		delete(c.entries, last.key)
		c.used -= last.bytes
	}
}
