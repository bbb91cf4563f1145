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

// beginQuads reads the first page and, when it is all, renders it.
func (l *listing) beginQuads(s *session, description *rdf.Document) error {
	container := rdf.IRI(s.space.URL(l.target.id))
	description.Prefixes = withPrefixes(description.Prefixes, containerPrefixes)
	ofContainer(l.target.record).addTo(description.Default, container)
	if l.done = l.target.minimal; !l.done {
		if err := l.readBatch(s); err != nil {
			return err
		}
	}
	if !l.done {
		l.document = description
		return nil
	}
	for _, member := range l.batch {
		addMember(description.Default, container, rdf.IRI(s.space.URL(member.ID)), member)
	}
	return codec.Write(l.page, l.mediaType, description, container.Value())
}

// readBatch reads one page.
func (l *listing) readBatch(s *session) error {
	l.batch = l.batch[:0]
	for member, err := range l.members(s) {
		if err != nil {
			return err
		}
		l.batch = append(l.batch, member)
	}
	return nil
}

// quads yields the document and the page, and reads on. Each page says first what
// the container contains, so that no member is taken for one that the document
// ends with.
func (l *listing) quads(ctx context.Context, agent wac.Agent) iter.Seq2[rdf.Quad, error] {
	return func(yield func(rdf.Quad, error) bool) {
		space := l.handler.space
		container := rdf.IRI(space.URL(l.target.id))
		send := func(t rdf.Triple) bool { return yield(rdf.Quad{S: t.S, P: t.P, O: t.O}, nil) }
		for t := range grouped(l.document.Default) {
			if !send(t) {
				return
			}
		}
		l.document = nil // its memory is for others
		var triples []rdf.Triple
		for {
			for _, member := range l.batch {
				if !send(rdf.Triple{S: container, P: ldpContains, O: rdf.IRI(space.URL(member.ID))}) {
					return
				}
			}
			for _, member := range l.batch {
				triples = ofMember(member, mediaTypeClass(member.MediaType)).appendTriples(triples[:0], rdf.IRI(space.URL(member.ID)))
				for _, t := range triples {
					if !send(t) {
						return
					}
				}
			}
			if l.done {
				return
			}
			if err := l.more(ctx, agent, l.readBatch); err != nil {
				yield(rdf.Quad{}, err)
				return
			}
		}
	}
}

// grouped yields a graph by subject and predicate.
func grouped(g *rdf.Graph) iter.Seq[rdf.Triple] {
	return func(yield func(rdf.Triple) bool) {
		for subject := range g.Subjects() {
			triples := slices.SortedStableFunc(g.Match(subject, rdf.Term{}, rdf.Term{}), func(a, b rdf.Triple) int {
				return cmp.Compare(a.P.Value(), b.P.Value())
			})
			for _, t := range triples {
				if !yield(t) {
					return
				}
			}
		}
	}
}
