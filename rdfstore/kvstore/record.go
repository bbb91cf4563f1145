package kvstore

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

// errCorrupt: stored bytes are not what this version writes.
var errCorrupt = errors.New("corrupt data")

// encodingVersion begins every value; a change of a value's form takes the
// next number, so that old values stay readable.
const encodingVersion = 1

// storageVersion begins the record of a storage. Those of version 1 have no
// revision of ACLs, those of version 2 cannot be closed, those of version 3 have
// one owner.
const storageVersion = 4

// location tells where a body is.
type location uint8

const (
	nowhere location = iota // the body is empty
	inline                  // under the inline key
	inBlob                  // in a blob
	inQuads                 // in blocks of quads
)

// record is the stored form of a resource. Times are milliseconds since 1970.
type record struct {
	kind                          rdfstore.Kind
	mediaType                     string
	size                          int64
	sha256                        [sha256.Size]byte
	created, modified             int64
	revision, membership, listing uint64
	location                      location
	blob                          blob.ID
	quads                         quadsRef
}

// quadsRef tells where the quads of a document are, and how many.
type quadsRef struct {
	generation    uint64
	quads, blocks int
	base          uint64 // the base that they are packed under; 0: none
}

func (r *record) resource(id resource.ID) rdfstore.Resource {
	return rdfstore.Resource{
		ID: id, Kind: r.kind, MediaType: r.mediaType, Size: r.size, SHA256: r.sha256,
		Created: fromMilliseconds(r.created), Modified: fromMilliseconds(r.modified),
		Revision: r.revision, Membership: r.membership, Listing: r.listing,
		IsQuads: r.location == inQuads,
	}
}

// encode: version, kind, location, size, hash unless empty, created, modified
// as what it adds to created, revision, membership and listing as what they
// add to it, blob or where the quads are, media type.
func (r *record) encode() []byte {
	b := make([]byte, 0, 64+len(r.mediaType)+len(r.sha256))
	b = append(b, encodingVersion, byte(r.kind), byte(r.location))
	b = binary.AppendUvarint(b, uint64(r.size))
	if r.location != nowhere {
		b = append(b, r.sha256[:]...)
	}
	b = binary.AppendVarint(b, r.created)
	b = binary.AppendVarint(b, r.modified-r.created)
	b = binary.AppendUvarint(b, r.revision)
	if r.kind == rdfstore.Container {
		b = binary.AppendUvarint(b, r.membership-r.revision)
		b = binary.AppendUvarint(b, r.listing-r.revision)
	}
	if r.location == inBlob {
		b = append(b, r.blob[:]...)
	}
	if r.location == inQuads {
		for _, n := range [...]uint64{r.quads.generation, uint64(r.quads.quads), uint64(r.quads.blocks), r.quads.base} {
			b = binary.AppendUvarint(b, n)
		}
	}
	return append(b, r.mediaType...)
}

var emptyHash = sha256.Sum256(nil)

func decodeRecord(raw []byte) (*record, error) {
	d := newDecoder(raw)
	r := &record{kind: rdfstore.Kind(d.byte()), location: location(d.byte()), size: int64(d.uvarint()), sha256: emptyHash}
	if r.location != nowhere {
		copy(r.sha256[:], d.take(len(r.sha256)))
	}
	r.created = d.varint()
	r.modified = r.created + d.varint()
	r.revision = d.uvarint()
	if r.kind == rdfstore.Container {
		r.membership = r.revision + d.uvarint()
		r.listing = r.revision + d.uvarint()
	}
	if r.location == inBlob {
		copy(r.blob[:], d.take(len(r.blob)))
	}
	if r.location == inQuads {
		r.quads = quadsRef{d.uvarint(), int(d.uvarint()), int(d.uvarint()), d.uvarint()}
	}
	r.mediaType = d.rest()
	if d.failed || !validKind(r.kind) || r.location > inQuads || r.size < 0 {
		return nil, fmt.Errorf("%w: record of a resource", errCorrupt)
	}
	return r, nil
}

// encodeMember: version, kind, size, modified, media type.
func encodeMember(r *record) []byte {
	b := make([]byte, 0, 24+len(r.mediaType))
	b = append(b, encodingVersion, byte(r.kind))
	b = binary.AppendUvarint(b, uint64(r.size))
	b = binary.AppendVarint(b, r.modified)
	return append(b, r.mediaType...)
}

func decodeMember(raw []byte) (rdfstore.Member, error) {
	d := newDecoder(raw)
	m := rdfstore.Member{Kind: rdfstore.Kind(d.byte()), Size: int64(d.uvarint()), Modified: fromMilliseconds(d.varint()), MediaType: d.rest()}
	if d.failed || !validKind(m.Kind) || m.Size < 0 {
		return rdfstore.Member{}, fmt.Errorf("%w: member of a container", errCorrupt)
	}
	return m, nil
}

// encodeStorage: version, created, ACLs, 1 when closed, owner, number of owners
// and each with 1 when visible, account.
func encodeStorage(s rdfstore.Storage) []byte {
	b := binary.AppendVarint([]byte{storageVersion}, s.Created.UnixMilli())
	b = binary.AppendUvarint(b, s.ACLs)
	b = append(b, bit(s.Closed))
	b = appendText(b, s.Owner)
	b = binary.AppendUvarint(b, uint64(len(s.Owners)))
	for _, owner := range s.Owners {
		b = append(appendText(b, owner.WebID), bit(owner.Visible))
	}
	return append(b, s.Account...)
}

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}

func decodeStorage(name string, raw []byte) (rdfstore.Storage, error) {
	d := &decoder{raw: raw}
	version := d.byte()
	s := rdfstore.Storage{Name: name, Created: fromMilliseconds(d.varint())}
	if version >= 2 {
		s.ACLs = d.uvarint()
	}
	if version >= 3 {
		s.Closed = d.byte() == 1
	}
	s.Owner = string(d.take(d.length()))
	if version >= 4 {
		for range d.length() { // each takes more than a byte
			s.Owners = append(s.Owners, rdfstore.Owner{WebID: string(d.take(d.length())), Visible: d.byte() == 1})
		}
	}
	s.Account = d.rest()
	if d.failed || version < 1 || version > storageVersion {
		return rdfstore.Storage{}, fmt.Errorf("%w: record of a storage", errCorrupt)
	}
	return s, nil
}

// encodeState: version, expiry in milliseconds or 0, value.
func encodeState(value []byte, expires int64) []byte {
	b := make([]byte, 0, 10+len(value))
	b = append(b, encodingVersion)
	b = binary.AppendVarint(b, expires)
	return append(b, value...)
}

func decodeState(raw []byte) (value []byte, expires int64, err error) {
	d := newDecoder(raw)
	expires = d.varint()
	if d.failed {
		return nil, 0, fmt.Errorf("%w: record of state", errCorrupt)
	}
	return d.raw, expires, nil
}

func validKind(k rdfstore.Kind) bool { return k >= rdfstore.Container && k <= rdfstore.Binary }

func fromMilliseconds(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// decoder reads values off raw; after the first failure it yields zeros.
type decoder struct {
	raw    []byte
	failed bool
}

// newDecoder checks and drops the version byte.
func newDecoder(raw []byte) *decoder {
	d := &decoder{raw: raw}
	d.failed = d.byte() != encodingVersion
	return d
}

func (d *decoder) take(n int) []byte {
	if d.failed || n < 0 || n > len(d.raw) {
		d.failed = true
		return nil
	}
	taken := d.raw[:n]
	d.raw = d.raw[n:]
	return taken
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.raw)
	if n <= 0 || d.take(n) == nil {
		d.failed = true
		return 0
	}
	return v
}

func (d *decoder) varint() int64 {
	u := d.uvarint() // zigzag, as encoding/binary writes it
	return int64(u>>1) ^ -int64(u&1)
}

// length reads the length of a part that follows.
func (d *decoder) length() int {
	v := d.uvarint()
	if v > uint64(len(d.raw)) {
		d.failed = true
		return 0
	}
	return int(v)
}

func (d *decoder) rest() string { return string(d.take(len(d.raw))) }
