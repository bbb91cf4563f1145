package ldp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// declaration is what the headers of a PUT or POST say of its content.
type declaration struct {
	mediaType string // with parameters
	isRDF     bool
	types     map[string]bool // of Link rel=type
}

// wantsContainer reports whether the Link header asks for a container.
func (d declaration) wantsContainer() bool {
	return d.types[typeBasicContainer] || d.types[typeContainer]
}

// orEmptyRDF reads the absence of a type, and so of content, as an empty
// document, where there can only be RDF.
func (d declaration) orEmptyRDF(q *request) declaration {
	if q.Header.Get("Content-Type") == "" {
		d.mediaType, d.isRDF = codec.Turtle, true
	}
	return d
}

// declare reads the headers that tell what will be stored. Only where there is no
// content may it have no type (SP-HTTP-06).
func (q *request) declare() (declaration, error) {
	d := declaration{mediaType: "application/octet-stream"}
	if q.Header.Get("Content-Range") != "" {
		return d, refuse(Invalid, "PUT replaces a resource whole: Content-Range does not apply.").by("SP-PUT-07")
	}
	if coding := q.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return d, refuse(UnsupportedMediaType, "Content is stored as it is: send it without a Content-Encoding.")
	}
	var err error
	if d.types, err = parseTypeLinks(q.Header); err != nil {
		return d, &Error{Kind: Invalid, Detail: err.Error()}
	}
	if d.types[typeDirectContainer] || d.types[typeIndirectContainer] {
		return d, constrained(Conflict, "SP-POST-06", "Containers are basic containers.")
	}
	switch declared := q.Header.Get("Content-Type"); {
	case declared != "":
		mediaType, parameters, err := mime.ParseMediaType(declared)
		// That is "" for what it cannot write, as a parameter without a name.
		if d.mediaType = mime.FormatMediaType(mediaType, parameters); err != nil || !strings.Contains(d.mediaType, "/") {
			return d, refuse(Invalid, "The Content-Type is malformed.")
		}
		d.isRDF = codec.IsRDF(mediaType)
		if charset := parameters["charset"]; d.isRDF && charset != "" && !strings.EqualFold(charset, "utf-8") {
			return d, refuse(UnsupportedMediaType, "RDF documents are in UTF-8.").by("SP-CN-07")
		}
	case q.hasContent():
		return d, refuse(Invalid, "The content has no Content-Type.").by("SP-HTTP-06")
	}
	return d, nil
}

// hasContent reports whether the request has content or, when its length is
// not announced, may have.
func (q *request) hasContent() bool {
	return q.ContentLength != 0 && q.Body != nil && q.Body != http.NoBody
}

// documentLimit returns the most bytes that the RDF at id may have. An ACL cannot
// be left aside: it has at most some 4,000 authorizations. Many agents are a group.
func (h *Handler) documentLimit(id resource.ID) int64 {
	if id.Aux() == resource.ACL {
		return min(h.maxDocument, maxBeside)
	}
	return h.maxDocument
}

// limit returns the most bytes that a request's content may have, < 0 for no
// bound.
func (h *Handler) limit(q *request, isRDF bool) int64 {
	if isRDF {
		return h.documentLimit(q.id)
	}
	return h.maxBody
}

// checkLength refuses content that announces to be too large, before it comes
// (SP-HTTP-15).
func (h *Handler) checkLength(q *request, isRDF bool) error {
	if limit := h.limit(q, isRDF); limit >= 0 && q.ContentLength > limit {
		return refuse(TooLarge, "")
	}
	return nil
}

// receive stages a request's content in constant memory.
func (h *Handler) receive(ctx context.Context, q *request, isRDF bool) (rdfstore.Staged, error) {
	var content io.Reader = http.NoBody
	if q.Body != nil {
		content = q.Body
	}
	limit := h.limit(q, isRDF)
	a := q.allowance
	byQuota := a != nil && (limit < 0 || a.most() < limit)
	if byQuota {
		limit = a.most()
	}
	staged, err := h.store.Stage(ctx, content, limit)
	if byQuota && errors.Is(err, rdf.ErrLimit) {
		return nil, a.admit(limit + 1) // of content whose length was not announced
	}
	return staged, err
}

// check reads a staged document, which has to parse to be stored (SP-CN-07).
func (h *Handler) check(ctx context.Context, staged rdfstore.Staged, mediaType string, id resource.ID) error {
	content, err := staged.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	return h.parser.check(ctx, mediaType, content, staged.Size(), h.space.URL(id))
}

// parse is check for a document whose triples are needed.
func (h *Handler) parse(ctx context.Context, staged rdfstore.Staged, mediaType string, id resource.ID) (*rdf.Document, error) {
	content, err := staged.Open()
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return h.parser.parse(ctx, mediaType, content, staged.Size(), h.space.URL(id))
}

// stageQuads stages a document as quads; one whose terms or size do not suit
// that as its bytes.
func (h *Handler) stageQuads(ctx context.Context, document *rdf.Document, mediaType string, id resource.ID) (rdfstore.Staged, error) {
	staged, err := h.store.StageQuads(ctx, document.Prefixes, document.Quads(), h.documentLimit(id))
	if errors.Is(err, rdfstore.ErrTooLarge) || errors.Is(err, rdf.ErrLimit) {
		return h.stageDocument(ctx, document, mediaType, id)
	}
	return staged, err
}

// stageDocument renders a document for the record at id and stages it.
func (h *Handler) stageDocument(ctx context.Context, document *rdf.Document, mediaType string, id resource.ID) (rdfstore.Staged, error) {
	var out bytes.Buffer
	if err := codec.Write(&out, mediaType, document, h.space.URL(id)); err != nil {
		return nil, err
	}
	return h.store.Stage(ctx, &out, h.documentLimit(id))
}
