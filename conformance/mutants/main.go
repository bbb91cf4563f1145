// Command mutants breaks the code on purpose, one line at a time, and tells
// whether a test notices. Each fault is an entry of the JSON files beside this
// one, a file for each area:
//
//	requirement  the rule that the fault breaks, as tests are named by it
//	fault        what a client would see
//	file         the source file, from the module's root
//	old, new     the text, which the file has exactly once, and the fault
//	package      the folder whose tests have to fail
//	run          which of them (go test -run); all without it
//
// The tree stays untouched: the compiler sees the broken file through an
// overlay. A fault is caught when the package's tests pass without it and fail
// with it. The exit code is 1 when one is missed, does not compile or is about
// a text that the file no longer has.
package main

import (
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
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"domicile/conformance/internal/areas"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	only := flag.String("only", "", "`REGEXP` of requirement, fault, or file: run these only")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "how many are tried at a time")
	flag.Parse()
	if err := run(ctx, os.Stdout, "conformance/mutants", *only, *workers); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run tries the faults of a folder; the working directory is the module's root.
func run(ctx context.Context, out io.Writer, folder, only string, workers int) error {
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

	if err := checkUnbroken(ctx, mutants, scratch); err != nil {
		return err
	}
	verdicts := make([]verdict, len(mutants))
	var group errgroup.Group
	group.SetLimit(workers)
	for i, m := range mutants {
		group.Go(func() error {
			verdicts[i] = try(ctx, m, filepath.Join(scratch, fmt.Sprint(i)))
			return nil
		})
	}
	_ = group.Wait() // verdicts hold the failures
	if err := ctx.Err(); err != nil {
		return err
	}
	return report(out, mutants, verdicts)
}

func report(out io.Writer, mutants []mutant, verdicts []verdict) error {
	missed := 0
	for i, m := range mutants {
		word := "caught"
		if !verdicts[i].caught {
			word = "MISSED"
			missed++
		}
		fmt.Fprintf(out, "%s  %-12s %s: %s [%s]\n", word, m.Requirement, m.File, m.Fault, verdicts[i].how)
	}
	fmt.Fprintf(out, "%d faults, %d caught\n", len(mutants), len(mutants)-missed)
	if missed > 0 {
		return fmt.Errorf("%d of %d faults are not caught", missed, len(mutants))
	}
	return nil
}

// mutant is one fault; the package comment explains the fields.
type mutant struct {
	Requirement, Fault, File, Old, New, Package, Run string
}

// load reads the faults of all areas and checks that each can be made.
func load(folder string) ([]mutant, error) {
	all, err := areas.Load[mutant](os.DirFS(folder))
	if err != nil {
		return nil, err
	}
	var stale []error
	for _, m := range all {
		if _, err := m.broken("."); err != nil {
			stale = append(stale, err)
		}
	}
	return all, errors.Join(stale...)
}

// broken returns the source file with the fault.
func (m mutant) broken(root string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		return "", fmt.Errorf("%s %q: %w", m.Requirement, m.Fault, err)
	}
	if n := strings.Count(string(raw), m.Old); n != 1 || m.Old == m.New || m.Package == "" {
		return "", fmt.Errorf("%s %q: %s has the text %d times, want once, another text instead of it and a package: %s",
			m.Requirement, m.Fault, m.File, n, m.Old)
	}
	return strings.Replace(string(raw), m.Old, m.New, 1), nil
}

// checkUnbroken runs the same tests on the code as it is: a test that fails
// anyway catches nothing.
func checkUnbroken(ctx context.Context, mutants []mutant, scratch string) error {
	done := map[string]bool{}
	for _, m := range mutants {
		if done[m.Package] {
			continue
		}
		done[m.Package] = true
		binary := filepath.Join(scratch, "unbroken")
		if output, err := build(ctx, m.Package, binary); err != nil {
			return fmt.Errorf("%s: %w\n%s", m.Package, err, output)
		}
		if output, err := test(ctx, m.Package, binary, ""); err != nil {
			return fmt.Errorf("%s fails without any fault: %w\n%s", m.Package, err, output)
		}
	}
	return nil
}

// verdict says how a fault was caught or why it was not.
type verdict struct {
	caught bool
	how    string
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// try builds and runs the tests with the fault. What it writes is at prefix.
func try(ctx context.Context, m mutant, prefix string) verdict {
	content, err := m.broken(".")
	if err != nil {
		return verdict{how: err.Error()}
	}
	overlay, err := writeOverlay(m.File, content, prefix)
	if err != nil {
		return verdict{how: err.Error()}
	}
	binary := prefix + ".test"
	defer os.Remove(binary)
	if output, err := build(ctx, m.Package, binary, "-overlay", overlay); err != nil {
		return verdict{how: "does not compile: " + strings.TrimSpace(string(output))}
	}
	output, err := test(ctx, m.Package, binary, m.Run)
	if err == nil {
		return verdict{how: "the tests of " + m.Package + " pass"}
	}
	how := "panic or timeout"
	if failed := failedTest.FindAllStringSubmatch(string(output), -1); len(failed) > 0 {
		how = failed[len(failed)-1][1]
	}
	return verdict{caught: true, how: how}
}

// writeOverlay makes what go build -overlay takes and returns its path.
func writeOverlay(file, content, prefix string) (string, error) {
	original, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(prefix+".go", []byte(content), 0o600); err != nil {
		return "", err
	}
	raw, err := json.Marshal(map[string]any{"Replace": map[string]string{original: prefix + ".go"}})
	if err != nil {
		return "", err
	}
	return prefix + ".json", os.WriteFile(prefix+".json", raw, 0o600)
}

func build(ctx context.Context, folder, binary string, flags ...string) ([]byte, error) {
	arguments := append([]string{"test", "-c", "-ldflags=-s -w", "-o", binary}, flags...)
	return exec.CommandContext(ctx, "go", append(arguments, "./"+folder)...).CombinedOutput()
}

// test runs a test binary where go test would.
func test(ctx context.Context, folder, binary, pattern string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary, "-test.short", "-test.failfast", "-test.timeout=1m", "-test.run="+pattern)
	command.Dir = folder
	return command.CombinedOutput()
}
