//go:build !linux

package badgerstore

import "github.com/dgraph-io/badger/v4"

// tableLog leaves syncing to Badger.
type tableLog struct{ db *badger.DB }

func openTableLog(_ string, db *badger.DB) (*tableLog, error) { return &tableLog{db}, nil }

func (l *tableLog) sync() error { return l.db.Sync() }

func (l *tableLog) close() error { return nil }
