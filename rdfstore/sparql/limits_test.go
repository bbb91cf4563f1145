package sparql

import (
	"context"
	"io"
	"testing"

	"domicile/rdfstore/internal/grammar/grammartest"
)

var reader = grammartest.Reader{
	Parse: func(ctx context.Context, r io.Reader) error {
		_, err := ParseUpdate(ctx, r, base)
		return err
	},
	Limits: limits,
	Begin:  prologue + "INSERT DATA { ",
}

func TestLimits(t *testing.T)  { reader.TestLimits(t) }
func TestNesting(t *testing.T) { reader.TestNesting(t) }
