// Package grammartest is what every reader of patches that stands on package
// grammar has to refuse.
package grammartest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"domicile/rdfstore/internal/grammar"
	"domicile/rdfstore/rdf"
)

// Reader reads a patch document.
type Reader struct {
	Parse  func(context.Context, io.Reader) error
	Limits grammar.Limits
	// Begin is a document up to where its inserted triples begin.
	Begin string
}

// TestLimits shows that each limit holds, and that reading stops when its
// context does.
func (r Reader) TestLimits(t *testing.T) {
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, request := range map[string]string{
		"bytes":    r.Begin + strings.Repeat(" ", int(r.Limits.Bytes)),
		"triples":  r.Begin + numbered(r.Limits.Triples+1, "<a> <b> <%d> . "),
		"a string": r.Begin + "<a> <b> \"" + strings.Repeat("x", r.Limits.LiteralBytes+1),
		"prefixes": numbered(r.Limits.Prefixes+1, "PREFIX p%d: <x:>\n"),
		"depth":    r.Begin + "<a> <b> " + strings.Repeat("[ <b> ", r.Limits.Depth+1),
	} {
		if err := r.Parse(context.Background(), strings.NewReader(request)); !errors.Is(err, rdf.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Parse(ctx, strings.NewReader(r.Begin)); !errors.Is(err, context.Canceled) {
		t.Errorf("time: %v", err)
	}
}

// TestNesting sends brackets without end, which end the process in other
// parsers.
func (r Reader) TestNesting(t *testing.T) {
	for _, opening := range []string{"(", "[", "[ ex:p ", "{"} {
		for _, request := range []string{
			strings.Repeat(opening, 5_000_000),
			r.Begin + strings.Repeat(opening, 1_000_000),
			r.Begin + "<a> <b> " + strings.Repeat(opening, 1_000_000),
		} {
			err := r.Parse(context.Background(), strings.NewReader(request))
			if err == nil || len(err.Error()) > 200 {
				t.Errorf("%d of %q: %.300v", len(request), opening, err)
			}
		}
	}
}
