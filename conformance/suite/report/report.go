// Package report writes what came of a run: for people as text and as an HTML
// page, for programs as JSON, as JUnit XML and as EARL in Turtle.
package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"domicile/conformance/suite"
)

// Writer writes a report in one format.
type Writer func(io.Writer, *suite.Report) error

var writers = map[string]Writer{
	"human": Human,
	"json":  JSON,
	"junit": JUnit,
	"earl":  EARL,
	"html":  HTML,
}

// Formats returns the names of the formats.
func Formats() []string { return slices.Sorted(maps.Keys(writers)) }

// Format returns the writer of a format.
func Format(name string) (Writer, error) {
	if writer, ok := writers[name]; ok {
		return writer, nil
	}
	return nil, fmt.Errorf("there is no format %q: choose from %s", name, strings.Join(Formats(), ", "))
}

// Summary is the last line of a run.
func Summary(r *suite.Report) string {
	return fmt.Sprintf("%d passed, %d failed", r.Count(suite.Passed), r.Count(suite.Failed))
}
