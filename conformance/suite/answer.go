package suite

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
)

// Answer is the answer to a request. Its Want methods end the case when it is
// not as they say.
type Answer struct {
	Exchange             // as reports quote it
	Header   http.Header // as it came
	Body     string

	t     *T
	index int // among the exchanges of the case
}

// Failf ends the case because of this answer.
func (a *Answer) Failf(format string, args ...any) {
	a.t.end(Failed, a.index, fmt.Sprintf("%s %s as %s: %s", a.Method, shorten(a.URL, maxURL), a.Agent, fmt.Sprintf(format, args...)))
	a.t.stop()
}

// Want wants one of the statuses.
func (a *Answer) Want(statuses ...int) *Answer {
	if !slices.Contains(statuses, a.Status) {
		names := make([]string, len(statuses))
		for i, status := range statuses {
			names[i] = statusText(status)
		}
		a.Failf("got %s, want %s", statusText(a.Status), strings.Join(names, " or "))
	}
	return a
}

// WantSuccess wants a status from 200 to 299.
func (a *Answer) WantSuccess() *Answer {
	if a.Status/100 != 2 {
		a.Failf("got %s, want success", statusText(a.Status))
	}
	return a
}

// WantRefused wants a status from 400 to 499, or 501.
func (a *Answer) WantRefused() *Answer {
	if a.Status/100 != 4 && a.Status != http.StatusNotImplemented {
		a.Failf("got %s, want a refusal (4xx or 501)", statusText(a.Status))
	}
	return a
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// WantHeader wants a header field and returns its lines as one.
func (a *Answer) WantHeader(name string) string {
	if len(a.Header.Values(name)) == 0 {
		a.Failf("the header %s is missing", name)
	}
	return a.List(name)
}

// WantNoHeader wants a header field not to be there.
func (a *Answer) WantNoHeader(name string) *Answer {
	if value := a.List(name); value != "" {
		a.Failf("the header %s is %q, want none", name, value)
	}
	return a
}

// WantValue wants a header field with this value.
func (a *Answer) WantValue(name, value string) *Answer {
	if got := a.WantHeader(name); got != value {
		a.Failf("the header %s is %q, want %q", name, got, value)
	}
	return a
}

// List returns the lines of a header field as one.
func (a *Answer) List(name string) string { return strings.Join(a.Header.Values(name), ", ") }

// Lists reports whether a header field that is a list has the element, in any
// case and with any parameters.
func (a *Answer) Lists(name, element string) bool {
	for _, listed := range splitOutside(a.List(name), ',') {
		listed, _, _ = strings.Cut(listed, ";")
		if strings.EqualFold(strings.TrimSpace(listed), element) {
			return true
		}
	}
	return false
}

// WantListed wants elements in a header field that is a list.
func (a *Answer) WantListed(name string, elements ...string) *Answer {
	for _, element := range elements {
		if !a.Lists(name, element) {
			a.Failf("the header %s is %q, which lacks %s", name, a.List(name), element)
		}
	}
	return a
}

// WantUnlisted wants elements not to be in a header field that is a list.
func (a *Answer) WantUnlisted(name string, elements ...string) *Answer {
	for _, element := range elements {
		if a.Lists(name, element) {
			a.Failf("the header %s is %q, want it without %s", name, a.List(name), element)
		}
	}
	return a
}

// Links returns the targets of a link relation, absolute and each once.
func (a *Answer) Links(rel string) []string { return linked(a.Header, a.URL, rel) }

// WantLink wants exactly one link of a relation and returns its target.
func (a *Answer) WantLink(rel string) string {
	links := a.Links(rel)
	if len(links) != 1 {
		a.Failf("it has %d links with rel=%q, want one; Link is %q", len(links), rel, a.List("Link"))
	}
	return links[0]
}

// WantTyped wants links with rel=type to all of the IRIs.
func (a *Answer) WantTyped(iris ...string) *Answer {
	types := a.Links("type")
	for _, iri := range iris {
		if !slices.Contains(types, iri) {
			a.Failf("there is no link with rel=type to %s; Link is %q", iri, a.List("Link"))
		}
	}
	return a
}

// WantMediaType wants content of a media type, with any parameters.
func (a *Answer) WantMediaType(want string) *Answer {
	if got := a.mediaType(); got != want {
		a.Failf("Content-Type is %q, want %s", a.List("Content-Type"), want)
	}
	return a
}

func (a *Answer) mediaType() string {
	mediaType, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return mediaType
}

// WantBody wants exactly this content.
func (a *Answer) WantBody(want string) *Answer {
	if a.Body != want {
		a.Failf("the content is %q, want %q", quoteBody([]byte(a.Body)), want)
	}
	return a
}

// WantLocation wants a Location and returns it, absolute.
func (a *Answer) WantLocation() string {
	location := a.WantHeader("Location")
	absolute, err := resolve(a.URL, location)
	if err != nil {
		a.Failf("Location is no URL: %v", err)
	}
	return absolute
}

// WantETag wants a strong entity tag and returns it.
func (a *Answer) WantETag() string {
	tag := a.WantHeader("ETag")
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		a.Failf("ETag is %s, want a strong one, which stands in quotes", tag)
	}
	return tag
}

// Graph reads the content, which has to be RDF that parses, and returns its
// default graph.
func (a *Answer) Graph() *rdf.Graph { return a.Document().Default }

// Document reads the content, which has to be RDF that parses.
func (a *Answer) Document() *rdf.Document {
	document, err := a.parse(a.t.ctx)
	if err != nil {
		a.Failf("the content does not parse: %v", err)
	}
	return document
}

func (a *Answer) parse(ctx context.Context) (*rdf.Document, error) {
	if a.Status/100 != 2 {
		return nil, errors.New(statusText(a.Status))
	}
	return codec.Parse(ctx, a.Header.Get("Content-Type"), strings.NewReader(a.Body), a.URL)
}

// WantTriples wants triples, written in Turtle with the prefixes of [Prefixes],
// to be in the content. Relative IRIs are relative to the request.
func (a *Answer) WantTriples(text string) *Answer {
	graph := a.Graph()
	for want := range a.t.triples(text, a.URL).All() {
		if !graph.Has(want) {
			a.Failf("the content lacks the triple %s", want)
		}
	}
	return a
}

// WantNoTriples wants none of the triples to be in the content.
func (a *Answer) WantNoTriples(text string) *Answer {
	graph := a.Graph()
	for unwanted := range a.t.triples(text, a.URL).All() {
		if graph.Has(unwanted) {
			a.Failf("the content has the triple %s", unwanted)
		}
	}
	return a
}
