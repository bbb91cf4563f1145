package kvstore

import (
	"bytes"

	"github.com/google/btree"
)

// view is what reads go to: a snapshot, or changes laid over another view.
type view interface {
	Get(key []byte) (value []byte, found bool, err error)
	Scan(prefix, from []byte, visit func(key, value []byte) bool) error
}

// overlay holds changes that are not in the view below it yet.
type overlay struct {
	below   view
	changes *btree.BTreeG[Change]
	bytes   int // size of keys and values, overwritten ones included
}

func newOverlay(below view) *overlay {
	return &overlay{below: below, changes: btree.NewG(16, func(a, b Change) bool { return bytes.Compare(a.Key, b.Key) < 0 })}
}

func (o *overlay) set(key, value []byte) {
	if value == nil {
		value = []byte{}
	}
	o.put(Change{key, value})
}

func (o *overlay) delete(key []byte) { o.put(Change{Key: key}) }

func (o *overlay) put(c Change) {
	o.changes.ReplaceOrInsert(c)
	o.bytes += len(c.Key) + len(c.Value)
}

// absorb takes over the changes of an overlay that lay on o.
func (o *overlay) absorb(above *overlay) {
	above.changes.Ascend(func(c Change) bool { o.put(c); return true })
}

// all returns the changes in key order.
func (o *overlay) all() []Change {
	changes := make([]Change, 0, o.changes.Len())
	o.changes.Ascend(func(c Change) bool { changes = append(changes, c); return true })
	return changes
}

func (o *overlay) Get(key []byte) ([]byte, bool, error) {
	if c, ok := o.changes.Get(Change{Key: key}); ok {
		return c.Value, c.Value != nil, nil
	}
	return o.below.Get(key)
}

// Scan merges the changes with what lies below, in key order.
func (o *overlay) Scan(prefix, from []byte, visit func(key, value []byte) bool) error {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	var pending []Change
	o.changes.AscendGreaterOrEqual(Change{Key: from}, func(c Change) bool {
		if !bytes.HasPrefix(c.Key, prefix) {
			return false
		}
		pending = append(pending, c)
		return true
	})
	if len(pending) == 0 {
		return o.below.Scan(prefix, from, visit)
	}
	going := true
	// upTo visits the pending changes before key.
	upTo := func(key []byte) {
		for going && len(pending) > 0 && (key == nil || bytes.Compare(pending[0].Key, key) < 0) {
			if c := pending[0]; c.Value != nil {
				going = visit(c.Key, c.Value)
			}
			pending = pending[1:]
		}
	}
	err := o.below.Scan(prefix, from, func(key, value []byte) bool {
		if upTo(key); !going {
			return false
		}
		if len(pending) > 0 && bytes.Equal(pending[0].Key, key) {
			if value = pending[0].Value; value == nil {
				pending = pending[1:]
				return true
			}
			pending = pending[1:]
		}
		going = visit(key, value)
		return going
	})
	if err != nil {
		return err
	}
	upTo(nil)
	return nil
}
