package rdfstore

import (
	"fmt"
	"math"
)

// Holder is whom usage is counted for and a quota is given to: a storage, or
// an account for all its storages together.
type Holder struct {
	Kind HolderKind
	Name string // of the storage, or the account's id
}

// HolderKind tells what a holder is.
type HolderKind uint8

// The kinds of holders.
const (
	StorageHolder HolderKind = iota
	AccountHolder
)

// String returns "storage" or "account".
func (k HolderKind) String() string { return [...]string{"storage", "account"}[k] }

// Holders returns who answers for what is kept in a storage: the storage, and
// its account unless it has none.
func (s Storage) Holders() []Holder {
	holders := []Holder{{StorageHolder, s.Name}}
	if s.Account != "" {
		holders = append(holders, Holder{AccountHolder, s.Account})
	}
	return holders
}

// Usage is what a holder keeps, and the most that it may keep. It is counted
// with each change and exact.
type Usage struct {
	// Bytes is the size of all bodies, those of auxiliary resources included.
	// What identical bodies share on disk counts for each of them.
	Bytes int64
	// Resources counts containers and auxiliary resources too.
	Resources int64
	// Quota is the most bytes; 0 for no bound. Bytes may be over a quota that
	// was lowered: what is there stays and may shrink.
	Quota int64
}

// Left returns how many bytes the quota leaves.
func (u Usage) Left() int64 {
	if u.Quota == 0 {
		return math.MaxInt64
	}
	return max(u.Quota-u.Bytes, 0)
}

// Room is by how many bytes a storage may grow, and whose quota says so.
type Room struct {
	Left  int64
	Whose Holder
}

// RoomOf returns the room that the quotas of a storage and its account leave.
func RoomOf(r Reader, s Storage) (Room, error) {
	room := Room{Left: math.MaxInt64}
	for _, holder := range s.Holders() {
		usage, err := r.Usage(holder)
		if err != nil {
			return Room{}, err
		}
		if left := usage.Left(); left < room.Left {
			room = Room{left, holder}
		}
	}
	return room, nil
}

// Admit returns a [*QuotaError] when a change that adds so many bytes, less
// than 0 for one that frees some, does not fit the room.
func (r Room) Admit(bytes int64) error {
	if bytes > 0 && bytes > r.Left {
		return &QuotaError{Holder: r.Whose, Asked: bytes, Left: r.Left}
	}
	return nil
}

// QuotaError: a change would make a holder keep more than its quota.
type QuotaError struct {
	Holder      Holder
	Asked, Left int64 // bytes that the change would add, and that it may
}

func (e *QuotaError) Error() string {
	return fmt.Sprintf("the quota of the %s is exhausted: the change adds %d bytes and %d are left", e.Holder.Kind, e.Asked, e.Left)
}
