package admin

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"domicile/rdfstore"
)

const (
	redrawInterval = 100 * time.Millisecond // of the bar on a terminal
	lineInterval   = 10 * time.Second       // of plain lines elsewhere
	barWidth       = 30
)

// Console is the [Output] of a person or a script: results go to one writer,
// warnings and progress to another, as a bar on a terminal and as a line now
// and then elsewhere.
type Console struct {
	Warnings int // how many there were
	result   io.Writer
	progress io.Writer
	terminal bool
	started  time.Time
	stage    string
	shown    time.Time
	drawn    bool // a bar is on the terminal's current line
}

// NewConsole returns a console; terminal tells whether progress is one.
func NewConsole(result, progress io.Writer, terminal bool) *Console {
	return &Console{result: result, progress: progress, terminal: terminal}
}

// Write implements [Output].
func (c *Console) Write(p []byte) (int, error) {
	c.Clear()
	return c.result.Write(p)
}

// Progress implements [Output].
func (c *Console) Progress(p rdfstore.Progress) {
	now := time.Now()
	if p.Stage != c.stage {
		c.stage, c.started, c.shown = p.Stage, now, now
		return // what is quick is not worth a line
	}
	interval := lineInterval
	if c.terminal {
		interval = redrawInterval
	}
	if now.Sub(c.shown) < interval {
		return
	}
	c.shown = now
	line := describe(p, now.Sub(c.started))
	if !c.terminal {
		fmt.Fprintln(c.progress, line)
		return
	}
	fmt.Fprintf(c.progress, "\r\x1b[K%s", line)
	c.drawn = true
}

// Warn implements [Output].
func (c *Console) Warn(text string) {
	c.Clear()
	c.Warnings++
	fmt.Fprintln(c.progress, text)
}

// Clear takes the bar off the terminal.
func (c *Console) Clear() {
	if c.drawn {
		fmt.Fprint(c.progress, "\r\x1b[K")
		c.drawn = false
	}
}

func describe(p rdfstore.Progress, elapsed time.Duration) string {
	if p.Total <= 0 {
		return fmt.Sprintf("%s: %s", p.Stage, count(p.Done, p.Unit))
	}
	share := min(float64(p.Done)/float64(p.Total), 1)
	bar := strings.Repeat("#", int(share*barWidth))
	line := fmt.Sprintf("%s [%-*s] %3.0f %%, %s of %s", p.Stage, barWidth, bar, share*100, count(p.Done, p.Unit), count(p.Total, p.Unit))
	if share > 0.01 {
		left := time.Duration(float64(elapsed) * (1 - share) / share)
		line += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	return line
}

func count(n int64, unit rdfstore.Unit) string {
	if unit != rdfstore.Bytes {
		return fmt.Sprintf("%d %s", n, unit)
	}
	return humanize.Bytes(uint64(max(n, 0)))
}
