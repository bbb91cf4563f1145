package dpop

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// recordSize is that of a used proof on disk: its id and, as seconds since
// 1970, the time until which it is remembered.
const recordSize = 16 + 8

// generationTime is how long one file is written to. It is longer than any
// proof is remembered (maxAge+maxAhead), so when a file has been full for that
// long nothing in it matters any more.
const generationTime = 2 * (maxAge + maxAhead)

// shareOfFree is which part of the free room one key's proofs may take: an
// eighth. However fast a few keys are used, some room is left for others.
const shareOfFree = 8

// ReplayLog is a [ReplayStore] of one process: a bounded set in memory, in
// order of expiry, and a log that brings it back after a restart.
//
// The log is not synced: a crash of the process loses nothing, a crash of the
// machine at most the last seconds. It is two files, PATH and PATH.old, each at
// most a few minutes of proofs; a file is emptied by taking the place of the
// other, so nothing is ever rewritten.
type ReplayLog struct {
	mu       sync.Mutex
	capacity int
	used     map[ProofID]int64   // until which second
	perKey   map[keyID]int       // how many of used are of a key; never 0
	byExpiry map[int64][]ProofID // by second; a few hundred at most
	swept    int64               // the second that was last looked at

	path     string // "": memory only
	file     *os.File
	size     int64
	begun    time.Time // not before the current file was begun; zero: it is empty
	writeErr error     // the first failure to write
}

// OpenReplayLog reads what the log at path holds and appends to it. It
// remembers at most capacity proofs. An empty path means memory only.
func OpenReplayLog(path string, capacity int) (*ReplayLog, error) {
	if capacity <= 0 {
		return nil, fmt.Errorf("replay log: capacity %d is not positive", capacity)
	}
	l := &ReplayLog{capacity: capacity, used: map[ProofID]int64{}, perKey: map[keyID]int{}, byExpiry: map[int64][]ProofID{}, path: path}
	if path == "" {
		return l, nil
	}
	if _, _, err := l.load(l.oldPath()); err != nil {
		return nil, err
	}
	var err error
	if l.size, l.begun, err = l.load(path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("replay log: %w", err)
	}
	l.file = file
	return l, nil
}

func (l *ReplayLog) oldPath() string { return l.path + ".old" }

// load remembers what a file holds. It returns the size of its whole records (a
// torn last one will be overwritten) and a time when it had been begun: the
// first record's expiry, zero when there is none.
func (l *ReplayLog) load(name string) (size int64, begun time.Time, err error) {
	raw, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, time.Time{}, fmt.Errorf("replay log: %w", err)
	}
	for ; len(raw) >= recordSize; raw = raw[recordSize:] {
		size += recordSize
		expires := int64(binary.BigEndian.Uint64(raw[16:recordSize]))
		if expires <= 0 {
			continue // zeros are what a crash of the machine leaves
		}
		if begun.IsZero() {
			begun = time.Unix(expires, 0)
		}
		l.remember(ProofID(raw[:16]), expires)
	}
	return size, begun, nil
}

// Add implements [ReplayStore].
func (l *ReplayLog) Add(_ context.Context, proof ProofID, now, expires time.Time) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now.Unix())
	if _, used := l.used[proof]; used {
		return false, nil
	}
	free := l.capacity - len(l.used)
	if free <= 0 || l.perKey[proof.key()] >= max(1, free/shareOfFree) {
		return false, ErrReplayFull
	}
	until := expires.Unix() + 1 // the last second counts in full
	l.remember(proof, until)
	l.write(proof, now, until)
	return true, nil
}

// remember keeps the later end of a proof that is in the log twice: its `jti`
// was used again when the first use had expired.
func (l *ReplayLog) remember(proof ProofID, expires int64) {
	until, known := l.used[proof]
	if known && until >= expires {
		return
	}
	if !known {
		l.perKey[proof.key()]++
	}
	l.used[proof] = expires
	l.byExpiry[expires] = append(l.byExpiry[expires], proof)
}

// sweep forgets what has expired. It does its work once per second.
func (l *ReplayLog) sweep(now int64) {
	if now == l.swept {
		return
	}
	l.swept = now
	for second, proofs := range l.byExpiry {
		if second >= now {
			continue
		}
		for _, proof := range proofs {
			if l.used[proof] == second {
				l.forget(proof)
			}
		}
		delete(l.byExpiry, second)
	}
}

func (l *ReplayLog) forget(proof ProofID) {
	delete(l.used, proof)
	key := proof.key()
	if l.perKey[key]--; l.perKey[key] == 0 {
		delete(l.perKey, key)
	}
}

// write appends to the log. A failure does not refuse the proof: memory still
// protects against its replay, and a full disk must not lock residents out.
// [ReplayLog.Close] returns it.
func (l *ReplayLog) write(proof ProofID, now time.Time, expires int64) {
	if l.file == nil {
		return
	}
	err := l.rotate(now)
	if err == nil {
		record := make([]byte, recordSize)
		copy(record, proof[:])
		binary.BigEndian.PutUint64(record[16:], uint64(expires))
		// A record that was written in part is overwritten by the next.
		if _, err = l.file.WriteAt(record, l.size); err == nil {
			l.size += recordSize
		}
	}
	if err != nil && l.writeErr == nil {
		l.writeErr = fmt.Errorf("replay log: %w", err)
	}
}

// rotate begins a new file when the current one is old enough that what it
// replaces has expired as a whole.
func (l *ReplayLog) rotate(now time.Time) error {
	if l.begun.IsZero() {
		l.begun = now
	}
	if now.Sub(l.begun) < generationTime {
		return nil
	}
	// After a failure half way through, the file has its new name already.
	if err := os.Rename(l.path, l.oldPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	l.file.Close()
	l.file, l.size, l.begun = file, 0, now
	return nil
}

// Close closes the log and returns the first failure to write to it, if any.
func (l *ReplayLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.writeErr, l.file.Close())
	l.file = nil
	return err
}
