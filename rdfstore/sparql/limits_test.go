package sparql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

func TestLimits(t *testing.T) {
	const begin = prologue + "INSERT DATA { "
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, request := range map[string]string{
		"bytes":    begin + strings.Repeat(" ", int(limits.Bytes)),
		"triples":  begin + numbered(limits.Triples+1, "<a> <b> <%d> . "),
		"a string": begin + "<a> <b> \"" + strings.Repeat("x", limits.LiteralBytes+1),
		"prefixes": numbered(limits.Prefixes+1, "PREFIX p%d: <x:>\n"),
		"depth":    begin + "<a> <b> " + strings.Repeat("[ <b> ", limits.Depth+1),
	} {
		if _, err := ParseUpdate(context.Background(), strings.NewReader(request), base); !errors.Is(err, rdf.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ParseUpdate(ctx, strings.NewReader(begin), base); !errors.Is(err, context.Canceled) {
		t.Errorf("time: %v", err)
	}
}

// Brackets without end, which end the process in other parsers.
func TestNesting(t *testing.T) {
	const begin = prologue + "INSERT DATA { "
	for _, opening := range []string{"(", "[", "[ ex:p ", "{"} {
		for _, request := range []string{strings.Repeat(opening, 5_000_000), begin + strings.Repeat(opening, 1_000_000), begin + "<a> <b> " + strings.Repeat(opening, 1_000_000)} {
			_, err := ParseUpdate(context.Background(), strings.NewReader(request), base)
			if err == nil || len(err.Error()) > 200 {
				t.Errorf("%d of %q: %.300v", len(request), opening, err)
			}
		}
	}
}
