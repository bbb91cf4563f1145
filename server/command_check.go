package server

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"domicile/rdfstore"
	"domicile/server/admin"
)

type checkInput struct{ Repair bool }

func checkData(flags *flag.FlagSet) action {
	repair := flags.Bool("repair", false, "mend what follows from other data: counters, listings, index entries, and what belongs to nothing")
	return func(ctx context.Context, c *invocation, args []string) error {
		if len(args) > 0 {
			return errArguments
		}
		return c.do(ctx, checkTask, checkInput{*repair}, c.console)
	}
}

// check is the task of check. It fails when a problem is left.
func (s *Server) check(ctx context.Context, input checkInput, out admin.Output) error {
	var failed error // of the output
	result, err := s.store.Check(ctx, rdfstore.CheckOptions{
		Repair:   input.Repair,
		Progress: out.Progress,
		Report: func(p rdfstore.Problem) {
			line := p.What
			if p.Repaired != "" {
				line += ": " + p.Repaired
			}
			_, err := fmt.Fprintln(out, line)
			failed = errors.Join(failed, err)
		},
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d storages with %d resources, %d files and %d records: %d problems, %d repaired\n",
		result.Storages, result.Resources, result.Blobs, result.Records, result.Problems, result.Repaired)
	if left := result.Problems - result.Repaired; err == nil && left > 0 {
		err = fmt.Errorf("%d problems are left", left)
	}
	return err
}
