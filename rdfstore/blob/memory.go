package blob

import (
	"bytes"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
)

// Memory keeps blobs in memory. The zero Memory is empty and ready.
type Memory struct {
	mu    sync.Mutex
	blobs map[ID][]byte
}

// Write stores what body yields under id.
func (m *Memory) Write(id ID, body io.Reader) error {
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.blobs == nil {
		m.blobs = make(map[ID][]byte)
	}
	m.blobs[id] = content
	return nil
}

// Open opens a blob for reading, or returns [ErrNotFound].
func (m *Memory) Open(id ID) (io.ReadSeekCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.blobs[id]
	if !ok {
		return nil, ErrNotFound
	}
	return Bytes(content), nil
}

// Remove removes a blob; a missing one is no error.
func (m *Memory) Remove(id ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.blobs, id)
	return nil
}

// All yields the names of the blobs that there are now.
func (m *Memory) All() iter.Seq2[ID, error] {
	m.mu.Lock()
	ids := slices.Collect(maps.Keys(m.blobs))
	m.mu.Unlock()
	return func(yield func(ID, error) bool) {
		for _, id := range ids {
			if !yield(id, nil) {
				return
			}
		}
	}
}

// Bytes returns a reader of content that needs no closing.
func Bytes(content []byte) io.ReadSeekCloser {
	return inMemory{bytes.NewReader(content)}
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }
