package ldp

import (
	"bytes"
	"context"
	"io"
	"iter"
	"runtime"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/wac"
)

// pageMembers is how many members are read from one snapshot, some 250 KB of
// Turtle.
const pageMembers = 1000

// listing is a container on its way: its description, then its members as they
// are read, in memory that does not grow.
//
// Each page is read in a view and sent when that has ended, so that a client
// that reads slowly keeps no snapshot. A container of up to [pageMembers] is
// shown as it was at one moment. Of a larger one each page is, the later ones as
// the container is by then: what was there all the time is listed once, and a
// change meanwhile moves the entity tag away from that of the answer. Access is
// decided anew for each page.
type listing struct {
	handler   *Handler
	target    *target
	mediaType string
	after     string // the last member that was read
	done      bool
	page      *bytes.Buffer // what is to be sent next
	// In another format than Turtle batch is what has been read of the members,
	// and document what comes before them; nil when all is in page.
	batch    []rdfstore.Member
	document *rdf.Document
}

// begin reads what comes before the members, and the first of these.
func (l *listing) begin(ctx context.Context, s *session) error {
	description, err := s.document(ctx, s.Reader, l.target.record)
	if err != nil {
		return err
	}
	l.page = s.pages.Get().(*bytes.Buffer)
	l.page.Reset()
	if l.mediaType != codec.Turtle {
		return l.beginQuads(s, description)
	}
	if description.Len() > 0 {
		if err := codec.Write(l.page, codec.Turtle, description, s.space.URL(l.target.id)); err != nil {
			return err
		}
	}
	// Declared here, whatever the description above means by these names.
	for _, p := range containerPrefixes {
		l.page.WriteString("@prefix " + p.Name + ": <" + p.IRI + ">.\n")
	}
	l.page.Write(ofContainer(l.target.record).appendTurtle(nil, ""))
	if l.done = l.target.minimal; l.done {
		return nil
	}
	return l.read(s)
}

// members yields one page.
func (l *listing) members(s *session) iter.Seq2[rdfstore.Member, error] {
	return func(yield func(rdfstore.Member, error) bool) {
		count := 0
		for member, err := range s.Members(l.target.id, l.after) {
			if err == nil && count == pageMembers || !yield(member, err) {
				return
			}
			count++
			l.after = member.ID.Name()
		}
		l.done = true
	}
}

// read reads one page as Turtle.
func (l *listing) read(s *session) error {
	var mediaType, class string // of the member before
	for member, err := range l.members(s) {
		if err != nil {
			return err
		}
		if member.MediaType != mediaType {
			mediaType, class = member.MediaType, mediaTypeClass(member.MediaType)
		}
		name := relativeName(member.ID)
		lines := append(appendIRI(append(l.page.AvailableBuffer(), "<> ldp:contains "...), name), ".\n"...)
		l.page.Write(ofMember(member, class).appendTurtle(lines, name))
	}
	return nil
}

// send writes what has been read, and reads on.
func (l *listing) send(ctx context.Context, agent wac.Agent, w io.Writer) error {
	defer l.handler.pages.Put(l.page)
	if l.document != nil {
		document := rdf.Stream{Prefixes: l.document.Prefixes, Quads: l.quads(ctx, agent)}
		return codec.WriteStream(w, l.mediaType, document, l.handler.space.URL(l.target.id))
	}
	for {
		if _, err := w.Write(l.page.Bytes()); err != nil || l.done {
			return nil // a write fails when the client is gone
		}
		l.page.Reset()
		if err := l.more(ctx, agent, l.read); err != nil {
			return err
		}
	}
}

// more calls read in another view, if the agent may read there. Requests that
// take less go first.
func (l *listing) more(ctx context.Context, agent wac.Agent, read func(*session) error) error {
	runtime.Gosched()
	return l.handler.view(ctx, agent, func(s *session) error {
		t, err := s.target(ctx, l.target.id)
		if err == nil {
			err = s.authorize(ctx, t, needs[opRead])
		}
		if err != nil {
			return err
		}
		return read(s)
	})
}
