package ldp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
)

// representation is what is sent of a target. One of the functions is set.
type representation struct {
	mediaType  string
	validators validators
	language   string // of a page of the server's own making; else ""
	coding     *coding
	// open gives stored bytes, which have ranges.
	open func() (io.ReadSeekCloser, error)
	// render makes what has to be made, in memory.
	render func() ([]byte, error)
	// stream writes what may be too large for that.
	stream func(w io.Writer) error
	// listing is a container, which may be larger than one view should last.
	listing *listing
}

const htmlType = "text/html; charset=utf-8"

// renderedWhole is the largest document of quads that is rendered in memory, and
// so with its blank nodes nested, in bytes as stored: some 30,000 triples.
const renderedWhole = 512 << 10

// rdfOffers are the media types for RDF in order of preference: the stored one
// first (SP-CN-02).
func rdfOffers(stored string) []string {
	offers := codec.Writable()
	essence := essenceOf(stored)
	if i := slices.Index(offers, essence); i > 0 {
		offers = append([]string{essence}, slices.Delete(offers, i, i+1)...)
	}
	return offers
}

// represent negotiates and prepares, but does not yet read anything large.
func (s *session) represent(ctx context.Context, q *request, t *target) (*representation, error) {
	a := parseAccept(q.Header.Values("Accept"))
	rep := &representation{validators: *s.validators(t)}
	rep.validators.chosen = true
	// What should be RDF and is not can be taken away as it is.
	isOther := t.record.Kind == rdfstore.Binary || t.record.Kind == rdfstore.Document && !codec.IsRDF(t.record.MediaType)
	if isOther {
		if a.quality(t.record.MediaType) == 0 {
			return nil, notAcceptable([]string{t.record.MediaType})
		}
		rep.mediaType, rep.open = t.record.MediaType, s.opener(t.record)
		return rep, nil
	}
	stored := ""
	if t.record.Kind == rdfstore.Document {
		stored = t.record.MediaType
	}
	if a.prefersHTML() {
		rep.mediaType, rep.language = htmlType, s.language(q.Request)
		rep.validators.variant = variants["text/html"] + "-" + rep.language
		rep.render = func() ([]byte, error) { return s.renderPage(ctx, t, rep.language) }
		return rep, nil
	}
	offers := rdfOffers(stored)
	chosen, ok := a.choose(offers)
	if !ok {
		return nil, notAcceptable(offers)
	}
	rep.mediaType, rep.validators.variant = chosen, variants[chosen]
	if t.minimal {
		rep.validators.variant += "-min"
	}
	switch {
	case t.record.IsQuads && t.record.Size > renderedWhole && t.record.Kind == rdfstore.Document:
		rep.stream = func(w io.Writer) error {
			quads, err := s.Quads(t.record.ID)
			if err != nil {
				return err
			}
			return streamQuads(w, quads, chosen, s.space.URL(t.id))
		}
	case chosen == essenceOf(stored) && !t.record.IsQuads:
		rep.mediaType, rep.open = stored, s.opener(t.record)
	case t.id.IsContainer():
		rep.listing = &listing{handler: s.Handler, target: t, mediaType: chosen}
	default:
		rep.render = func() ([]byte, error) { return s.renderRDF(ctx, t, chosen) }
	}
	return rep, nil
}

// WriteQuads writes a document that is kept as quads in its own media type, as
// GET sends it.
func WriteQuads(w io.Writer, quads rdfstore.Quads, record rdfstore.Resource, base string) error {
	if record.Size > renderedWhole {
		return streamQuads(w, quads, record.MediaType, base)
	}
	document, err := collectQuads(quads)
	if err != nil {
		return err
	}
	return codec.Write(w, record.MediaType, document, base)
}

// streamQuads writes a document as it is read, in memory that does not grow.
func streamQuads(w io.Writer, quads rdfstore.Quads, mediaType, base string) error {
	prefixes, err := quads.Prefixes()
	if err != nil {
		return err
	}
	return codec.WriteStream(w, mediaType, rdf.Stream{Prefixes: prefixes, Quads: quads.All(rdf.Quad{})}, base)
}

func (s *session) opener(r rdfstore.Resource) func() (io.ReadSeekCloser, error) {
	return func() (io.ReadSeekCloser, error) { return s.Open(r.ID) }
}

func notAcceptable(offers []string) error {
	return refuse(NotAcceptable, "Available: "+strings.Join(offers, ", ")+".")
}

// renderRDF makes what is no stored byte sequence. What depends on one body
// only is kept for the next reader.
func (s *session) renderRDF(ctx context.Context, t *target, mediaType string) ([]byte, error) {
	key := contentKeyOf(t.record)
	key.id, key.variant = t.id, mediaType
	cacheable := t.shape != storageDescription
	if rendered, ok := s.rendered.get(key); ok && cacheable {
		return rendered, nil
	}
	if t.shape == storageDescription && mediaType == codec.JSONLD {
		return s.storageJSON(t)
	}
	document, err := s.writtenContent(ctx, t)
	if errors.Is(err, errDamaged) {
		return nil, notAcceptable([]string{t.record.MediaType})
	}
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := codec.Write(&out, mediaType, document, s.space.URL(t.id)); err != nil {
		return nil, err
	}
	if cacheable {
		s.rendered.put(key, out.Bytes(), int64(out.Len()))
	}
	return out.Bytes(), nil
}

// writtenContent is the RDF of a target without what the server says of a
// container.
func (s *session) writtenContent(ctx context.Context, t *target) (*rdf.Document, error) {
	if t.shape == storageDescription {
		return s.describeStorage(t), nil
	}
	return s.document(ctx, s.Reader, t.record)
}

// withPrefixes adds prefixes whose name and namespace are both not taken yet.
func withPrefixes(have, wanted []rdf.Prefix) []rdf.Prefix {
	for _, p := range wanted {
		if !slices.ContainsFunc(have, func(q rdf.Prefix) bool { return q.Name == p.Name || q.IRI == p.IRI }) {
			have = append(have, p)
		}
	}
	return have
}
