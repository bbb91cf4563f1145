package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"domicile/rdfstore"
	"domicile/server/account"
	"domicile/server/admin"
)

type newAccount struct {
	Email, Password string
	Pods            []string
}

func accountCreate(flags *flag.FlagSet) action {
	var pods list
	flags.Var(&pods, "pod", "`NAME` of a pod to make for the account (repeatable)")
	return func(ctx context.Context, c *invocation, args []string) error {
		if len(args) != 1 {
			return errArguments
		}
		password, err := c.readPassword("Password of " + args[0] + ": ")
		if err != nil {
			return err
		}
		return c.do(ctx, createAccountTask, newAccount{args[0], password, pods}, c.console)
	}
}

func (s *Server) createAccount(ctx context.Context, input newAccount, out admin.Output) error {
	accounts, err := s.service(ctx)
	if err != nil {
		return err
	}
	if err := account.CheckPassword(input.Password, input.Email); err != nil {
		return err
	}
	id, err := accounts.CreateAccount(ctx, input.Email, input.Password, input.Pods...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, id)
	return err
}

func (s *Server) listAccounts(ctx context.Context, _ struct{}, out admin.Output) error {
	accounts, err := s.service(ctx)
	if err != nil {
		return err
	}
	return table(out, "ACCOUNT\tCREATED\tE-MAIL\tPODS\tSTATE", func(row func(cells ...any)) error {
		return accounts.List(ctx, func(a account.Summary) error {
			row(a.ID, a.Created.Format("2006-01-02"), strings.Join(a.Emails, ","), strings.Join(a.Pods, ","), stateOf(a))
			return nil
		})
	})
}

func stateOf(a account.Summary) string {
	switch {
	case !a.Erased.IsZero():
		return "to be erased on " + a.Erased.Format("2006-01-02")
	case !a.Disabled.IsZero():
		return "disabled since " + a.Disabled.Format("2006-01-02")
	}
	return "open"
}

type newInvitation struct{ Days int }

func accountInvite(flags *flag.FlagSet) action {
	days := flags.Int("days", 14, "for how many `DAYS` the link is good")
	return func(ctx context.Context, c *invocation, args []string) error {
		if len(args) > 0 || *days < 1 || *days > 366 {
			return errArguments
		}
		return c.do(ctx, inviteTask, newInvitation{*days}, c.console)
	}
}

func (s *Server) invite(ctx context.Context, input newInvitation, out admin.Output) error {
	accounts, err := s.service(ctx)
	if err != nil {
		return err
	}
	address, expires, err := accounts.CreateInvitation(ctx, time.Duration(input.Days)*24*time.Hour)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\ngood for one account, until %s\n", address, expires.Format("2006-01-02 15:04 MST"))
	return err
}

type newPod struct{ Name, Email string }

func podCreate(flags *flag.FlagSet) action {
	email := flags.String("account", "", "`EMAIL` or id of the account that the pod is for")
	residents := flags.String("csv", "", "`FILE` of residents: its first line names the columns, among them pod and email; others are copied to the result")
	result := flags.String("result", "", "`FILE` to write, with the URL and WebID of each and a link by which she chooses a password; a run that was interrupted goes on where it was")
	days := flags.Int("days", 90, "for how many `DAYS` the links of --csv are good")
	return func(ctx context.Context, c *invocation, args []string) error {
		if *residents != "" {
			if len(args) > 0 || *email != "" || *result == "" || *days < 1 || *days > maxCodeDays {
				return errArguments
			}
			return c.enrolResidents(ctx, *residents, *result, *days)
		}
		if len(args) != 1 || *email == "" {
			return errArguments
		}
		return c.do(ctx, createPodTask, newPod{args[0], *email}, c.console)
	}
}

func (s *Server) createPod(ctx context.Context, input newPod, out admin.Output) error {
	accounts, err := s.service(ctx)
	if err != nil {
		return err
	}
	id, err := find(ctx, accounts, input.Email)
	if err != nil {
		return err
	}
	pod, err := accounts.CreatePod(ctx, id, input.Name)
	if err != nil {
		return fmt.Errorf("pod %q: %w", input.Name, err)
	}
	_, err = fmt.Fprintf(out, "%s\nowner %s\n", pod.URL, pod.WebID)
	return err
}

func (s *Server) listPods(ctx context.Context, _ struct{}, out admin.Output) error {
	return table(out, "POD\tCREATED\tACCOUNT\tOWNER", func(row func(cells ...any)) error {
		return s.store.View(ctx, func(r rdfstore.Reader) error {
			for pod, err := range r.Storages("") {
				if err != nil {
					return err
				}
				row(pod.Name, pod.Created.Format("2006-01-02"), pod.Account, pod.Owner)
			}
			return nil
		})
	})
}

// table writes a table with aligned columns.
func table(out io.Writer, header string, rows func(row func(cells ...any)) error) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, header)
	err := rows(func(cells ...any) {
		texts := make([]string, len(cells))
		for i, cell := range cells {
			texts[i] = fmt.Sprint(cell)
		}
		fmt.Fprintln(w, strings.Join(texts, "\t"))
	})
	return errors.Join(err, w.Flush())
}
