// Package badgerstore is the store in a folder: Badger v4 under package
// kvstore, large bodies as files beside it.
//
//	dir/kv/     Badger's tables and logs (https://docs.hypermode.com/badger)
//	dir/blobs/  see package blob
//	dir/keyring see package keyring; there when the folder is encrypted
//
// Badger by itself acknowledges before it syncs, syncs once per transaction and
// more than that takes, misses phantoms, frees its value log late, keeps what is
// deleted until a level is full and the memory that it built tables in, and ends
// the process when the disk is full. So tablelog_linux.go syncs, the committer of
// kvstore makes one transaction of a group and leaves no two to conflict, values
// stay under the threshold of the value log, compaction.go bounds what is dead,
// builders.go what building takes, and room.go refuses writes in time. Badger is
// in its managed mode: the engine numbers the commits, which Badger would do with
// two goroutines that each snapshot wakes (timestamps.go).
package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/keyring"
	"domicile/rdfstore/kvstore"
	"domicile/rdfstore/resource"
)

// Options are the settings of a store. The zero Options suit.
type Options struct {
	// Logger gets Badger's messages: its errors and warnings as warnings, the
	// rest at debug level. nil: none.
	Logger *slog.Logger
	// Memory bounds Badger's tables in memory and caches together, in bytes;
	// 0 stands for 256 MB. Below 64 MB they take what 64 MB give.
	Memory int64
	// Space has the base URL that the store keeps IRIs relative to. nil: none.
	Space *resource.Space
	// Key encrypts a new folder and opens an encrypted one; nil for a folder
	// that is not encrypted.
	Key *keyring.Key

	// ring holds the keys that Key opened, nil for none.
	ring *keyring.Ring
	// freeBytes replaces the question to the file system.
	freeBytes func() (uint64, error)
	// unsafeNoSync acknowledges before syncing, to prove that the test of
	// durability notices.
	unsafeNoSync bool
}

const (
	// valueLogSize: the value log holds nothing but its header.
	valueLogSize = 1 << 20
	// The folders in that of a store.
	engineFolder, blobsFolder = "kv", "blobs"
	// valueThreshold is above every value that kvstore writes.
	valueThreshold = 1 << 20
)

// sizes are what Badger may keep in memory, in bytes.
type sizes struct {
	// memTable bounds a transaction too: Badger takes 15 % of it, which is
	// about 5 MB and 50,000 keys of the default. Three tables may be in
	// memory, each with a third more than its size.
	memTable, blockCache, indexCache int64
}

func sizesFor(memory int64) sizes {
	const defaultMemory, least = 256 << 20, 64 << 20
	if memory == 0 {
		memory = defaultMemory
	}
	memory = max(memory, least)
	return sizes{memTable: min(memory/8, 32<<20), blockCache: memory / 8, indexCache: memory / 4}
}

// Exists reports whether a store is in a folder.
func Exists(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, engineFolder))
	return err == nil && info.IsDir()
}

// Open opens the store in a folder, which it creates with access for its owner
// only when it is missing. It returns [rdfstore.ErrInUse] when another process
// has it open, [rdfstore.ErrSchema] when a newer version wrote it, and errors
// of package keyring when the key is not the one that the folder takes.
func Open(dir string, options Options) (rdfstore.Store, error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	folder := filepath.Join(dir, engineFolder)
	if err := blob.MakeFolder(folder); err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	var err error
	if options.ring, err = openRing(dir, options.Key); err != nil {
		return nil, err
	}
	engine, err := openEngine(folder, options, logger)
	if err != nil {
		return nil, err
	}
	store, err := openStore(engine, filepath.Join(dir, blobsFolder), options, logger)
	if err != nil {
		engine.Close()
		return nil, err
	}
	return store, nil
}

// openRing opens the keys of a folder, which is fresh until Badger has written
// its manifest.
func openRing(dir string, key *keyring.Key) (*keyring.Ring, error) {
	_, err := os.Stat(filepath.Join(dir, engineFolder, badger.ManifestFilename))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return keyring.Open(ringPath(dir), key, err != nil)
}

func ringPath(dir string) string { return filepath.Join(dir, "keyring") }

func (o Options) blobKeys() [][]byte {
	if o.ring == nil {
		return nil
	}
	return o.ring.Blobs
}

// RotateKey makes next the key of an encrypted folder in the place of old. A
// process that has the folder open is not disturbed.
func RotateKey(dir string, old, next *keyring.Key) error {
	return keyring.Rotate(ringPath(dir), old, next)
}

// openStore opens the blobs only after the engine, whose lock keeps other
// processes away from both.
func openStore(engine *engine, blobs string, options Options, logger *slog.Logger) (rdfstore.Store, error) {
	files, err := blob.OpenFiles(blobs, options.blobKeys()...)
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	store, err := kvstore.Open(engine, files, kvstore.Options{
		Logger: logger, Limits: engine.limits(), Room: engine.room.forBody, Space: options.Space,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return store, nil
}

func openEngine(folder string, options Options, logger *slog.Logger) (*engine, error) {
	logs, tables, err := engineFiles(folder)
	if err == nil {
		err = roomToOpen(folder, logs, tables, options)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	sizes := sizesFor(options.Memory)
	settings := badger.DefaultOptions(folder).
		WithSyncWrites(false).      // the engine syncs
		WithDetectConflicts(false). // one writer at a time
		WithMemTableSize(sizes.memTable).
		WithBaseTableSize(tableSize(tables)).
		WithNumMemtables(2).
		WithNumLevelZeroTables(2).
		WithNumLevelZeroTablesStall(4).
		WithNumCompactors(2).
		WithBlockCacheSize(sizes.blockCache).
		WithIndexCacheSize(sizes.indexCache).
		WithValueLogFileSize(valueLogSize).
		WithValueThreshold(valueThreshold).
		WithMetricsEnabled(false).
		WithLogger(badgerLog{logger})
	settings.TableSizeMultiplier = 1 // tables of all levels have that size
	if options.ring != nil {
		settings = settings.WithEncryptionKey(options.ring.Engine)
	}
	db, err := badger.OpenManaged(settings)
	if err != nil {
		if errors.Is(err, badger.ErrEncryptionKeyMismatch) {
			return nil, errors.New("the data are encrypted, and their file keyring is missing or another's")
		}
		// Badger does not wrap the error of its lock.
		if strings.Contains(err.Error(), "Cannot acquire directory lock") {
			return nil, rdfstore.ErrInUse
		}
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	engine := &engine{db: db, room: newRoom(folder, db, options, logger), stop: make(chan struct{}), closePatience: closePatience}
	engine.db.SetDiscardTs(engine.times.advance(db.MaxVersion()))
	if !options.unsafeNoSync {
		if engine.log, err = openTableLog(folder, db); err != nil {
			return nil, fmt.Errorf("opening the store: %w", errors.Join(err, db.Close()))
		}
	}
	engine.working.Go(func() { engine.compactNowAndThen(logger) })
	if buffers, ok := buffersOf(db); ok {
		engine.working.Go(func() { buffers.releaseUntil(engine.stop) })
	}
	return engine, nil
}

// badgerLog passes Badger's messages on.
type badgerLog struct{ logger *slog.Logger }

func (l badgerLog) Errorf(format string, args ...any)   { l.log(slog.LevelWarn, format, args) }
func (l badgerLog) Warningf(format string, args ...any) { l.log(slog.LevelWarn, format, args) }
func (l badgerLog) Infof(format string, args ...any)    { l.log(slog.LevelDebug, format, args) }
func (l badgerLog) Debugf(format string, args ...any)   { l.log(slog.LevelDebug, format, args) }

// log composes only what is logged: Badger has four messages for each commit.
func (l badgerLog) log(level slog.Level, format string, args []any) {
	if ctx := context.Background(); l.logger.Enabled(ctx, level) {
		l.logger.Log(ctx, level, "badger: "+strings.TrimSpace(fmt.Sprintf(format, args...)))
	}
}
