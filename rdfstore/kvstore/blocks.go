package kvstore

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

const (
	// blockSize and blockQuads are about what a block holds when it is made, in
	// bytes and in quads, whichever is less: of either it is what an edit costs.
	blockSize  = 4 << 10
	blockQuads = 64
	// maxBlock is when it is split, minBlock when it is joined with the next.
	maxBlock = 2 * blockSize
	maxQuads = 2 * blockQuads
	minBlock = blockSize / 4
	fewQuads = blockQuads / 4
	// minQuads are in a block whatever their terms: a long one that all have is
	// in each block once, and must not multiply a document.
	minQuads = 16
	hugeSize = 256 << 10
)

// A block is quads in order behind the version of its encoding and their
// number. Each quad begins with a byte whose bits tell which of graph, subject and predicate are
// those of the quad before. Of each other term, the object always, follows a
// reference: its number in the order in which the block's terms first occur,
// from 1, or 0 for the next new term. Of that follow how much it has in common
// with the last new term of the same place, and the rest of its text.
type blockWriter struct {
	raw    []byte // of the quads
	quads  int
	terms  map[string]int
	before packedQuad // the last quad
	latest [4]string  // new terms by place
}

func newBlockWriter() *blockWriter {
	return &blockWriter{raw: make([]byte, 0, blockSize), terms: make(map[string]int, blockQuads)}
}

func (w *blockWriter) block(fence []byte) block {
	header := binary.AppendUvarint([]byte{encodingVersion}, uint64(w.quads))
	return block{fence, append(header, w.raw...), w.quads}
}

// isFull reports whether a block that is being made should end.
func (w *blockWriter) isFull(size int) bool {
	return len(w.raw) >= hugeSize || w.quads >= blockQuads || len(w.raw) >= size && w.quads >= minQuads
}

func (w *blockWriter) add(quad packedQuad) {
	same := byte(0)
	if w.quads > 0 {
		for place := range 3 {
			if quad[place].text == w.before[place].text {
				same |= 1 << place
			}
		}
	}
	w.raw = append(w.raw, same)
	for place, term := range quad {
		if place < 3 && same&(1<<place) != 0 {
			continue
		}
		if number, known := w.terms[term.text]; known {
			w.raw = binary.AppendUvarint(w.raw, uint64(number))
			continue
		}
		w.terms[term.text] = len(w.terms) + 1
		common := commonPrefix(term.text, w.latest[place])
		w.raw = binary.AppendUvarint(append(w.raw, 0), uint64(common))
		w.raw = binary.AppendUvarint(w.raw, uint64(len(term.text)-common))
		w.raw = append(w.raw, term.text[common:]...)
		w.latest[place] = term.text
	}
	w.before = quad
	w.quads++
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// decodeBlock returns the quads of a block.
func decodeBlock(raw []byte) ([]packedQuad, error) {
	d := newDecoder(raw)
	count := d.uvarint()
	if count > uint64(len(d.raw)) { // each takes more than a byte
		return nil, fmt.Errorf("%w: block of quads", errCorrupt)
	}
	quads := make([]packedQuad, 0, count)
	terms := make([]packed, 0, count)
	var latest [4]string
	for !d.failed && len(d.raw) > 0 {
		same := d.byte()
		var quad packedQuad
		for place := range quad {
			if place < 3 && same&(1<<place) != 0 {
				if len(quads) == 0 {
					d.failed = true
					break
				}
				quad[place] = quads[len(quads)-1][place]
				continue
			}
			if number := d.uvarint(); number > uint64(len(terms)) {
				d.failed = true
			} else if number > 0 {
				quad[place] = terms[number-1]
				continue
			}
			common := d.uvarint()
			rest := d.take(d.length())
			if d.failed || common > uint64(len(latest[place])) {
				d.failed = true
				break
			}
			text := latest[place][:common] + string(rest)
			latest[place] = text
			quad[place] = packed{text, text}
			if len(text) > maxTermKey {
				quad[place].key = longKey(text)
			}
			terms = append(terms, quad[place])
		}
		quads = append(quads, quad)
	}
	if d.failed || uint64(len(quads)) != count {
		return nil, fmt.Errorf("%w: block of quads", errCorrupt)
	}
	return quads, nil
}

// block is a block under its fence: all of its quads are before that, and none
// is before the fence of the block above. So the first fence behind a quad is
// that of its block, which a scan finds at once.
type block struct {
	fence []byte
	raw   []byte
	quads int
}

// lastFence is behind all quads.
var lastFence = []byte{0xff}

// makeBlocks packs quads, which are in order, into blocks of a size. The last
// has the given fence.
func makeBlocks(last []byte, quads []packedQuad, size int) []block {
	var blocks []block
	w := newBlockWriter()
	for i := range quads {
		if w.quads > 0 && w.isFull(size) {
			blocks = append(blocks, w.block(separator(&quads[i-1], &quads[i])))
			w = newBlockWriter()
		}
		w.add(quads[i])
	}
	if w.quads > 0 {
		blocks = append(blocks, w.block(last))
	}
	return blocks
}

// separator returns the shortest fence between two quads: behind the one and
// not behind the other.
func separator(before, behind *packedQuad) []byte {
	a, b := fence(before[:]...), fence(behind[:]...)
	return slices.Clip(b[:commonPrefix(string(a), string(b))+1])
}

// rewriteBlock packs what a block has become: into one, or when that is too
// large into several of about the same size.
func rewriteBlock(fence []byte, quads []packedQuad) []block {
	if len(quads) == 0 {
		return nil
	}
	whole := newBlockWriter()
	for i := range quads {
		whole.add(quads[i])
	}
	if len(whole.raw) <= maxBlock && len(quads) <= maxQuads {
		return []block{whole.block(fence)}
	}
	parts := (len(whole.raw) + blockSize - 1) / blockSize
	return makeBlocks(fence, quads, len(whole.raw)/parts)
}

// search returns the place of a quad among quads, and whether it is there.
func search(quads []packedQuad, quad *packedQuad) (int, bool) {
	return sort.Find(len(quads), func(i int) int { return quad.compare(&quads[i]) })
}

// startsWith reports whether the first terms of a quad are those given.
func (q *packedQuad) startsWith(terms []packed) bool {
	for i := range terms {
		if q[i].key != terms[i].key {
			return false
		}
	}
	return true
}

// isBefore reports whether a quad is before all that start with the terms.
func (q *packedQuad) isBefore(terms []packed) bool {
	for i := range terms {
		if q[i].key != terms[i].key {
			return q[i].key < terms[i].key
		}
	}
	return false
}
