package ldp

import (
	"strconv"
	"strings"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// The predicates of what the server says of containers and their members
// (SP-CON-01, SP-CON-04).
var (
	ldpContains   = rdf.IRI(rdf.LDP + "contains")
	dctermsDate   = rdf.IRI(rdf.DCTerms + "modified")
	posixModified = rdf.IRI(rdf.POSIX + "mtime")
	posixSize     = rdf.IRI(rdf.POSIX + "size")
)

var containerPrefixes = []rdf.Prefix{
	{Name: "dcterms", IRI: rdf.DCTerms}, {Name: "ldp", IRI: rdf.LDP}, {Name: "pim", IRI: rdf.PIM},
	{Name: "stat", IRI: rdf.POSIX}, {Name: "xsd", IRI: rdf.XSD},
}

// mediaTypeClass returns the class of resources with a media type, or "" when
// it has characters that an IRI or a name of it should not have.
func mediaTypeClass(mediaType string) string {
	essence := essenceOf(mediaType)
	if strings.Count(essence, "/") != 1 || strings.ContainsFunc(essence, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("/.+_-", r)
	}) {
		return ""
	}
	return rdf.IANA + essence + "#Resource"
}

// statements are what the server says of one resource in a container's
// representation.
type statements struct {
	types    []string
	class    string // of its media type, see mediaTypeClass
	modified time.Time
	size     int64 // < 0: not said
}

func ofContainer(r rdfstore.Resource) statements {
	return statements{types: shapes[shapeOf(r.ID, r.Kind)].types, modified: r.Modified, size: -1}
}

var memberTypes = []string{typeResource}

func ofMember(m rdfstore.Member, class string) statements {
	if m.Kind == rdfstore.Container {
		return statements{types: shapes[container].types, modified: m.Modified, size: m.Size}
	}
	return statements{types: memberTypes, class: class, modified: m.Modified, size: m.Size}
}

// appendTriples appends the statements, about subject.
func (s statements) appendTriples(to []rdf.Triple, subject rdf.Term) []rdf.Triple {
	for _, name := range s.types {
		to = append(to, rdf.Triple{S: subject, P: rdf.Type, O: rdf.IRI(name)})
	}
	if s.class != "" {
		to = append(to, rdf.Triple{S: subject, P: rdf.Type, O: rdf.IRI(s.class)})
	}
	to = append(to,
		rdf.Triple{S: subject, P: dctermsDate, O: rdf.Typed(s.modified.UTC().Format(secondsOfUTC), rdf.XSDDateTime)},
		rdf.Triple{S: subject, P: posixModified, O: rdf.Typed(strconv.FormatInt(s.modified.Unix(), 10), rdf.XSDInteger)})
	if s.size >= 0 {
		to = append(to, rdf.Triple{S: subject, P: posixSize, O: rdf.Typed(strconv.FormatInt(s.size, 10), rdf.XSDInteger)})
	}
	return to
}

// addTo adds the same to a graph.
func (s statements) addTo(g *rdf.Graph, subject rdf.Term) {
	for _, t := range s.appendTriples(nil, subject) {
		g.Add(t)
	}
}

// secondsOfUTC is how dates are written.
const secondsOfUTC = time.RFC3339

// appendTurtle writes the same with the prefixes of [containerPrefixes]. Every
// type is in a namespace of those. A listing has many: nothing is allocated.
func (s statements) appendTurtle(to []byte, subject string) []byte {
	to = append(appendIRI(to, subject), " a "...)
	for i, name := range s.types {
		if i > 0 {
			to = append(to, ", "...)
		}
		if local, ok := strings.CutPrefix(name, rdf.LDP); ok {
			to = append(append(to, "ldp:"...), local...)
		} else {
			to = append(append(to, "pim:"...), strings.TrimPrefix(name, rdf.PIM)...)
		}
	}
	if s.class != "" {
		to = appendIRI(append(to, ", "...), s.class)
	}
	to = append(to, `; dcterms:modified "`...)
	to = s.modified.UTC().AppendFormat(to, secondsOfUTC)
	to = append(to, `"^^xsd:dateTime; stat:mtime `...)
	to = strconv.AppendInt(to, s.modified.Unix(), 10)
	if s.size >= 0 {
		to = strconv.AppendInt(append(to, "; stat:size "...), s.size, 10)
	}
	return append(to, ".\n"...)
}

func appendIRI(to []byte, iri string) []byte {
	return append(append(append(to, '<'), iri...), '>')
}

// addMember adds what the server says of a member to a graph.
func addMember(g *rdf.Graph, container, member rdf.Term, m rdfstore.Member) {
	g.Add(rdf.Triple{S: container, P: ldpContains, O: member})
	ofMember(m, mediaTypeClass(m.MediaType)).addTo(g, member)
}

// relativeName is a member's URL relative to its container's. A colon would
// make the name read as an absolute IRI (RFC 3986 §4.2).
func relativeName(member resource.ID) string {
	name := member.Name()
	if strings.Contains(name, ":") {
		return "./" + name
	}
	return name
}
