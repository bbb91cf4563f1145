package kvstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"domicile/rdfstore/resource"
)

// quadsOf checks the blocks of a document: that they are all there, in order
// across blocks and between their fences, and what was written.
func (c *checker) quadsOf(id resource.ID, r *record) error {
	generation := r.quads.generation
	last, err := c.lastGeneration()
	if err != nil {
		return err
	}
	if generation > last {
		if err := c.problem(fmt.Sprintf("%v: its generation %d is newer than the store's, %d", id, generation, last), raiseGeneration(generation)); err != nil {
			return err
		}
	}
	if _, err := c.bases.packer(r.quads.base); err != nil {
		return c.problem(fmt.Sprintf("%v: it is packed under a base URL that is not known", id), nil)
	}
	raw, found, err := c.get(headKey(generation))
	if err != nil {
		return err
	}
	if owner, ok := ownerOf(raw); !found || !ok || !bytes.Equal(owner, resourceKey(id)) {
		return c.problem(fmt.Sprintf("%v: its generation %d belongs to nothing, or to another", id, generation), nil)
	}
	var seen quadsRef
	var size int64
	var sum quadSum
	var behind *packedQuad
	var above []byte // the fence of the block above
	for entry, err := range c.scan(blockKey(generation, nil), nil) {
		if err != nil {
			return err
		}
		quads, err := decodeBlock(entry.Value)
		if err != nil {
			return c.problem(fmt.Sprintf("%v: a block of it is not readable", id), nil)
		}
		seen.blocks++
		below := bytes.Clone(entry.Key[len(blockKey(generation, nil)):])
		seen.quads += len(quads)
		size += int64(len(entry.Value))
		for i := range quads {
			inOrder := behind == nil || behind.compare(&quads[i]) < 0
			place := fence(quads[i][:]...)
			if !inOrder || bytes.Compare(place, above) < 0 || bytes.Compare(place, below) >= 0 {
				return c.problem(fmt.Sprintf("%v: its blocks are not in order", id), nil)
			}
			sum.add(&quads[i])
			behind = &quads[i]
		}
		above = below
	}
	if seen.blocks != r.quads.blocks || seen.quads != r.quads.quads || size != r.size || sum.bytes() != r.sha256 {
		return c.problem(fmt.Sprintf("%v: its content is not what was written: %d triples in %d blocks, want %d in %d",
			id, seen.quads, seen.blocks, r.quads.quads, r.quads.blocks), nil)
	}
	return nil
}

func (r *reader) lastGeneration() (uint64, error) { return r.mark(generationKey) }

// ownerOf returns the key of the resource that a generation belongs to.
func ownerOf(head []byte) (owner []byte, ok bool) {
	d := newDecoder(head)
	owner = d.take(d.length())
	return owner, !d.failed && len(owner) > 0 && owner[0] == resourcePrefix
}

// isOwned reports whether a resource refers to a generation.
func (r *reader) isOwned(generation uint64) (bool, error) {
	raw, found, err := r.get(headKey(generation))
	if err != nil || !found {
		return false, err
	}
	owner, ok := ownerOf(raw)
	if !ok {
		return false, fmt.Errorf("%w: head of a generation", errCorrupt)
	}
	raw, found, err = r.get(owner)
	if err != nil || !found {
		return false, err
	}
	record, err := decodeRecord(raw)
	return err == nil && record.location == inQuads && record.quads.generation == generation, err
}

// head checks that a generation belongs to what it says.
func (c *checker) head(entry Entry) error {
	generation, ok := parseNumbered(entry.Key)
	if !ok {
		return c.problem(describeKey(entry.Key)+" is of no generation", nil)
	}
	owned, err := c.isOwned(generation)
	if errors.Is(err, errCorrupt) {
		return c.problem(fmt.Sprintf("the generation %d cannot be told whose it is", generation), nil)
	}
	if err != nil || owned {
		return err
	}
	return c.problem(fmt.Sprintf("the generation %d belongs to nothing", generation), giveUp(generation))
}

// waiting checks that what waits for the collector is in no use.
func (c *checker) waiting(entry Entry) error {
	generation, ok := parseNumbered(entry.Key)
	if !ok {
		return c.problem(describeKey(entry.Key)+" is of no generation", nil)
	}
	_, found, err := c.get(headKey(generation))
	if err != nil || !found {
		return err
	}
	return c.problem(fmt.Sprintf("the generation %d is in use and given up", generation), keep(generation))
}

// block checks that a block is of a generation that is in use or given up.
func (c *checker) block(entry Entry) error {
	generation, ok := parseNumbered(entry.Key)
	if !ok {
		return c.problem(describeKey(entry.Key)+" is of no generation", nil)
	}
	if generation == c.generation {
		return nil
	}
	c.generation = generation
	for _, key := range [][]byte{headKey(generation), waitingKey(generation)} {
		if _, found, err := c.get(key); err != nil || found {
			return err
		}
	}
	return c.problem(fmt.Sprintf("blocks of the generation %d belong to nothing", generation), giveUp(generation))
}

// giveUp hands a generation that no resource refers to to the collector.
func giveUp(generation uint64) mend {
	return func(t *tx) (string, error) {
		if owned, err := t.isOwned(generation); err != nil || owned {
			return "", err
		}
		referred, err := t.anyRecord(func(r *record) bool { return r.location == inQuads && r.quads.generation == generation })
		if err != nil {
			return "", err
		}
		if referred {
			return "", fmt.Errorf("%w: a document refers to it", errCorrupt)
		}
		t.waiting = true
		return "given up", errors.Join(t.delete(headKey(generation)), t.set(waitingKey(generation), nil))
	}
}

// anyRecord reports whether any record is as asked. A record that cannot be
// read is an error: it may be the one.
func (r *reader) anyRecord(is func(*record) bool) (bool, error) {
	for entry, err := range r.scan([]byte{resourcePrefix}, nil) {
		if err != nil {
			return false, err
		}
		record, err := decodeRecord(entry.Value)
		if err != nil || is(record) {
			return err == nil, err
		}
	}
	return false, nil
}

// keep keeps the collector from a generation that is in use.
func keep(generation uint64) mend {
	return func(t *tx) (string, error) {
		owned, err := t.isOwned(generation)
		if err != nil {
			return "", err
		}
		if !owned {
			return "given up", t.delete(headKey(generation))
		}
		return "kept", t.delete(waitingKey(generation))
	}
}

// raiseGeneration raises the last generation to one that was given out.
func raiseGeneration(given uint64) mend {
	return func(t *tx) (string, error) {
		last, err := t.lastGeneration()
		if err != nil || last >= given {
			return "", err
		}
		return fmt.Sprintf("the store's generation raised to %d", given), t.set(generationKey, binary.BigEndian.AppendUint64(nil, given))
	}
}
