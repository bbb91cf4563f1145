package suite

import (
	"time"
)

// Outcome is how a case ended.
type Outcome string

const (
	Passed Outcome = "passed"
	// Failed: a text of the specifications is not kept.
	Failed Outcome = "failed"
	// Warned: something recommended is not done.
	Warned Outcome = "warning"
	// Inapplicable: the server does not offer it, and need not.
	Inapplicable Outcome = "not applicable"
	// Untested: the run lacked the means to try.
	Untested Outcome = "untested"
)

// Outcomes lists all outcomes, in the order of summaries.
var Outcomes = []Outcome{Passed, Failed, Warned, Inapplicable, Untested}

// Result is what came of a case.
type Result struct {
	Case    Case
	Outcome Outcome
	// Reason says what was expected and what came, or why nothing was tried;
	// empty when the case passed.
	Reason string
	// Exchanges are the requests of the case and their answers, in order. When
	// a check of an answer failed, Blamed is its index, else -1.
	Exchanges []Exchange
	Blamed    int
	Duration  time.Duration
}

// AreaResults are the results of an area, in the order of its cases.
type AreaResults struct {
	Area    Area
	Results []Result
}

// Report is what came of a run.
type Report struct {
	URL      string // of the server
	Software string // what the server says it is; may be empty
	Started  time.Time
	Duration time.Duration
	Areas    []AreaResults
}

// Count returns how many cases ended so.
func (r *Report) Count(outcome Outcome) int {
	n := 0
	for _, area := range r.Areas {
		for _, result := range area.Results {
			if result.Outcome == outcome {
				n++
			}
		}
	}
	return n
}
