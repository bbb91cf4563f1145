package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"domicile/conformance/suite"
)

// Human writes a line for each case, with the last requests and answers of those
// that failed, and the counts.
func Human(w io.Writer, r *suite.Report) error {
	out := bufio.NewWriter(w)
	for _, area := range r.Areas {
		if len(area.Results) == 0 {
			continue
		}
		fmt.Fprintf(out, "%s\n", area.Area.Title)
		for _, result := range area.Results {
			humanResult(out, result)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "%s, %.1f s\n", r.URL, r.Duration.Seconds())
	for _, outcome := range suite.Outcomes[2:] {
		if n := r.Count(outcome); n > 0 {
			fmt.Fprintf(out, "%d %s\n", n, plural(outcome, n))
		}
	}
	fmt.Fprintln(out, Summary(r))
	return out.Flush()
}

func plural(outcome suite.Outcome, n int) string {
	if outcome == suite.Warned && n != 1 {
		return "warnings"
	}
	return string(outcome)
}

func humanResult(out io.Writer, result suite.Result) {
	fmt.Fprintf(out, "  %-14s  %-8s  %s\n", result.Outcome, result.Case.Level, result.Case.Name())
	if result.Reason == "" {
		return
	}
	indent := func(text, by string) string { return by + strings.ReplaceAll(text, "\n", "\n"+by) }
	fmt.Fprintln(out, indent(result.Reason, "                  "))
	if result.Outcome != suite.Failed && result.Outcome != suite.Warned {
		return
	}
	last := len(result.Exchanges) - 1
	if result.Blamed >= 0 {
		last = result.Blamed
	}
	first := max(0, last-2)
	if first > 0 {
		fmt.Fprintf(out, "                  (%d earlier requests are in the other reports)\n", first)
	}
	for i, exchange := range result.Exchanges[first : last+1] {
		i += first
		mark := ""
		if i == result.Blamed {
			mark = "  <- this answer"
		}
		fmt.Fprintf(out, "                  %s at %d ms:%s\n", exchange.Agent, exchange.At/time.Millisecond, mark)
		fmt.Fprintln(out, indent(exchange.RequestText(), "                  > "))
		fmt.Fprintln(out, indent(exchange.AnswerText(), "                  < "))
	}
}
