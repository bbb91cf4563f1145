package jsonld

import (
	"slices"
	"strings"

	"domicile/rdfstore/internal/iri"
	"domicile/rdfstore/rdf"
)

// liftBase takes @base, and @vocab when it is relative, out of the outermost
// context of an object, and returns the base that holds for the object.
func liftBase(object map[string]any, documentBase iri.Base) (iri.Base, error) {
	base, known := documentBase, vocabulary{terms: map[string]bool{}}
	for _, entry := range contextEntries(object["@context"]) {
		switch local := entry.(type) {
		case nil: // undoes what came before
			base, known = documentBase, vocabulary{terms: map[string]bool{}}
		case map[string]any:
			if value, ok := local["@base"]; ok {
				delete(local, "@base")
				var err error
				if base, err = resolveBase(base, value); err != nil {
					return base, err
				}
			}
			if err := known.follow(local, base); err != nil {
				return base, err
			}
		default: // the name of a context
			known.unclear = true
		}
	}
	return base, checkSupported(object)
}

func resolveBase(base iri.Base, value any) (iri.Base, error) {
	switch v := value.(type) {
	case nil:
		return iri.Base{}, nil
	case string:
		resolved, err := base.Resolve(v)
		if err == nil {
			base, err = iri.NewBase(resolved)
		}
		if err != nil {
			return base, &rdf.SyntaxError{Message: "JSON-LD: invalid base IRI: @base " + err.Error()}
		}
		return base, nil
	}
	return base, &rdf.SyntaxError{Message: "JSON-LD: invalid base IRI: @base must be a string or null"}
}

// vocabulary is what the contexts so far say that a relative @vocab depends on.
type vocabulary struct {
	mapping string // "" when there is none
	terms   map[string]bool
	unclear bool // it depends on more than is known here
}

// follow takes in one more context and makes its @vocab absolute.
func (v *vocabulary) follow(local map[string]any, base iri.Base) error {
	switch mapping, ok := local["@vocab"].(string); {
	case !ok:
		if _, null := local["@vocab"]; null {
			v.mapping = ""
		}
	case !isRelativeVocab(mapping):
		prefix, _, _ := strings.Cut(mapping, ":")
		v.unclear = v.unclear || v.terms[prefix]
		v.mapping = mapping
	case v.unclear || v.terms[mapping]:
		return errRelativeVocab
	case v.mapping != "":
		v.mapping += mapping // JSON-LD API §5.2.2, 8
		local["@vocab"] = v.mapping
	default:
		resolved, err := base.Resolve(mapping)
		if err != nil {
			return &rdf.SyntaxError{Message: "JSON-LD: invalid vocab mapping: @vocab " + err.Error()}
		}
		v.mapping = resolved
		local["@vocab"] = resolved
	}
	for term := range local {
		v.terms[term] = true
	}
	return nil
}

var errRelativeVocab = &rdf.SyntaxError{Message: "JSON-LD: a relative @vocab is supported in the outermost @context only, and only where no term decides what it is relative to"}

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
				return errRelativeVocab
			}
			if err := checkTerms(local); err != nil {
				return err
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

// checkTerms refuses definitions that the library passes over.
func checkTerms(local map[string]any) error {
	if _, ok := local[""]; ok {
		return &rdf.SyntaxError{Message: "JSON-LD: invalid term definition: the empty term"}
	}
	if _, ok := local["@context"]; ok {
		return &rdf.SyntaxError{Message: "JSON-LD: keyword redefinition: @context"}
	}
	if definition, ok := local["@type"].(map[string]any); ok && len(definition) == 0 {
		return &rdf.SyntaxError{Message: "JSON-LD: keyword redefinition: @type"}
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
