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

// quotaInput asks for the usage of a pod or account, and to set its quota unless
// that is below 0.
type quotaInput struct {
	Name  string // of a pod, or e-mail address or id of an account
	Quota int64
}

func podQuota(*flag.FlagSet) action     { return quota(quotaTask) }
func accountQuota(*flag.FlagSet) action { return quota(accountQuotaTask) }

func quota(task string) action {
	return func(ctx context.Context, c *invocation, args []string) error {
		input := quotaInput{Quota: -1}
		switch len(args) {
		case 2:
			if err := (*byteSize)(&input.Quota).Set(args[1]); err != nil {
				return UsageError{err}
			}
			fallthrough
		case 1:
			input.Name = args[0]
		default:
			return errArguments
		}
		return c.do(ctx, task, input, c.console)
	}
}

// podQuota is the task of pod quota.
func (s *Server) podQuota(ctx context.Context, input quotaInput, out admin.Output) error {
	usage, err := s.setQuota(ctx, rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: input.Name}, input.Quota)
	if err != nil {
		return podError(input.Name, err)
	}
	return printUsage(out, input.Name, usage)
}

// accountQuota is the task of account quota.
func (s *Server) accountQuota(ctx context.Context, input quotaInput, out admin.Output) error {
	accounts, err := s.service(ctx)
	if err != nil {
		return err
	}
	id, err := find(ctx, accounts, input.Name)
	if err != nil {
		return err
	}
	usage, err := s.setQuota(ctx, rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: id}, input.Quota)
	if err != nil {
		return err
	}
	return printUsage(out, id, usage)
}

// setQuota returns what a holder keeps, after it set the quota unless that is
// below 0.
func (s *Server) setQuota(ctx context.Context, holder rdfstore.Holder, quota int64) (usage rdfstore.Usage, err error) {
	if quota >= 0 {
		if err := s.store.Update(ctx, func(tx rdfstore.Tx) error { return tx.SetQuota(holder, quota) }); err != nil {
			return rdfstore.Usage{}, err
		}
	}
	err = s.store.View(ctx, func(r rdfstore.Reader) (err error) {
		usage, err = r.Usage(holder)
		return err
	})
	return usage, err
}

func printUsage(out admin.Output, name string, usage rdfstore.Usage) error {
	quota := "none"
	if usage.Quota > 0 {
		quota = humanize.IBytes(uint64(usage.Quota))
	}
	_, err := fmt.Fprintf(out, "%s: %s in %d resources, quota %s\n", name, humanize.IBytes(uint64(usage.Bytes)), usage.Resources, quota)
	return err
}

func podError(name string, err error) error {
	if errors.Is(err, rdfstore.ErrNotFound) {
		return fmt.Errorf("there is no pod %q", name)
	}
	return fmt.Errorf("pod %q: %w", name, err)
}
