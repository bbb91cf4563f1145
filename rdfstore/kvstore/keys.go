package kvstore

import (
	"bytes"
	"encoding/binary"
	"time"

	"domicile/rdfstore/resource"
)

// The key space. Every key begins with the byte of its table; parts are ended
// by a zero byte, which no storage name, path, bucket or blob name contains.
//
//	m name                          server metadata
//	s storage                       Storage record
//	r storage 0 path 0 aux          resource record
//	c storage 0 container 0 name    member of a container
//	b blob                          which resource a blob belongs to
//	x bucket 0 key                  state record
//	e expiry bucket 0 key           expiry index, by time
const (
	tableMeta     = 'm'
	tableStorage  = 's'
	tableResource = 'r'
	tableMember   = 'c'
	tableBlob     = 'b'
	tableRecord   = 'x'
	tableExpiry   = 'e'
)

var (
	keySchema   = []byte("mschema")
	keyEpoch    = []byte("mepoch")
	keyRevision = []byte("mrevision")
)

func storageKey(name string) []byte { return append([]byte{tableStorage}, name...) }

func resourceKey(id resource.ID) []byte {
	key := make([]byte, 0, len(id.Storage())+len(id.Path())+4)
	key = append(key, tableResource)
	key = append(append(key, id.Storage()...), 0)
	key = append(append(key, id.Path()...), 0)
	return append(key, byte(id.Aux()))
}

// memberPrefix is the prefix of all members of a container.
func memberPrefix(container resource.ID) []byte {
	key := make([]byte, 0, len(container.Storage())+len(container.Path())+64)
	key = append(key, tableMember)
	key = append(append(key, container.Storage()...), 0)
	return append(append(key, container.Path()...), 0)
}

func memberKey(container resource.ID, name string) []byte {
	return append(memberPrefix(container), name...)
}

func blobKey(name string) []byte { return append([]byte{tableBlob}, name...) }

func recordKey(bucket, key string) []byte {
	k := make([]byte, 0, len(bucket)+len(key)+2)
	k = append(append(append(k, tableRecord), bucket...), 0)
	return append(k, key...)
}

// expiryKey orders records by the second-exact time they expire at.
func expiryKey(expires time.Time, recordKey []byte) []byte {
	k := binary.BigEndian.AppendUint64([]byte{tableExpiry}, uint64(expires.UnixMilli()))
	return append(k, recordKey[1:]...)
}

// expiryOf reads an expiry key back: when, and which record.
func expiryOf(key []byte) (expires time.Time, record []byte) {
	at := int64(binary.BigEndian.Uint64(key[1:9]))
	return time.UnixMilli(at), append([]byte{tableRecord}, key[9:]...)
}

// after returns the first key that is greater than key.
func after(key []byte) []byte { return append(bytes.Clone(key), 0) }
