package kvstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"sync/atomic"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
)

// MaxInline is the largest body, in bytes, that is kept in its record.
const MaxInline = 16 << 10

var emptySHA256 = sha256.Sum256(nil)

// Blobs keeps bodies that are too large for a record, each under a name
// that the store makes up.
type Blobs interface {
	// Write keeps what it reads from body under a name that is not in use, and
	// returns nil when it would survive a power cut. On an error it keeps
	// nothing.
	Write(name string, body io.Reader) error
	Open(name string) (io.ReadSeekCloser, error)
	// Remove removes a blob; a missing one is no error.
	Remove(name string) error
	// Names calls visit with the name of every blob until visit returns false.
	Names(visit func(name string) bool) error
	Close() error
}

// body implements [rdfstore.Staged].
type body struct {
	store  *Store
	size   int64
	sha256 [32]byte
	inline []byte
	blob   string
	// settled is true once the blob is a resource's or is given up.
	settled atomic.Bool
}

func (b *body) Size() int64      { return b.size }
func (b *body) SHA256() [32]byte { return b.sha256 }

func (b *body) Open() (io.ReadSeekCloser, error) {
	if b.blob != "" {
		return b.store.blobs.Open(b.blob)
	}
	return inMemory(b.inline), nil
}

func (b *body) Discard() {
	if b.blob == "" || b.settled.Swap(true) {
		return
	}
	b.store.removeBlob(b.blob)
	b.store.staged.Delete(b.blob)
}

// Stage implements [rdfstore.Store].
func (s *Store) Stage(ctx context.Context, source io.Reader, limit int64) (rdfstore.Staged, error) {
	hash := sha256.New()
	counted := &counter{source: source, ctx: ctx, limit: limit}
	source = io.TeeReader(counted, hash)
	head, err := io.ReadAll(io.LimitReader(source, MaxInline+1))
	if err != nil {
		return nil, err
	}
	b := &body{store: s, inline: head}
	if len(head) > MaxInline {
		b.inline, b.blob = nil, rand.Text()
		s.staged.Store(b.blob, nil) // before the file exists, or it looks like an orphan
		if err := s.blobs.Write(b.blob, io.MultiReader(bytes.NewReader(head), source)); err != nil {
			s.staged.Delete(b.blob)
			return nil, err
		}
	}
	b.size = counted.read
	hash.Sum(b.sha256[:0])
	return b, nil
}

// counter counts what is read, stops at the limit and when nobody waits.
type counter struct {
	source      io.Reader
	ctx         context.Context
	read, limit int64
}

func (c *counter) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.source.Read(p)
	c.read += int64(n)
	if c.limit >= 0 && c.read > c.limit {
		return 0, fmt.Errorf("body of more than %d bytes: %w", c.limit, rdf.ErrLimit)
	}
	return n, err
}

type memoryReader struct{ *bytes.Reader }

func (memoryReader) Close() error { return nil }

func inMemory(b []byte) io.ReadSeekCloser { return memoryReader{bytes.NewReader(b)} }

// removeBlob removes a blob that nothing refers to; what cannot be removed now
// is collected when the store is opened next.
func (s *Store) removeBlob(name string) {
	if err := s.blobs.Remove(name); err != nil {
		s.logger.Error("blob was not removed", "error", err)
	}
}
