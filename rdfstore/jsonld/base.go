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
