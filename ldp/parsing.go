package ldp

import (
	"context"
	"io"

	"golang.org/x/sync/semaphore"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
)

// A parsed document takes many times the memory of its bytes, and a stranger
// who may append can send the worst there is (security 2.7). So the bytes that
// are parsed at any time are bounded over all requests. Small documents, which
// are nearly all, do not count.
const (
	parsingBudget = 2 * defaultMaxDocument
	parsedFreely  = 64 << 10
)

// parser parses documents within the budget.
type parser struct{ budget *semaphore.Weighted }

func newParser() parser { return parser{semaphore.NewWeighted(parsingBudget)} }

// parse reads content of size bytes; base is the document's IRI. A large
// document may have to wait for others, or for the end of ctx.
func (p parser) parse(ctx context.Context, mediaType string, content io.Reader, size int64, base string) (*rdf.Document, error) {
	if size > parsedFreely {
		weight := min(size, parsingBudget)
		if err := p.budget.Acquire(ctx, weight); err != nil {
			return nil, err
		}
		defer p.budget.Release(weight)
	}
	return codec.Parse(ctx, mediaType, content, base)
}
