package ldp

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"domicile/rdfstore"
)

// validators tell one state of a resource from others, and one representation
// of it from others. An entity tag reads EPOCH-STATE[.LISTING][-VARIANT]
// [-CODING]: for example "k3f9-17-ttl" for a document as Turtle and
// "k3f9-17.20-jld-gz" for a container as JSON-LD, gzipped. A container's state is its membership; its listing also
// counts updates of members, so that no 304 lies about their sizes and dates.
type validators struct {
	state string // EPOCH-STATE, of a container with the "." that follows
	// content is state and listing: what all representations share.
	content string
	// chosen: a representation has been, with its variant and coding; neither
	// need be there.
	chosen          bool
	variant, coding string
	// modified has whole milliseconds; HTTP shows seconds.
	modified time.Time
}

// validatorsOf returns the validators of an existing resource; epoch is
// [rdfstore.Store.Epoch].
func validatorsOf(epoch string, r rdfstore.Resource) *validators {
	v := &validators{modified: r.Modified}
	if r.ID.IsContainer() {
		v.state = State(epoch, r.Membership) + "."
		v.content = v.state + strconv.FormatUint(r.Listing, 10)
		return v
	}
	v.state = State(epoch, r.Revision)
	v.content = v.state
	return v
}

func (v validators) tag() string {
	tag := v.content
	for _, part := range [...]string{v.variant, v.coding} {
		if part != "" {
			tag += "-" + part
		}
	}
	return tag
}

// State is how the part of an entity tag reads that all representations of a
// state share: of a revision of a resource, of a container its membership. As
// notifications name it, it does as an entity tag in If-Match too.
func State(epoch string, revision uint64) string {
	return epoch + "-" + strconv.FormatUint(revision, 10)
}

// IsState reports whether a text is a state, or an entity tag of it, quotes
// or not.
func IsState(text, state string) bool {
	rest, ok := strings.CutPrefix(strings.Trim(strings.TrimPrefix(text, "W/"), `"`), state)
	return ok && (rest == "" || rest[0] == '-' || rest[0] == '.')
}

// isState reports whether a tag belongs to the current state, in whichever
// representation.
func (v *validators) isState(opaque string) bool {
	if opaque == strings.TrimSuffix(v.state, ".") {
		return true
	}
	rest, ok := strings.CutPrefix(opaque, v.state)
	return ok && (rest == "" || rest[0] == '-' || v.isContainer())
}

func (v *validators) isContainer() bool { return strings.HasSuffix(v.state, ".") }

// isRepresentation reports whether a tag is that of the chosen representation
// or, while none is chosen, of any.
func (v *validators) isRepresentation(opaque string) bool {
	if v.chosen {
		return opaque == v.tag()
	}
	rest, ok := strings.CutPrefix(opaque, v.content)
	return ok && (rest == "" || rest[0] == '-')
}

// set sends the validators. The date is never in the future (SP-HTTP-07).
func (v validators) set(header http.Header, now time.Time) {
	header.Set("ETag", `"`+v.tag()+`"`)
	modified := v.modified
	if modified.After(now) {
		modified = now
	}
	header.Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
}

// variants are the endings of entity tags by media type.
var variants = map[string]string{
	"text/turtle":           "ttl",
	"application/ld+json":   "jld",
	"application/n-triples": "nt",
	"application/trig":      "trig",
	"application/n-quads":   "nq",
	"text/html":             "html",
}
