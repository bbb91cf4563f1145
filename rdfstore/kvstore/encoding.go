package kvstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// Records are binary and begin with a version, so that a later version of the
// server can tell what it reads. An empty storage is a few hundred bytes.
const recordVersion = 1

var errCorrupt = errors.New("corrupt record")

// stored is a resource with where its body is: inline, or in a blob.
type stored struct {
	rdfstore.Resource
	inline []byte
	blob   string
}

func (s stored) encode() []byte {
	b := make([]byte, 0, 96+len(s.MediaType)+len(s.inline))
	b = append(b, recordVersion, byte(s.Kind))
	b = binary.AppendVarint(b, s.Created.UnixMilli())
	b = binary.AppendVarint(b, s.Modified.UnixMilli())
	b = binary.AppendUvarint(b, s.Revision)
	b = binary.AppendUvarint(b, s.Membership)
	b = binary.AppendUvarint(b, s.Listing)
	b = binary.AppendVarint(b, s.Size)
	b = append(b, s.SHA256[:]...)
	b = appendText(b, s.MediaType)
	b = appendText(b, s.blob)
	return append(b, s.inline...)
}

func decodeStored(id resource.ID, raw []byte) (stored, error) {
	d := decoder{raw: raw}
	d.version()
	s := stored{Resource: rdfstore.Resource{ID: id, Kind: rdfstore.Kind(d.byte())}}
	s.Created, s.Modified = d.time(), d.time()
	s.Revision, s.Membership, s.Listing = d.uvarint(), d.uvarint(), d.uvarint()
	s.Size = d.varint()
	copy(s.SHA256[:], d.bytes(len(s.SHA256)))
	s.MediaType, s.blob = d.text(), d.text()
	s.inline = d.raw
	if d.err != nil {
		return stored{}, fmt.Errorf("resource: %w", d.err)
	}
	return s, nil
}

func encodeMember(r rdfstore.Resource) []byte {
	b := []byte{recordVersion, byte(r.Kind)}
	b = binary.AppendVarint(b, r.Modified.UnixMilli())
	b = binary.AppendVarint(b, r.Size)
	return append(b, r.MediaType...)
}

func decodeMember(id resource.ID, raw []byte) (rdfstore.Member, error) {
	d := decoder{raw: raw}
	d.version()
	m := rdfstore.Member{ID: id, Kind: rdfstore.Kind(d.byte()), Modified: d.time(), Size: d.varint()}
	m.MediaType = string(d.raw)
	if d.err != nil {
		return rdfstore.Member{}, fmt.Errorf("member: %w", d.err)
	}
	return m, nil
}

func encodeStorage(s rdfstore.Storage) []byte {
	b := binary.AppendVarint([]byte{recordVersion}, s.Created.UnixMilli())
	return appendText(appendText(b, s.Owner), s.Account)
}

func decodeStorage(name string, raw []byte) (rdfstore.Storage, error) {
	d := decoder{raw: raw}
	d.version()
	s := rdfstore.Storage{Name: name, Created: d.time(), Owner: d.text(), Account: d.text()}
	if d.err != nil {
		return rdfstore.Storage{}, fmt.Errorf("storage: %w", d.err)
	}
	return s, nil
}

// encodeRecord puts the expiry, 0 for never, before the value.
func encodeRecord(value []byte, expires time.Time) []byte {
	at := int64(0)
	if !expires.IsZero() {
		at = expires.UnixMilli()
	}
	return append(binary.AppendVarint([]byte{recordVersion}, at), value...)
}

func decodeRecord(raw []byte) (value []byte, expires time.Time, err error) {
	d := decoder{raw: raw}
	d.version()
	if at := d.varint(); at != 0 {
		expires = time.UnixMilli(at).UTC()
	}
	return d.raw, expires, d.err
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// decoder reads fields off the front of raw; after the first failure it
// returns zero values.
type decoder struct {
	raw []byte
	err error
}

func (d *decoder) version() {
	if v := d.byte(); d.err == nil && v != recordVersion {
		d.err = fmt.Errorf("%w: version %d", errCorrupt, v)
	}
}

func (d *decoder) bytes(n int) []byte {
	if d.err != nil || n < 0 || n > len(d.raw) {
		d.fail()
		return nil
	}
	taken := d.raw[:n]
	d.raw = d.raw[n:]
	return taken
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.raw)
	if d.bytes(n); n <= 0 {
		d.fail()
		return 0
	}
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.raw)
	if d.bytes(n); n <= 0 {
		d.fail()
		return 0
	}
	return v
}

func (d *decoder) time() time.Time { return time.UnixMilli(d.varint()).UTC() }
func (d *decoder) text() string    { return string(d.bytes(int(min(d.uvarint(), 1<<31-1)))) }

func (d *decoder) fail() {
	if d.err == nil {
		d.err = errCorrupt
	}
}
