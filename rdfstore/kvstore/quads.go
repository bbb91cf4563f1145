package kvstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// head is what is kept of a generation besides its blocks.
type head struct {
	owner    []byte // the key of the resource
	prefixes []rdf.Prefix
}

// encodeHead: version, owner, prefixes; each text behind its length.
func encodeHead(h head, p packer) ([]byte, error) {
	raw := appendText([]byte{encodingVersion}, string(h.owner))
	for _, prefix := range h.prefixes {
		namespace, err := p.text(rdf.IRI(prefix.IRI))
		if err != nil {
			return nil, err
		}
		raw = appendText(appendText(raw, prefix.Name), namespace)
	}
	return raw, nil
}

func appendText(raw []byte, text string) []byte {
	return append(binary.AppendUvarint(raw, uint64(len(text))), text...)
}

func decodeHead(raw []byte, p packer) (head, error) {
	d := newDecoder(raw)
	h := head{owner: d.take(d.length())}
	for !d.failed && len(d.raw) > 0 {
		name, namespace := string(d.take(d.length())), string(d.take(d.length()))
		if d.failed {
			break
		}
		term, err := p.unpack(namespace)
		if err != nil {
			return head{}, err
		}
		h.prefixes = append(h.prefixes, rdf.Prefix{Name: name, IRI: term.Value()})
	}
	if d.failed {
		return head{}, fmt.Errorf("%w: head of a generation", errCorrupt)
	}
	return h, nil
}

// Quads implements [rdfstore.Reader].
func (r *reader) Quads(id resource.ID) (rdfstore.Quads, error) {
	record, err := r.record(id)
	if err != nil {
		return nil, err
	}
	if record.location != inQuads {
		return nil, rdfstore.ErrNotQuads
	}
	return r.quadsOf(record.quads)
}

func (r *reader) quadsOf(ref quadsRef) (*quads, error) {
	p, err := r.bases.packer(ref.base)
	return &quads{reader: r, ref: ref, packer: p}, err
}

// quads implements [rdfstore.Quads]. It remembers the last block that was read,
// because questions that follow each other are often about the same.
type quads struct {
	reader *reader
	ref    quadsRef
	packer packer
	last   openBlock
}

// openBlock is a block that was read; the zero openBlock is the nothing behind
// all blocks.
type openBlock struct {
	fence []byte
	quads []packedQuad
	size  int
}

// Len implements [rdfstore.Quads].
func (q *quads) Len() int { return q.ref.quads }

// Prefixes implements [rdfstore.Quads].
func (q *quads) Prefixes() ([]rdf.Prefix, error) {
	h, err := q.head()
	return h.prefixes, err
}

func (q *quads) head() (head, error) {
	raw, found, err := q.reader.get(headKey(q.ref.generation))
	if err == nil && !found {
		err = fmt.Errorf("%w: a generation has no head", errCorrupt)
	}
	if err != nil {
		return head{}, err
	}
	return decodeHead(raw, q.packer)
}

// block reads the block where a quad at a place is, if it is anywhere.
func (q *quads) block(place []byte) (openBlock, error) {
	for b, err := range q.blocks(place) {
		return b, err
	}
	return openBlock{}, nil
}

// blocks yields the blocks from that on where a quad at a place is, if it is
// anywhere.
func (q *quads) blocks(place []byte) iter.Seq2[openBlock, error] {
	return func(yield func(openBlock, error) bool) {
		if q.ref.blocks == 1 { // as of nearly all documents
			raw, found, err := q.reader.get(blockKey(q.ref.generation, lastFence))
			if err != nil || found {
				yield(q.open(lastFence, raw, err))
				return
			}
		}
		prefix := blockKey(q.ref.generation, nil)
		for entry, err := range q.reader.scan(prefix, blockKey(q.ref.generation, place)) {
			var b openBlock
			if err == nil {
				b, err = q.open(entry.Key[len(prefix):], entry.Value, nil)
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

func (q *quads) open(fence, raw []byte, err error) (openBlock, error) {
	if err != nil || len(q.last.fence) > 0 && bytes.Equal(q.last.fence, fence) {
		return q.last, err
	}
	quads, err := decodeBlock(raw)
	if err != nil {
		return openBlock{}, err
	}
	q.last = openBlock{bytes.Clone(fence), quads, len(raw)}
	return q.last, nil
}

// Has implements [rdfstore.Quads].
func (q *quads) Has(quad rdf.Quad) (bool, error) {
	wanted, err := q.packer.packQuad(quad)
	if err != nil {
		return false, nil // what cannot be kept is not there
	}
	if at, ok := q.within(&wanted); ok {
		return at, nil
	}
	b, err := q.block(fence(wanted[:]...))
	if err != nil {
		return false, err
	}
	_, found := search(b.quads, &wanted)
	return found, nil
}

// within answers from the last block, when that must have the quad.
func (q *quads) within(wanted *packedQuad) (found, ok bool) {
	b := q.last.quads
	if len(b) == 0 || wanted.compare(&b[0]) < 0 || wanted.compare(&b[len(b)-1]) > 0 {
		return false, false
	}
	_, found = search(b, wanted)
	return found, true
}

// Match implements [rdfstore.Quads].
func (q *quads) Match(g, s, p, o rdf.Term) iter.Seq2[rdf.Quad, error] {
	return func(yield func(rdf.Quad, error) bool) {
		var wanted [4]packed // empty: any
		known := 1           // how many terms begin what is looked for
		for i, t := range [...]rdf.Term{g, s, p, o} {
			if i > 0 && t.IsZero() {
				continue
			}
			var err error
			if wanted[i], err = q.packer.pack(t); err != nil {
				return // what cannot be kept is not there
			}
			if known == i {
				known++
			}
		}
		start := wanted[:known]
		for quad, err := range q.from(fence(start...)) {
			if err != nil {
				yield(rdf.Quad{}, err)
				return
			}
			if !quad.startsWith(start) {
				if quad.isBefore(start) {
					continue
				}
				return
			}
			if fits(&quad, &wanted) && !q.yield(&quad, yield) {
				return
			}
		}
	}
}

func fits(quad *packedQuad, wanted *[4]packed) bool {
	for i, w := range wanted {
		if w.key != "" && w.key != quad[i].key {
			return false
		}
	}
	return true
}

func (q *quads) yield(quad *packedQuad, yield func(rdf.Quad, error) bool) bool {
	unpacked, err := q.packer.unpackQuad(*quad)
	return yield(unpacked, err) && err == nil
}

// All implements [rdfstore.Quads].
func (q *quads) All(after rdf.Quad) iter.Seq2[rdf.Quad, error] {
	return func(yield func(rdf.Quad, error) bool) {
		var behind packedQuad
		var place []byte
		if after != (rdf.Quad{}) {
			var err error
			if behind, err = q.packer.packQuad(after); err != nil {
				yield(rdf.Quad{}, err)
				return
			}
			place = fence(behind[:]...)
		}
		for quad, err := range q.from(place) {
			if err != nil {
				yield(rdf.Quad{}, err)
				return
			}
			if place != nil && quad.compare(&behind) <= 0 {
				continue
			}
			if !q.yield(&quad, yield) {
				return
			}
		}
	}
}

// from yields the quads of the blocks from that on where place is.
func (q *quads) from(place []byte) iter.Seq2[packedQuad, error] {
	return func(yield func(packedQuad, error) bool) {
		for b, err := range q.blocks(place) {
			if err != nil {
				yield(packedQuad{}, err)
				return
			}
			for _, quad := range b.quads {
				if !yield(quad, nil) {
					return
				}
			}
		}
	}
}
