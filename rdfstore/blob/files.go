package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
)

const (
	// temporary holds files that are being written. What a killed process
	// left there is removed at the next start.
	temporary = "tmp"
	// copyBuffer is the memory that one Write needs.
	copyBuffer = 128 << 10
	// listBatch bounds how many names of one folder are in memory at once.
	listBatch = 512
)

// Files keeps blobs as files of a folder: "ab/abcdef…", 256 folders so that
// none grows without need. At most one process may have the folder open.
type Files struct {
	root    string
	keys    [][]byte // blobs are encrypted with the last; none: not encrypted
	buffers sync.Pool

	mu   sync.Mutex
	made [256]bool // folders that exist and whose names are synced
}

// OpenFiles opens the folder, which it creates when missing, and removes what
// writes that never ended left behind. With keys, of 32 bytes each, blobs are
// encrypted; the order of keys must stay, new ones come last.
func OpenFiles(root string, keys ...[]byte) (*Files, error) {
	if err := os.RemoveAll(filepath.Join(root, temporary)); err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	if err := MakeFolder(filepath.Join(root, temporary)); err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	files := &Files{root: root, keys: keys}
	files.buffers.New = func() any { return new([copyBuffer]byte) }
	return files, nil
}

// Write stores what body yields under id, in constant memory. When it returns
// nil the file and its folder are synced; after an error nothing is left.
func (f *Files) Write(id ID, body io.Reader) (err error) {
	temporaryPath := filepath.Join(f.root, temporary, id.String())
	defer func() {
		if err != nil {
			os.Remove(temporaryPath)
			err = fmt.Errorf("writing a blob: %w", err)
		}
	}()
	sealed, err := f.seal(id, body)
	if err != nil {
		return err
	}
	if err = f.writeSynced(temporaryPath, sealed); err != nil {
		return err
	}
	if err = f.makeShard(id[0]); err != nil {
		return err
	}
	path := f.path(id)
	if err = os.Rename(temporaryPath, path); err != nil {
		return err
	}
	if err = SyncFolder(filepath.Dir(path)); err != nil {
		os.Remove(path)
	}
	return err
}

func (f *Files) writeSynced(path string, body io.Reader) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	buffer := f.buffers.Get().(*[copyBuffer]byte)
	defer f.buffers.Put(buffer)
	// The writer is wrapped because os.File would otherwise choose a buffer
	// of its own.
	if _, err = io.CopyBuffer(struct{ io.Writer }{file}, struct{ io.Reader }{body}, buffer[:]); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// Open opens a blob for reading, or returns [ErrNotFound]. On systems where
// an open file can be removed, it stays readable after its removal.
func (f *Files) Open(id ID) (io.ReadSeekCloser, error) {
	file, err := os.Open(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("opening a blob: %w", err)
	}
	body, err := f.unseal(id, file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("opening a blob: %w", err)
	}
	return body, nil
}

// Remove removes a blob; a missing one is no error. The removal is not
// synced: a blob that comes back after a power cut is an orphan.
func (f *Files) Remove(id ID) error {
	if err := os.Remove(f.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing a blob: %w", err)
	}
	return nil
}

// All yields the names of the blobs that there are, in no order and in
// constant memory. Blobs that come or go meanwhile may be among them or not.
func (f *Files) All() iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		for shard := range 256 {
			if !f.listShard(fmt.Sprintf("%02x", shard), yield) {
				return
			}
		}
	}
}

func (f *Files) listShard(name string, yield func(ID, error) bool) bool {
	folder, err := os.Open(filepath.Join(f.root, name))
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return yield(ID{}, fmt.Errorf("listing blobs: %w", err))
	}
	defer folder.Close()
	for {
		names, err := folder.Readdirnames(listBatch)
		for _, name := range names {
			if id, ok := parseID(name); ok && !yield(id, nil) {
				return false
			}
		}
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return yield(ID{}, fmt.Errorf("listing blobs: %w", err))
		}
	}
}

func (f *Files) path(id ID) string {
	name := id.String()
	return filepath.Join(f.root, name[:2], name)
}

// makeShard makes the folder of names that begin with first, once.
func (f *Files) makeShard(first byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.made[first] {
		return nil
	}
	if err := MakeFolder(filepath.Join(f.root, fmt.Sprintf("%02x", first))); err != nil {
		return err
	}
	f.made[first] = true
	return nil
}

// MakeFolder makes a folder, readable by its owner only, and the folders above
// it that are missing, and syncs the names of all that it made. A folder that
// exists is left as it is, but its name is synced: a process that made it may
// have been killed before it did so.
func MakeFolder(path string) error {
	parent := filepath.Dir(path)
	if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) && parent != path {
		if err := MakeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return errors.Join(err, fmt.Errorf("%s is not a folder", path))
	}
	return SyncFolder(parent)
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
