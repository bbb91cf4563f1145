package ldp

import (
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// coding is a content coding (RFC 9110 §8.4.1) that answers are sent in.
type coding struct {
	name   string // in Accept-Encoding and Content-Encoding
	suffix string // of entity tags: each coding is a representation of its own
	idle   *sync.Pool
}

// encoder is what both libraries offer. A pooled one is reset before use.
type encoder interface {
	io.WriteCloser
	Reset(io.Writer)
}

// newCodings returns the codings in order of preference. They are set to be
// fast: texts shrink to about a quarter at hundreds of MB a second.
func newCodings() []coding {
	return []coding{
		{"zstd", "zst", &sync.Pool{New: func() any {
			e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
				zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
			if err != nil {
				panic("ldp: zstd: " + err.Error()) // the options are constants
			}
			return e
		}}},
		{"gzip", "gz", &sync.Pool{New: func() any {
			e, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
			if err != nil {
				panic("ldp: gzip: " + err.Error())
			}
			return e
		}}},
	}
}

// encode calls write with a writer whose content arrives at w in the coding. A
// nil coding leaves it as it is.
func (c *coding) encode(w io.Writer, write func(io.Writer) error) error {
	if c == nil {
		return write(w)
	}
	e := c.idle.Get().(encoder)
	e.Reset(w)
	err := write(e)
	if err == nil {
		_ = e.Close() // fails when the client is gone
	}
	e.Reset(nil) // and hold on to nobody's connection
	c.idle.Put(e)
	return err
}

// worthCoding is the smallest content, in bytes, that is sent in a coding.
const worthCoding = 1 << 10

// chooseCoding returns the coding that content of a media type is sent in, nil
// for none. A range is one of the stored bytes, so it takes none. The size is
// negative when it is not known yet.
func (h *Handler) chooseCoding(q *request, mediaType string, size int64) *coding {
	if !Shrinks(mediaType) || size >= 0 && size < worthCoding || q.hasRange() {
		return nil
	}
	accepted := parseAcceptEncoding(q.Header.Values("Accept-Encoding"))
	best := accepted.quality("identity")
	if _, said := accepted["identity"]; !said {
		best = 0 // acceptable, and wanted least
	}
	var chosen *coding
	for i := range h.codings {
		if quality := accepted.quality(h.codings[i].name); quality > best || quality == best && quality > 0 && chosen == nil {
			best, chosen = quality, &h.codings[i]
		}
	}
	return chosen
}

// acceptedCodings are the qualities by coding of an Accept-Encoding field.
type acceptedCodings map[string]float64

// parseAcceptEncoding reads the fields (RFC 9110 §12.5.3). What breaks the
// grammar is skipped.
func parseAcceptEncoding(values []string) acceptedCodings {
	accepted := acceptedCodings{}
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			name, weight, weighted := strings.Cut(element, ";")
			name = strings.ToLower(strings.Trim(name, " \t"))
			quality := 1.0
			if weighted {
				parameterName, text := parameter(weight)
				parsed, err := strconv.ParseFloat(text, 64)
				if parameterName != "q" || err != nil || !(parsed >= 0 && parsed <= 1) {
					continue
				}
				quality = parsed
			}
			if name != "" {
				accepted[name] = quality
			}
		}
	}
	return accepted
}

func (a acceptedCodings) quality(name string) float64 {
	if quality, said := a[name]; said {
		return quality
	}
	return a["*"]
}

// shrinkingTypes are media types besides texts whose content is text. What is
// compressed already, as pictures are, only costs time.
var shrinkingTypes = map[string]bool{
	"application/json":         true,
	"application/n-triples":    true,
	"application/n-quads":      true,
	"application/trig":         true,
	"application/xml":          true,
	"application/javascript":   true,
	"application/sparql-query": true,
	"application/wasm":         true,
}

// Shrinks reports whether content of a media type is worth compressing.
func Shrinks(mediaType string) bool {
	essence := essenceOf(mediaType)
	return strings.HasPrefix(essence, "text/") || shrinkingTypes[essence] ||
		strings.HasSuffix(essence, "+json") || strings.HasSuffix(essence, "+xml")
}
