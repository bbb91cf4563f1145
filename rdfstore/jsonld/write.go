package jsonld

import (
	"bufio"
	"io"
	"strconv"
	"unicode/utf8"

	"domicile/rdfstore/rdf"
)

// Write writes a document as JSON-LD. One that is about one subject becomes a
// node object with the document's prefixes as context; any other, expanded
// JSON-LD: an array of node objects in the order of the document, each subject
// once a graph, then the named graphs. Identifiers are absolute and blank nodes
// numbered anew (SP-CN-09), so the base, which writers of other syntaxes shorten
// by, is of no use here.
func Write(w io.Writer, doc *rdf.Document, _ string) error {
	p := &printer{w: bufio.NewWriter(w), lists: findCollections(doc.Dataset), labels: map[rdf.Term]string{}}
	if subject, ok := onlySubject(doc.Dataset, p.lists); ok {
		p.short, p.prefixes = true, usablePrefixes(doc)
		p.compact(doc.Default, subject)
	} else {
		p.expanded(doc)
	}
	return p.w.Flush() // reports the first error of all writes
}

func (p *printer) expanded(doc *rdf.Document) {
	p.text("[")
	separator := p.nodes(doc.Default, "\n  ", "")
	for _, name := range doc.Names() {
		if doc.Graph(name).Len() == 0 {
			continue
		}
		p.text(separator, "\n  {\n    \"@id\": ")
		p.string(p.id(name))
		p.text(",\n    \"@graph\": [")
		p.nodes(doc.Graph(name), "\n      ", "")
		p.text("\n    ]\n  }")
		separator = ","
	}
	p.text("\n]\n")
}

// printer writes a document piece by piece: memory does not grow with the
// text.
type printer struct {
	w       *bufio.Writer
	lists   *collections
	labels  map[rdf.Term]string // nil when nodes keep the labels they have
	scratch []byte

	// Of compact form: values are written as short as they can be, and names
	// with these prefixes.
	short    bool
	prefixes []rdf.Prefix
}

// nodes writes a node object for each subject of g on lines that begin with
// indent, and returns the separator for what follows.
func (p *printer) nodes(g *rdf.Graph, indent, separator string) string {
	written := map[rdf.Term]bool{}
	for t := range g.All() {
		if written[t.S] || p.lists.cells[t.S] {
			continue
		}
		written[t.S] = true
		p.text(separator, indent, "{", indent, "  \"@id\": ")
		p.string(p.id(t.S))
		p.properties(g, t.S, indent+"  ")
		p.text(indent, "}")
		separator = ","
	}
	return separator
}

// properties writes what g says of subject, each property once, in the order
// of its first triple.
func (p *printer) properties(g *rdf.Graph, subject rdf.Term, indent string) {
	var order []string
	values := map[string][]rdf.Term{}
	for t := range g.Match(subject, rdf.Term{}, rdf.Term{}) {
		name := memberName(t)
		if values[name] == nil {
			order = append(order, name)
		}
		values[name] = append(values[name], t.O)
	}
	for _, name := range order {
		p.text(",", indent)
		p.string(p.name(name))
		p.text(": ")
		write := p.value
		if name == "@type" {
			write = p.typeName
		}
		if p.short && len(values[name]) == 1 {
			write(values[name][0])
			continue
		}
		p.text("[")
		p.values(values[name], indent, write)
		p.text("]")
	}
}

func (p *printer) typeName(t rdf.Term) {
	if t.IsIRI() {
		p.string(p.name(t.Value()))
	} else {
		p.string(p.id(t))
	}
}

// memberName returns the name of the member of a node object that says t.
func memberName(t rdf.Triple) string {
	if t.P == rdf.Type && !t.O.IsLiteral() {
		return "@type"
	}
	return t.P.Value()
}

// values writes the members of an array: one beside the brackets, several on
// lines of their own.
func (p *printer) values(terms []rdf.Term, indent string, write func(rdf.Term)) {
	if len(terms) == 1 {
		write(terms[0])
		return
	}
	separator := ""
	for _, t := range terms {
		p.text(separator, indent, "  ")
		write(t)
		separator = ","
	}
	p.text(indent)
}

// value writes an object term as node reference, list or value object.
func (p *printer) value(t rdf.Term) {
	if items, ok := p.lists.items[t]; ok || t == rdfNil {
		p.list(items)
		return
	}
	if !t.IsLiteral() {
		p.text(`{"@id": `)
		p.string(p.id(t))
		p.text("}")
		return
	}
	if p.short && t.Lang() == "" {
		switch {
		case isNative(t):
			p.text(t.Value())
			return
		case t.Datatype() == rdf.XSDString:
			p.string(t.Value())
			return
		}
	}
	p.text(`{"@value": `)
	switch {
	case isNative(t):
		p.text(t.Value())
	case t.Lang() != "":
		p.string(t.Value())
		p.text(`, "@language": `)
		p.string(t.Lang())
	default:
		p.string(t.Value())
		if t.Datatype() != rdf.XSDString {
			p.text(`, "@type": `)
			p.string(p.name(t.Datatype()))
		}
	}
	p.text("}")
}

func (p *printer) list(items []rdf.Term) {
	p.text(`{"@list": [`)
	separator := ""
	for _, item := range items {
		p.text(separator)
		p.value(item)
		separator = ", "
	}
	p.text("]}")
}

// isNative reports whether a literal is what any reader makes of the JSON
// token that looks like it: true, false, or an integer that a double holds.
func isNative(t rdf.Term) bool {
	switch t.Datatype() {
	case rdf.XSDBoolean:
		return t.Value() == "true" || t.Value() == "false"
	case rdf.XSDInteger:
		n, err := strconv.ParseInt(t.Value(), 10, 64)
		const exact = 1 << 53
		return err == nil && -exact <= n && n <= exact && strconv.FormatInt(n, 10) == t.Value()
	}
	return false
}

// id returns what identifies an IRI or blank node.
func (p *printer) id(t rdf.Term) string {
	if !t.IsBlank() {
		return t.Value()
	}
	if p.labels == nil {
		return "_:" + t.Value()
	}
	label, ok := p.labels[t]
	if !ok {
		label = "_:b" + strconv.Itoa(len(p.labels))
		p.labels[t] = label
	}
	return label
}

// text writes parts as they are. Errors stay in the bufio.Writer.
func (p *printer) text(parts ...string) {
	for _, part := range parts {
		p.w.WriteString(part)
	}
}

// string writes s as a JSON string (RFC 8259 §7), other than encoding/json
// without escapes for HTML, which IRIs are full of.
func (p *printer) string(s string) {
	const hex = "0123456789abcdef"
	b := append(p.scratch[:0], '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < ' ':
			b = append(b, `\u00`...)
			b = append(b, hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	p.scratch = append(b, '"')
	p.w.Write(p.scratch)
}
