package kvstore

import (
	"context"
	"log/slog"
	"slices"

	"domicile/rdfstore/blob"
)

// orphanBatch bounds for how many blobs one snapshot is kept open.
const orphanBatch = 256

// collectOrphans removes the blobs that no key refers to: a crash between
// staging and commit, or between commit and removal, left them. It runs beside
// everything else and ends early when ctx does; the next start goes on.
func (s *Store) collectOrphans(ctx context.Context) {
	removed := 0
	batch := make([]blob.ID, 0, orphanBatch)
	flush := func() error {
		n, err := s.removeOrphans(batch)
		removed += n
		batch = batch[:0]
		return err
	}
	var failure error
	for id, err := range s.blobs.All() {
		if ctx.Err() != nil {
			return
		}
		if failure = err; failure != nil {
			break
		}
		if batch = append(batch, id); len(batch) == cap(batch) {
			if failure = flush(); failure != nil {
				break
			}
		}
	}
	if failure == nil {
		failure = flush()
	}
	if failure != nil {
		s.logger.Warn("orphaned blobs not collected", slog.Any("error", failure))
	}
	if removed > 0 {
		s.logger.Info("orphaned blobs removed", slog.Int("blobs", removed))
	}
}

// removeOrphans removes those of the listed blobs that are orphans.
func (s *Store) removeOrphans(listed []blob.ID) (removed int, err error) {
	orphans, err := s.orphansAmong(listed)
	for _, id := range orphans {
		s.removeBlob(id)
	}
	return len(orphans), err
}

// orphansAmong returns those of the listed blobs that are orphans.
//
// A blob is held while it is staged and again from before the batch that drops
// it. So what was not held, then not referred to by a later snapshot, and then
// still not held was neither waiting for its commit nor for its last view.
func (s *Store) orphansAmong(listed []blob.ID) ([]blob.ID, error) {
	isHeld := func(id blob.ID) bool { return s.held.has(id) }
	candidates := slices.DeleteFunc(slices.Clone(listed), isHeld)
	if len(candidates) == 0 {
		return nil, nil
	}
	unreferenced, err := s.unreferenced(candidates)
	return slices.DeleteFunc(unreferenced, isHeld), err
}

func (s *Store) unreferenced(candidates []blob.ID) (ids []blob.ID, err error) {
	snapshot, err := s.engine.Snapshot()
	if err != nil {
		return nil, err
	}
	defer snapshot.Close()
	for _, id := range candidates {
		_, found, err := snapshot.Get(blobKey(id))
		if err != nil {
			return nil, err
		}
		if !found {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
