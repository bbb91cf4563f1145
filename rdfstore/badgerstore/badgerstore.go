// Package badgerstore is the store in a folder: Badger v4 under package
// kvstore, large bodies as files beside it.
//
//	dir/kv/     Badger's tables and logs (https://docs.hypermode.com/badger)
//	dir/blobs/  see package blob
//
// Badger by itself acknowledges before it syncs, syncs once per transaction,
// misses phantoms, and frees its value log late. So SyncWrites is on, the
// committer of kvstore makes one transaction of a group and leaves no two to
// conflict, and values stay under the threshold of the value log.
package badgerstore

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/kvstore"
)

// Options are the settings of a store. The zero Options suit.
type Options struct {
	// Logger gets Badger's messages: its errors and warnings as warnings, the
	// rest at debug level. nil: none.
	Logger *slog.Logger

	// unsafeNoSync acknowledges before syncing, to prove that the test of
	// durability notices.
	unsafeNoSync bool
}

const (
	// memTableSize bounds a transaction: Badger takes 15 % of it, which is
	// about 5 MB and 50,000 keys. Two tables may be in memory.
	memTableSize = 32 << 20
	cacheSize    = 16 << 20
	// valueLogSize: the value log holds nothing but its header.
	valueLogSize = 1 << 20
	// valueThreshold is above every value that kvstore writes.
	valueThreshold = 1 << 20
)

// Open opens the store in a folder, which it creates with access for its owner
// only when it is missing. It returns [rdfstore.ErrInUse] when another process
// has it open and [rdfstore.ErrSchema] when a newer version wrote it.
func Open(dir string, options Options) (rdfstore.Store, error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	folder := filepath.Join(dir, "kv")
	if err := blob.MakeFolder(folder); err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	engine, err := openEngine(folder, logger, !options.unsafeNoSync)
	if err != nil {
		return nil, err
	}
	store, err := openStore(engine, filepath.Join(dir, "blobs"), logger)
	if err != nil {
		engine.Close()
		return nil, err
	}
	return store, nil
}

// openStore opens the blobs only after the engine, whose lock keeps other
// processes away from both.
func openStore(engine *engine, blobs string, logger *slog.Logger) (rdfstore.Store, error) {
	files, err := blob.OpenFiles(blobs)
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	store, err := kvstore.Open(engine, files, kvstore.Options{Logger: logger, Limits: engine.limits()})
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return store, nil
}

func openEngine(folder string, logger *slog.Logger, sync bool) (*engine, error) {
	options := badger.DefaultOptions(folder).
		WithSyncWrites(sync).
		WithDetectConflicts(false). // one writer at a time
		WithMemTableSize(memTableSize).
		WithNumMemtables(2).
		WithNumLevelZeroTables(2).
		WithNumLevelZeroTablesStall(4).
		WithNumCompactors(2).
		WithBlockCacheSize(cacheSize).
		WithIndexCacheSize(cacheSize).
		WithValueLogFileSize(valueLogSize).
		WithValueThreshold(valueThreshold).
		WithMetricsEnabled(false).
		WithLogger(badgerLog{logger})
	db, err := badger.Open(options)
	if err != nil {
		// Badger does not wrap the error of its lock.
		if strings.Contains(err.Error(), "Cannot acquire directory lock") {
			return nil, rdfstore.ErrInUse
		}
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return &engine{db: db}, nil
}

// badgerLog passes Badger's messages on.
type badgerLog struct{ logger *slog.Logger }

func (l badgerLog) Errorf(format string, args ...any)   { l.logger.Warn(message(format, args)) }
func (l badgerLog) Warningf(format string, args ...any) { l.logger.Warn(message(format, args)) }
func (l badgerLog) Infof(format string, args ...any)    { l.logger.Debug(message(format, args)) }
func (l badgerLog) Debugf(format string, args ...any)   { l.logger.Debug(message(format, args)) }

func message(format string, args []any) string {
	return "badger: " + strings.TrimSpace(fmt.Sprintf(format, args...))
}
