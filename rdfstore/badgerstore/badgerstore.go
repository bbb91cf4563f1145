// Package badgerstore is the embedded store: records in Badger
// (https://github.com/dgraph-io/badger), large bodies in files beside it.
//
// Badger's defaults are not what a store of record needs, so: SyncWrites is on
// (a commit returns after the log's pages are on disk), conflict detection is
// off (the committer of package kvstore is the only writer), values stay in
// the tree (the value log frees space late) and memory is bounded.
package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/kvstore"
)

const (
	// memTableSize bounds a batch too: Badger takes 15 % of it.
	memTableSize   = 32 << 20
	maxBatch       = 4 << 20
	blockCacheSize = 32 << 20
	indexCacheSize = 32 << 20
	valueLogSize   = 64 << 20
)

// Options are for [Open].
type Options struct {
	Logger *slog.Logger     // nil: slog.Default
	Clock  func() time.Time // nil: time.Now

	// noSync leaves syncing to the kernel. Tests of durability must see it
	// fail.
	noSync bool
}

// Open opens the store in a data folder, which it makes when it is missing.
// Errors: [rdfstore.ErrInUse], [rdfstore.ErrSchema].
func Open(folder string, options Options) (rdfstore.Store, error) {
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	opened := badger.DefaultOptions(filepath.Join(folder, "badger")).
		WithLogger(logger{options.Logger}).
		WithSyncWrites(!options.noSync).
		WithDetectConflicts(false).
		WithNumVersionsToKeep(1).
		WithMemTableSize(memTableSize).
		WithNumMemtables(2).
		WithBlockCacheSize(blockCacheSize).
		WithIndexCacheSize(indexCacheSize).
		WithValueLogFileSize(valueLogSize).
		WithMetricsEnabled(false)
	db, err := badger.Open(opened)
	if err != nil {
		// Badger has no error value for a locked folder.
		if strings.Contains(err.Error(), "directory lock") {
			return nil, fmt.Errorf("%w: %s", rdfstore.ErrInUse, folder)
		}
		return nil, err
	}
	files, err := blob.Open(filepath.Join(folder, "blobs"), options.noSync)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return kvstore.Open(&engine{db}, files, kvstore.Options{Logger: options.Logger, Clock: options.Clock})
}

type engine struct{ db *badger.DB }

func (e *engine) Snapshot() kvstore.Snapshot { return &snapshot{e.db.NewTransaction(false)} }

func (e *engine) Apply(changes []kvstore.Change) error {
	txn := e.db.NewTransaction(true)
	defer txn.Discard()
	for _, c := range changes {
		var err error
		if c.Value == nil {
			err = txn.Delete(c.Key)
		} else {
			err = txn.Set(c.Key, c.Value)
		}
		if err != nil {
			return err
		}
	}
	return txn.Commit()
}

func (e *engine) MaxBatch() int { return maxBatch }
func (e *engine) Close() error  { return e.db.Close() }

type snapshot struct{ txn *badger.Txn }

func (s *snapshot) Get(key []byte) ([]byte, bool, error) {
	item, err := s.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	value, err := item.ValueCopy(nil)
	return value, true, err
}

func (s *snapshot) Scan(prefix, from []byte, visit func(key, value []byte) bool) error {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	options := badger.DefaultIteratorOptions
	options.Prefix = prefix
	it := s.txn.NewIterator(options)
	defer it.Close()
	for it.Seek(from); it.ValidForPrefix(prefix); it.Next() {
		item, going := it.Item(), false
		if err := item.Value(func(value []byte) error { going = visit(item.Key(), value); return nil }); err != nil {
			return err
		}
		if !going {
			return nil
		}
	}
	return nil
}

func (s *snapshot) Close() { s.txn.Discard() }

// logger sends Badger's log to slog; its chatter is for debugging.
type logger struct{ *slog.Logger }

func (l logger) Errorf(format string, args ...any)   { l.Error("badger: " + text(format, args)) }
func (l logger) Warningf(format string, args ...any) { l.Warn("badger: " + text(format, args)) }
func (l logger) Infof(format string, args ...any)    { l.Debug("badger: " + text(format, args)) }
func (l logger) Debugf(format string, args ...any)   { l.Debug("badger: " + text(format, args)) }

func text(format string, args []any) string { return strings.TrimSpace(fmt.Sprintf(format, args...)) }
