package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dustin/go-humanize"

	"domicile/rdfstore"
	"domicile/rdfstore/badgerstore"
	"domicile/rdfstore/kvstore"
	"domicile/server/admin"
)

// standardOutput as the name of a backup or archive is the standard output or input.
const standardOutput = "-"

func backupCreate(flags *flag.FlagSet) action {
	since := flags.String("since", "", "`FILE` of an earlier backup: leave out the bodies that have not changed since")
	return func(ctx context.Context, c *invocation, args []string) error {
		if len(args) != 1 {
			return errArguments
		}
		base, err := headerOf(*since)
		if err != nil {
			return err
		}
		if args[0] == standardOutput {
			return c.backup(ctx, base, c.console)
		}
		file, err := createFile(args[0], c.console)
		if err != nil {
			return err
		}
		incomplete := c.backup(ctx, base, file)
		if incomplete != nil && !errors.Is(incomplete, errIncomplete) {
			return file.discard(incomplete)
		}
		if err := file.keep(); err != nil {
			return err
		}
		header, err := headerOf(file.name)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.Err, "%s: revision %d, %s\n", file.name, header.Revision, humanize.Bytes(file.size))
		return incomplete
	}
}

// errIncomplete: a backup lacks what cannot be read any more.
var errIncomplete = errors.New("the backup holds all but what is listed above; see domicile check")

func (c *invocation) backup(ctx context.Context, base rdfstore.BackupHeader, to admin.Output) error {
	if err := c.do(ctx, backupTask, base, to); err != nil {
		return err
	}
	if c.console.Warnings > 0 {
		return errIncomplete
	}
	return nil
}

// makeBackup is the task of backup.
func (s *Server) makeBackup(ctx context.Context, base rdfstore.BackupHeader, out admin.Output) error {
	_, err := s.store.Backup(ctx, out, rdfstore.BackupOptions{
		Base:     base,
		Progress: out.Progress,
		Damage:   func(what string) { out.Warn("not readable: " + what) },
	})
	return err
}

// headerOf reads the header of a backup; the zero header for no name.
func headerOf(name string) (header rdfstore.BackupHeader, err error) {
	if name == "" {
		return header, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return header, err
	}
	defer file.Close()
	if header, err = kvstore.ReadBackupHeader(file); err != nil {
		return header, fmt.Errorf("%s: %w", name, err)
	}
	return header, nil
}

func restoreBackups(*flag.FlagSet) action {
	return func(ctx context.Context, c *invocation, args []string) error {
		if len(args) == 0 {
			return errArguments
		}
		files := make([]io.Reader, len(args))
		for i, name := range args {
			if name == standardOutput {
				files[i] = c.In
				continue
			}
			file, err := os.Open(name)
			if err != nil {
				return err
			}
			defer file.Close()
			files[i] = file
		}
		options, err := c.config.storeOptions(c.logger())
		if err != nil {
			return err
		}
		header, err := badgerstore.Restore(ctx, c.config.Data, files, c.console.Progress, options)
		if err != nil {
			return err
		}
		c.console.Clear()
		_, err = fmt.Fprintf(c.Out, "%s holds the state of %s, revision %d\n", c.config.Data, header.Time.Format(time.RFC3339), header.Revision)
		return err
	}
}
