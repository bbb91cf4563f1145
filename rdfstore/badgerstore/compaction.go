package badgerstore

import (
	"log/slog"
	"time"
)

const (
	// compactionInterval is how often the tables are looked at.
	compactionInterval = time.Minute
	// closePatience is how long Close waits for a compaction, and for Badger.
	closePatience = 20 * time.Second
	// enoughKeys: fewer entries are not worth a compaction.
	enoughKeys = 10_000
)

// compactNowAndThen compacts until the engine is closed whenever too much may be dead.
func (e *engine) compactNowAndThen(logger *slog.Logger) {
	ticker := time.NewTicker(compactionInterval)
	defer ticker.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-ticker.C:
			if err := e.compact(); err != nil {
				logger.Warn("compaction failed", slog.Any("error", err))
			}
		}
	}
}

// compact merges all levels into one when much of the last may be dead. Each
// entry above the last level makes at most one below it dead: so the tables
// hold at most about twice what lives. By itself Badger compacts a level when
// it has many bytes, and deletions have few, whatever they delete.
func (e *engine) compact() error {
	last := e.db.Opts().MaxLevels - 1
	var above, below uint32
	for _, table := range e.db.Tables() {
		if table.Level == last {
			below += table.KeyCount
		} else {
			above += table.KeyCount
		}
	}
	if above < enoughKeys || above < below/2 {
		return nil
	}
	return e.db.Flatten(1)
}

// compactionEnds waits for a compaction under way and reports whether it ended.
func (e *engine) compactionEnds() bool { return endsWithin(e.closePatience, e.working.Wait) }

// endsWithin runs a step and reports whether it ended in time.
func endsWithin(patience time.Duration, step func()) bool {
	ended := make(chan struct{})
	go func() { defer close(ended); step() }()
	select {
	case <-ended:
		return true
	case <-time.After(patience):
		return false
	}
}
