package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"

	"domicile/rdfstore/kvstore"
)

// engine is a [kvstore.Engine] on Badger.
type engine struct {
	db    *badger.DB
	room  *room
	times timestamps
	log   *tableLog // nil: nothing is synced

	stop    chan struct{}
	working sync.WaitGroup // what stop ends

	closePatience time.Duration // with each step of Close

	// broken: a failed write left Badger without a table in memory, and
	// reading would dereference it.
	broken atomic.Bool
}

// errBroken: only opening the folder again helps.
var errBroken = errors.New("badger: broken by a failed write until the next start")

// limits returns what fits one transaction, with room for Badger's own
// additions to each entry.
func (e *engine) limits() kvstore.Limits {
	return kvstore.Limits{
		Keys:  int(e.db.MaxBatchCount() * 9 / 10),
		Bytes: int(e.db.MaxBatchSize() * 9 / 10),
	}
}

// Snapshot implements [kvstore.Engine].
func (e *engine) Snapshot() (kvstore.Snapshot, error) {
	if e.broken.Load() {
		return nil, errBroken
	}
	return e.snapshot(), nil
}

// Apply implements [kvstore.Engine]. Badger replays a transaction after a
// crash as a whole or not at all. No snapshot sees it before it is synced.
func (e *engine) Apply(changes []kvstore.Change) error {
	if err := e.room.forCommit(); err != nil {
		return fmt.Errorf("%w: %w", kvstore.ErrNotApplied, err)
	}
	timestamp := e.times.latest + 1
	txn := e.db.NewTransactionAt(timestamp, true)
	defer txn.Discard()
	for _, c := range changes {
		var err error
		if c.Delete {
			err = txn.Delete(c.Key)
		} else {
			err = txn.Set(c.Key, c.Value)
		}
		if err != nil {
			return fmt.Errorf("%w: badger: %w", kvstore.ErrNotApplied, err)
		}
	}
	err := txn.CommitAt(timestamp, nil)
	if errors.Is(err, badger.ErrTxnTooBig) || errors.Is(err, badger.ErrBlockedWrites) || errors.Is(err, badger.ErrDBClosed) {
		return fmt.Errorf("%w: badger: %w", kvstore.ErrNotApplied, err) // found before anything was written
	}
	if err != nil {
		e.broken.Store(!e.isReadable())
		return fmt.Errorf("badger: %w", err)
	}
	if e.log != nil {
		if err := e.log.sync(); err != nil {
			return fmt.Errorf("syncing the log: %w", err)
		}
	}
	e.db.SetDiscardTs(e.times.advance(timestamp))
	return nil
}

// isReadable tries a read.
func (e *engine) isReadable() (readable bool) {
	defer func() { _ = recover() }()
	s := e.snapshot()
	defer s.Close()
	_, _, err := s.Get([]byte("any"))
	return err == nil
}

// Close implements [kvstore.Engine]. What it gives up loses nothing: the log
// holds all that was acknowledged, and the next start reads it.
func (e *engine) Close() error {
	close(e.stop)
	if !e.compactionEnds() {
		return errors.New("badger: closed in the middle of a long compaction, without tidying up")
	}
	// Badger tries for ever to write its table in memory down, also into a
	// folder that is gone.
	var err error
	if !endsWithin(e.closePatience, func() { err = e.db.Close() }) {
		return errors.New("badger: closed without writing its last table down, which could not be done")
	}
	if e.log != nil {
		err = errors.Join(err, e.log.close())
	}
	if err != nil {
		return fmt.Errorf("badger: %w", err)
	}
	return nil
}

type snapshot struct {
	txn   *badger.Txn
	times *timestamps
}

func (e *engine) snapshot() snapshot {
	return snapshot{e.db.NewTransactionAt(e.times.enter(), false), &e.times}
}

// Get implements [kvstore.Reads].
func (s snapshot) Get(key []byte) ([]byte, bool, error) {
	item, err := s.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("badger: %w", err)
	}
	value, err := item.ValueCopy(nil)
	if err != nil {
		return nil, false, fmt.Errorf("badger: %w", err)
	}
	return value, true, nil
}

// Scan implements [kvstore.Reads].
func (s snapshot) Scan(prefix, after []byte) iter.Seq2[kvstore.Entry, error] {
	return func(yield func(kvstore.Entry, error) bool) {
		// Values lie beside their keys: fetching ahead would only cost.
		items := s.txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
		defer items.Close()
		from := prefix
		if bytes.Compare(after, prefix) > 0 {
			from = after
		}
		var value []byte
		for items.Seek(from); items.Valid(); items.Next() {
			item := items.Item()
			if after != nil && bytes.Equal(item.Key(), after) {
				continue
			}
			var err error
			if value, err = item.ValueCopy(value[:0]); err != nil {
				yield(kvstore.Entry{}, fmt.Errorf("badger: %w", err))
				return
			}
			if !yield(kvstore.Entry{Key: item.Key(), Value: value}, nil) {
				return
			}
		}
	}
}

// Version implements [kvstore.Snapshot].
func (s snapshot) Version() uint64 { return s.txn.ReadTs() }

// Close implements [kvstore.Snapshot].
func (s snapshot) Close() {
	s.times.leave(s.txn.ReadTs())
	s.txn.Discard()
}
