package kvstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
	"slices"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
)

const (
	// maxUnwritten is how much in blocks waits in memory for its Put. What is
	// larger is written before, in batches of that size.
	maxUnwritten = 512 << 10
	// maxPrefixes is the most that the prefixes of a document take, in bytes.
	maxPrefixes = 256 << 10
	// packedBetweenChecks is how often the context is asked.
	packedBetweenChecks = 4096
)

// stagedQuads are the blocks of a document: in memory, or written under a
// generation that belongs to nothing yet.
type stagedQuads struct {
	ref        quadsRef
	prefixes   []rdf.Prefix
	blocks     []block // nil when they were written
	generation uint64  // 0 when they were not
}

// StageQuads implements [rdfstore.Store].
func (s *Store) StageQuads(ctx context.Context, prefixes []rdf.Prefix, all iter.Seq[rdf.Quad], limit int64) (rdfstore.Staged, error) {
	if s.gate.isClosed() {
		return nil, rdfstore.ErrClosed
	}
	p, err := s.bases.packer(s.bases.current)
	if err != nil {
		return nil, err
	}
	if raw, err := encodeHead(head{prefixes: prefixes}, p); err != nil {
		return nil, err
	} else if len(raw) > maxPrefixes {
		return nil, fmt.Errorf("%w: %d bytes of prefixes", rdfstore.ErrTooLarge, len(raw))
	}
	sorted, err := packSorted(ctx, p, all)
	if err != nil {
		return nil, err
	}
	staged := &staged{store: s, location: inQuads, quads: &stagedQuads{prefixes: prefixes}}
	var sum quadSum
	for i := range sorted {
		sum.add(&sorted[i])
	}
	staged.sha256 = sum.bytes()
	blocks := makeBlocks(lastFence, sorted, blockSize)
	for _, b := range blocks {
		staged.size += int64(len(b.raw))
	}
	if limit >= 0 && staged.size > limit {
		return nil, fmt.Errorf("document: %w of %d bytes", rdf.ErrLimit, limit)
	}
	staged.quads.ref = quadsRef{quads: len(sorted), blocks: len(blocks), base: s.bases.current}
	if staged.size <= maxUnwritten {
		staged.quads.blocks = blocks
		return staged, nil
	}
	if err := s.writeBlocks(ctx, staged.quads, blocks); err != nil {
		return nil, err
	}
	return staged, nil
}

// packSorted returns quads in order, each once.
func packSorted(ctx context.Context, p packer, all iter.Seq[rdf.Quad]) ([]packedQuad, error) {
	var sorted []packedQuad
	for q := range all {
		if len(sorted)%packedBetweenChecks == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		packed, err := p.packQuad(q)
		if err != nil {
			return nil, err
		}
		sorted = append(sorted, packed)
	}
	slices.SortFunc(sorted, func(a, b packedQuad) int { return a.compare(&b) })
	return slices.CompactFunc(sorted, func(a, b packedQuad) bool { return a.compare(&b) == 0 }), nil
}

// writeBlocks writes blocks under a new generation in several commits, so that
// none keeps other writers waiting for long.
func (s *Store) writeBlocks(ctx context.Context, q *stagedQuads, blocks []block) error {
	for len(blocks) > 0 {
		n, size := 0, 0
		for ; n < len(blocks) && size < maxUnwritten; n++ {
			size += len(blocks[n].raw)
		}
		err := s.committer.submit(ctx, func(t *tx) error {
			if q.generation == 0 {
				generation, err := t.nextGeneration()
				if err != nil {
					return err
				}
				// Held before the commit: else the collector could come first.
				q.generation = generation
				s.staging.add(generation)
				if err := t.set(waitingKey(generation), nil); err != nil {
					return err
				}
			}
			return t.writeBlocks(q.generation, blocks[:n])
		})
		if err != nil {
			s.giveUpGeneration(q.generation)
			return err
		}
		blocks = blocks[n:]
	}
	return nil
}

func (t *tx) writeBlocks(generation uint64, blocks []block) error {
	for _, b := range blocks {
		if err := t.set(blockKey(generation, b.fence), b.raw); err != nil {
			return err
		}
	}
	return nil
}

// quadSum adds up hashes of quads, so that an edit changes it without reading
// what it does not touch. It is a number of 256 bits, the least word first.
type quadSum [4]uint64

func sumOf(hash [sha256.Size]byte) (s quadSum) {
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(hash[8*i:])
	}
	return s
}

func (s *quadSum) bytes() (hash [sha256.Size]byte) {
	for i := range s {
		binary.LittleEndian.PutUint64(hash[8*i:], s[i])
	}
	return hash
}

func hashQuad(q *packedQuad) quadSum {
	var all []byte
	for _, term := range q {
		all = appendText(all, term.text)
	}
	return sumOf(sha256.Sum256(all))
}

func (s *quadSum) add(q *packedQuad) {
	hash, carry := hashQuad(q), uint64(0)
	for i := range s {
		s[i], carry = bits.Add64(s[i], hash[i], carry)
	}
}

func (s *quadSum) remove(q *packedQuad) {
	hash, borrow := hashQuad(q), uint64(0)
	for i := range s {
		s[i], borrow = bits.Sub64(s[i], hash[i], borrow)
	}
}
