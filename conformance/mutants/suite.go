package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// bySuite judges by the conformance suite, run against a server that has the
// fault by a program that has not.
type bySuite struct {
	unbroken string // the program
}

// suiteTime is the longest that the suite may take.
const suiteTime = 6 * time.Minute

func (by bySuite) checkUnbroken(ctx context.Context, _ []mutant) error {
	if output, err := buildProgram(ctx, by.unbroken); err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	found, err := by.examine(ctx, by.unbroken, ".")
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("the suite finds fault without any: %s", strings.Join(found, "; "))
	}
	return nil
}

func (by bySuite) try(ctx context.Context, m mutant, prefix string) verdict {
	if m.Unseen != "" {
		return verdict{unseen, m.Unseen}
	}
	overlay, err := m.overlay(prefix)
	if err != nil {
		return verdict{unmade, err.Error()}
	}
	broken := prefix + ".program"
	defer os.Remove(broken)
	if output, err := buildProgram(ctx, broken, "-overlay", overlay); err != nil {
		return verdict{unmade, "does not compile: " + strings.TrimSpace(string(output))}
	}
	only, flags := ".", []string(nil)
	if m.Slow {
		only, flags = "^"+regexp.QuoteMeta(m.Requirement)+" ", []string{"--slow"}
	}
	switch found, err := by.examine(ctx, broken, only, flags...); {
	case err != nil:
		return verdict{unmade, err.Error()}
	case len(found) == 0:
		return verdict{missed, "all cases pass"}
	case len(found) == 1:
		return verdict{caught, found[0]}
	default:
		return verdict{caught, fmt.Sprintf("%s and %d more", found[0], len(found)-1)}
	}
}

func buildProgram(ctx context.Context, binary string, flags ...string) ([]byte, error) {
	arguments := append([]string{"build", "-ldflags=-s -w", "-o", binary}, flags...)
	return exec.CommandContext(ctx, "go", append(arguments, ".")...).CombinedOutput()
}

var baseURL = regexp.MustCompile(`https?://\S+/`)

// examine runs the cases of the suite whose name matches against a server, with
// further flags, and returns those that fail or warn, twice.
func (by bySuite) examine(ctx context.Context, program, only string, flags ...string) (found []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, suiteTime)
	defer cancel() // ends the server
	server := exec.CommandContext(ctx, program, "serve", "--listen", "127.0.0.1:0", "--memory", "--ops-listen", "off", "--allow-fetch", "127.0.0.1/32")
	ready, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	defer func() {
		cancel()
		_, _ = io.Copy(io.Discard, ready)
		_ = server.Wait()
	}()
	line, err := bufio.NewReader(ready).ReadString('\n')
	url := baseURL.FindString(line)
	if url == "" {
		return nil, fmt.Errorf("the server does not get ready: %q, %w", line, err)
	}
	if found, err = by.judge(ctx, url, only, flags...); err != nil || len(found) == 0 {
		return nil, err
	}
	for i, name := range found {
		found[i] = regexp.QuoteMeta(name)
	}
	// A busy machine makes cases fail, though not the same ones twice.
	return by.judge(ctx, url, "^("+strings.Join(found, "|")+")$", flags...)
}

// judge runs the cases whose name matches and returns the names of those that
// fail or warn.
func (by bySuite) judge(ctx context.Context, url, only string, flags ...string) (found []string, err error) {
	arguments := append([]string{"conformance", url, "--decisions", "--format", "json", "--only", only}, flags...)
	suite := exec.CommandContext(ctx, by.unbroken, arguments...)
	output, err := suite.Output()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the suite takes longer than %v", suiteTime)
	case err != nil && !errors.As(err, &exit):
		return nil, err
	case len(output) == 0:
		why, _, _ := strings.Cut(string(exit.Stderr), "\n")
		return []string{"the suite cannot begin: " + why}, nil
	}
	var report struct {
		Results []struct {
			Requirements   []string
			Title, Outcome string
		}
	}
	if err := json.Unmarshal(output, &report); err != nil {
		return nil, err
	}
	for _, result := range report.Results {
		if result.Outcome == "failed" || result.Outcome == "warning" {
			found = append(found, result.Requirements[0]+" "+result.Title)
		}
	}
	return found, nil
}
