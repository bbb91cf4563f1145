package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"golang.org/x/term"

	"domicile/server/admin"
)

// UsageError says how a command was used wrongly.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }
func (e UsageError) Unwrap() error { return e.Err }

// Command is a command that works on a data folder, whether a server has it
// open or not.
type Command struct {
	Name    string // one word or more: "pod create"
	Args    string // how it goes on: "NAME --account EMAIL"
	Summary string // in one line
	// declare adds the command's own flags and returns what runs it.
	declare func(*flag.FlagSet) action
}

// action does what a command is for, with the arguments that are no flags.
type action func(ctx context.Context, c *invocation, args []string) error

// Commands are the commands, in the order of the help text.
var Commands = []Command{
	{"account create", "EMAIL [--pod NAME]…", "make an account; its password is asked for, or is the first line of the input", accountCreate},
	{"account invite", "[--days N]", "make a link by which one person may sign up", accountInvite},
	{"account list", "", "list the accounts", only(accountsTask)},
	{"account disable", "EMAIL", "close an account, until it is enabled, to its person, its apps and the readers of its pods", one(disableTask)},
	{"account enable", "EMAIL", "open an account that was disabled", one(enableTask)},
	{"account delete", "EMAIL [--yes] [--now]", "erase an account and its pods, in 7 days or now", accountDelete},
	{"account quota", "EMAIL [SIZE]", "say what all pods of an account keep and may keep, or set the latter", accountQuota},
	{"pod create", "NAME --account EMAIL | --csv FILE --result FILE", "make a pod for an account, or accounts and pods for all residents of a file", podCreate},
	{"pod list", "", "list the pods", only(podsTask)},
	{"pod export", "NAME FILE.zip [--nquads]", "write a pod and a list of what is in it to an archive (- for the output)", podExport},
	{"pod explain", "URL [--as WEBID] [--client ID]", "say what somebody may do with a resource, and why", podExplain},
	{"pod quota", "NAME [SIZE]", "say what a pod keeps and may keep, or set the latter (500MB; 0 for no bound)", podQuota},
	{"check", "[--repair]", "compare all that is kept with what has to be, and mend it", checkData},
	{"backup", "FILE [--since FILE]", "save all data to a file (- for the output), or what changed since an earlier backup", backupCreate},
	{"restore", "FILE…", "fill an empty data folder from a full backup and those since, in order", restoreBackups},
	{"signing-keys replace", "", "after a leak: make new keys that sign tokens, trust the old ones no more, and sign everybody out", only(replaceKeysTask)},
	{"rotate-key", "NEW_KEY_FILE", "change the key that the data are encrypted with, also while a server runs", rotateKey},
}

// Streams are what a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// isTerminal reports whether a stream is a person's.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// invocation is one run of a command.
type invocation struct {
	Streams
	config  Config
	console *admin.Console
}

// Run runs the command with the words that follow its name. It returns
// [ErrHelp] after it printed its flags, and a [UsageError] for wrong words.
func (c Command) Run(ctx context.Context, args []string, lookupEnv func(string) (string, bool), streams Streams) error {
	flags := flag.NewFlagSet("domicile "+c.Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	run := c.declare(flags)
	var ofServe []string // flags that mean what they mean for serve
	for name, usage := range map[string]string{
		"data":                "`FOLDER` of the data (default ./data)",
		"config":              "JSON `FILE` of flags, the one that serve is given",
		"encryption-key-file": encryptionKeyUsage,
	} {
		flags.Func(name, usage, func(value string) error {
			ofServe = append(ofServe, "--"+name+"="+value)
			return nil
		})
	}
	positional, err := parseInterspersed(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(streams.Out)
		fmt.Fprintf(streams.Out, "Usage: domicile %s\n%s.\n\nFlags:\n", strings.TrimSpace(c.Name+" "+c.Args), c.Summary)
		flags.PrintDefaults()
		return ErrHelp
	}
	if err != nil {
		return UsageError{err}
	}
	config, err := Configure(ofServe, lookupEnv, io.Discard)
	if err != nil {
		return UsageError{err}
	}
	console := admin.NewConsole(streams.Out, streams.Err, isTerminal(streams.Err))
	err = run(ctx, &invocation{Streams: streams, config: config, console: console}, positional)
	console.Clear()
	if errors.Is(err, errArguments) {
		return UsageError{fmt.Errorf("usage: domicile %s", strings.TrimSpace(c.Name+" "+c.Args))}
	}
	return err
}

// errArguments: a command wants other arguments than it got.
var errArguments = errors.New("want other arguments")

// parseInterspersed parses flags that may stand behind and between arguments.
func parseInterspersed(flags *flag.FlagSet, args []string) (positional []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return positional, nil
		}
		positional = append(positional, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// only is for commands without arguments that are nothing but a task.
func only(task string) func(*flag.FlagSet) action {
	return func(*flag.FlagSet) action {
		return func(ctx context.Context, c *invocation, args []string) error {
			if len(args) > 0 {
				return errArguments
			}
			return c.do(ctx, task, struct{}{}, c.console)
		}
	}
}

// do runs one task, see [reach].
func (c *invocation) do(ctx context.Context, task string, input any, out admin.Output) error {
	r := reach{invocation: c}
	defer r.close()
	return r.do(ctx, task, input, out)
}

// reach runs tasks where the data are open: in the server that runs on the data
// folder or, when none does, here until close.
type reach struct {
	*invocation
	opened *Server
}

func (r *reach) do(ctx context.Context, task string, input any, out admin.Output) error {
	raw, err := json.Marshal(input)
	if err != nil {
		return err
	}
	if r.opened == nil {
		if err := admin.Call(ctx, r.config.Data, task, raw, out); !errors.Is(err, admin.ErrNoServer) {
			return err
		}
		if r.opened, err = openData(r.config, r.logger()); err != nil {
			return err
		}
	}
	return tasks[task](r.opened, ctx, raw, out)
}

func (r *reach) close() {
	if r.opened != nil {
		r.opened.close()
	}
}

// logger writes what goes wrong in a folder that the command opened itself.
func (c *invocation) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// readPassword asks on a terminal, without showing what is typed, or reads the
// first line of the input.
func (c *invocation) readPassword(prompt string) (string, error) {
	if isTerminal(c.In) {
		fmt.Fprint(c.Err, prompt)
		typed, err := term.ReadPassword(int(c.In.(*os.File).Fd()))
		fmt.Fprintln(c.Err)
		return string(typed), err
	}
	line, err := bufio.NewReader(c.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}
