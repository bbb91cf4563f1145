package rdf

import "strings"

// Kind tells what a term is.
type Kind uint8

// The kinds of terms. NoTerm is the zero value; it names the default graph in
// a [Quad] and is the wildcard in [Graph.Match].
const (
	NoTerm Kind = iota
	IRIKind
	BlankKind
	LiteralKind
	// VariableKind occurs in patch patterns only, never in a stored graph.
	VariableKind
)

// Term is one RDF term, or a variable of a patch pattern. The zero Term stands
// for "none". Terms are comparable with ==.
type Term struct {
	kind  Kind
	value string
	// qualifier is "" for xsd:string, "@tag" for a language-tagged string and
	// the datatype IRI for every other literal.
	qualifier string
}

// IRI returns the term for an absolute IRI.
func IRI(iri string) Term { return Term{kind: IRIKind, value: iri} }

// Blank returns the blank node with a label that is unique within its document.
func Blank(label string) Term { return Term{kind: BlankKind, value: label} }

// String returns a literal of type xsd:string.
func String(lexical string) Term { return Term{kind: LiteralKind, value: lexical} }

// LangString returns a language-tagged string. Tags compare without regard to
// case (RDF 1.1 Concepts §3.3), so they are kept in lower case.
func LangString(lexical, tag string) Term {
	return Term{kind: LiteralKind, value: lexical, qualifier: "@" + strings.ToLower(tag)}
}

// Typed returns a literal with a datatype IRI.
func Typed(lexical, datatype string) Term {
	if datatype == XSDString {
		datatype = ""
	}
	return Term{kind: LiteralKind, value: lexical, qualifier: datatype}
}

// Variable returns the variable ?name of a patch pattern.
func Variable(name string) Term { return Term{kind: VariableKind, value: name} }

// Kind tells what t is.
func (t Term) Kind() Kind { return t.kind }

// IsZero reports whether t is no term at all.
func (t Term) IsZero() bool { return t.kind == NoTerm }

// IsIRI reports whether t is an IRI.
func (t Term) IsIRI() bool { return t.kind == IRIKind }

// IsBlank reports whether t is a blank node.
func (t Term) IsBlank() bool { return t.kind == BlankKind }

// IsLiteral reports whether t is a literal.
func (t Term) IsLiteral() bool { return t.kind == LiteralKind }

// IsVariable reports whether t is a variable.
func (t Term) IsVariable() bool { return t.kind == VariableKind }

// Value returns the IRI, the blank node's label, the literal's lexical form or
// the variable's name.
func (t Term) Value() string { return t.value }

// Lang returns the language tag in lower case, or "".
func (t Term) Lang() string {
	if t.kind == LiteralKind && strings.HasPrefix(t.qualifier, "@") {
		return t.qualifier[1:]
	}
	return ""
}

// Datatype returns the datatype IRI of a literal, and "" for other terms.
func (t Term) Datatype() string {
	switch {
	case t.kind != LiteralKind:
		return ""
	case t.qualifier == "":
		return XSDString
	case t.qualifier[0] == '@':
		return RDFLangString
	}
	return t.qualifier
}

// String returns t as N-Triples writes it; a variable as ?name.
func (t Term) String() string {
	switch t.kind {
	case IRIKind:
		return "<" + escapeIRI(t.value) + ">"
	case BlankKind:
		return "_:" + t.value
	case VariableKind:
		return "?" + t.value
	case LiteralKind:
		quoted := `"` + literalEscapes.Replace(t.value) + `"`
		switch {
		case t.qualifier == "":
			return quoted
		case t.qualifier[0] == '@':
			return quoted + t.qualifier
		}
		return quoted + "^^<" + escapeIRI(t.qualifier) + ">"
	}
	return ""
}

var literalEscapes = strings.NewReplacer(
	`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`)

// escapeIRI escapes what IRIREF forbids (N-Triples §7, production 8).
func escapeIRI(iri string) string {
	if !strings.ContainsFunc(iri, forbiddenInIRIRef) {
		return iri
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, r := range iri {
		if forbiddenInIRIRef(r) {
			b.WriteString(`\u00`)
			b.WriteByte(hex[r>>4])
			b.WriteByte(hex[r&15])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func forbiddenInIRIRef(r rune) bool {
	return r <= ' ' || strings.ContainsRune(`<>"{}|^`+"`"+`\`, r)
}

// Triple is a subject, a predicate and an object.
type Triple struct{ S, P, O Term }

// String returns the triple as an N-Triples line without the line end.
func (t Triple) String() string {
	return t.S.String() + " " + t.P.String() + " " + t.O.String() + " ."
}

// Quad is a triple in a graph; a zero G is the default graph.
type Quad struct{ S, P, O, G Term }

// Triple returns the quad without its graph name.
func (q Quad) Triple() Triple { return Triple{q.S, q.P, q.O} }
