package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	config
	only, servers []string
	seconds       float64
	rounds        int
	connections   int
	out, profiles string // folders
	overload      bool
	endurance     time.Duration
}

func main() {
	if address := os.Getenv(bareAddress); address != "" {
		fmt.Fprintln(os.Stderr, serveBare(address))
		os.Exit(1)
	}
	debug.SetGCPercent(400) // little of the machine for this program
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args, os.Stderr)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "domicile-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if o.binary == "" {
		if o.binary, err = build(ctx, folder); err != nil {
			return err
		}
	}
	switch {
	case o.overload:
		return overload(ctx, o, aFlood, folder, os.Stdout)
	case o.endurance > 0:
		return endure(ctx, o, folder, os.Stdout)
	}
	r, err := measure(ctx, o, folder)
	if err != nil {
		return err
	}
	r.write(os.Stdout)
	return r.save(o.out)
}

func parse(args []string, output io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(output)
	names := func(target *[]string, name, usage string, usual []string, more ...string) {
		*target = usual
		known := slices.Concat(usual, more)
		also := ""
		if len(more) > 0 {
			also = "; also " + strings.Join(more, ", ")
		}
		flags.Func(name, usage+" (default "+strings.Join(usual, ", ")+also+")", func(value string) error {
			*target = strings.Split(value, ",")
			for _, name := range *target {
				if !slices.Contains(known, name) {
					return fmt.Errorf("there is no %q", name)
				}
			}
			return nil
		})
	}
	var caseNames, askedCases, serverNames, askedServers []string
	for _, c := range cases {
		if c.seed != nil {
			askedCases = append(askedCases, c.name)
		} else {
			caseNames = append(caseNames, c.name)
		}
	}
	for _, s := range servers {
		if s.asked {
			askedServers = append(askedServers, s.name)
		} else {
			serverNames = append(serverNames, s.name)
		}
	}
	names(&o.only, "only", "`CASES`, separated by commas", caseNames, askedCases...)
	names(&o.servers, "servers", "`SERVERS`, separated by commas", serverNames, askedServers...)
	flags.IntVar(&o.pods, "pods", 100_000, "how many `PODS` the server "+grown+" has")
	flags.Float64Var(&o.seconds, "seconds", 4, "how long a turn is measured")
	flags.IntVar(&o.rounds, "rounds", 3, "turns of each server in each case")
	flags.IntVar(&o.connections, "connections", 64, "for the cases that have no number of their own")
	flags.StringVar(&o.out, "out", "bench-results", "`FOLDER` for results.json and index.html")
	flags.BoolVar(&o.overload, "overload", false, "measure our server under ten times the load that it can take, and nothing else")
	flags.DurationVar(&o.endurance, "endurance", 0, "run our server for so long under the mixed load with subscribers, sample what it takes, and nothing else")
	flags.StringVar(&o.profiles, "profiles", "", "`FOLDER` for CPU profiles of our turns (default: none are taken)")
	flags.StringVar(&o.binary, "binary", "", "our `PROGRAM` (default: it is built)")
	flags.StringVar(&o.other, "other", "", "the `PROGRAM` of the server other: another build of ours, to compare")
	flags.StringVar(&o.css, "css", "conformance/css", "`FOLDER` where Community Solid Server is installed")
	flags.StringVar(&o.jss, "jss", "conformance/bench/jss", "`FOLDER` where javascript-solid-server is installed")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 || o.seconds <= 0 || o.rounds <= 0 || o.connections <= 0 {
		return o, errors.New("bench: want flags, and more than 0 of each")
	}
	return o, nil
}

// build builds our program as the Dockerfile does.
func build(ctx context.Context, folder string) (string, error) {
	program := filepath.Join(folder, "domicile")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "domicile")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return program, nil
}

// measure runs every case on every server, round by round.
func measure(ctx context.Context, o options, folder string) (*report, error) {
	r := &report{Begun: time.Now(), Machine: machine(), Seconds: o.seconds, Rounds: o.rounds, Connections: o.connections}
	var sites []*site
	defer func() {
		for _, s := range sites {
			s.process.stop()
		}
	}()
	for _, server := range servers {
		if !slices.Contains(o.servers, server.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "starting and seeding %s\n", server.title)
		var ours *site
		if len(sites) > 0 {
			ours = sites[0]
		}
		s, err := server.open(ctx, o.config, filepath.Join(folder, "site-"+server.name), ours)
		if err != nil {
			return nil, err
		}
		sites = append(sites, s)
	}
	for _, c := range cases {
		if !slices.Contains(o.only, c.name) {
			continue
		}
		for _, s := range sites {
			if c.seed == nil || s.lacksCase(c) {
				continue
			}
			if err := c.seed(ctx, s); err != nil {
				return nil, fmt.Errorf("%s: seeding for %s: %w", s.name, c.name, err)
			}
		}
		for round := range o.rounds {
			for _, s := range sites {
				if s.lacksCase(c) {
					continue
				}
				t, err := take(ctx, s, c, fmt.Sprintf("%s-%d", c.name, round), o)
				if err != nil {
					return nil, err
				}
				t.Round = round
				r.Turns = append(r.Turns, t)
				fmt.Fprintf(os.Stderr, "%s, round %d, %s: %.0f/s, %.3f ms of CPU, %d errors\n", c.name, round+1, s.name, t.Rate, t.CPU, t.Errors)
			}
		}
	}
	for _, s := range sites {
		described, err := s.describe(r.Turns)
		if err != nil {
			return nil, err
		}
		r.Servers = append(r.Servers, described)
	}
	return r, nil
}

func (s *site) describe(turns []turn) (serverReport, error) {
	d := serverReport{Name: s.name, Title: s.title, Started: milliseconds(s.process.started), MemoryIdle: s.process.memory, Lacks: s.lacks}
	for _, t := range turns {
		if t.Server == s.name {
			d.MemoryMost = max(d.MemoryMost, t.MemoryMost)
		}
	}
	if s.data == "" {
		return d, nil
	}
	var err error
	d.Disk, err = diskOf(s.data)
	return d, err
}

// save writes the report as JSON and as a page.
func (r *report) save(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := r.writePage(&page); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(folder, "results.json"), raw, 0o644),
		os.WriteFile(filepath.Join(folder, "index.html"), page.Bytes(), 0o644))
}
