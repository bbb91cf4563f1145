package kvstore

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// packed is a term as blocks keep it: text says all of it, key gives it its
// place in the order. They are the same for all but long terms, of whose text
// the key has a hash, so that keys are short enough for any engine.
//
// A text begins with a kind; 0 ends no text and occurs in none but behind the
// lexical form of a literal, so that keys joined by 0 have the order of their
// parts.
type packed struct{ key, text string }

// The kinds of texts, in the order of terms. Values are stored.
const (
	noKind      = 1 // names the default graph
	typeKind    = 2 // rdf:type, which so comes first of a subject's predicates
	ownKind     = 3 // an IRI below the base: name of a storage, "/" and the rest
	iriKind     = 4
	blankKind   = 5
	literalKind = 6 // lexical form, 0, qualifier: "", "@" and language, or datatype
	longKind    = 7 // of keys only
)

const (
	maxTermKey = 1 << 10
	// maxTerm is the longest text of a term. Blocks stay below what an engine
	// keeps beside its keys.
	maxTerm = 64 << 10
)

// escapes keep 0 out of texts and their order as it was.
var (
	escapes   = strings.NewReplacer("\x00", "\x01\x01", "\x01", "\x01\x02")
	unescapes = strings.NewReplacer("\x01\x01", "\x00", "\x01\x02", "\x01")
)

func escape(s string) string { return escapes.Replace(s) }

func unescape(s string) string {
	if strings.IndexByte(s, 1) < 0 {
		return s // nearly all
	}
	return unescapes.Replace(s)
}

// packer packs and unpacks the terms of documents whose own IRIs are below a
// base. The zero packer has none.
type packer struct{ base base }

func (p packer) pack(t rdf.Term) (packed, error) {
	text, err := p.text(t)
	if err != nil {
		return packed{}, err
	}
	switch {
	case len(text) <= maxTermKey:
		return packed{text, text}, nil
	case len(text) > maxTerm:
		return packed{}, fmt.Errorf("%w: a term of %d bytes", rdfstore.ErrTooLarge, len(text))
	}
	return packed{longKey(text), text}, nil
}

func longKey(text string) string {
	sum := sha256.Sum256([]byte(text))
	return string(append([]byte{longKind}, sum[:]...))
}

func (p packer) text(t rdf.Term) (string, error) {
	switch t.Kind() {
	case rdf.NoTerm:
		return string(rune(noKind)), nil
	case rdf.IRIKind:
		if t == rdf.Type {
			return string(rune(typeKind)), nil
		}
		if own, ok := p.base.cut(t.Value()); ok {
			return string(rune(ownKind)) + escape(own), nil
		}
		return string(rune(iriKind)) + escape(t.Value()), nil
	case rdf.BlankKind:
		return string(rune(blankKind)) + escape(t.Value()), nil
	case rdf.LiteralKind:
		qualifier := ""
		switch {
		case t.Lang() != "":
			qualifier = "@" + t.Lang()
		case t.Datatype() != rdf.XSDString:
			qualifier = t.Datatype()
		}
		return string(rune(literalKind)) + escape(t.Value()) + "\x00" + escape(qualifier), nil
	}
	return "", fmt.Errorf("%q is no RDF term", t)
}

func (p packer) unpack(text string) (rdf.Term, error) {
	if text == "" {
		return rdf.Term{}, fmt.Errorf("%w: empty term", errCorrupt)
	}
	kind, rest := text[0], text[1:]
	switch {
	case kind == noKind && rest == "":
		return rdf.Term{}, nil
	case kind == typeKind && rest == "":
		return rdf.Type, nil
	case kind == ownKind:
		if iri, ok := p.base.join(unescape(rest)); ok {
			return rdf.IRI(iri), nil
		}
	case kind == iriKind:
		return rdf.IRI(unescape(rest)), nil
	case kind == blankKind:
		return rdf.Blank(unescape(rest)), nil
	case kind == literalKind:
		lexical, qualifier, ok := strings.Cut(rest, "\x00")
		lexical, qualifier = unescape(lexical), unescape(qualifier)
		switch {
		case !ok:
		case qualifier == "":
			return rdf.String(lexical), nil
		case qualifier[0] == '@':
			return rdf.LangString(lexical, qualifier[1:]), nil
		default:
			return rdf.Typed(lexical, qualifier), nil
		}
	}
	return rdf.Term{}, fmt.Errorf("%w: term of kind %d", errCorrupt, kind)
}

// packedQuad is graph, subject, predicate and object, in the order of which
// quads are kept.
type packedQuad [4]packed

func (p packer) packQuad(q rdf.Quad) (packedQuad, error) {
	if !isNode(q.S) || !q.P.IsIRI() || !isNode(q.O) && !q.O.IsLiteral() || !q.G.IsZero() && !isNode(q.G) {
		return packedQuad{}, fmt.Errorf("%s in %q is no RDF triple in a graph", q.Triple(), q.G)
	}
	var quad packedQuad
	for i, t := range [...]rdf.Term{q.G, q.S, q.P, q.O} {
		var err error
		if quad[i], err = p.pack(t); err != nil {
			return packedQuad{}, err
		}
	}
	return quad, nil
}

func isNode(t rdf.Term) bool { return t.IsIRI() || t.IsBlank() }

func (p packer) unpackQuad(quad packedQuad) (rdf.Quad, error) {
	var q rdf.Quad
	for i, t := range [...]*rdf.Term{&q.G, &q.S, &q.P, &q.O} {
		var err error
		if *t, err = p.unpack(quad[i].text); err != nil {
			return rdf.Quad{}, err
		}
	}
	return q, nil
}

func (q *packedQuad) compare(other *packedQuad) int {
	for i := range q {
		if c := strings.Compare(q[i].key, other[i].key); c != 0 {
			return c
		}
	}
	return 0
}

// fence is the place of a quad, or of the beginning of one, among the keys of
// blocks.
func fence(terms ...packed) []byte {
	var key []byte
	for _, t := range terms {
		key = append(append(key, t.key...), 0)
	}
	return key
}

// base is the base URL below which IRIs are kept as storage and path; the zero
// base is none. That is work on strings only, so that each comes back byte for
// byte as it was.
type base struct {
	url        string // "https://pods.example/"
	subdomains bool   // a storage is a host: "https://alice.pods.example/"
}

// cut returns an IRI as "alice/path", if it is in a storage below b.
func (b base) cut(iri string) (own string, ok bool) {
	if b.url == "" {
		return "", false
	}
	if !b.subdomains {
		if own, ok = strings.CutPrefix(iri, b.url); !ok {
			return "", false
		}
		name, _, ok := strings.Cut(own, "/")
		return own, ok && resource.ValidName(name)
	}
	before, behind := b.parts()
	rest, ok := strings.CutPrefix(iri, before)
	if !ok {
		return "", false
	}
	name, path, ok := strings.Cut(rest, behind)
	return name + "/" + path, ok && resource.ValidName(name)
}

// join is the inverse of cut.
func (b base) join(own string) (iri string, ok bool) {
	if b.url == "" {
		return "", false
	}
	if !b.subdomains {
		return b.url + own, true
	}
	before, behind := b.parts()
	name, path, ok := strings.Cut(own, "/")
	return before + name + behind + path, ok
}

// parts are what stands before and behind the name of a storage.
func (b base) parts() (before, behind string) {
	scheme, rest, _ := strings.Cut(b.url, "://")
	return scheme + "://", "." + rest
}
