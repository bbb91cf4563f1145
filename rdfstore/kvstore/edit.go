package kvstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// editing is one quad that comes or goes.
type editing struct {
	quad packedQuad
	add  bool
}

// Edit implements [rdfstore.Tx].
func (t *tx) Edit(id resource.ID, edit rdfstore.Edit, limit int64) (rdfstore.Resource, error) {
	old, err := t.record(id)
	if err != nil {
		return rdfstore.Resource{}, err
	}
	if old.location != inQuads {
		return rdfstore.Resource{}, rdfstore.ErrNotQuads
	}
	q, err := t.quadsOf(old.quads)
	if err != nil {
		return rdfstore.Resource{}, err
	}
	work, err := q.packer.packEdit(edit)
	if err != nil {
		return rdfstore.Resource{}, err
	}
	e := &editor{tx: t, quads: q, sum: sumOf(old.sha256), size: old.size}
	for len(work) > 0 && err == nil {
		work, err = e.editBlock(work)
	}
	if err == nil && e.size > max(limit, old.size) && limit >= 0 {
		err = fmt.Errorf("document: %w of %d bytes", rdf.ErrLimit, limit)
	}
	if err == nil && !e.changed {
		return old.resource(id), nil
	}
	next := *old
	next.quads, next.size, next.sha256 = q.ref, e.size, e.sum.bytes()
	if err == nil {
		err = t.charge(id.Storage(), next.size-old.size, 0)
	}
	if err == nil {
		err = t.stamp(id, old, &next)
	}
	if err == nil {
		err = t.set(resourceKey(id), next.encode())
	}
	if err == nil {
		err = t.changed(id, &next, false)
	}
	if err != nil {
		t.broken = errors.Join(t.broken, err)
		return rdfstore.Resource{}, err
	}
	return next.resource(id), nil
}

// packEdit returns an edit in order, each quad once.
func (p packer) packEdit(edit rdfstore.Edit) ([]editing, error) {
	var work []editing
	for _, quad := range edit.Added {
		packed, err := p.packQuad(quad)
		if err != nil {
			return nil, err
		}
		work = append(work, editing{packed, true})
	}
	for _, quad := range edit.Removed {
		if packed, err := p.packQuad(quad); err == nil { // else it is not there
			work = append(work, editing{packed, false})
		}
	}
	// Stable: what is added and removed stays.
	slices.SortStableFunc(work, func(a, b editing) int { return a.quad.compare(&b.quad) })
	return slices.CompactFunc(work, func(a, b editing) bool { return a.quad.compare(&b.quad) == 0 }), nil
}

// editor changes the blocks of a generation.
type editor struct {
	*tx
	quads   *quads
	sum     quadSum
	size    int64
	changed bool
}

// editBlock does the part of the work that is in the block of its first quad,
// and returns the rest.
func (e *editor) editBlock(work []editing) (rest []editing, err error) {
	b, err := e.quads.block(fence(work[0].quad[:]...))
	if err != nil {
		return nil, err
	}
	n := share(b, work)
	edited := e.merge(b.quads, work[:n])
	if edited == nil {
		return work[n:], nil
	}
	e.changed = true
	key := blockKey(e.quads.ref.generation, b.fence)
	fence := lastFence
	if b.fence != nil {
		fence = b.fence
		e.forget(b.size)
	}
	blocks := rewriteBlock(fence, edited)
	if len(blocks) == 1 && e.quads.ref.blocks > 0 && len(blocks[0].raw) < minBlock && blocks[0].quads < fewQuads {
		if blocks, err = e.joinNext(blocks[0], edited); err != nil {
			return nil, err
		}
	}
	for _, written := range blocks {
		e.size += int64(len(written.raw))
		e.quads.ref.blocks++
	}
	e.quads.last = openBlock{} // it is as it was
	if b.fence != nil && (len(blocks) == 0 || !bytes.Equal(blocks[len(blocks)-1].fence, fence)) {
		if err := e.delete(key); err != nil {
			return nil, err
		}
	}
	return work[n:], e.writeBlocks(e.quads.ref.generation, blocks)
}

// forget takes a block out of the count.
func (e *editor) forget(size int) {
	e.size -= int64(size)
	e.quads.ref.blocks--
}

// share returns how much of the work is in a block, which its first quad is.
func share(b openBlock, work []editing) int {
	if b.fence == nil {
		return len(work)
	}
	return sort.Search(len(work), func(i int) bool { return bytes.Compare(fence(work[i].quad[:]...), b.fence) >= 0 })
}

// merge returns what the quads of a block become, nil when nothing changes.
func (e *editor) merge(before []packedQuad, work []editing) []packedQuad {
	after := make([]packedQuad, 0, len(before)+len(work))
	changed := false
	for len(before) > 0 || len(work) > 0 {
		order := -1
		if len(before) == 0 {
			order = 1
		} else if len(work) > 0 {
			order = before[0].compare(&work[0].quad)
		}
		switch {
		case order < 0:
			after = append(after, before[0])
			before = before[1:]
			continue
		case order == 0 && !work[0].add:
			e.sum.remove(&before[0])
			e.quads.ref.quads--
			changed = true
		case order == 0:
			after = append(after, before[0])
		case work[0].add:
			e.sum.add(&work[0].quad)
			e.quads.ref.quads++
			after = append(after, work[0].quad)
			changed = true
		}
		if order == 0 {
			before = before[1:]
		}
		work = work[1:]
	}
	if !changed {
		return nil
	}
	return after
}

// joinNext joins a small block with the one behind it, if they fit.
func (e *editor) joinNext(small block, quads []packedQuad) ([]block, error) {
	prefix := blockKey(e.quads.ref.generation, nil)
	for entry, err := range e.scan(prefix, blockKey(e.quads.ref.generation, small.fence)) {
		if err != nil {
			return nil, err
		}
		if len(small.raw)+len(entry.Value) > blockSize {
			break
		}
		next, err := decodeBlock(entry.Value)
		if err != nil {
			return nil, err
		}
		e.forget(len(entry.Value))
		return rewriteBlock(bytes.Clone(entry.Key[len(prefix):]), append(quads, next...)), nil
	}
	return []block{small}, nil
}
