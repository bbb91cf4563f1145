package kvstore

import (
	"encoding/binary"
	"fmt"

	"domicile/rdfstore/resource"
)

// bases are the base URLs under which documents were packed, by number. A
// document keeps the number: it reads as it was written also when the server
// has another base meanwhile, and giving a number another URL moves all the
// documents at once.
type bases struct {
	known   map[uint64]base
	current uint64 // 0: none
}

// openBases reads the table, and adds the base of a space when it is new.
func openBases(engine Engine, space *resource.Space) (*bases, error) {
	snapshot, err := engine.Snapshot()
	if err != nil {
		return nil, err
	}
	defer snapshot.Close()
	current := base{}
	if space != nil {
		current = base{space.BaseURL(), space.Subdomains()}
	}
	b := &bases{known: map[uint64]base{}}
	last := uint64(0)
	for entry, err := range snapshot.Scan(basesPrefix, nil) {
		if err != nil {
			return nil, err
		}
		number := entry.Key[len(basesPrefix):]
		if len(number) != 8 || len(entry.Value) < 2 {
			return nil, fmt.Errorf("%w: base URL", errCorrupt)
		}
		last = binary.BigEndian.Uint64(number)
		known := base{subdomains: entry.Value[0] == 1, url: string(entry.Value[1:])}
		if b.known[last] = known; known == current {
			b.current = last
		}
	}
	if current == (base{}) || b.current != 0 {
		return b, nil
	}
	b.current = last + 1
	b.known[b.current] = current
	value := append([]byte{0}, current.url...)
	if current.subdomains {
		value[0] = 1
	}
	return b, engine.Apply([]Change{{Key: binary.BigEndian.AppendUint64(basesPrefix[:len(basesPrefix):len(basesPrefix)], b.current), Value: value}})
}

// packer returns the packer of documents under a base.
func (b *bases) packer(number uint64) (packer, error) {
	known, ok := b.known[number]
	if !ok && number != 0 {
		return packer{}, fmt.Errorf("%w: a document under an unknown base URL", errCorrupt)
	}
	return packer{known}, nil
}
