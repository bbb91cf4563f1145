package ldp

import (
	"testing"

	"domicile/rdfstore/resource"
)

func TestCache(t *testing.T) {
	key := func(n byte) contentKey { return contentKey{id: resource.Root("a"), sha256: [32]byte{n}} }
	const each = 1000
	c := newCache[contentKey, int](5 * (each + 256))
	for n := range byte(5) {
		c.put(key(n), int(n), each)
	}
	c.get(key(0)) // now the latest
	c.put(key(5), 5, each)
	for n, want := range []bool{true, false, true, true, true, true} {
		if value, found := c.get(key(byte(n))); found != want || found && value != n {
			t.Errorf("value %d: %d, %v, want %v", n, value, found, want)
		}
	}
	c.put(key(9), 9, 2*each)
	if _, found := c.get(key(9)); found {
		t.Error("a value of more than a quarter of the cache is kept")
	}
	if c.used > c.capacity || c.order.Len() != len(c.entries) {
		t.Errorf("%d of %d bytes used, %d entries, %d in order", c.used, c.capacity, len(c.entries), c.order.Len())
	}
}
