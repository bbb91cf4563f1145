package suite

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options are how a run goes.
type Options struct {
	// Only selects cases by name; nil selects all.
	Only *regexp.Regexp
	// Decisions has the server judged by this project's decisions too.
	Decisions bool
	// Parallel is how many cases run at the same time.
	Parallel int
	// Limit is how long a case may take, unless it is slow.
	Limit time.Duration
	// Patience is how long the run goes on asking a server that says that it is
	// asked too often. Waiting for it is no time of a case.
	Patience time.Duration
	// Slow has slow cases tried too.
	Slow bool
}

// slowLimit is how long a slow case may take.
const slowLimit = 3 * time.Minute

// Run tries the cases of the areas and reports in their order. It ends early,
// with an error, when the context does.
func Run(ctx context.Context, target *Target, areas []Area, options Options) (*Report, error) {
	report := &Report{URL: target.URL, Software: target.Software, Started: time.Now()}
	patience := &patience{length: options.Patience}
	var group errgroup.Group
	group.SetLimit(options.Parallel)
	for _, area := range areas {
		var selected []Case
		for _, c := range area.Cases {
			if options.Only == nil || options.Only.MatchString(c.Name()) {
				selected = append(selected, c)
			}
		}
		results := make([]Result, len(selected))
		for i, c := range selected {
			group.Go(func() error {
				results[i] = try(ctx, target, c, options, patience)
				return ctx.Err()
			})
		}
		report.Areas = append(report.Areas, AreaResults{area, results})
	}
	err := group.Wait()
	report.Duration = time.Since(report.Started)
	return report, err
}

// try runs one case.
func try(ctx context.Context, target *Target, c Case, options Options, patience *patience) Result {
	result := Result{Case: c, Outcome: Inapplicable, Blamed: -1}
	if c.Level == LevelDecision && !options.Decisions {
		result.Reason = "the specifications leave it open (--decisions judges by what Domicile decided)"
		return result
	}
	for _, need := range c.Needs {
		if outcome, reason := need.missing(target); reason != "" {
			result.Outcome, result.Reason = outcome, reason
			return result
		}
	}
	limit := options.Limit
	if c.Slow {
		if !options.Slow {
			result.Outcome, result.Reason = Untested, "it takes a minute or two (--slow tries it too)"
			return result
		}
		limit = max(limit, slowLimit)
	}
	t, release := newT(ctx, target, c.Slug(), limit, patience)
	defer release()
	t.run(c.Run)
	result.take(t)
	cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), options.Limit)
	defer cancel()
	t.clean(cleaning)
	return result
}

// take reads how the case ended.
func (r *Result) take(t *T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.Outcome, r.Reason, r.Blamed = t.outcome, t.reason, t.blamed
	r.Exchanges = t.exchanges[:len(t.exchanges):len(t.exchanges)]
	r.Duration = time.Since(t.started)
	if r.Outcome == Failed && r.Case.Level == LevelShould {
		r.Outcome = Warned
	}
}

// Check returns what is wrong with the areas themselves: names that stand
// there twice, cases about what is on no list, and requirements of the areas'
// lists that have neither a case, in whatever area, nor a reason, or both. The
// lists are by name of the area.
func Check(areas []Area, lists map[string][]string) []string {
	var faults []string
	names, covered, listed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, list := range lists {
		for _, id := range list {
			listed[id] = true
		}
	}
	for _, area := range areas {
		for _, c := range area.Cases {
			if names[c.Slug()] {
				faults = append(faults, fmt.Sprintf("two cases are called %q", c.Name()))
			}
			names[c.Slug()] = true
			for _, id := range c.IDs {
				covered[id] = true
				if !listed[id] {
					faults = append(faults, fmt.Sprintf("%q is about %s, which is on no list", c.Name(), id))
				}
			}
		}
	}
	for _, area := range areas {
		for id := range area.Unseen {
			if !slices.Contains(lists[area.Name], id) {
				faults = append(faults, fmt.Sprintf("%s has a reason and is not on the list of its area", id))
			}
		}
		for _, id := range lists[area.Name] {
			if covered[id] == (area.Unseen[id] != "") {
				faults = append(faults, fmt.Sprintf("%s: want a case or a reason why there is none, and not both", id))
			}
		}
	}
	return faults
}
