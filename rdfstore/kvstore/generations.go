package kvstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

const (
	// deletedInPlace is the most blocks that go in the write function that
	// drops them. More of them wait for the collector.
	deletedInPlace = 16
	// collectedAtOnce bounds the blocks that one write function of the
	// collector removes.
	collectedAtOnce = 200
)

// nextGeneration takes the next generation of blocks.
func (t *tx) nextGeneration() (uint64, error) {
	raw, found, err := t.get(generationKey)
	if err != nil {
		return 0, err
	}
	generation := uint64(1)
	if found {
		if len(raw) != 8 {
			return 0, fmt.Errorf("%w: generation", errCorrupt)
		}
		generation = binary.BigEndian.Uint64(raw) + 1
	}
	return generation, t.set(generationKey, binary.BigEndian.AppendUint64(nil, generation))
}

// takeGeneration makes staged quads the body of id.
func (t *tx) takeGeneration(id resource.ID, next *record, q *stagedQuads) (err error) {
	next.quads = q.ref
	if next.quads.generation = q.generation; q.generation != 0 {
		err = t.delete(waitingKey(q.generation))
	} else if next.quads.generation, err = t.nextGeneration(); err == nil {
		err = t.writeBlocks(next.quads.generation, q.blocks)
	}
	if err != nil {
		return err
	}
	p, err := t.bases.packer(q.ref.base)
	if err != nil {
		return err
	}
	raw, err := encodeHead(head{resourceKey(id), q.prefixes}, p)
	if err != nil {
		return err
	}
	return t.set(headKey(next.quads.generation), raw)
}

// dropGeneration removes a generation, or hands it to the collector.
func (t *tx) dropGeneration(ref quadsRef) error {
	if err := t.delete(headKey(ref.generation)); err != nil {
		return err
	}
	if ref.blocks > deletedInPlace {
		t.waiting = true
		return t.set(waitingKey(ref.generation), nil)
	}
	_, err := t.deleteBlocks(ref.generation, ref.blocks)
	return err
}

// deleteBlocks removes at most so many blocks of a generation.
func (t *tx) deleteBlocks(generation uint64, most int) (deleted int, err error) {
	for entry, err := range t.scan(blockKey(generation, nil), nil) {
		if err != nil {
			return deleted, err
		}
		if deleted == most {
			break
		}
		if err := t.delete(bytes.Clone(entry.Key)); err != nil {
			return deleted, err
		}
		deleted++
	}
	return deleted, nil
}

// giveUpGeneration leaves a staged generation, 0 for none, to the collector.
func (s *Store) giveUpGeneration(generation uint64) {
	if generation != 0 {
		s.staging.remove(generation)
		s.wakeCollector()
	}
}

func (s *Store) wakeCollector() {
	select {
	case s.waiting <- struct{}{}:
	default: // it has been told
	}
}

// collectGenerations removes the blocks that belong to nothing: those that
// others replaced, that were staged in vain, or that a crash left. It begins
// with what it finds, then waits to be woken.
func (s *Store) collectGenerations(ctx context.Context) {
	for {
		err := s.collectWaiting(ctx)
		switch {
		case ctx.Err() != nil, errors.Is(err, rdfstore.ErrClosed):
			return
		case err != nil:
			s.logger.Warn("blocks not collected", slog.Any("error", err))
		}
		select {
		case <-s.waiting:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Store) collectWaiting(ctx context.Context) error {
	generations, err := s.waitingGenerations()
	if err != nil {
		return err
	}
	for _, generation := range generations {
		for more := true; more && !s.staging.has(generation); {
			err := s.committer.submit(ctx, func(t *tx) (err error) {
				more, err = t.collect(generation)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) waitingGenerations() (generations []uint64, err error) {
	snapshot, err := s.engine.Snapshot()
	if err != nil {
		return nil, err
	}
	defer snapshot.Close()
	for entry, err := range snapshot.Scan([]byte{waitingPrefix}, nil) {
		if err != nil {
			return nil, err
		}
		if len(entry.Key) != 9 {
			return nil, fmt.Errorf("%w: waiting generation", errCorrupt)
		}
		generations = append(generations, binary.BigEndian.Uint64(entry.Key[1:]))
	}
	return generations, nil
}

// collect removes some blocks of a generation that still waits, and at last
// that it does.
func (t *tx) collect(generation uint64) (more bool, err error) {
	if _, waits, err := t.get(waitingKey(generation)); err != nil || !waits {
		return false, err
	}
	deleted, err := t.deleteBlocks(generation, collectedAtOnce)
	if err != nil || deleted == collectedAtOnce {
		return true, err
	}
	return false, t.delete(waitingKey(generation))
}
