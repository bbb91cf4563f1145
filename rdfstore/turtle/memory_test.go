package turtle

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"domicile/rdfstore/rdf"
)

// heap tells how much more memory is in use than at its beginning.
type heap struct{ before, most uint64 }

func measureHeap() *heap {
	runtime.GC()
	return &heap{before: inUse()}
}

func inUse() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func (h *heap) sample() { h.most = max(h.most, inUse()) }

func (h *heap) grownBy() uint64 { return h.most - min(h.most, h.before) }

// repeated is text again and again, each time with the number of the repetition
// for "#", up to about a size.
func repeated(text string, size int) io.Reader { return &repetition{text: text, left: size} }

type repetition struct {
	text    string
	left, n int
	rest    string
}

func (r *repetition) Read(p []byte) (int, error) {
	if r.rest == "" {
		if r.left <= 0 {
			return 0, io.EOF
		}
		var b strings.Builder
		for range 1000 {
			b.WriteString(strings.ReplaceAll(r.text, "#", strconv.Itoa(r.n)))
			r.n++
		}
		r.rest = b.String()
		r.left -= len(r.rest)
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// A stream of 100 MB is read, and written again, in the memory that one of
// 1 MB takes.
func TestStreamsTakeNoMemory(t *testing.T) {
	const size, allowed = 100 << 20, 24 << 20
	limits := DefaultLimits
	limits.Bytes = 2 * size
	for name, text := range map[string]string{
		"Turtle":  "<s#> <http://xmlns.com/foaf/0.1/name> \"Person #\"@en ; <http://xmlns.com/foaf/0.1/knows> [ a <C#> ], _:x# .\n",
		"N-Quads": "<https://pod.example/s#> <http://xmlns.com/foaf/0.1/knows> _:b# <https://pod.example/g#> .\n",
	} {
		t.Run(name, func(t *testing.T) {
			memory, quads := measureHeap(), 0
			in := repeated(text, size)
			all := func(yield func(rdf.Quad, error) bool) {
				emit := func(q rdf.Quad) error {
					if quads++; quads%100_000 == 0 {
						memory.sample()
					}
					if !yield(q, nil) {
						return io.ErrClosedPipe
					}
					return nil
				}
				var err error
				if name == "Turtle" {
					_, err = Each(context.Background(), in, base, limits, emit)
				} else {
					err = EachNQuads(context.Background(), in, limits, emit)
				}
				if err != nil {
					yield(rdf.Quad{}, err)
				}
			}
			var written counter
			if err := WriteTriGStream(&written, rdf.Stream{Quads: all}, base); err != nil {
				t.Fatal(err)
			}
			if quads < size/200 || written < size/2 || memory.grownBy() > allowed {
				t.Errorf("%d quads, %d bytes written, %d bytes of memory", quads, written, memory.grownBy())
			}
		})
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// What is nested without end is refused before it costs anything.
func TestNestingTakesNoMemory(t *testing.T) {
	for opening, times := range map[string]int{"(": 5_000_000, "[ <p> ": 1_000_000, "[": 1_000_000, "{": 5_000_000} {
		for name, read := range map[string]func(io.Reader) error{
			"Turtle": func(r io.Reader) error { _, err := Parse(context.Background(), r, base, DefaultLimits); return err },
			"TriG":   func(r io.Reader) error { _, err := ParseTriG(context.Background(), r, base, DefaultLimits); return err },
		} {
			memory := measureHeap()
			in := io.MultiReader(strings.NewReader("<a> <p> "), repeated(opening, times*len(opening)))
			err := read(in)
			memory.sample()
			var syntax *rdf.SyntaxError
			if !errors.Is(err, rdf.ErrLimit) && !errors.As(err, &syntax) || memory.grownBy() > 8<<20 {
				t.Errorf("%s, %d of %q: error %v, %d bytes of memory", name, times, opening, err, memory.grownBy())
			}
		}
	}
}
