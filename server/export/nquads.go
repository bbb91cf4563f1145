package export

import (
	"bufio"
	"encoding/hex"
	"strconv"
	"strings"

	knakk "github.com/knakk/rdf"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
)

// writeQuads writes the RDF of a resource. Its default graph is called as its
// URL; named graphs keep their names. What cannot be read as the RDF that it
// says it is (an import may have brought it) is in the archive as a file only.
func (e *exporter) writeQuads(out *bufio.Writer, i item) error {
	if i.id.IsContainer() || !codec.IsRDF(i.record.MediaType) {
		return nil
	}
	e.parsed++
	scope := quadScope{graph: rdf.IRI(e.config.Space.URL(i.id)), document: strconv.Itoa(e.parsed)}
	if i.record.IsQuads {
		quads, err := e.reader.Quads(i.id)
		if err != nil {
			return e.ctx.Err()
		}
		for q, err := range quads.All(rdf.Quad{}) {
			if err != nil {
				return err
			}
			if _, err := out.WriteString(scope.line(q)); err != nil {
				return err
			}
		}
		return nil
	}
	document, err := e.document(i.record)
	if err != nil {
		return e.ctx.Err()
	}
	for q := range document.Quads() {
		if _, err := out.WriteString(scope.line(q)); err != nil {
			return err
		}
	}
	return nil
}

// quadScope writes quads of one document so that they can stand beside those
// of others.
type quadScope struct {
	graph    rdf.Term
	document string // makes labels its own
}

func (s quadScope) line(q rdf.Quad) string {
	if q.G.IsZero() {
		q.G = s.graph
	}
	q.S, q.O, q.G = s.own(q.S), s.own(q.O), s.own(q.G)
	if text, ok := encode(q); ok {
		return text
	}
	return q.S.String() + " " + q.P.String() + " " + q.O.String() + " " + q.G.String() + " .\n"
}

// own gives a blank node a label that no other document's has.
func (s quadScope) own(t rdf.Term) rdf.Term {
	if !t.IsBlank() {
		return t
	}
	label, mark := t.Value(), "x"
	if strings.ContainsFunc(label, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		label, mark = hex.EncodeToString([]byte(label)), "h"
	}
	return rdf.Blank("d" + s.document + mark + label)
}

// encode has knakk/rdf write a quad. It refuses what that gets wrong: IRIs that
// need escapes, which it does not write; language tags of more than two parts,
// which it takes for malformed; rdf:langString without a language, which it
// would write with an empty one.
func encode(q rdf.Quad) (line string, ok bool) {
	subject, ok1 := node(q.S)
	predicate, err := knakk.NewIRI(q.P.Value())
	object, ok2 := object(q.O)
	graph, ok3 := node(q.G)
	if err != nil || !ok1 || !ok2 || !ok3 {
		return "", false
	}
	quad := knakk.Quad{Triple: knakk.Triple{Subj: subject, Pred: predicate, Obj: object}, Ctx: graph}
	return quad.Serialize(knakk.NQuads), true
}

// resourceTerm is an IRI or a blank node; the library has no name for it that
// can be an object too.
type resourceTerm interface {
	knakk.Subject
	knakk.Object
}

func node(t rdf.Term) (resourceTerm, bool) {
	if t.IsBlank() {
		blank, err := knakk.NewBlank(t.Value())
		return blank, err == nil
	}
	iri, err := knakk.NewIRI(t.Value())
	return iri, err == nil
}

func object(t rdf.Term) (knakk.Object, bool) {
	if !t.IsLiteral() {
		return node(t)
	}
	if t.Lang() != "" {
		literal, err := knakk.NewLangLiteral(t.Value(), t.Lang())
		return literal, err == nil
	}
	datatype, err := knakk.NewIRI(t.Datatype())
	return knakk.NewTypedLiteral(t.Value(), datatype), err == nil && t.Datatype() != rdf.RDFLangString
}
