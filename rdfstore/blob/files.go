// Package blob keeps bodies as files: written to a temporary file, synced,
// renamed and the folder synced, so that a name that exists has all its bytes.
//
// A file's name is made up by the store and says nothing of what is in it or
// whose it is. No part of a path comes from a URL.
package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"domicile/rdfstore"
)

const temporarySuffix = ".part"

// Files keeps blobs in a folder, spread over subfolders by the first two
// characters of their names.
type Files struct {
	folder string
	noSync bool
}

// Open returns the blobs of a folder, which it makes when it is missing. With
// noSync a power cut may lose blobs; only tests of durability say so.
func Open(folder string, noSync bool) (*Files, error) {
	f := &Files{folder, noSync}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return f, f.sync(filepath.Dir(folder))
}

func (f *Files) path(name string) string { return filepath.Join(f.folder, name[:2], name) }

// Write keeps what it reads from body under name.
func (f *Files) Write(name string, body io.Reader) (err error) {
	path := f.path(name)
	folder := filepath.Dir(path)
	if err := os.Mkdir(folder, 0o700); err == nil {
		if err := f.sync(f.folder); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	temporary := path + temporarySuffix
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(temporary))
		}
	}()
	_, err = io.Copy(file, body)
	if err == nil && !f.noSync {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return f.sync(folder)
}

// Open opens a blob; [rdfstore.ErrNotFound] when there is none of that name.
func (f *Files) Open(name string) (io.ReadSeekCloser, error) {
	file, err := os.Open(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("blob: %w", rdfstore.ErrNotFound)
	}
	return file, err
}

// Remove removes a blob, half-written or whole. A missing one is no error.
func (f *Files) Remove(name string) error {
	return errors.Join(removeIfThere(f.path(name)), removeIfThere(f.path(name)+temporarySuffix))
}

// Names calls visit with the name of every blob, half-written ones included,
// until visit returns false.
func (f *Files) Names(visit func(name string) bool) error {
	return filepath.WalkDir(f.folder, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed while we walk
		}
		if err != nil || entry.IsDir() {
			return err
		}
		name := strings.TrimSuffix(entry.Name(), temporarySuffix)
		if !visit(name) {
			return fs.SkipAll
		}
		return nil
	})
}

// Close does nothing: each file is closed when it is written.
func (f *Files) Close() error { return nil }

func (f *Files) sync(folder string) error {
	if f.noSync {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func removeIfThere(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
