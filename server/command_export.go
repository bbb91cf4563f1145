package server

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"domicile/rdfstore"
	"domicile/server/admin"
	"domicile/server/export"
)

// wantedExport is what is written of which pod.
type wantedExport struct {
	Name   string
	NQuads bool
}

func podExport(flags *flag.FlagSet) action {
	var wanted wantedExport
	flags.BoolVar(&wanted.NQuads, "nquads", false, "add all RDF as one file, export.nq")
	return func(ctx context.Context, c *invocation, args []string) error {
		if len(args) != 2 {
			return errArguments
		}
		wanted.Name = args[0]
		if args[1] == standardOutput {
			return c.do(ctx, exportTask, wanted, c.console)
		}
		file, err := createFile(args[1], c.console)
		if err != nil {
			return err
		}
		if err := c.do(ctx, exportTask, wanted, file); err != nil {
			return file.discard(err)
		}
		if err := file.keep(); err != nil {
			return err
		}
		fmt.Fprintf(c.Err, "%s: %s\n", file.name, humanize.Bytes(file.size))
		return nil
	}
}

func (s *Server) exportPod(ctx context.Context, input wantedExport, out admin.Output) error {
	if _, err := s.service(ctx); err != nil {
		return err
	}
	chunks := bufio.NewWriterSize(out, 64<<10)
	err := export.Write(ctx, chunks, export.Config{
		Store: s.store, Space: s.space, Storage: input.Name, NQuads: input.NQuads, Now: time.Now(), Progress: out.Progress,
		Unreadable: func(url string) { out.Warn("not readable: " + url) },
	})
	if errors.Is(err, rdfstore.ErrNotFound) {
		return fmt.Errorf("there is no pod %q", input.Name)
	}
	return errors.Join(err, chunks.Flush())
}
