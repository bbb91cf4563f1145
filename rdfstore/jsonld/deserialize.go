package jsonld

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"domicile/rdfstore/internal/iri"
	"domicile/rdfstore/rdf"
)

// deserializer turns expanded JSON-LD into quads (JSON-LD API §8.2). It walks
// the tree as it is: flattening first would only merge what a graph merges
// anyway.
type deserializer struct {
	ctx    context.Context
	doc    *rdf.Document
	base   iri.Base
	labels map[string]rdf.Term // the document's blank node identifiers
	blanks int                 // blank nodes made so far
}

// nodes reads the node objects of a graph; the zero name is the default graph.
func (d *deserializer) nodes(expanded []any, graph rdf.Term) error {
	for _, item := range expanded {
		object, ok := item.(map[string]any)
		if !ok {
			return malformed("a graph holds a value that is no node")
		}
		if err := d.node(object, d.subject(object), graph); err != nil {
			return err
		}
	}
	return nil
}

// subject returns the term that identifies a node object, a fresh blank node
// when it has no @id, the zero Term when its @id is no usable IRI.
func (d *deserializer) subject(object map[string]any) rdf.Term {
	id, ok := object["@id"].(string)
	if !ok {
		return d.fresh()
	}
	return d.resource(id)
}

// node reads what a node object says of its subject. Nodes inside it are read
// even when the subject is unusable.
func (d *deserializer) node(object map[string]any, subject, graph rdf.Term) error {
	if err := d.ctx.Err(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		var err error
		switch value := object[name]; name {
		case "@id", "@index":
		case "@type":
			err = d.types(value, subject, graph)
		case "@graph":
			err = d.graph(value, subject)
		case "@included":
			err = d.nodes(list(value), graph)
		case "@reverse":
			err = d.reverse(value, subject, graph)
		default:
			if strings.HasPrefix(name, "@") {
				return malformed("a node object has " + strconv.Quote(name))
			}
			err = d.property(d.resource(name), list(value), subject, graph)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *deserializer) types(value any, subject, graph rdf.Term) error {
	for _, item := range list(value) {
		name, ok := item.(string)
		if !ok {
			return malformed("a value of @type is not a string")
		}
		d.add(subject, rdf.Type, d.resource(name), graph)
	}
	return nil
}

func (d *deserializer) graph(value any, name rdf.Term) error {
	if name.IsZero() {
		return nil // a graph that cannot be named (JSON-LD API §8.1.2, 1.1)
	}
	return d.nodes(list(value), name)
}

func (d *deserializer) reverse(value any, object, graph rdf.Term) error {
	properties, ok := value.(map[string]any)
	if !ok {
		return malformed("the value of @reverse is not an object")
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		predicate := d.resource(name)
		for _, item := range list(properties[name]) {
			node, ok := item.(map[string]any)
			if !ok {
				return malformed("the value of a reverse property is not a node")
			}
			subject := d.subject(node)
			d.add(subject, predicate, object, graph)
			if err := d.node(node, subject, graph); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *deserializer) property(predicate rdf.Term, values []any, subject, graph rdf.Term) error {
	for _, value := range values {
		object, describe, err := d.object(value, graph)
		if err != nil {
			return err
		}
		d.add(subject, predicate, object, graph)
		if err := describe(); err != nil {
			return err
		}
	}
	return nil
}

// object returns the term for a value, node or list object, and the function
// that reads what belongs to it after the triple that points to it.
func (d *deserializer) object(value any, graph rdf.Term) (rdf.Term, func() error, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return rdf.Term{}, nil, malformed("a property has a value that is neither node nor literal")
	}
	if _, ok := object["@value"]; ok {
		term, err := literal(object, d.resource)
		return term, func() error { return nil }, err
	}
	if items, ok := object["@list"]; ok {
		return d.list(list(items), graph)
	}
	term := d.subject(object)
	return term, func() error { return d.node(object, term, graph) }, nil
}

// list makes the cells of an RDF collection (JSON-LD API §8.2.4).
func (d *deserializer) list(items []any, graph rdf.Term) (rdf.Term, func() error, error) {
	if len(items) == 0 {
		return rdf.IRI(rdf.RDFNil), func() error { return nil }, nil
	}
	head := d.fresh()
	return head, func() error {
		cell := head
		for i, item := range items {
			object, describe, err := d.object(item, graph)
			if err != nil {
				return err
			}
			d.add(cell, rdf.IRI(rdf.RDFFirst), object, graph)
			if err := describe(); err != nil {
				return err
			}
			next := rdf.IRI(rdf.RDFNil)
			if i < len(items)-1 {
				next = d.fresh()
			}
			d.add(cell, rdf.IRI(rdf.RDFRest), next, graph)
			cell = next
		}
		return nil
	}, nil
}

// add adds a quad unless one of its terms is none or cannot stand there: what
// has no RDF equivalent is left out (JSON-LD API §8.1.2).
func (d *deserializer) add(s, p, o, g rdf.Term) {
	if s.IsZero() || !p.IsIRI() || o.IsZero() {
		return
	}
	d.doc.Add(rdf.Quad{S: s, P: p, O: o, G: g})
}

// resource returns the term for an IRI reference or blank node identifier; the
// zero Term when it is no well-formed IRI.
func (d *deserializer) resource(id string) rdf.Term {
	if strings.HasPrefix(id, "_:") {
		term, ok := d.labels[id]
		if !ok {
			term = d.fresh()
			d.labels[id] = term
		}
		return term
	}
	resolved, err := d.base.Resolve(id)
	// A vocabulary and what is put behind it can have a fragment each.
	if err != nil || iri.CheckAbsolute(resolved) != nil || strings.Count(resolved, "#") > 1 {
		return rdf.Term{}
	}
	return rdf.IRI(resolved)
}

func (d *deserializer) fresh() rdf.Term {
	d.blanks++
	return rdf.Blank("b" + strconv.Itoa(d.blanks-1))
}

// literal returns the term for an expanded value object (JSON-LD API §8.2.2);
// the zero Term for one that is not well formed.
func literal(object map[string]any, resource func(string) rdf.Term) (rdf.Term, error) {
	datatype := ""
	if value, ok := object["@type"]; ok {
		name, ok := value.(string)
		if !ok {
			return rdf.Term{}, malformed("the @type of a literal is not one string")
		}
		if name == "@json" {
			return rdf.Term{}, malformed("JSON literals (@json) are not supported")
		}
		t := resource(name)
		if !t.IsIRI() {
			return rdf.Term{}, malformed(fmt.Sprintf("invalid typed value: the datatype %.200q is no IRI", name))
		}
		datatype = t.Value()
	}
	switch value := object["@value"].(type) {
	case string:
		if tag, ok := object["@language"].(string); ok {
			if !validLanguage(tag) {
				return rdf.Term{}, nil
			}
			return rdf.LangString(value, tag), nil
		}
		if datatype == "" {
			return rdf.String(value), nil
		}
		return rdf.Typed(value, datatype), nil
	case bool:
		return rdf.Typed(strconv.FormatBool(value), orElse(datatype, rdf.XSDBoolean)), nil
	case json.Number:
		return number(value, datatype)
	}
	return rdf.Term{}, malformed("the value of @value is not a string, number, boolean or null")
}

// number returns the literal for a JSON number. An integer keeps its digits
// and a double is written in the fewest that read back the same: the standard's
// own conversions go through 53 and 16 digits and would lose the rest.
func number(n json.Number, datatype string) (rdf.Term, error) {
	f, err := n.Float64()
	if err != nil {
		return rdf.Term{}, malformed(fmt.Sprintf("the number %.40s is out of range", n))
	}
	// From 10²¹ on the standard takes an integer for a double.
	integral := f == math.Trunc(f)
	if !integral || f >= 1e21 || f <= -1e21 || datatype == rdf.XSDDouble {
		return rdf.Typed(canonicalDouble(f), orElse(datatype, rdf.XSDDouble)), nil
	}
	text := n.String()
	if strings.ContainsAny(text, ".eE") {
		text = strconv.FormatFloat(f, 'f', 0, 64)
	}
	if text == "-0" {
		text = "0"
	}
	return rdf.Typed(text, orElse(datatype, rdf.XSDInteger)), nil
}

// canonicalDouble writes f as the canonical form of xsd:double, for example
// "5.3E0" (XML Schema 1.1 Datatypes §3.3.5.2).
func canonicalDouble(f float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	sign := ""
	if strings.HasPrefix(exponent, "-") {
		sign = "-"
	}
	exponent = strings.TrimLeft(exponent[1:], "0")
	if exponent == "" {
		sign, exponent = "", "0"
	}
	return mantissa + "E" + sign + exponent
}

// validLanguage reports whether tag has the form that RDF syntaxes share:
// letters, then subtags of letters and digits.
func validLanguage(tag string) bool {
	for i, subtag := range strings.Split(tag, "-") {
		if subtag == "" {
			return false
		}
		for _, c := range []byte(subtag) {
			letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

func list(value any) []any {
	items, ok := value.([]any)
	if !ok {
		return []any{value}
	}
	return items
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func malformed(message string) error {
	return &rdf.SyntaxError{Message: "JSON-LD: " + message}
}
