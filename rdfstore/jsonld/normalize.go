package jsonld

import (
	"encoding/json"
	"strings"
)

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
			// A term mapped to what only looks like a keyword is none
			// (JSON-LD API §4.2.2, 13.3).
			for term, item := range v {
				if definition, ok := item.(map[string]any); ok {
					if reverse, ok := definition["@reverse"].(string); ok && looksLikeKeyword(reverse) {
						delete(v, term)
					}
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
