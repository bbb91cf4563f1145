// Package command is the command line of the suite: `domicile conformance URL`.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"time"

	"domicile/conformance/suite"
	"domicile/conformance/suite/consent"
	"domicile/conformance/suite/ecosystem"
	"domicile/conformance/suite/notifications"
	"domicile/conformance/suite/oidc"
	"domicile/conformance/suite/protocol"
	"domicile/conformance/suite/report"
	"domicile/conformance/suite/wac"
)

// Areas are all cases, in the order of reports.
func Areas() []suite.Area {
	return []suite.Area{protocol.Area, wac.Area, oidc.Area, notifications.Area, ecosystem.Area, consent.Area}
}

// ErrFailed is the outcome of a run that failed as its report tells.
var ErrFailed = errors.New("the server does not conform")

// UsageError says how the command was used wrongly.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }
func (e UsageError) Unwrap() error { return e.Err }

// Args and Summary are for help texts.
const (
	Args    = "URL [--only REGEXP] [--format FORMAT [--output FILE]]…"
	Summary = "judge any Solid server by the requirements of the specifications"
)

const usage = `Usage: domicile conformance %s
Judge a Solid server by the requirements of the specifications, over HTTP.

At a server with the account API of Community Solid Server the run makes two
accounts with a pod each. Elsewhere, --agents names a JSON file of the one or two
agents to use; the first one's storage is where everything happens, in a
container that is deleted afterwards:

  [{"webId": URL, "storage": URL, "issuer": URL, "id": …, "secret": …},
   {"webId": URL, "storage": URL, "token": …}]

with client credentials of an issuer, or with a bearer token.

A case that breaks a text which servers have to keep has failed; one about
something recommended is a warning. What a server does not offer, and need not,
is not applicable. Run one case again by its name: --only 'SP-PUT-01 PUT of'.
--format may stand several times, each with an --output: human, json, junit (for
build servers), earl (Turtle, for implementation reports), html (a page of its
own, with everything that was sent and answered).

The exit code is 0 when nothing failed, 1 when something did or the run could
not be made, 2 for wrong usage. The last line counts: N passed, M failed.

Flags:
`

// flags are what the command line says.
type flags struct {
	options  suite.Options
	agents   string
	accounts string
	reach    string
	outputs  []output
}

// output is a report to be written; an empty file is the standard output.
type output struct {
	format string
	file   string
}

// Run runs the command. The error is [flag.ErrHelp] after the help was printed,
// a [UsageError] for wrong words, [ErrFailed] after reports of what failed, and
// tells otherwise why there are none.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	server, f, err := parse(args, stdout)
	if err != nil {
		return err
	}
	target, err := f.prepare(ctx, server)
	if err != nil {
		return fmt.Errorf("the run cannot begin: %w", err)
	}
	target.Reach = f.reach
	if address := net.ParseIP(target.Host()); f.reach == "" && (target.Host() == "localhost" || address.IsLoopback()) {
		target.Reach = "localhost"
	}
	result, err := suite.Run(ctx, target, Areas(), f.options)
	if closing := target.Close(context.WithoutCancel(ctx)); closing != nil {
		fmt.Fprintln(stderr, "domicile: what the run made was not all deleted:", closing)
	}
	if err != nil {
		return err
	}
	passed, failed := result.Count(suite.Passed), result.Count(suite.Failed)
	if passed+failed == 0 {
		fmt.Fprintln(stderr, "domicile: no case could be tried")
	}
	if err := f.write(result, stdout, stderr); err != nil {
		return err
	}
	if failed > 0 || passed == 0 {
		return ErrFailed
	}
	return nil
}

func parse(args []string, stdout io.Writer) (server string, f flags, err error) {
	set := flag.NewFlagSet("domicile conformance", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Func("only", "run the cases whose name matches `REGEXP`, such as SP-PUT or '^WAC'", func(value string) (err error) {
		f.options.Only, err = regexp.Compile(value)
		return err
	})
	set.BoolVar(&f.options.Decisions, "decisions", false, "judge by what Domicile decided where the specifications leave a choice too")
	set.IntVar(&f.options.Parallel, "parallel", 8, "how many cases run at the same time")
	set.BoolVar(&f.options.Slow, "slow", false, "try the cases that take a minute or two as well")
	set.DurationVar(&f.options.Limit, "limit", 30*time.Second, "how long a case may take")
	set.DurationVar(&f.options.Patience, "patience", 10*time.Minute, "how long to go on asking a server that says it is asked too often")
	set.StringVar(&f.agents, "agents", "", "JSON `FILE` of the agents to use, instead of making accounts")
	set.StringVar(&f.reach, "reach", "", "`HOST` name by which the server reaches this machine, for what it has to fetch (default localhost for a server at loopback)")
	set.StringVar(&f.accounts, "accounts", "", "`URL` of the server with the account API and the issuer, if that is another")
	set.Func("format", "write a report as `FORMAT`: "+strings.Join(report.Formats(), ", ")+" (default human); may be repeated", func(value string) error {
		_, err := report.Format(value)
		f.outputs = append(f.outputs, output{format: value})
		return err
	})
	set.Func("output", "`FILE` for the report of the --format before it", func(value string) error {
		if len(f.outputs) == 0 || f.outputs[len(f.outputs)-1].file != "" || value == "" {
			return errors.New("want a --format before each --output")
		}
		f.outputs[len(f.outputs)-1].file = value
		return nil
	})
	var words []string
	for rest := args; ; rest = set.Args()[1:] { // flags may stand behind the URL
		if err := set.Parse(rest); errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(stdout, usage, Args)
			set.SetOutput(stdout)
			set.PrintDefaults()
			return "", f, err
		} else if err != nil {
			return "", f, UsageError{err}
		}
		if set.NArg() == 0 {
			break
		}
		words = append(words, set.Arg(0))
	}
	switch printed := f.printed(); {
	case len(words) != 1:
		return "", f, UsageError{errors.New("usage: domicile conformance " + Args)}
	case f.options.Parallel < 1 || f.options.Limit <= 0 || f.options.Patience < 0:
		return "", f, UsageError{errors.New("--parallel and --limit must be positive, --patience not negative")}
	case f.agents != "" && f.accounts != "":
		return "", f, UsageError{errors.New("--agents and --accounts exclude each other")}
	case printed > 1:
		return "", f, UsageError{errors.New("only one --format can go without an --output")}
	case printed == 0:
		f.outputs = append(f.outputs, output{format: "human"})
	}
	return words[0], f, nil
}

// printed returns how many reports go to the standard output.
func (f flags) printed() (n int) {
	for _, o := range f.outputs {
		if o.file == "" {
			n++
		}
	}
	return n
}

func (f flags) prepare(ctx context.Context, server string) (*suite.Target, error) {
	if f.agents == "" {
		return suite.SignUp(ctx, server, f.accounts)
	}
	raw, err := os.ReadFile(f.agents)
	if err != nil {
		return nil, err
	}
	var agents []suite.Given
	if err := json.Unmarshal(raw, &agents); err != nil {
		return nil, fmt.Errorf("%s: %w", f.agents, err)
	}
	return suite.UseGiven(ctx, server, agents)
}

// write writes the reports. The counts are the last line that is printed,
// whatever the format.
func (f flags) write(result *suite.Report, stdout, stderr io.Writer) error {
	for _, o := range f.outputs {
		writer, err := report.Format(o.format)
		if err != nil {
			return err
		}
		if o.file != "" {
			if err := writeFile(o.file, writer, result); err != nil {
				return err
			}
			continue
		}
		if err := writer(stdout, result); err != nil {
			return err
		}
		if o.format != "human" {
			fmt.Fprintln(stderr, report.Summary(result))
		}
	}
	return nil
}

func writeFile(name string, writer report.Writer, result *suite.Report) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := writer(file, result); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
