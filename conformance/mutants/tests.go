package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// byTests judges by the tests of the fault's package.
type byTests struct {
	unbroken string // where test binaries of the code as it is are built
}

func (by byTests) checkUnbroken(ctx context.Context, mutants []mutant) error {
	done := map[string]bool{}
	for _, m := range mutants {
		if done[m.Package] {
			continue
		}
		done[m.Package] = true
		if output, err := buildTests(ctx, m.Package, by.unbroken); err != nil {
			return fmt.Errorf("%s: %w\n%s", m.Package, err, output)
		}
		if output, err := test(ctx, m.Package, by.unbroken, ""); err != nil {
			return fmt.Errorf("%s fails without any fault: %w\n%s", m.Package, err, output)
		}
	}
	return nil
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

func (byTests) try(ctx context.Context, m mutant, prefix string) verdict {
	overlay, err := m.overlay(prefix)
	if err != nil {
		return verdict{unmade, err.Error()}
	}
	binary := prefix + ".test"
	defer os.Remove(binary)
	if output, err := buildTests(ctx, m.Package, binary, "-overlay", overlay); err != nil {
		return verdict{unmade, "does not compile: " + strings.TrimSpace(string(output))}
	}
	output, err := test(ctx, m.Package, binary, m.Run)
	if err == nil {
		return verdict{missed, "the tests of " + m.Package + " pass"}
	}
	how := "panic or timeout"
	if failed := failedTest.FindAllStringSubmatch(string(output), -1); len(failed) > 0 {
		how = failed[len(failed)-1][1]
	}
	return verdict{caught, how}
}

func buildTests(ctx context.Context, folder, binary string, flags ...string) ([]byte, error) {
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
