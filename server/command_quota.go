package server

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/dustin/go-humanize"

	"domicile/rdfstore"
	"domicile/server/admin"
)

// quotaInput asks for the usage of a pod, and to set its quota unless that is
// below 0.
type quotaInput struct {
	Pod   string
	Quota int64
}

func podQuota(*flag.FlagSet) action {
	return func(ctx context.Context, c *invocation, args []string) error {
		input := quotaInput{Quota: -1}
		switch len(args) {
		case 2:
			if err := (*byteSize)(&input.Quota).Set(args[1]); err != nil {
				return UsageError{err}
			}
			fallthrough
		case 1:
			input.Pod = args[0]
		default:
			return errArguments
		}
		return c.do(ctx, quotaTask, input, c.console)
	}
}

// podQuota is the task of pod quota.
func (s *Server) podQuota(ctx context.Context, input quotaInput, out admin.Output) error {
	holder := rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: input.Pod}
	if input.Quota >= 0 {
		if err := s.store.Update(ctx, func(tx rdfstore.Tx) error { return tx.SetQuota(holder, input.Quota) }); err != nil {
			return podError(input.Pod, err)
		}
	}
	var usage rdfstore.Usage
	err := s.store.View(ctx, func(r rdfstore.Reader) (err error) {
		usage, err = r.Usage(holder)
		return err
	})
	if err != nil {
		return podError(input.Pod, err)
	}
	quota := "none"
	if usage.Quota > 0 {
		quota = humanize.IBytes(uint64(usage.Quota))
	}
	_, err = fmt.Fprintf(out, "%s: %s in %d resources, quota %s\n", input.Pod, humanize.IBytes(uint64(usage.Bytes)), usage.Resources, quota)
	return err
}

func podError(name string, err error) error {
	if errors.Is(err, rdfstore.ErrNotFound) {
		return fmt.Errorf("there is no pod %q", name)
	}
	return fmt.Errorf("pod %q: %w", name, err)
}
