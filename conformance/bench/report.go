package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is everything that a run found out.
type report struct {
	Begun       time.Time
	Machine     string
	Seconds     float64 // of a turn
	Rounds      int
	Connections int
	Servers     []serverReport
	Turns       []turn
}

type serverReport struct {
	Name, Title string
	Started     float64 // ms from the start to the first answer
	MemoryIdle  int64   // bytes, before it was seeded
	MemoryMost  int64   // bytes
	Disk        int64   // bytes at the end
	Lacks       map[string]string
}

// IdleMB, MostMB and DiskMB are for people.
func (s serverReport) IdleMB() string { return significant(mega(s.MemoryIdle)) }
func (s serverReport) MostMB() string { return significant(mega(s.MemoryMost)) }
func (s serverReport) DiskMB() string { return significant(mega(s.Disk)) }

func machine() string {
	return fmt.Sprintf("%d processors, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// of returns the turns of a server in a case, by round.
func (r *report) of(server, name string) []turn {
	var turns []turn
	for _, t := range r.Turns {
		if t.Server == server && t.Case == name {
			turns = append(turns, t)
		}
	}
	slices.SortFunc(turns, func(a, b turn) int { return cmp.Compare(a.Round, b.Round) })
	return turns
}

// ratio is of a figure of two servers, turn by turn of the same round, since a
// round's turns have had the same machine.
func (r *report) ratio(name, above, below string, figure func(turn) float64) spread {
	var ratios []float64
	lower := r.of(below, name)
	for _, a := range r.of(above, name) {
		i := slices.IndexFunc(lower, func(b turn) bool { return a.Round == b.Round })
		if i >= 0 && figure(lower[i]) > 0 {
			ratios = append(ratios, figure(a)/figure(lower[i]))
		}
	}
	return spreadOf(ratios)
}

func rateOf(t turn) float64 { return t.Rate }
func cpuOf(t turn) float64  { return t.CPU }
func p50Of(t turn) float64  { return t.P50 }
func p99Of(t turn) float64  { return t.P99 }

func firstByteOf(t turn) float64 { return t.FirstByteP99 }
func addedMemory(t turn) float64 { return mega(t.MemoryMost - t.MemoryBefore) }

// write prints the report for people.
func (r *report) write(w io.Writer) {
	fmt.Fprintf(w, "%s · %s · %d rounds of %g s · %d connections unless said\n\n", r.Begun.Format(time.DateTime), r.Machine, r.Rounds, r.Seconds, r.Connections)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "server\tfirst answer ms\tidle MB\tmost MB\tdisk MB")
	for _, s := range r.Servers {
		fmt.Fprintf(table, "%s\t%.0f\t%s\t%s\t%s\n", s.Name, s.Started, s.IdleMB(), s.MostMB(), s.DiskMB())
	}
	fmt.Fprintln(table, "\ncase\tserver\tconns\treq/s\tp50 ms\tp99 ms\terrors\tCPU ms\tMB\trate ÷\tCPU ÷")
	for _, c := range cases {
		for _, s := range r.Servers {
			turns := r.of(s.Name, c.name)
			if len(turns) == 0 {
				continue
			}
			errors, memory := 0, int64(0)
			for _, t := range turns {
				errors += t.Errors
				memory = max(memory, t.Memory)
			}
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\t%.0f", c.name, s.Name, turns[0].Connections,
				spreadOf(each(turns, rateOf)), spreadOf(each(turns, p50Of)), spreadOf(each(turns, p99Of)), errors,
				spreadOf(each(turns, cpuOf)), mega(memory))
			if s.Name != servers[0].name {
				fmt.Fprintf(table, "\t%s\t%s", r.ratio(c.name, servers[0].name, s.Name, rateOf), r.ratio(c.name, servers[0].name, s.Name, cpuOf))
			}
			fmt.Fprintln(table)
		}
	}
	fmt.Fprintln(table, "\ntarget\twanted\tmeasured\t")
	for _, t := range r.judge() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.What, t.Wanted, t.Measured, t.verdict())
	}
	_ = table.Flush()
	for _, t := range r.Turns {
		if t.FirstError != "" {
			fmt.Fprintf(w, "\n%s, %s, round %d: %s", t.Server, t.Case, t.Round, t.FirstError)
		}
	}
	for _, s := range r.Servers {
		reasons := map[string][]string{}
		for name, why := range s.Lacks {
			reasons[why] = append(reasons[why], name)
		}
		for _, why := range slices.Sorted(maps.Keys(reasons)) {
			slices.Sort(reasons[why])
			fmt.Fprintf(w, "\n%s is not measured in %s: %s", s.Title, strings.Join(reasons[why], ", "), why)
		}
	}
	fmt.Fprintf(w, "\n÷ is %s divided by the server of the line, round by round: median (least to most).\n", servers[0].title)
}

func mega(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// String prints three significant digits.
func (s spread) String() string {
	if math.IsNaN(s.Median) {
		return "–"
	}
	if s.Least == s.Most {
		return significant(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", significant(s.Median), significant(s.Least), significant(s.Most))
}

func significant(x float64) string {
	if math.Abs(x) >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}
