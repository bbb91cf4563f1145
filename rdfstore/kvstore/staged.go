package kvstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"sync"
	"syscall"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/rdf"
)

// maxInline is the largest body that is kept in the engine, in bytes.
const maxInline = 16 << 10

var errUsed = errors.New("the staged body was used or discarded before")

// Stage implements [rdfstore.Store].
func (s *Store) Stage(ctx context.Context, body io.Reader, limit int64) (rdfstore.Staged, error) {
	if s.gate.isClosed() {
		return nil, rdfstore.ErrClosed
	}
	counted := &countingReader{ctx: ctx, room: s.room, from: body, limit: limit, hash: sha256.New()}
	var start bytes.Buffer
	if _, err := io.CopyN(&start, counted, maxInline+1); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	staged := &staged{store: s}
	switch {
	case start.Len() == 0:
	case start.Len() <= maxInline:
		staged.location, staged.content = inline, start.Bytes()
	default:
		staged.location, staged.blob = inBlob, blob.NewID()
		s.held.add(staged.blob)
		if err := s.blobs.Write(staged.blob, io.MultiReader(&start, counted)); err != nil {
			s.held.remove(staged.blob)
			if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
				err = fmt.Errorf("%w: %w", rdfstore.ErrDiskFull, err)
			}
			return nil, err
		}
	}
	staged.size = counted.count
	counted.hash.Sum(staged.sha256[:0])
	return staged, nil
}

// countingReader counts and hashes what is read through it and stops behind
// the limit, when there is no more room, or when ctx ends.
type countingReader struct {
	ctx   context.Context
	room  func() error
	from  io.Reader
	limit int64 // < 0: none
	count int64
	hash  hash.Hash
}

func (r *countingReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if err := r.room(); err != nil {
		return 0, err
	}
	n, err := r.from.Read(p)
	r.count += int64(n)
	if r.limit >= 0 && r.count > r.limit {
		return 0, fmt.Errorf("body: %w of %d bytes", rdf.ErrLimit, r.limit)
	}
	r.hash.Write(p[:n])
	return n, err
}

// staged implements [rdfstore.Staged].
type staged struct {
	store    *Store
	size     int64
	sha256   [sha256.Size]byte
	location location
	content  []byte // when inline
	quads    *stagedQuads

	mu        sync.Mutex
	blob      blob.ID // when in a blob; not changed while in use
	taken     blob.ID // that the function refers to: another when that has the same body
	inUse     bool    // a write function put it
	committed bool
	discarded bool
}

// Size implements [rdfstore.Staged].
func (s *staged) Size() int64 { return s.size }

// SHA256 implements [rdfstore.Staged].
func (s *staged) SHA256() [sha256.Size]byte { return s.sha256 }

// Open implements [rdfstore.Staged].
func (s *staged) Open() (io.ReadSeekCloser, error) {
	switch s.location {
	case inQuads:
		return nil, rdfstore.ErrNotQuads
	case nowhere, inline:
		return blob.Bytes(s.content), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.blobs.Open(s.blob)
}

// Discard implements [rdfstore.Staged].
func (s *staged) Discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.committed || s.discarded {
		return
	}
	s.discarded = true
	if !s.inUse {
		s.remove()
	}
}

// use marks s as put by a write function whose end is open.
func (s *staged) use() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse || s.committed || s.discarded {
		return errUsed
	}
	s.inUse = true
	return nil
}

// take says which blob the function that uses s refers to.
func (s *staged) take(id blob.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = id
}

// settle ends the use: the body was committed, or is free again.
func (s *staged) settle(committed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inUse, s.committed = false, committed
	switch {
	case committed && s.location == inQuads:
		s.store.staging.remove(s.quads.generation)
	case committed && s.location != inBlob:
	case committed && s.taken == s.blob:
		s.store.held.remove(s.blob)
	case committed:
		s.remove()
		s.blob = s.taken
	case s.discarded:
		s.remove()
	}
}

// keep ends the use when nobody knows whether the body was committed: it is
// neither free nor an orphan while this process runs.
func (s *staged) keep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inUse, s.committed = false, true
}

func (s *staged) remove() {
	switch s.location {
	case inBlob:
		s.store.removeBlob(s.blob)
	case inQuads:
		s.store.giveUpGeneration(s.quads.generation)
	}
}

// removeBlob removes a blob that nothing refers to. When that fails the blob
// is an orphan until the next start.
func (s *Store) removeBlob(id blob.ID) {
	if err := s.blobs.Remove(id); err != nil {
		s.logger.Warn("blob not removed", slog.Any("error", err))
	}
	s.held.remove(id)
}
