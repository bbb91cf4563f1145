package solid

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/turtle"
)

// Member is a resource as the listing of its container tells of it. What a
// server does not say is zero, of Size -1.
type Member struct {
	URL       string
	MediaType string
	Types     []string // IRIs of its classes
	Size      int64    // bytes
	Modified  time.Time
}

// IsContainer reports whether the member is a container.
func (m Member) IsContainer() bool { return strings.HasSuffix(m.URL, "/") }

// listingLimits bound single statements, not the number of members: listings are
// read as they come.
var listingLimits = turtle.Limits{
	Bytes: math.MaxInt64, Triples: math.MaxInt, LiteralBytes: 1 << 20, Depth: 100, Prefixes: 1000,
}

var (
	ldpContains   = rdf.IRI(rdf.LDP + "contains")
	dctModified   = rdf.IRI(rdf.DCTerms + "modified")
	posixSize     = rdf.IRI(rdf.POSIX + "size")
	linkContainer = "<" + rdf.LDP + `BasicContainer>; rel="type"`
)

// errEnough ends the reading of a listing.
var errEnough = errors.New("enough")

// Members yields the members of a container, in the server's order, while the
// listing comes: a container of any size takes no memory. A loop that takes long
// over each member should collect them first, since servers cut off clients that
// read slowly. An error is the last.
func (c *Client) Members(ctx context.Context, container string) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		err := c.eachMember(ctx, container, func(m Member) error {
			if !yield(m, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Member{}, err)
		}
	}
}

func (c *Client) eachMember(ctx context.Context, container string, emit func(Member) error) error {
	source, err := c.Get(ctx, container, WithHeader("Accept", codec.Turtle))
	if err != nil {
		return err
	}
	defer source.Body.Close()
	if mediaType, _, err := mime.ParseMediaType(source.MediaType); err != nil || mediaType != codec.Turtle {
		return fmt.Errorf("%s: the listing is %q, not Turtle", container, source.MediaType)
	}
	reader := listingReader{container: rdf.IRI(source.URL), members: map[rdf.Term]*listed{}, emit: emit}
	if _, err := turtle.Each(ctx, source.Body, source.URL, listingLimits, reader.read); err != nil {
		return fmt.Errorf("%s: %w", container, err)
	}
	return reader.end()
}

// listingReader puts members together from the triples of a listing. Servers
// write what they say of a member in one place, before or after they say that it
// is one, so a member is whole when the subject changes.
type listingReader struct {
	container rdf.Term
	members   map[rdf.Term]*listed // those that are not whole
	order     []rdf.Term           // those that were contained before described
	subject   rdf.Term
	emit      func(Member) error
}

type listed struct {
	Member
	contained, described bool
}

func (r *listingReader) read(q rdf.Quad) error {
	if q.S != r.subject {
		if err := r.finish(r.subject); err != nil {
			return err
		}
		r.subject = q.S
	}
	if q.S != r.container {
		if q.S.IsIRI() {
			r.member(q.S).describe(q.P, q.O)
		}
		return nil
	}
	if q.P != ldpContains || !q.O.IsIRI() || !isBelow(q.O.Value(), r.container.Value()) {
		return nil
	}
	m := r.member(q.O)
	m.contained = true
	if !m.described {
		r.order = append(r.order, q.O)
		return nil
	}
	return r.finish(q.O)
}

// isBelow: a container has only what is below its URL (Solid Protocol §3.1), so
// that no listing leads a walk, or a deletion, elsewhere.
func isBelow(member, container string) bool {
	return len(member) > len(container) && strings.HasPrefix(member, container)
}

func (r *listingReader) member(term rdf.Term) *listed {
	m := r.members[term]
	if m == nil {
		m = &listed{Member: Member{URL: term.Value(), Size: -1}}
		r.members[term] = m
	}
	return m
}

// finish hands out a member if it is whole.
func (r *listingReader) finish(term rdf.Term) error {
	m := r.members[term]
	if m == nil || !m.contained || !m.described {
		return nil
	}
	delete(r.members, term)
	if len(r.order) > 0 && r.order[0] == term {
		r.order = r.order[1:]
	}
	return r.emit(m.Member)
}

// end hands out the rest: what the listing says nothing of but that it is there.
func (r *listingReader) end() error {
	if err := r.finish(r.subject); err != nil {
		return err
	}
	for _, term := range r.order {
		m := r.members[term]
		if m == nil {
			continue
		}
		delete(r.members, term) // may be in the order twice
		if err := r.emit(m.Member); err != nil {
			return err
		}
	}
	return nil
}

// describe takes what a listing says of the member into account.
func (m *listed) describe(property, value rdf.Term) {
	m.described = true
	switch property {
	case rdf.Type:
		m.Types = append(m.Types, value.Value())
		name, ok := strings.CutPrefix(value.Value(), rdf.IANA)
		if mediaType, is := strings.CutSuffix(name, "#Resource"); ok && is {
			m.MediaType = mediaType
		}
	case dctModified:
		if modified, err := time.Parse(time.RFC3339, value.Value()); err == nil {
			m.Modified = modified
		}
	case posixSize:
		if size, err := strconv.ParseInt(value.Value(), 10, 64); err == nil && size >= 0 {
			m.Size = size
		}
	}
}

// Walk yields all that is in a container and in the containers in it, each
// container before its members. When a container can't be listed it is yielded
// again, with the error, and Walk goes on with the others.
func (c *Client) Walk(ctx context.Context, container string) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		for stack := []Member{{URL: container, Size: -1}}; len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if at.URL != container && !yield(at, nil) {
				return
			}
			var inner []Member // walked when this listing has been read: none waits for another
			err := c.eachMember(ctx, at.URL, func(m Member) error {
				if m.IsContainer() {
					inner = append(inner, m)
				} else if !yield(m, nil) {
					return errEnough
				}
				return nil
			})
			if errors.Is(err, errEnough) || err != nil && !yield(at, err) {
				return
			}
			slices.Reverse(inner)
			stack = append(stack, inner...)
		}
	}
}

// CreateContainer creates a container, and those that lead to it. Where there is
// one already it fails with [ErrPreconditionFailed], at some servers with
// [ErrConflict].
func (c *Client) CreateContainer(ctx context.Context, container string) (Info, error) {
	if !strings.HasSuffix(container, "/") {
		return Info{}, fmt.Errorf("the URL of a container ends in a slash: %s", container)
	}
	return c.do(ctx, http.MethodPut, container, codec.Turtle, http.NoBody, []Option{IfAbsent(), WithHeader("Link", linkContainer)})
}

// DeleteAll deletes a container with all that is in it. What others put there
// meanwhile stays, and so does the container: the error is [ErrConflict] then.
func (c *Client) DeleteAll(ctx context.Context, container string) error {
	var members []Member
	for m, err := range c.Members(ctx, container) {
		if err != nil {
			return err
		}
		members = append(members, m)
	}
	for _, m := range members {
		remove := c.DeleteAll
		if !m.IsContainer() {
			remove = func(ctx context.Context, resource string) error { return c.Delete(ctx, resource) }
		}
		if err := remove(ctx, m.URL); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return c.Delete(ctx, container)
}
