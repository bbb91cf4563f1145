package kvstore

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

// The layout. Each key begins with a letter that says what it holds; numbers
// in keys are big-endian, so that the order of bytes is their order; 0 ends a
// part of variable length and occurs in none.
//
//	m name                              the store itself: schema, epoch, revision, last trimmed change
//	s storage                           a storage's record
//	u storage                           its usage and quota
//	v account                           an account's usage and quota
//	r storage 0 path 0 aux              a resource's record (path of the subject)
//	i storage 0 path 0 aux              its body, when it is small
//	c storage 0 path-of-container 0 name  a member: kind, size, date, media type
//	b blob                              a blob's references: how many, storage, hash
//	h storage 0 hash                    the blob of that content in that storage
//	q generation fence                  a block of quads (blocks.go): those before
//	                                    the fence and not before that of the block
//	                                    above; the last fence is 255
//	g generation                        what a generation of blocks belongs to: the
//	                                    key of the resource; its prefixes
//	w generation                        a generation that belongs to nothing, yet or
//	                                    any more; it has no g and is collected
//	f revision                          a change of the feed
//	d bucket 0 key                      a record of State
//	e time bucket 0 key                 the same record's expiry, in milliseconds
const (
	metaPrefix         = 'm'
	storagePrefix      = 's'
	storageUsagePrefix = 'u'
	accountUsagePrefix = 'v'
	resourcePrefix     = 'r'
	inlinePrefix       = 'i'
	memberPrefix       = 'c'
	blobPrefix         = 'b'
	contentPrefix      = 'h'
	blockPrefix        = 'q'
	headPrefix         = 'g'
	waitingPrefix      = 'w'
	changePrefix       = 'f'
	statePrefix        = 'd'
	expiryPrefix       = 'e'
)

// prefixes are all of them.
var prefixes = []byte{
	metaPrefix, storagePrefix, storageUsagePrefix, accountUsagePrefix, resourcePrefix, inlinePrefix, memberPrefix,
	blockPrefix, headPrefix, waitingPrefix, blobPrefix, contentPrefix, changePrefix, statePrefix, expiryPrefix,
}

var (
	schemaKey   = []byte("mschema")
	epochKey    = []byte("mepoch")
	revisionKey = []byte("mrevision")
	// trimmedKey: the revision of the last change that was forgotten.
	trimmedKey = []byte("mtrimmed")
	// generationKey has the last generation that was taken.
	generationKey = []byte("mgeneration")
	// basesPrefix and a number (8) is the key of a base that documents were
	// packed under: a byte that tells whether storages are hosts, and the URL.
	basesPrefix = []byte("mbase")
)

// maxKey is the longest key of State, bucket included, in bytes.
const maxKey = 16 << 10

func storageKey(name string) []byte {
	return append([]byte{storagePrefix}, name...)
}

func usageKey(holder rdfstore.Holder) []byte {
	prefix := byte(storageUsagePrefix)
	if holder.Kind == rdfstore.AccountHolder {
		prefix = accountUsagePrefix
	}
	return append([]byte{prefix}, holder.Name...)
}

func resourceKey(id resource.ID) []byte { return idKey(resourcePrefix, id) }

func inlineKey(id resource.ID) []byte { return idKey(inlinePrefix, id) }

func idKey(prefix byte, id resource.ID) []byte {
	key := make([]byte, 0, len(id.Storage())+len(id.Path())+4)
	key = append(key, prefix)
	key = append(key, id.Storage()...)
	key = append(key, 0)
	key = append(key, id.Path()...)
	return append(key, 0, byte(id.Aux()))
}

// memberKey returns the key of the member of that name; with the name "" the
// prefix of all.
func memberKey(container resource.ID, name string) []byte {
	key := make([]byte, 0, len(container.Storage())+len(container.Path())+len(name)+3)
	key = append(key, memberPrefix)
	key = append(key, container.Storage()...)
	key = append(key, 0)
	key = append(key, container.Path()...)
	key = append(key, 0)
	return append(key, name...)
}

func blobKey(id blob.ID) []byte {
	return append([]byte{blobPrefix}, id[:]...)
}

// contentKey returns the key of the blob that has a storage's bodies of one hash.
func contentKey(storage string, hash [sha256.Size]byte) []byte {
	key := make([]byte, 0, len(storage)+len(hash)+2)
	key = append(key, contentPrefix)
	key = append(key, storage...)
	key = append(key, 0)
	return append(key, hash[:]...)
}

func changeKey(revision uint64) []byte {
	return numbered(changePrefix, revision)
}

// blockKey returns the key of a block; without a fence the prefix of all.
func blockKey(generation uint64, fence []byte) []byte {
	return append(numbered(blockPrefix, generation), fence...)
}

func headKey(generation uint64) []byte { return numbered(headPrefix, generation) }

func waitingKey(generation uint64) []byte { return numbered(waitingPrefix, generation) }

func numbered(prefix byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefix}, n)
}

// stateKey returns the key of a record; with the key "" the prefix of all
// records of the bucket.
func stateKey(bucket, key string) []byte {
	return appendName([]byte{statePrefix}, bucket, key)
}

func expiryKey(milliseconds int64, bucket, key string) []byte {
	prefix := binary.BigEndian.AppendUint64([]byte{expiryPrefix}, uint64(milliseconds))
	return appendName(prefix, bucket, key)
}

func appendName(to []byte, bucket, key string) []byte {
	to = append(to, bucket...)
	to = append(to, 0)
	return append(to, key...)
}

// splitExpiryKey is the inverse of expiryKey.
func splitExpiryKey(raw []byte) (milliseconds int64, bucket, key string, err error) {
	if len(raw) >= 9 {
		if bucket, key, ok := strings.Cut(string(raw[9:]), "\x00"); ok {
			return int64(binary.BigEndian.Uint64(raw[1:9])), bucket, key, nil
		}
	}
	return 0, "", "", fmt.Errorf("%w: key of the expiry index", errCorrupt)
}

// checkStateKey refuses names that the layout cannot hold.
func checkStateKey(bucket, key string) error {
	switch {
	case bucket == "" || strings.IndexByte(bucket, 0) >= 0:
		return fmt.Errorf("record: bucket %q is empty or has a NUL", bucket)
	case key == "":
		return fmt.Errorf("record in %s: empty key", bucket)
	case len(bucket)+len(key) > maxKey:
		return fmt.Errorf("record in %s: the key is longer than %d bytes", bucket, maxKey)
	}
	return nil
}

// describeKey returns a key as operators know what it is of.
func describeKey(key []byte) string {
	if len(key) > 0 && (key[0] == resourcePrefix || key[0] == inlinePrefix) {
		if id, err := parseIDKey(key); err == nil {
			return id.String()
		}
	}
	return fmt.Sprintf("key %q", key)
}

// parseIDKey is the inverse of idKey.
func parseIDKey(key []byte) (resource.ID, error) {
	storage, rest, _ := strings.Cut(string(key[1:]), "\x00")
	path, aux, _ := strings.Cut(rest, "\x00")
	if resource.ValidName(storage) && len(aux) == 1 {
		id := resource.Root(storage).Entry(path)
		switch resource.Aux(aux[0]) {
		case resource.Subject:
			return id, nil
		case resource.ACL:
			return id.ACL(), nil
		case resource.Description:
			return id.Description(), nil
		}
	}
	return resource.ID{}, fmt.Errorf("%w: key of a resource", errCorrupt)
}

// parseMemberKey returns the member that a key of a listing is of.
func parseMemberKey(key []byte) (resource.ID, error) {
	storage, rest, _ := strings.Cut(string(key[1:]), "\x00")
	path, name, _ := strings.Cut(rest, "\x00")
	if !resource.ValidName(storage) || name == "" {
		return resource.ID{}, fmt.Errorf("%w: key of a member", errCorrupt)
	}
	return resource.Root(storage).Entry(path + name), nil
}

// parseNumbered returns the generation in a key of one; false when it has none.
func parseNumbered(key []byte) (generation uint64, ok bool) {
	if len(key) < 9 {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[1:]), true
}
