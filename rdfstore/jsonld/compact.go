package jsonld

import (
	"strings"

	"domicile/rdfstore/internal/iri"
	"domicile/rdfstore/internal/lex"
	"domicile/rdfstore/rdf"
)

// Limits of the context that is written, well within those of what is read.
const (
	maxPrefixes  = 256
	maxNamespace = 512 // bytes
)

// onlySubject returns the subject that all of a document is about, list cells
// aside, and false when there is none or another.
func onlySubject(d *rdf.Dataset, lists *collections) (subject rdf.Term, ok bool) {
	if d.Len() != d.Default.Len() {
		return subject, false
	}
	for s := range d.Default.Subjects() {
		if lists.cells[s] {
			continue
		}
		if ok {
			return subject, false
		}
		subject, ok = s, true
	}
	return subject, ok
}

// usablePrefixes returns the prefixes of a document that can be terms of a
// context which leaves every full IRI of the document what it is: a term must
// not be the scheme of one, and JSON-LD takes a term for a prefix only when its
// namespace ends in one of the delimiters (JSON-LD API §4.2.2, 14.2.5).
func usablePrefixes(doc *rdf.Document) []rdf.Prefix {
	schemes := map[string]bool{}
	note := func(iri string) {
		scheme, _, _ := strings.Cut(iri, ":")
		schemes[scheme] = true
	}
	for t := range doc.Default.All() {
		for _, term := range [...]rdf.Term{t.S, t.P, t.O} {
			if term.IsIRI() {
				note(term.Value())
			} else if term.IsLiteral() {
				note(term.Datatype())
			}
		}
	}
	var fit, usable []rdf.Prefix
	for _, prefix := range doc.Prefixes {
		if prefix.Name != "" && lex.IsPrefix(prefix.Name) && iri.CheckAbsolute(prefix.IRI) == nil &&
			len(prefix.IRI) <= maxNamespace && strings.ContainsRune(":/?#[]@", rune(prefix.IRI[len(prefix.IRI)-1])) {
			fit = append(fit, prefix)
			note(prefix.IRI)
		}
	}
	taken := schemes // no name may be declared twice
	for _, prefix := range fit {
		if !taken[prefix.Name] && len(usable) < maxPrefixes {
			taken[prefix.Name] = true
			usable = append(usable, prefix)
		}
	}
	return usable
}

// compact writes what g says of its only subject as one node object, with
// compact IRIs and values as short as they can be.
func (p *printer) compact(g *rdf.Graph, subject rdf.Term) {
	p.text("{")
	if len(p.prefixes) > 0 {
		separator := "\n  \"@context\": {"
		for _, prefix := range p.prefixes {
			p.text(separator, "\n    ")
			p.string(prefix.Name)
			p.text(": ")
			p.string(prefix.IRI)
			separator = ","
		}
		p.text("\n  },")
	}
	p.text("\n  \"@id\": ")
	p.string(p.id(subject))
	p.properties(g, subject, "\n  ")
	p.text("\n}\n")
}

// name returns what stands for an IRI where terms are looked up: as the name of
// a member, a type or a datatype.
func (p *printer) name(iri string) string {
	var best *rdf.Prefix
	for i := range p.prefixes {
		prefix := &p.prefixes[i]
		suffix, ok := strings.CutPrefix(iri, prefix.IRI)
		if ok && suffix != "" && !strings.HasPrefix(suffix, "//") && (best == nil || len(prefix.IRI) > len(best.IRI)) {
			best = prefix
		}
	}
	if best == nil {
		return iri
	}
	return best.Name + ":" + iri[len(best.IRI):]
}
