// Command requirements reads what go test -json prints and tells which tests
// check which requirement. Requirements are the entries of the JSON files
// in the folder list, a file for each area; a test cites one by having its ID in
// the name of a subtest.
//
// An entry without a test needs a reason why none of this server can have one.
// The exit code is 1 when a requirement has neither, has both, or has a test
// that fails; when a test cites an ID that is on no list of its area; and when
// any test or package fails.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"domicile/conformance/requirements/list"
)

func main() {
	tests := flag.Bool("tests", false, "name every test, not only how many there are")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, "conformance/requirements/list", *tests); err != nil {
		fmt.Fprintln(os.Stderr, "requirements:", err)
		os.Exit(1)
	}
}

func run(events io.Reader, out io.Writer, folder string, verbose bool) error {
	requirements, err := list.Load(os.DirFS(folder))
	if err != nil {
		return err
	}
	results, err := read(events)
	if err != nil {
		return err
	}
	faults := report(out, requirements, results, verbose)
	for _, failure := range results.failures {
		fmt.Fprintf(out, "\nFAIL %s\n%s", failure.name, failure.output)
		faults++
	}
	fmt.Fprintf(out, "\n%d requirements, %d tests, %d faults\n", len(requirements), results.tests, faults)
	if results.tests == 0 {
		return fmt.Errorf("no test ran")
	}
	if faults > 0 {
		return fmt.Errorf("%d faults", faults)
	}
	return nil
}

// event is a line of go test -json.
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string // of a package that does not build
}

// results are what a run of tests says.
type results struct {
	tests    int
	citing   map[string][]citation // by ID
	failures []failure
}

type citation struct {
	test   string
	passed bool
}

// failure is a test or package that failed, with what it printed.
type failure struct{ name, output string }

// read collects the results. The output of a test that passed is dropped.
func read(events io.Reader) (*results, error) {
	r := &results{citing: map[string][]citation{}}
	output := map[string]*strings.Builder{}
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("not a line of go test -json: %s", lines.Bytes())
		}
		if e.Package == "" {
			e.Package = e.ImportPath
		}
		name := e.Package
		if e.Test != "" {
			name += " " + e.Test
		}
		switch e.Action {
		case "output", "build-output":
			if output[name] == nil {
				output[name] = new(strings.Builder)
			}
			output[name].WriteString(e.Output)
		case "pass", "fail", "skip", "build-fail":
			r.add(e, name, output[name])
			delete(output, name)
		}
	}
	return r, lines.Err()
}

// add counts the end of a test. A skipped test checks nothing.
func (r *results) add(e event, name string, output *strings.Builder) {
	if strings.HasSuffix(e.Action, "fail") {
		text := ""
		if output != nil {
			text = output.String()
		}
		r.failures = append(r.failures, failure{name, text})
	}
	if e.Test == "" || e.Action == "skip" {
		return
	}
	r.tests++
	ids := list.IDPattern.FindAllString(strings.ReplaceAll(e.Test, "_", " "), -1)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		r.citing[id] = append(r.citing[id], citation{name, e.Action == "pass"})
	}
}

// report prints the table and returns how many entries of it are at fault.
func report(out io.Writer, requirements []list.Requirement, results *results, verbose bool) (faults int) {
	listed, areas := map[string]bool{}, map[string]bool{}
	for _, r := range requirements {
		listed[r.ID] = true
		areas[area(r.ID)] = true
		citations := results.citing[r.ID]
		word := verdict(r, citations)
		if word != "passed" && word != "reason" {
			faults++
		}
		detail := r.Untested
		if detail == "" {
			detail = fmt.Sprintf("%3d tests", len(citations))
		}
		fmt.Fprintf(out, "%-8s %-13s %-7s %s: %s\n", word, r.ID, r.Level, r.Says, detail)
		if verbose {
			for _, c := range citations {
				fmt.Fprintf(out, "         %s\n", c.test)
			}
		}
	}
	for id, citations := range results.citing {
		if areas[area(id)] && !listed[id] {
			fmt.Fprintf(out, "UNKNOWN  %-13s is on no list, but cited by %s\n", id, citations[0].test)
			faults++
		}
	}
	return faults
}

func area(id string) string {
	name, _, _ := strings.Cut(id, "-")
	return name
}

func verdict(r list.Requirement, citations []citation) string {
	failed := slices.ContainsFunc(citations, func(c citation) bool { return !c.passed })
	switch {
	case failed:
		return "FAILED"
	case len(citations) > 0 && r.Untested != "":
		return "BOTH"
	case len(citations) > 0:
		return "passed"
	case r.Untested != "":
		return "reason"
	}
	return "MISSING"
}
