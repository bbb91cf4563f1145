package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/kvstore"
)

// restoring is where a store is until it is whole.
const restoring = "restoring"

// Restore makes the store of a folder that is empty or missing of a full
// backup and increments, in their order. The store appears when all backups
// were read and found whole; before that, and after a failure, the folder has
// none.
func Restore(ctx context.Context, dir string, backups []io.Reader, progress func(rdfstore.Progress), options Options) (header rdfstore.BackupHeader, err error) {
	if err := checkEmpty(dir); err != nil {
		return header, err
	}
	building := filepath.Join(dir, restoring)
	if err := errors.Join(os.RemoveAll(building), blob.MakeFolder(building)); err != nil {
		return header, fmt.Errorf("restoring: %w", err)
	}
	if header, err = restoreInto(ctx, building, backups, progress, options); err != nil {
		return header, errors.Join(fmt.Errorf("restoring: %w", err), os.RemoveAll(building))
	}
	if options.Key != nil {
		if err := os.Rename(ringPath(building), ringPath(dir)); err != nil {
			return header, fmt.Errorf("restoring: %w", err)
		}
	}
	for _, folder := range []string{blobsFolder, engineFolder} { // without an engine there is no store
		if err := os.Rename(filepath.Join(building, folder), filepath.Join(dir, folder)); err != nil {
			return header, fmt.Errorf("restoring: %w", err)
		}
	}
	// Making a folder that is there syncs the names beside it.
	return header, errors.Join(os.Remove(building), blob.MakeFolder(filepath.Join(dir, engineFolder)))
}

// checkEmpty refuses a folder that has anything but what file systems put
// there and what a restore left that was killed.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("restoring: %w", err)
	}
	for _, entry := range entries {
		if !slices.Contains([]string{"lost+found", restoring}, entry.Name()) {
			return fmt.Errorf("restoring: the folder %s is not empty", dir)
		}
	}
	return nil
}

func restoreInto(ctx context.Context, dir string, backups []io.Reader, progress func(rdfstore.Progress), options Options) (header rdfstore.BackupHeader, err error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	folder := filepath.Join(dir, engineFolder)
	if err := blob.MakeFolder(folder); err != nil {
		return header, err
	}
	if options.ring, err = openRing(dir, options.Key); err != nil {
		return header, err
	}
	engine, err := openEngine(folder, options, logger)
	if err != nil {
		return header, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	files, err := blob.OpenFiles(filepath.Join(dir, blobsFolder), options.blobKeys()...)
	if err != nil {
		return header, err
	}
	return kvstore.Restore(ctx, engine, files, engine.limits(), backups, progress)
}
