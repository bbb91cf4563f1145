// Package codec is the table of RDF media types: which can be read and written,
// and by which package. Everything above reads and writes documents through it.
//
// Input is bounded per format; beyond that an error wraps [rdf.ErrLimit].
package codec

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"domicile/rdfstore/jsonld"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/turtle"
)

// The media types that documents are exchanged in.
const (
	Turtle   = "text/turtle"
	JSONLD   = "application/ld+json"
	NTriples = "application/n-triples"
	TriG     = "application/trig"
	NQuads   = "application/n-quads"
)

// maxJSONLD is smaller than Turtle's limit because its algorithms need the
// whole document in memory several times over (SP-CN-08).
const maxJSONLD = 10 << 20

// format is one row of the table.
type format struct {
	mediaType string
	parse     func(ctx context.Context, r io.Reader, base string) (*rdf.Document, error)
	check     func(ctx context.Context, r io.Reader, base string) error
	write     func(w io.Writer, doc *rdf.Document, base string) error
	stream    func(w io.Writer, doc rdf.Stream, base string) error
}

// formats are in the order in which the server prefers to send them (SP-CN-02).
var formats = []format{
	{
		mediaType: Turtle,
		parse: func(ctx context.Context, r io.Reader, base string) (*rdf.Document, error) {
			return turtle.Parse(ctx, r, base, turtle.DefaultLimits)
		},
		check: func(ctx context.Context, r io.Reader, base string) error {
			_, err := turtle.Each(ctx, r, base, turtle.DefaultLimits, drop)
			return err
		},
		write:  turtle.Write,
		stream: turtle.WriteStream,
	},
	{
		mediaType: JSONLD,
		parse: func(ctx context.Context, r io.Reader, base string) (*rdf.Document, error) {
			return jsonld.Parse(ctx, &limitedReader{r, maxJSONLD}, base)
		},
		check: func(ctx context.Context, r io.Reader, base string) error {
			_, err := jsonld.Parse(ctx, &limitedReader{r, maxJSONLD}, base)
			return err
		},
		write:  jsonld.Write,
		stream: jsonld.WriteStream,
	},
	{
		mediaType: NTriples,
		parse: func(ctx context.Context, r io.Reader, _ string) (*rdf.Document, error) {
			return turtle.ParseNTriples(ctx, r, turtle.DefaultLimits)
		},
		check: func(ctx context.Context, r io.Reader, _ string) error {
			return turtle.EachNTriples(ctx, r, turtle.DefaultLimits, drop)
		},
		write:  func(w io.Writer, doc *rdf.Document, _ string) error { return turtle.WriteNTriples(w, doc) },
		stream: func(w io.Writer, doc rdf.Stream, _ string) error { return turtle.WriteNTriplesStream(w, doc) },
	},
	{
		mediaType: TriG,
		parse: func(ctx context.Context, r io.Reader, base string) (*rdf.Document, error) {
			return turtle.ParseTriG(ctx, r, base, turtle.DefaultLimits)
		},
		check: func(ctx context.Context, r io.Reader, base string) error {
			_, err := turtle.EachTriG(ctx, r, base, turtle.DefaultLimits, drop)
			return err
		},
		write:  turtle.WriteTriG,
		stream: turtle.WriteTriGStream,
	},
	{
		mediaType: NQuads,
		parse: func(ctx context.Context, r io.Reader, _ string) (*rdf.Document, error) {
			return turtle.ParseNQuads(ctx, r, turtle.DefaultLimits)
		},
		check: func(ctx context.Context, r io.Reader, _ string) error {
			return turtle.EachNQuads(ctx, r, turtle.DefaultLimits, drop)
		},
		write:  func(w io.Writer, doc *rdf.Document, _ string) error { return turtle.WriteNQuads(w, doc) },
		stream: func(w io.Writer, doc rdf.Stream, _ string) error { return turtle.WriteNQuadsStream(w, doc) },
	},
}

// UnsupportedError is the error for a media type that is not in the table.
type UnsupportedError struct{ MediaType string }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%q is no supported RDF media type", e.MediaType)
}

// Writable returns the media types that [Write] takes, the preferred first.
// [Parse] takes the same.
func Writable() []string {
	var types []string
	for _, f := range formats {
		types = append(types, f.mediaType)
	}
	return types
}

// IsRDF reports whether a media type is in the table. Case and parameters make
// no difference.
func IsRDF(mediaType string) bool {
	_, err := find(mediaType)
	return err == nil
}

// Parse reads a document. The base is the absolute IRI of the document; formats
// without relative IRIs have no use for it.
func Parse(ctx context.Context, mediaType string, r io.Reader, base string) (*rdf.Document, error) {
	f, err := find(mediaType)
	if err != nil {
		return nil, err
	}
	return f.parse(ctx, r, base)
}

// Check reads a document as [Parse] does, gives the same errors and keeps
// nothing of it.
func Check(ctx context.Context, mediaType string, r io.Reader, base string) error {
	f, err := find(mediaType)
	if err != nil {
		return err
	}
	return f.check(ctx, r, base)
}

func drop(rdf.Quad) error { return nil }

// Write writes a document. Formats without named graphs leave them out
// (SP-CN-05).
func Write(w io.Writer, mediaType string, doc *rdf.Document, base string) error {
	f, err := find(mediaType)
	if err != nil {
		return err
	}
	return f.write(w, doc, base)
}

// WriteStream is [Write] for a document that comes piece by piece and may be
// too large to be held.
func WriteStream(w io.Writer, mediaType string, doc rdf.Stream, base string) error {
	f, err := find(mediaType)
	if err != nil {
		return err
	}
	return f.stream(w, doc, base)
}

func find(mediaType string) (format, error) {
	essence, _, _ := strings.Cut(mediaType, ";")
	essence = strings.ToLower(strings.TrimSpace(essence))
	i := slices.IndexFunc(formats, func(f format) bool { return f.mediaType == essence })
	if i < 0 {
		return format{}, &UnsupportedError{mediaType}
	}
	return formats[i], nil
}

// limitedReader fails, instead of ending early as io.LimitedReader does, when
// there is more than it may give.
type limitedReader struct {
	in   io.Reader
	left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.in.Read(p[:min(int64(len(p)), l.left+1)])
	l.left -= int64(n)
	if l.left < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", rdf.ErrLimit, maxJSONLD)
	}
	return n, err
}
