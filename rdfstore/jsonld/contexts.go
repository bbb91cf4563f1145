package jsonld

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/piprate/json-gold/ld"

	"domicile/rdfstore/internal/iri"
	"domicile/rdfstore/rdf"
)

// Limits of contexts. Expansion copies a context for each object that has one
// of its own, and IRIs grow when prefixes are made of prefixes: without these
// a small document costs gigabytes.
const (
	maxContextEntries = 2_500     // of one context
	maxContextWork    = 4_000_000 // entries copied while expanding a document
	maxMappedIRI      = 4096      // bytes of what one term can stand for
	bundledEntries    = 200       // about what a bundled context holds
)

//go:embed contexts
var contextFiles embed.FS

// bundled maps the IRIs of the contexts that are part of the program to their
// files. The notifications context has two IRIs in circulation.
var bundled = map[string]string{
	"https://www.w3.org/ns/activitystreams":                "activitystreams.jsonld",
	"http://www.w3.org/ns/activitystreams":                 "activitystreams.jsonld",
	"https://www.w3.org/ns/solid/oidc-context.jsonld":      "solid-oidc.jsonld",
	"https://www.w3.org/ns/solid/notifications-context/v1": "solid-notifications.jsonld",
	"https://www.w3.org/ns/solid/notification/v1":          "solid-notifications.jsonld",
}

// bundledContexts is the library's only way to a context. It remembers its
// error because the library does not always pass it on.
type bundledContexts struct{ err error }

// LoadDocument returns a fresh copy each time: the library writes into the
// documents that @import names.
func (b *bundledContexts) LoadDocument(name string) (*ld.RemoteDocument, error) {
	file, ok := bundled[name]
	if !ok {
		b.err = fmt.Errorf("%w: %.200q", ErrRemoteContext, name)
		return nil, b.err
	}
	data, err := contextFiles.ReadFile("contexts/" + file)
	if err != nil {
		b.err = err
		return nil, err
	}
	document, err := ld.DocumentFromReader(bytes.NewReader(data))
	if err != nil {
		b.err = err
		return nil, err
	}
	return &ld.RemoteDocument{DocumentURL: name, Document: document}, nil
}

// liftBase takes @base, and @vocab when it is relative, out of the outermost
// context of an object, and returns the base that holds for the object.
func liftBase(object map[string]any, documentBase iri.Base) (iri.Base, error) {
	base := documentBase
	for i, entry := range contextEntries(object["@context"]) {
		local, ok := entry.(map[string]any)
		if !ok {
			if entry == nil {
				base = documentBase // a null context undoes what came before
			}
			continue
		}
		if value, ok := local["@base"]; ok {
			delete(local, "@base")
			switch v := value.(type) {
			case nil:
				base = iri.Base{}
			case string:
				resolved, err := base.Resolve(v)
				if err == nil {
					base, err = iri.NewBase(resolved)
				}
				if err != nil {
					return base, &rdf.SyntaxError{Message: "JSON-LD: invalid base IRI: @base " + err.Error()}
				}
			default:
				return base, &rdf.SyntaxError{Message: "JSON-LD: invalid base IRI: @base must be a string or null"}
			}
		}
		if vocab, ok := local["@vocab"].(string); ok && i == 0 && isRelativeVocab(vocab) {
			resolved, err := base.Resolve(vocab)
			if err != nil {
				return base, &rdf.SyntaxError{Message: "JSON-LD: invalid vocab mapping: @vocab " + err.Error()}
			}
			local["@vocab"] = resolved
		}
	}
	return base, checkSupported(object)
}

// checkSupported returns an error for what would be misread: @base, or a
// relative @vocab, where it would have to be resolved in the middle of
// expansion, and two forms of scoped contexts that the library takes wrongly.
func checkSupported(value any) error {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if err := checkSupported(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, entry := range contextEntries(v["@context"]) {
			local, _ := entry.(map[string]any)
			if _, ok := local["@base"]; ok {
				return &rdf.SyntaxError{Message: "JSON-LD: @base is supported in the outermost @context only"}
			}
			if vocab, ok := local["@vocab"].(string); ok && isRelativeVocab(vocab) {
				return &rdf.SyntaxError{Message: "JSON-LD: a relative @vocab is supported in the outermost @context only, as its first"}
			}
		}
		if scoped, ok := v["@context"]; ok && v["@id"] == "@nest" {
			return &rdf.SyntaxError{Message: "JSON-LD: a context scoped to an alias of @nest is not supported"}
		} else if _, container := v["@container"]; ok && container && slices.Contains(contextEntries(scoped), nil) {
			return &rdf.SyntaxError{Message: "JSON-LD: a null context scoped to a term with a container is not supported"}
		}
		for _, item := range v {
			if err := checkSupported(item); err != nil {
				return err
			}
		}
	}
	return nil
}

func isRelativeVocab(vocab string) bool { return !strings.Contains(vocab, ":") }

func contextEntries(context any) []any {
	switch c := context.(type) {
	case []any:
		return c
	case nil:
		return []any{nil}
	}
	return []any{context}
}

// contextCheck estimates what a document's contexts will cost, before paying.
type contextCheck struct {
	work   int
	mapped map[string][]string // term → what contexts say it stands for
}

func checkContexts(document any) error {
	c := &contextCheck{mapped: map[string][]string{}}
	if err := c.walk(document, 0, 0); err != nil {
		return err
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
			c.work += active
		}
		if scoped > 0 {
			c.work += active * (1 + len(v))
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
			entries += bundledEntries
		case map[string]any:
			for term, definition := range e {
				entries++
				switch d := definition.(type) {
				case string:
					c.mapped[term] = append(c.mapped[term], d)
					if term == "@import" {
						entries += bundledEntries
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

// noIRI is an @id that no base makes an IRI of, so that what has it is dropped.
const noIRI = ":"

// normalize rewrites what the library misreads into what means the same, and
// takes @version as the float64 that it compares with.
func normalize(value any, inContext bool) any {
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			v[i] = normalize(item, inContext)
		}
	case map[string]any:
		for name, item := range v {
			v[name] = normalize(item, inContext || name == "@context")
		}
		if inContext {
			if version, ok := v["@version"].(json.Number); ok {
				if f, err := version.Float64(); err == nil {
					v["@version"] = f
				}
			}
			return v
		}
		if id, ok := v["@id"].(string); ok && looksLikeKeyword(id) {
			// Such a value is no IRI (JSON-LD API §5.2.2, 2): a node is left
			// without a name, a reference points nowhere.
			if delete(v, "@id"); len(v) == 0 {
				v["@id"] = noIRI
			}
		}
		if list, ok := v["@list"]; ok && list == nil {
			v["@list"] = []any{}
		}
		// The library passes over errors inside @set objects; what they hold
		// is the same without them.
		if set, ok := v["@set"]; ok && onlySet(v) {
			return set
		}
	}
	return value
}

func onlySet(object map[string]any) bool {
	_, indexed := object["@index"]
	return len(object) == 1 || len(object) == 2 && indexed
}

// looksLikeKeyword reports whether s has the form of a keyword: "@" and
// letters.
func looksLikeKeyword(s string) bool {
	name, ok := strings.CutPrefix(s, "@")
	return ok && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
