package rdfstore

import (
	"context"
	"errors"
	"io"
	"time"
)

// Errors about backups.
var (
	// ErrBackup: a file is no backup, or not as it was written.
	ErrBackup = errors.New("damaged backup")
	// ErrBackupOrder: backups do not fit onto each other.
	ErrBackupOrder = errors.New("the backups do not follow on each other")
)

// BackupHeader says what a backup holds: the state at Revision or, when Since
// is not 0, what has to be changed in that of a backup at Since or later.
type BackupHeader struct {
	Schema   uint64    `json:"schema"` // of the entries
	Epoch    string    `json:"epoch"`  // of the store
	Revision uint64    `json:"revision"`
	Since    uint64    `json:"since,omitempty"`
	Time     time.Time `json:"time"`
}

// BackupOptions are what a backup can be told. The zero value makes a full one.
type BackupOptions struct {
	// Base is the header of an earlier backup. The new one leaves out the
	// bodies that have not changed since.
	Base BackupHeader
	// Progress, when set, is told how far the backup is.
	Progress func(Progress)
	// Damage, when set, is told of each resource whose body cannot be read.
	// The backup goes on without it.
	Damage func(what string)
}

// Archiver makes backups.
type Archiver interface {
	// Backup writes the state of one revision while writes go on, in constant
	// memory. Its form is for the Restore of the implementation.
	Backup(ctx context.Context, to io.Writer, options BackupOptions) (BackupHeader, error)
}
