package ldp

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/wac"
)

// beginDocument reads the first page as quads and, when it is all, renders it.
func (l *listing) beginDocument(s *session, description *rdf.Document) error {
	description.Prefixes = withPrefixes(description.Prefixes, containerPrefixes)
	ofContainer(l.target.record).addTo(description.Default, rdf.IRI(s.space.URL(l.target.id)))
	if l.done = l.target.minimal; !l.done {
		if err := l.readInto(description.Default, s); err != nil {
			return err
		}
	}
	if !l.done {
		l.document = description
		return nil
	}
	return codec.Write(l.page, l.mediaType, description, s.space.URL(l.target.id))
}

// readInto reads one page.
func (l *listing) readInto(g *rdf.Graph, s *session) error {
	container := rdf.IRI(s.space.URL(l.target.id))
	for member, err := range l.members(s) {
		if err != nil {
			return err
		}
		addMember(g, container, rdf.IRI(s.space.URL(member.ID)), member)
	}
	return nil
}

// quads yields the document and reads on, page by page.
func (l *listing) quads(ctx context.Context, agent wac.Agent) iter.Seq2[rdf.Quad, error] {
	return func(yield func(rdf.Quad, error) bool) {
		container := rdf.IRI(l.handler.space.URL(l.target.id))
		page := l.document.Default
		var triples []rdf.Triple
		// about yields what the page says of a subject, by predicate.
		about := func(subject rdf.Term) bool {
			triples = slices.AppendSeq(triples[:0], page.Match(subject, rdf.Term{}, rdf.Term{}))
			slices.SortStableFunc(triples, func(a, b rdf.Triple) int { return cmp.Compare(a.P.Value(), b.P.Value()) })
			for _, t := range triples {
				if !yield(rdf.Quad{S: t.S, P: t.P, O: t.O}, nil) {
					return false
				}
			}
			return true
		}
		for {
			// The container is first, with the page's members as objects, so
			// that no page begins with the subject that the one before ends with.
			if !about(container) {
				return
			}
			for subject := range page.Subjects() {
				if subject != container && !about(subject) {
					return
				}
			}
			if l.done {
				return
			}
			page = rdf.NewGraph()
			if err := l.more(ctx, agent, func(s *session) error { return l.readInto(page, s) }); err != nil {
				yield(rdf.Quad{}, err)
				return
			}
		}
	}
}
