// Command mutants breaks the code on purpose, one line at a time, and tells
// whether anybody notices: the tests beside the code or, with -suite, the
// conformance suite that speaks to a server of which it knows the URL only.
// Each fault is an entry of the JSON files beside this one, a file for each
// area:
//
//	requirement  the rule that the fault breaks, as tests are named by it
//	fault        what a client would see
//	file         the source file, from the module's root
//	old, new     the text, which the file has exactly once, and the fault
//	package      the folder whose tests have to fail
//	run          which of them (go test -run); all without it
//	unseen       why no client of a running server can notice it, if so
//	slow         it takes a case that the suite tries with --slow only
//
// The tree stays untouched: the compiler sees the broken file through an
// overlay. A fault is caught when what judges it is content with the code as it
// is and not with the fault. The exit code is 1 when a fault does not compile,
// is about a text that the file no longer has, or is missed; the suite may miss
// a fifth of those that a client can see.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	only := flag.String("only", "", "`REGEXP` of requirement, fault, or file: run these only")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "how many are tried at a time")
	suite := flag.Bool("suite", false, "judge by the conformance suite against a broken server, not by tests")
	flag.Parse()
	if err := run(ctx, os.Stdout, "conformance/mutants", *only, *workers, *suite); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// judge finds faults.
type judge interface {
	// checkUnbroken fails when the judge finds fault with the code as it is:
	// then it catches nothing.
	checkUnbroken(context.Context, []mutant) error
	// try makes a fault and judges it. What it writes is at the prefix.
	try(ctx context.Context, m mutant, prefix string) verdict
}

// verdict says how a fault was caught or why it was not.
type verdict struct{ word, how string }

const (
	caught = "caught"
	missed = "MISSED"
	unmade = "UNMADE" // it does not compile, or nothing runs with it
	unseen = "unseen" // by the suite, for the reason that the fault has
)

// run tries the faults of a folder; the working directory is the module's root.
func run(ctx context.Context, out io.Writer, folder, only string, workers int, suite bool) error {
	selected, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	mutants, err := load(folder)
	if err != nil {
		return err
	}
	mutants = slices.DeleteFunc(mutants, func(m mutant) bool {
		return !selected.MatchString(m.Requirement + " " + m.Fault + " " + m.File)
	})
	scratch, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)

	var by judge = byTests{filepath.Join(scratch, "unbroken")}
	mayMiss := 0
	if suite {
		by, mayMiss = bySuite{filepath.Join(scratch, "unbroken")}, 20
	}
	if err := by.checkUnbroken(ctx, mutants); err != nil {
		return err
	}
	count := map[string]int{}
	var mu sync.Mutex // of count and out
	var group errgroup.Group
	group.SetLimit(workers)
	for i, m := range mutants {
		group.Go(func() error {
			v := by.try(ctx, m, filepath.Join(scratch, fmt.Sprint(i)))
			mu.Lock()
			defer mu.Unlock()
			count[v.word]++
			fmt.Fprintf(out, "%s  %-12s %s: %s [%s]\n", v.word, m.Requirement, m.File, m.Fault, v.how)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return sum(out, len(mutants), count, mayMiss)
}

// sum prints how many verdicts there are of each kind. Of 100 faults that can
// be seen, mayMiss may be missed.
func sum(out io.Writer, faults int, count map[string]int, mayMiss int) error {
	fmt.Fprintf(out, "%d faults, %d caught", faults, count[caught])
	seen := faults - count[unseen]
	if count[unseen] > 0 {
		fmt.Fprintf(out, "; of the %d that a client can see, %d", seen, count[caught])
	}
	fmt.Fprintln(out)
	if left := seen - count[caught]; count[unmade] > 0 || left*100 > mayMiss*seen {
		return fmt.Errorf("%d of %d faults are not caught", left, seen)
	}
	return nil
}
