package ldp

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// setStorageLinks says what a URL alone tells, so that clients find the storage
// description before they sign in (SP-STO-03, SP-STO-04), and older ones where
// changes are told (NOT-OLD-01). It discloses nothing about the resource: the
// answer is the same whether or not one is there. When there is no such
// storage, fail takes it back.
func (h *Handler) setStorageLinks(header http.Header, id resource.ID) {
	header.Add("Link", link(h.space.URL(id.StorageDescription()), relStorageDescription))
	if id.IsRoot() {
		header.Add("Link", link(typeStorage, "type"))
	}
	if h.updatesVia != "" {
		header.Set("Updates-Via", h.updatesVia)
	}
}

// setAccess says who may do what, from the decision that the request itself
// was judged by (WAC-ALLOW-01), and how the answer may be cached.
func setAccess(header http.Header, d wac.Decision) {
	header.Set("WAC-Allow", d.WACAllow())
	if d.Public.Has(wac.Read) {
		header.Set("Cache-Control", "no-cache")
	} else {
		header.Set("Cache-Control", "private, no-cache")
	}
}

// setLinks says what a resource is and which resources are about it. Where
// nothing exists yet the links say where it would be (SP-GET-06).
func (s *session) setLinks(ctx context.Context, header http.Header, t *target) error {
	for _, name := range shapes[t.shape].types {
		if name != typeStorage { // has been sent already
			header.Add("Link", link(name, "type"))
		}
	}
	switch t.id.Aux() {
	case resource.StorageDescription:
		return nil
	case resource.ACL:
		for _, condition := range wac.SupportedConditions() {
			header.Add("Link", link(condition, relCondition)) // WAC-COND-01
		}
		return nil
	case resource.Description:
		header.Add("Link", link(s.space.URL(t.id.Subject()), "describes"))
		header.Add("Link", link(s.space.URL(t.id.ACL()), "acl")) // WAC-DISC-03
		return nil
	}
	header.Add("Link", link(s.space.URL(t.id.ACL()), "acl"))
	header.Add("Link", link(s.space.URL(t.id.Description()), "describedby"))
	if t.exists && t.decision.Allows(wac.Read) {
		return s.setLinksFromContent(ctx, header, t)
	}
	return nil
}

// setLinksFromContent repeats in Link headers what the RDF about a resource says
// of it: its inbox (ECO-LDN-01); of a storage those owners that the account
// shows or the root's description names (SP-STO-06); of a profile the inbox and
// the issuers of its WebID (ECO-WID-07).
func (s *session) setLinksFromContent(ctx context.Context, header http.Header, t *target) error {
	about := t.id.Description()
	if t.id.IsContainer() {
		about = t.id
	}
	graph, err := s.graphIfAny(ctx, about)
	if err != nil {
		return err
	}
	subject := rdf.IRI(s.space.URL(t.id))
	inbox := graph.Object(subject, ldpInbox)
	if t.id.IsRoot() {
		for _, o := range t.storage.AllOwners() {
			owner := rdf.IRI(o.WebID)
			if o.Visible || graph.Has(rdf.Triple{S: subject, P: rdf.IRI(relOwner), O: owner}) {
				addLink(header, owner, relOwner, "")
				addLink(header, owner, relPodOwner, "") // where Inrupt's libraries look (SP-STO-08)
			}
		}
	}
	if s.isCard(t) {
		owner := rdf.IRI(t.storage.Owner)
		profile, err := s.graphIfAny(ctx, t.id)
		if err != nil {
			return err
		}
		if own := profile.Object(owner, ldpInbox); own.IsIRI() {
			inbox = own
		}
		_, fragment, _ := strings.Cut(t.storage.Owner, "#")
		for issuer := range profile.Objects(owner, rdf.IRI(relOIDCIssuer)) {
			addLink(header, issuer, relOIDCIssuer, "#"+fragment)
		}
	}
	addLink(header, inbox, relInbox, "")
	return nil
}

// maxBeside is the largest document, in bytes, that is looked into for the answer
// about another: a larger one would be parsed for everyone who asks (security 2.7).
const maxBeside = 512 << 10

// graphIfAny returns the graph of a resource, empty when there is none that can
// be read, or none that should.
func (s *session) graphIfAny(ctx context.Context, id resource.ID) (*rdf.Graph, error) {
	record, err := s.Resource(id)
	if errors.Is(err, rdfstore.ErrNotFound) || err == nil && record.Size > maxBeside {
		return new(rdf.Graph), nil
	}
	if err != nil {
		return nil, err
	}
	graph, err := s.graph(ctx, s.Reader, id)
	if errors.Is(err, errDamaged) {
		return new(rdf.Graph), nil
	}
	return graph, err
}

// addLink adds a link that clients wrote. An IRI that could end it early is
// left out (SP-SEC-01), and so is what is no IRI.
func addLink(header http.Header, target rdf.Term, rel, anchor string) {
	if !target.IsIRI() || strings.ContainsFunc(target.Value(), func(r rune) bool { return r <= ' ' || r > '~' || r == '>' || r == '"' }) {
		return
	}
	value := link(target.Value(), rel)
	if anchor != "" {
		value += `; anchor="` + anchor + `"`
	}
	header.Add("Link", value)
}

var ldpInbox = rdf.IRI(relInbox)

// sandbox keeps what residents stored from acting as a page of this origin:
// no scripts, no forms, an opaque origin (security of shared origins).
const sandbox = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

// setUntrusted marks an answer whose content residents or clients chose.
func setUntrusted(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", sandbox)
	header.Set("Referrer-Policy", "no-referrer")
}

// setContent says what the content is. A page of the server's own making has a
// language.
func setContent(header http.Header, mediaType, language string) {
	setUntrusted(header)
	header.Set("Content-Type", mediaType)
	switch {
	case language != "":
		header.Set("Content-Language", language)
	case isActive(mediaType):
		header.Set("Content-Disposition", "attachment")
	}
}

// activeTypes can run scripts or load a plug-in. They are offered for saving,
// never shown as a page.
var activeTypes = map[string]bool{
	"text/html":              true,
	"application/xhtml+xml":  true,
	"image/svg+xml":          true,
	"text/xml":               true,
	"application/xml":        true,
	"text/xsl":               true,
	"application/pdf":        true,
	"text/javascript":        true,
	"application/javascript": true,
}

// isActive includes every XML format, to which a browser may apply a stylesheet,
// and formats of parts, which bring media types and fields of their own.
func isActive(mediaType string) bool {
	essence := essenceOf(mediaType)
	return activeTypes[essence] || strings.HasSuffix(essence, "+xml") ||
		strings.HasPrefix(essence, "multipart/") || strings.HasPrefix(essence, "message/")
}
