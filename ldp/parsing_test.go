package ldp

import (
	"context"
	"errors"
	"strings"
	"testing"

	"domicile/rdfstore/codec"
)

func TestLargeDocumentsTakeTurns(t *testing.T) {
	p := newParser()
	document := "<#a> <#b> <#c> ." + strings.Repeat(" ", parsedFreely)
	parse := func(ctx context.Context, size int64) error {
		_, err := p.parse(ctx, codec.Turtle, strings.NewReader(document), size, "http://pods.example/alice/r")
		return err
	}
	if err := p.budget.Acquire(t.Context(), parsingBudget); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := parse(ended, parsedFreely+1); !errors.Is(err, context.Canceled) {
		t.Errorf("a large document was parsed beyond the budget: %v", err)
	}
	if err := parse(t.Context(), parsedFreely); err != nil {
		t.Errorf("a small document had to wait: %v", err)
	}
	p.budget.Release(parsingBudget)
	for range 3 { // each gives back what it took, also one larger than the budget
		if err := parse(t.Context(), 2*parsingBudget); err != nil {
			t.Fatal(err)
		}
	}
}
