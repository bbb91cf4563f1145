package badgerstore

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"

	"domicile/rdfstore"
)

const (
	// maxCompaction bounds what the compactions under way write before the
	// tables that they replace are removed, in bytes.
	maxCompaction = 512 << 20
	// leastToOpen is for the files that every start makes.
	leastToOpen = 4 << 20
	// reserveTime is for how long a computed reserve is used.
	reserveTime = time.Second
	// lookTime is for how long the disk is taken to be as free as it was found: a
	// write asks three times, and little is written in it against the reserve.
	lookTime = 10 * time.Millisecond
)

// room refuses writes while the disk is nearly full. Badger writes through
// memory maps of sparse files: on a full disk that is no error but a SIGBUS,
// the end of the process. So what its logs, flushes and compactions can still
// need stays free. Bodies stop a little earlier, so that there is room left to
// sign in and to delete.
type room struct {
	free     func() (uint64, error) // bytes of the disk that this process may still use
	lookTime time.Duration
	need     func() uint64 // the reserve
	margin   uint64
	logger   *slog.Logger
	clock    func() time.Time

	mu       sync.Mutex
	found    uint64 // bytes that are free
	lookAt   time.Time
	reserve  uint64
	reckonAt time.Time
	full     bool // as logged
}

func newRoom(folder string, db *badger.DB, options Options, logger *slog.Logger) *room {
	table := uint64(db.Opts().MemTableSize)
	r := &room{
		free: options.free(folder),
		need: func() uint64 {
			var tables int64
			for _, level := range db.Levels() {
				tables += level.Size
			}
			// The log of the table in memory, and the flush of all of them.
			return table*uint64(db.Opts().NumMemtables+1) + min(uint64(tables), maxCompaction)
		},
		margin: table,
		logger: logger,
		clock:  time.Now,
	}
	if options.freeBytes == nil { // what stands in for the file system may change at any moment
		r.lookTime = lookTime
	}
	return r
}

// free returns how to ask for the free bytes of the disk that folder is on.
func (o Options) free(folder string) func() (uint64, error) {
	if o.freeBytes != nil {
		return o.freeBytes
	}
	return func() (uint64, error) { return freeBytes(folder) }
}

// roomToOpen refuses to open what a full disk would interrupt: Badger flushes
// the logs that it finds, and may compact the tables; both in bytes.
func roomToOpen(folder string, logs, tables uint64, options Options) error {
	free, err := options.free(folder)()
	if err != nil {
		return err
	}
	if need := leastToOpen + logs + min(tables, maxCompaction); free < need {
		return fmt.Errorf("%w: %d MB are free and opening may take %d MB. Free some; nothing was changed", rdfstore.ErrDiskFull, free>>20, need>>20)
	}
	return nil
}

// engineFiles returns what the logs and the tables of a folder take on the disk,
// in bytes.
func engineFiles(folder string) (logs, tables uint64, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0, 0, err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return 0, 0, err
		}
		switch filepath.Ext(entry.Name()) {
		case ".mem":
			logs += allocatedBytes(info)
		case ".sst":
			tables += allocatedBytes(info)
		}
	}
	return logs, tables, nil
}

// forCommit returns an error that wraps [rdfstore.ErrDiskFull] when there is
// no room for another commit.
func (r *room) forCommit() error { return r.check(0) }

// forBody is the same for the body of a resource.
func (r *room) forBody() error { return r.check(r.margin) }

func (r *room) check(margin uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock()
	if r.full || !now.Before(r.lookAt) { // room that was made is seen at once
		free, err := r.free()
		if err != nil {
			return fmt.Errorf("room on the disk: %w", err)
		}
		r.found, r.lookAt = free, now.Add(r.lookTime)
	}
	if !now.Before(r.reckonAt) {
		r.reserve, r.reckonAt = r.need(), now.Add(reserveTime)
	}
	enough := r.found >= r.reserve+margin
	if full := r.found < r.reserve+r.margin; full != r.full {
		r.full = full
		r.log()
	}
	if !enough {
		return fmt.Errorf("%w: %d MB are free, %d MB are kept in reserve", rdfstore.ErrDiskFull, r.found>>20, (r.reserve+margin)>>20)
	}
	return nil
}

func (r *room) log() {
	attributes := []any{slog.Uint64("free_bytes", r.found), slog.Uint64("reserve_bytes", r.reserve+r.margin)}
	if r.full {
		r.logger.Error("the disk is nearly full: writes are refused until there is room, reads go on", attributes...)
		return
	}
	r.logger.Info("the disk has room again", attributes...)
}
