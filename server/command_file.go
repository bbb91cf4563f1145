package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"domicile/rdfstore/blob"
	"domicile/server/admin"
)

// outputFile is the [admin.Output] of a command whose result is a file. The
// file gets its name when it is whole and synced.
type outputFile struct {
	*admin.Console
	name string
	file *os.File
	size uint64
}

func createFile(name string, console *admin.Console) (*outputFile, error) {
	if _, err := os.Lstat(name); err == nil {
		return nil, fmt.Errorf("%s is there already", name)
	}
	file, err := os.OpenFile(name+".partial", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	return &outputFile{Console: console, name: name, file: file}, err
}

// Write implements [admin.Output].
func (f *outputFile) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	f.size += uint64(n)
	return n, err
}

func (f *outputFile) keep() error {
	f.Clear()
	return errors.Join(f.file.Sync(), f.file.Close(), os.Rename(f.file.Name(), f.name), blob.SyncFolder(filepath.Dir(f.name)))
}

// discard removes what there is of the file and returns why.
func (f *outputFile) discard(failure error) error {
	f.Clear()
	return errors.Join(failure, f.file.Close(), os.Remove(f.file.Name()))
}
