package suite

import (
	"io"
	"net/http"
	"strings"
	"time"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
)

// Media types and IRIs that cases speak of.
const (
	turtle       = codec.Turtle
	jsonLD       = codec.JSONLD
	n3           = "text/n3"
	sparqlUpdate = "application/sparql-update"

	// BasicContainer is the type of containers.
	BasicContainer = rdf.LDP + "BasicContainer"
)

// Part is something of a request: a header, or the body with its type.
type Part func(*draft)

// draft is a request in the making.
type draft struct {
	header http.Header
	body   io.Reader
	quoted string // the body for reports
}

// Header adds a header field.
func Header(name, value string) Part {
	return func(d *draft) { d.header.Add(name, value) }
}

// Body sets the content and, unless it is "", its type.
func Body(contentType, text string) Part {
	return func(d *draft) {
		d.body, d.quoted = strings.NewReader(text), text
		if contentType != "" {
			d.header.Set("Content-Type", contentType)
		}
	}
}

// LateBody is a Body of unknown length whose content comes a while after the
// header.
func LateBody(contentType, text string, late time.Duration) Part {
	return func(d *draft) {
		Body(contentType, text)(d)
		d.body = io.MultiReader(&lateReader{late}, d.body)
	}
}

// lateReader is empty, which it takes a while to say.
type lateReader struct{ late time.Duration }

func (r *lateReader) Read([]byte) (int, error) {
	time.Sleep(r.late)
	return 0, io.EOF
}

// SlowBody is a Body of unknown length that comes in so many equal parts, each
// a while after the one before.
func SlowBody(contentType, text string, every time.Duration, parts int) Part {
	return func(d *draft) {
		Body(contentType, text)(d)
		var all []io.Reader
		for range parts {
			all = append(all, strings.NewReader(text), &lateReader{every})
		}
		d.body = io.MultiReader(all...)
	}
}

// Turtle, JSONLD, Text, N3 and SPARQL are bodies of that type.
func Turtle(text string) Part { return Body(turtle, text) }
func JSONLD(text string) Part { return Body(jsonLD, text) }
func Text(text string) Part   { return Body("text/plain", text) }
func N3(text string) Part     { return Body(n3, text) }
func SPARQL(text string) Part { return Body(sparqlUpdate, text) }

// Accept asks for a media type or a list of them.
func Accept(types string) Part { return Header("Accept", types) }

// IfMatch, IfNoneMatch, Slug and Origin are the headers of that name.
func IfMatch(tag string) Part     { return Header("If-Match", tag) }
func IfNoneMatch(tag string) Part { return Header("If-None-Match", tag) }
func Slug(name string) Part       { return Header("Slug", name) }
func Origin(origin string) Part   { return Header("Origin", origin) }

// TypeLink says by a Link what a new resource is to be.
func TypeLink(iri string) Part { return Header("Link", `<`+iri+`>; rel="type"`) }
