package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/dgraph-io/badger/v4"

	"domicile/rdfstore/blob"
)

// tableLog is the log of Badger's table in memory, which has all that was
// committed since the last table on disk. Badger can sync it by itself, but
// then syncs its value log too, which has nothing here: a second flush of the
// disk for each commit.
type tableLog struct {
	folder string
	number int // Badger counts the files
	file   *os.File
}

func openTableLog(folder string, _ *badger.DB) (*tableLog, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	l := &tableLog{folder: folder}
	for _, entry := range entries {
		var number int
		if _, err := fmt.Sscanf(entry.Name(), "%d.mem", &number); err == nil {
			l.number = max(l.number, number)
		}
	}
	l.file, err = l.open(l.number)
	return l, err
}

func (l *tableLog) open(number int) (*os.File, error) {
	return os.Open(filepath.Join(l.folder, fmt.Sprintf("%05d.mem", number)))
}

// sync makes the last commit durable. All of it is in one file, the newest; what
// was committed before is durable.
func (l *tableLog) sync() error {
	for {
		next, err := l.open(l.number + 1)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err == nil {
			err = blob.SyncFolder(l.folder) // which has the file's name
		}
		if err != nil {
			return err
		}
		_ = l.file.Close() // it was read by nobody
		l.number, l.file = l.number+1, next
	}
	return syscall.Fdatasync(int(l.file.Fd()))
}

func (l *tableLog) close() error { return l.file.Close() }
