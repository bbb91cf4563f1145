// Command domicile is a Solid pod server: it stores each resident's data as
// RDF resources under her own URL, governed by Web Access Control, and is the
// OpenID provider that she signs in with.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	judge "domicile/conformance/suite/command"
	"domicile/server"
)

// Exit codes (contract).
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
)

const usage = `Domicile keeps Solid pods.

Usage:
%s
Flags of a command are listed by "domicile COMMAND -h". Those of serve are also
environment variables (--base-url is DOMICILE_BASE_URL) and keys of the --config
file. Commands that name pods, accounts or the data work on the --data folder,
beside the server that runs on it or without one.
`

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP) // the terminal was closed
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // a second one ends at once
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, server.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

// command is a word or more of the command line and what they do.
type command struct {
	name, args, summary string
	run                 runner
}

type runner func(ctx context.Context, args []string, lookupEnv func(string) (string, bool), streams server.Streams) error

// commands lists all commands in the order of the help text.
func commands() []command {
	all := []command{
		{"serve", "", "serve pods (the default command)", configured(server.Run)},
		{"healthcheck", "", "ask the running server's operations listener whether it is ready", configured(server.CheckHealth)},
	}
	for _, c := range server.Commands {
		all = append(all, command{c.Name, c.Args, c.Summary, c.Run})
	}
	return append(all,
		command{"conformance", judge.Args, judge.Summary, runJudge},
		command{"version", "", "print the version", printing(func() string { return "domicile " + version() + "\n" })},
		command{"help", "[COMMAND]", "print this text, or the flags of a command", printing(help)})
}

func printing(text func() string) runner {
	return func(_ context.Context, args []string, _ func(string) (string, bool), streams server.Streams) error {
		if len(args) > 0 {
			return server.UsageError{Err: fmt.Errorf("unexpected argument %q", args[0])}
		}
		_, err := io.WriteString(streams.Out, text())
		return err
	}
}

// configured is for commands that take the flags of serve.
func configured(execute func(context.Context, server.Config, io.Writer, io.Writer) error) runner {
	return func(ctx context.Context, args []string, lookupEnv func(string) (string, bool), streams server.Streams) error {
		config, err := server.Configure(args, lookupEnv, streams.Err)
		if errors.Is(err, server.ErrHelp) {
			return err
		}
		if err != nil {
			return server.UsageError{Err: err}
		}
		return execute(ctx, config, streams.Out, streams.Err)
	}
}

// runJudge knows no server but the one that it is given the URL of.
func runJudge(ctx context.Context, args []string, _ func(string) (string, bool), streams server.Streams) error {
	err := judge.Run(ctx, args, streams.Out, streams.Err)
	if errors.As(err, new(judge.UsageError)) {
		return server.UsageError{Err: err}
	}
	return err
}

func run(ctx context.Context, args []string, lookupEnv func(string) (string, bool), streams server.Streams) int {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		args = append([]string{"serve"}, args...)
	}
	wanted := strings.Join(args, " ")
	if args[0] == "help" && len(args) > 1 {
		args = append(args[1:], "-h")
	}
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) < len(words) || !slices.Equal(args[:len(words)], words) {
			continue
		}
		err := c.run(ctx, args[len(words):], lookupEnv, streams)
		if err == nil || errors.Is(err, server.ErrHelp) {
			return exitFine
		}
		if !errors.Is(err, judge.ErrFailed) { // which the report has told, and the counts are to be the last line
			fmt.Fprintln(streams.Err, "domicile:", err)
		}
		if errors.As(err, new(server.UsageError)) {
			return exitUsage
		}
		return exitFailed
	}
	text := help()
	if family := beginningWith(args[0]); len(family) > 0 {
		text = list(family)
	}
	fmt.Fprintf(streams.Err, "domicile: there is no command %q\n\n%s", wanted, text)
	return exitUsage
}

// beginningWith returns the commands of more than one word that begin with one.
func beginningWith(word string) []command {
	return slices.DeleteFunc(commands(), func(c command) bool { return !strings.HasPrefix(c.name, word+" ") })
}

func help() string { return fmt.Sprintf(usage, list(commands())) }

func list(commands []command) string {
	var list strings.Builder
	w := tabwriter.NewWriter(&list, 0, 0, 2, ' ', 0)
	for _, c := range commands {
		fmt.Fprintf(w, "  domicile %s\t%s\n", strings.TrimSpace(c.name+" "+c.args), c.summary)
	}
	w.Flush()
	return list.String()
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return info.Main.Version + " " + setting.Value
		}
	}
	return info.Main.Version
}
