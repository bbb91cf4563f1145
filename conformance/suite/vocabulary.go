package suite

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
)

// Prefixes declares the prefixes of the vocabularies that cases speak of, in
// Turtle; N3 takes it too.
const Prefixes = "@prefix acl: <" + rdf.ACL + ">.\n" +
	"@prefix dcterms: <" + rdf.DCTerms + ">.\n" +
	"@prefix ex: <https://conformance.example/ns#>.\n" +
	"@prefix foaf: <" + rdf.FOAF + ">.\n" +
	"@prefix ldp: <" + rdf.LDP + ">.\n" +
	"@prefix pim: <" + rdf.PIM + ">.\n" +
	"@prefix rdf: <" + rdf.RDF + ">.\n" +
	"@prefix solid: <" + rdf.Solid + ">.\n" +
	"@prefix stat: <" + rdf.POSIX + ">.\n" +
	"@prefix xsd: <" + rdf.XSD + ">.\n"

// triples reads Turtle that a case was written with.
func (t *T) triples(text, base string) *rdf.Graph {
	document, err := codec.Parse(context.Background(), turtle, strings.NewReader(Prefixes+text), base)
	if err != nil {
		panic(fmt.Errorf("the case has no triples: %w: %s", err, text))
	}
	return document.Default
}

// resolve returns a reference as an absolute URL.
func resolve(base, reference string) (string, error) {
	at, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	target, err := at.Parse(reference)
	if err != nil {
		return "", err
	}
	return target.String(), nil
}

// InsertPatch is an N3 Patch that inserts triples and does nothing else.
func InsertPatch(triples string) string { return Patch("", "", triples) }

// Patch is an N3 Patch with the clauses that are not empty.
func Patch(where, deletes, inserts string) string {
	text := Prefixes + "_:patch a solid:InsertDeletePatch"
	for _, clause := range []struct{ name, triples string }{{"where", where}, {"deletes", deletes}, {"inserts", inserts}} {
		if clause.triples != "" {
			text += ";\n  solid:" + clause.name + " { " + clause.triples + " }"
		}
	}
	return text + ".\n"
}
