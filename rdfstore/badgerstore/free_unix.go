//go:build linux || darwin

package badgerstore

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// freeBytes returns how many bytes an ordinary user may still write to the
// file system that a folder is on.
func freeBytes(folder string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, &fs.PathError{Op: "statfs", Path: folder, Err: err}
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// allocatedBytes returns what a file takes on the disk, holes left out.
func allocatedBytes(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Blocks) * 512
	}
	return uint64(info.Size())
}
