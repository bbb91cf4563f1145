package notify

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// ID identifies a message: the epoch of the store, a position in its feed, and
// the activity, which tells the events of several topics in one change apart.
type ID struct {
	epoch    string
	Position uint64
	Activity Activity
}

// String returns a UUID of version 8 (RFC 9562 §5.8): 32 bits of a hash of the
// epoch, and the position with the activity and the fixed bits in between.
//
//	urn:uuid:EEEEEEEE-PPPP-8A00-8000-PPPPPPPPPPPP
func (id ID) String() string {
	var b [16]byte
	copy(b[:4], epochHash(id.epoch))
	var position [8]byte
	binary.BigEndian.PutUint64(position[:], id.Position)
	copy(b[4:6], position[:2])
	b[6] = 0x80 | byte(id.Activity)
	b[8] = 0x80
	copy(b[10:], position[2:])
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func epochHash(epoch string) []byte {
	sum := sha256.Sum256([]byte(epoch))
	return sum[:4]
}

// ParsePosition reads the position that a message identifier names, or a bare
// position. It reports false for what is neither; an identifier of another
// epoch has a position that is not known any more.
func ParsePosition(text, epoch string) (position uint64, ok bool) {
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return n, true
	}
	text, ok = strings.CutPrefix(strings.ToLower(text), "urn:uuid:")
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if !ok || err != nil || len(b) != 16 || b[6]>>4 != 8 {
		return 0, false
	}
	if string(b[:4]) != string(epochHash(epoch)) {
		return forgotten, true
	}
	return binary.BigEndian.Uint64(append(b[4:6:6], b[10:]...)), true
}

// forgotten is a position that nothing is known behind.
const forgotten = 1<<64 - 1
