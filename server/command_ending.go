package server

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"domicile/rdfstore"
	"domicile/server/account"
	"domicile/server/admin"
)

// find returns the account that an operator names by e-mail address or id.
func find(ctx context.Context, accounts *account.Service, named string) (id string, err error) {
	id, err = accounts.Find(ctx, named)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return "", fmt.Errorf("there is no account with the e-mail address or id %s", named)
	}
	return id, err
}

// namedAccount is what commands about one account are given.
type namedAccount struct {
	Account string // e-mail address or id
	Now     bool   // of a deletion
}

// one is for commands about one account that are nothing but a task.
func one(task string) func(*flag.FlagSet) action {
	return func(*flag.FlagSet) action {
		return func(ctx context.Context, c *invocation, args []string) error {
			if len(args) != 1 {
				return errArguments
			}
			return c.do(ctx, task, namedAccount{Account: args[0]}, c.console)
		}
	}
}

func accountDelete(flags *flag.FlagSet) action {
	sure := flags.Bool("yes", false, "delete without asking")
	now := flags.Bool("now", false, "erase at once, instead of in 7 days")
	return func(ctx context.Context, c *invocation, args []string) error {
		if len(args) != 1 {
			return errArguments
		}
		if !*sure {
			if err := c.confirm(args[0], *now); err != nil {
				return err
			}
		}
		return c.do(ctx, deleteAccountTask, namedAccount{args[0], *now}, c.console)
	}
}

// confirm has the operator type once more which account she is about to delete.
func (c *invocation) confirm(name string, now bool) error {
	when := "in 7 days"
	if now {
		when = "at once, for good"
	}
	if !isTerminal(c.In) {
		return UsageError{fmt.Errorf("the account and its pods will be erased %s: add --yes to say that you mean it", when)}
	}
	fmt.Fprintf(c.Err, "The account and its pods will be erased %s. Type %s to go on: ", when, name)
	line, err := bufio.NewReader(c.In).ReadString('\n')
	if err == nil && strings.TrimSpace(line) != name {
		err = errors.New("nothing was deleted")
	}
	return err
}

func (s *Server) disableAccount(ctx context.Context, input namedAccount, out admin.Output) error {
	return s.changeAccount(ctx, input, out, "disabled", (*account.Service).Disable)
}

func (s *Server) enableAccount(ctx context.Context, input namedAccount, out admin.Output) error {
	return s.changeAccount(ctx, input, out, "enabled", (*account.Service).Enable)
}

func (s *Server) changeAccount(ctx context.Context, input namedAccount, out admin.Output, done string, change func(*account.Service, context.Context, string) error) error {
	accounts, err := s.service(ctx)
	if err != nil {
		return err
	}
	id, err := find(ctx, accounts, input.Account)
	if err == nil {
		err = change(accounts, ctx, id)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s %s\n", id, done)
	return err
}

func (s *Server) deleteAccount(ctx context.Context, input namedAccount, out admin.Output) error {
	accounts, err := s.service(ctx)
	if err != nil {
		return err
	}
	id, err := find(ctx, accounts, input.Account)
	if err != nil {
		return err
	}
	at, err := accounts.Delete(ctx, id, input.Now)
	if err != nil {
		return err
	}
	if input.Now {
		_, err = fmt.Fprintf(out, "%s erased\n", id)
	} else {
		_, err = fmt.Fprintf(out, "%s closed; it will be erased on %s, unless its person signs in and keeps it\n", id, at.Format("2006-01-02 15:04 MST"))
	}
	return err
}
