package kvstore

import (
	"bytes"
	"iter"
	"slices"

	"github.com/google/btree"

	"domicile/rdfstore"
)

const (
	overlayDegree = 16
	// changeOverhead is what an engine may add to a change, in bytes.
	changeOverhead = 32
)

// overlay is changes that are not applied yet over the state that they
// change. It reads as if they were applied.
type overlay struct {
	base    Reads
	changes *btree.BTreeG[Change]
	bytes   int // of keys and values in changes
	limits  Limits
	undo    []undo // of what came after the mark
}

// undo is what a change replaced: another, or none.
type undo struct {
	before   Change
	replaced bool
}

func newOverlay(base Reads, limits Limits) *overlay {
	byKey := func(a, b Change) bool { return bytes.Compare(a.Key, b.Key) < 0 }
	return &overlay{base: base, changes: btree.NewG(overlayDegree, byKey), limits: limits}
}

// mark is where rollback goes back to.
func (o *overlay) mark() { o.undo = o.undo[:0] }

// rollback undoes the changes since the mark.
func (o *overlay) rollback() {
	for _, u := range slices.Backward(o.undo) {
		now, _ := o.changes.Get(u.before)
		o.bytes -= now.size()
		if u.replaced {
			o.changes.ReplaceOrInsert(u.before)
			o.bytes += u.before.size()
		} else {
			o.changes.Delete(u.before)
		}
	}
	o.mark()
}

// change records a change, or refuses with [rdfstore.ErrTooLarge] when the
// overlay would no longer fit one batch.
func (o *overlay) change(c Change) error {
	before, replaced := o.changes.ReplaceOrInsert(c)
	o.bytes += c.size()
	if replaced {
		o.bytes -= before.size()
	} else {
		before.Key = c.Key
	}
	o.undo = append(o.undo, undo{before, replaced})
	if o.changes.Len() > o.limits.Keys || o.bytes > o.limits.Bytes {
		return rdfstore.ErrTooLarge
	}
	return nil
}

func (c Change) size() int { return len(c.Key) + len(c.Value) + changeOverhead }

// halfFull reports whether a write function of ordinary size may not fit any
// more. One that begins below it has half a batch for itself.
func (o *overlay) halfFull() bool {
	return o.changes.Len() > o.limits.Keys/2 || o.bytes > o.limits.Bytes/2
}

// batch returns all changes in the order of their keys.
func (o *overlay) batch() []Change {
	batch := make([]Change, 0, o.changes.Len())
	o.changes.Ascend(func(c Change) bool {
		batch = append(batch, c)
		return true
	})
	return batch
}

// Get implements Reads.
func (o *overlay) Get(key []byte) ([]byte, bool, error) {
	if c, ok := o.changes.Get(Change{Key: key}); ok {
		return c.Value, !c.Delete, nil
	}
	return o.base.Get(key)
}

// Scan implements Reads. It yields the state at its beginning, whatever is
// changed while it runs.
func (o *overlay) Scan(prefix, after []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		pending := newCursor(o.changes, prefix, after)
		for stored, err := range o.base.Scan(prefix, after) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if !pending.yieldBefore(stored.Key, yield) {
				return
			}
			if c, ok := pending.peek(); ok && bytes.Equal(c.Key, stored.Key) {
				continue // replaced or deleted: the next yieldBefore sees to it
			}
			if !yield(stored, nil) {
				return
			}
		}
		pending.yieldBefore(nil, yield)
	}
}

// cursor walks the changes below a prefix.
type cursor struct {
	changes *btree.BTreeG[Change]
	prefix  []byte
	from    []byte // where the next look-up begins
	next    *Change
}

func newCursor(changes *btree.BTreeG[Change], prefix, after []byte) *cursor {
	from := prefix
	if after != nil && bytes.Compare(after, prefix) >= 0 {
		from = successor(after)
	}
	c := &cursor{prefix: prefix, from: from}
	if changes.Len() > 0 {
		c.changes = changes.Clone()
	}
	return c
}

// peek returns the change that the cursor is at; false behind the last.
func (c *cursor) peek() (Change, bool) {
	if c.next == nil && c.changes != nil {
		c.changes.AscendGreaterOrEqual(Change{Key: c.from}, func(found Change) bool {
			c.next = &found
			return false
		})
		if c.next == nil || !bytes.HasPrefix(c.next.Key, c.prefix) {
			c.next, c.changes = nil, nil
		}
	}
	if c.next == nil {
		return Change{}, false
	}
	return *c.next, true
}

// yieldBefore yields what was set under keys before limit (nil: all) and
// moves to the change at or behind it. It returns false when yield does.
func (c *cursor) yieldBefore(limit []byte, yield func(Entry, error) bool) bool {
	for {
		pending, ok := c.peek()
		if !ok || (limit != nil && bytes.Compare(pending.Key, limit) >= 0) {
			return true
		}
		c.next, c.from = nil, successor(pending.Key)
		if !pending.Delete && !yield(Entry{pending.Key, pending.Value}, nil) {
			return false
		}
	}
}

// successor returns the first key after key.
func successor(key []byte) []byte {
	return append(bytes.Clone(key), 0)
}
