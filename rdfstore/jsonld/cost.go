package jsonld

import (
	"fmt"
	"strings"

	"domicile/rdfstore/rdf"
)

// Limits of contexts. Expansion copies a context for each object that has one
// of its own, and IRIs grow when prefixes are made of prefixes: without these
// a small document costs gigabytes.
const (
	maxContextEntries = 2_500 // of one context
	maxMappedIRI      = 1024  // bytes of what one term can stand for

	// Work is counted in entries copied from one context to the next, some
	// 0.1 µs each; the limit is a few seconds.
	maxContextWork = 30_000_000
	entryWork      = 30 // to define a term
)

// contextCheck estimates what a document's contexts will cost, before paying.
type contextCheck struct {
	work   int
	mapped map[string][]string // term → what contexts say it stands for
	// schemaOrg: a context leaves its terms to @vocab; vocab: one sets another.
	schemaOrg, vocab bool
}

func checkContexts(document any) error {
	c := &contextCheck{mapped: map[string][]string{}}
	if err := c.walk(document, 0, 0); err != nil {
		return err
	}
	if c.schemaOrg && c.vocab {
		return &rdf.SyntaxError{Message: "JSON-LD: @vocab is not to be set beside the context of schema.org"}
	}
	lengths := map[string]int{}
	for term := range c.mapped {
		if _, err := c.length(term, lengths, 0); err != nil {
			return err
		}
	}
	return nil
}

// walk visits value, inside which contexts of the given number of entries are
// active; scoped of them belong to contexts inside contexts, which are
// processed anew at every use of their term.
func (c *contextCheck) walk(value any, active, scoped int) error {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if err := c.walk(item, active, scoped); err != nil {
				return err
			}
		}
	case map[string]any:
		if context, ok := v["@context"]; ok {
			own, inner := c.measure(context)
			if own > maxContextEntries {
				return fmt.Errorf("%w: a JSON-LD context has more than %d entries", rdf.ErrLimit, maxContextEntries)
			}
			active, scoped = active+own, scoped+inner
			c.work += active + entryWork*own
		}
		if scoped > 0 {
			c.work += (active + entryWork*scoped) * (1 + len(v))
		}
		if c.work > maxContextWork {
			return fmt.Errorf("%w: the contexts of this document cost too much to process", rdf.ErrLimit)
		}
		for name, item := range v {
			if name == "@context" {
				continue
			}
			if err := c.walk(item, active, scoped); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure counts the entries of a context, and of those the ones in contexts
// inside it, and notes what its terms stand for.
func (c *contextCheck) measure(context any) (entries, inner int) {
	for _, entry := range contextEntries(context) {
		entries++
		switch e := entry.(type) {
		case string:
			entries, inner = entries+bundled[e].entries, inner+bundled[e].scoped
			c.schemaOrg = c.schemaOrg || bundled[e] == schemaOrg
		case map[string]any:
			if vocab, ok := e["@vocab"]; ok && vocab != schemaVocab {
				c.vocab = true
			}
			for term, definition := range e {
				entries++
				switch d := definition.(type) {
				case string:
					c.mapped[term] = append(c.mapped[term], d)
					if term == "@import" {
						entries, inner = entries+bundled[d].entries, inner+bundled[d].scoped
						c.schemaOrg = c.schemaOrg || bundled[d] == schemaOrg
					}
				case map[string]any:
					for _, name := range []string{"@id", "@reverse", "@type"} {
						if s, ok := d[name].(string); ok {
							c.mapped[term] = append(c.mapped[term], s)
						}
					}
					if local, ok := d["@context"]; ok {
						n, _ := c.measure(local)
						entries, inner = entries+n, inner+n
					}
				}
			}
		}
	}
	return entries, inner
}

// beingMeasured marks in known lengths a term whose own is being found.
const beingMeasured = -1

// length returns the number of bytes that a term can come to stand for when
// the prefixes it is made of are put in. Terms that are prefixes of each other
// in different contexts can grow with each context, so they are refused.
func (c *contextCheck) length(term string, known map[string]int, depth int) (int, error) {
	n, ok := known[term]
	// A prefix adds two bytes at least, so what is deeper is longer.
	if n == beingMeasured || depth > maxMappedIRI/2 {
		return 0, errMappedIRI
	}
	if ok {
		return n, nil
	}
	known[term] = beingMeasured
	longest := 0
	for _, value := range c.mapped[term] {
		n := len(value)
		prefix, suffix, ok := strings.Cut(value, ":")
		// What begins with "//" is no suffix: the value is an IRI (JSON-LD API §5.2.2).
		if ok && prefix != term && !strings.HasPrefix(suffix, "//") {
			p, err := c.length(prefix, known, depth+1)
			if err != nil {
				return 0, err
			}
			n += p
		}
		longest = max(longest, n)
	}
	if longest > maxMappedIRI {
		return 0, errMappedIRI
	}
	known[term] = longest
	return longest, nil
}

var errMappedIRI = fmt.Errorf("%w: a term of a JSON-LD context stands for more than %d bytes", rdf.ErrLimit, maxMappedIRI)
