package ldp

import (
	"context"
	"io"
	"time"

	"golang.org/x/sync/semaphore"

	"domicile/rdfstore"
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

// What comes of a large document is in memory for longer: in another format or as
// a page until its client has taken it, however slowly, and what a patch makes of
// it until that is staged. The bytes that it is made of are bounded likewise; who
// would have to wait longer than this is sent away.
const holdingWait = 10 * time.Second

// parser parses documents within the budget.
type parser struct{ budget, held *semaphore.Weighted }

func newParser() parser {
	return parser{semaphore.NewWeighted(parsingBudget), semaphore.NewWeighted(parsingBudget)}
}

// hold waits until what comes of a document of size bytes may be kept in memory;
// done ends that.
func (p parser) hold(ctx context.Context, size int64) (done func(), err error) {
	if size <= parsedFreely {
		return func() {}, nil
	}
	weight := min(size, parsingBudget)
	waiting, cancel := context.WithTimeout(ctx, holdingWait)
	defer cancel()
	if err := p.held.Acquire(waiting, weight); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, refuse(Unavailable, "Too many large documents are being changed, or sent in another format than they are stored in.").with("Retry-After", "10")
	}
	return func() { p.held.Release(weight) }, nil
}

// parse reads content of size bytes; base is the document's IRI. A large
// document may have to wait for others, or for the end of ctx.
func (p parser) parse(ctx context.Context, mediaType string, content io.Reader, size int64, base string) (*rdf.Document, error) {
	done, err := p.admit(ctx, size)
	if err != nil {
		return nil, err
	}
	defer done()
	return codec.Parse(ctx, mediaType, content, base)
}

// check reads content as parse does and keeps nothing of it.
func (p parser) check(ctx context.Context, mediaType string, content io.Reader, size int64, base string) error {
	done, err := p.admit(ctx, size)
	if err != nil {
		return err
	}
	defer done()
	return codec.Check(ctx, mediaType, content, base)
}

// collect reads a document that is kept as quads, which takes as much memory.
func (p parser) collect(ctx context.Context, reader rdfstore.Reader, record rdfstore.Resource) (*rdf.Document, error) {
	done, err := p.admit(ctx, record.Size)
	if err != nil {
		return nil, err
	}
	defer done()
	quads, err := reader.Quads(record.ID)
	if err != nil {
		return nil, err
	}
	return collectQuads(quads)
}

func collectQuads(quads rdfstore.Quads) (_ *rdf.Document, err error) {
	document := rdf.NewDocument()
	if document.Prefixes, err = quads.Prefixes(); err != nil {
		return nil, err
	}
	for q, err := range quads.All(rdf.Quad{}) {
		if err != nil {
			return nil, err
		}
		document.Add(q)
	}
	return document, nil
}

// admit waits until a document of size bytes may be read; done ends that.
func (p parser) admit(ctx context.Context, size int64) (done func(), err error) {
	if size <= parsedFreely {
		return func() {}, nil
	}
	weight := min(size, parsingBudget)
	if err := p.budget.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	return func() { p.budget.Release(weight) }, nil
}
