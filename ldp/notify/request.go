package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"domicile/ldp"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// maxRequest is how large a subscription request may be, in bytes.
const maxRequest = 64 << 10

// requestTypes are the media types that a subscription is asked for in.
var requestTypes = []string{codec.JSONLD, codec.Turtle}

// Request is a subscription request that has been read.
type Request struct {
	Topic resource.ID
	// SendTo is as it was sent; "" when it was not.
	SendTo string
	// spelled and context are as the client wrote the type and the JSON-LD
	// context.
	spelled, context string
	startAt, endAt   time.Time
	rate             time.Duration
	accept, state    string
}

func unprocessable(format string, args ...any) error {
	return &ldp.Error{Kind: ldp.Unprocessable, Detail: fmt.Sprintf(format, args...)}
}

// readRequest reads a subscription request for a type (NOT-SUB-02 to -04).
// service is the URL that it was sent to.
func readRequest(w http.ResponseWriter, r *http.Request, space *resource.Space, t *Type, service string) (*Request, error) {
	mediaType, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(requestTypes, mediaType) {
		return nil, (&ldp.Error{Kind: ldp.UnsupportedMediaType, Detail: "Ask in JSON-LD, or in Turtle.", Header: http.Header{"Accept-Post": {acceptPost}}})
	}
	if !knownProfile(parameters["profile"]) {
		return nil, &ldp.Error{Kind: ldp.UnsupportedMediaType, Detail: "The profile is not one that the server knows."}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return nil, &ldp.Error{Kind: ldp.TooLarge, Err: err}
	}
	return parseRequest(r.Context(), mediaType, body, space, t, service)
}

func parseRequest(ctx context.Context, mediaType string, body []byte, space *resource.Space, t *Type, service string) (*Request, error) {
	q := &Request{context: contextV1}
	if mediaType == codec.JSONLD {
		if !json.Valid(body) {
			return nil, &ldp.Error{Kind: ldp.Invalid, Detail: "The content is not JSON."}
		}
		q.noteSpelling(body)
	}
	document, err := codec.Parse(ctx, mediaType, bytes.NewReader(body), service)
	if err != nil {
		kind := ldp.Unprocessable
		if mediaType == codec.Turtle {
			kind = ldp.Invalid
		}
		return nil, &ldp.Error{Kind: kind, Detail: "The content is not what it says: " + err.Error(), Err: err}
	}
	return q, q.read(document.Default, space, t, service)
}

// read takes what it needs from the graph of a request.
func (q *Request) read(graph *rdf.Graph, space *resource.Space, t *Type, service string) error {
	topics := slices.Collect(graph.Match(rdf.Term{}, rdf.IRI(namespace+"topic"), rdf.Term{}))
	if len(topics) != 1 || !topics[0].O.IsIRI() {
		return unprocessable("There has to be one topic, the URL of a resource. A context that defines it is %s.", contextV1)
	}
	subject := topics[0].S
	var err error
	if q.Topic, err = space.ParseIRI(topics[0].O.Value()); err != nil {
		return unprocessable("The topic is no resource in a storage of this server.")
	}
	if q.Topic.Aux() == resource.ACL || q.Topic.Aux() == resource.StorageDescription {
		return unprocessable("Nothing is told about this resource.")
	}
	types := slices.Collect(graph.Objects(subject, rdf.Type))
	if len(types) != 1 || !names(types[0], t.Name, service) {
		return unprocessable("The type has to be %s, and nothing else.", t.Name)
	}
	if q.spelled == "" {
		q.spelled = types[0].Value()
	}
	for _, p := range []struct {
		name string
		read func(rdf.Term) error
	}{
		{"sendTo", func(o rdf.Term) error { q.SendTo = o.Value(); return nil }},
		{"startAt", func(o rdf.Term) (err error) { q.startAt, err = parseTime(o.Value()); return err }},
		{"endAt", func(o rdf.Term) (err error) { q.endAt, err = parseTime(o.Value()); return err }},
		{"rate", func(o rdf.Term) (err error) { q.rate, err = parseDuration(o.Value()); return err }},
		{"accept", func(o rdf.Term) error { q.accept = o.Value(); return nil }},
		{"state", func(o rdf.Term) error { q.state = o.Value(); return nil }},
	} {
		values := slices.Collect(graph.Objects(subject, rdf.IRI(namespace+p.name)))
		if len(values) == 0 || p.name != "sendTo" && !slices.Contains(t.Features, p.name) {
			continue // what is not offered is ignored (NOT-FEAT-06)
		}
		if len(values) > 1 || values[0].IsBlank() {
			return unprocessable("There is more than one %s, or it has no value.", p.name)
		}
		if err := p.read(values[0]); err != nil {
			return unprocessable("%s: %v", p.name, err)
		}
	}
	return nil
}

// names reports whether a term is a channel type in one of the spellings that
// circulate. Without a term for it in the context a bare name becomes relative
// to the URL of the service.
func names(term rdf.Term, name, service string) bool {
	value := term.Value()
	return term.IsIRI() && (value == namespace+name || value == namespaceDrafts+name || value == service+name)
}

// noteSpelling notes how a JSON-LD document with one node writes what it may
// write in several ways.
func (q *Request) noteSpelling(body []byte) {
	var document map[string]any
	_ = json.Unmarshal(body, &document) // an array, say, spells nothing of it
	contexts, listed := document["@context"].([]any)
	if !listed {
		contexts = []any{document["@context"]}
	}
	for _, context := range contexts {
		if context == contextDrafts { // which may be an object
			q.context = contextDrafts
		}
	}
	for _, name := range []string{"type", "@type"} {
		if spelled, ok := document[name].(string); ok {
			q.spelled = spelled
		}
	}
}

// knownProfile reports whether a profile parameter, a list of IRIs, asks for
// nothing but the contexts that there are (NOT-SUB-03).
func knownProfile(profile string) bool {
	for _, one := range strings.Fields(profile) {
		if one != contextV1 && one != contextDrafts {
			return false
		}
	}
	return true
}

func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is no xsd:dateTime such as 2026-12-01T09:00:00Z", text)
}
