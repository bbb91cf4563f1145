package ldp

import (
	"bytes"
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
	modified time.Time
	size     int64 // < 0: not said
}

func ofContainer(r rdfstore.Resource) statements {
	return statements{types: shapes[shapeOf(r.ID, r.Kind)].types, modified: r.Modified, size: -1}
}

func ofMember(m rdfstore.Member) statements {
	s := statements{types: []string{typeResource}, modified: m.Modified, size: m.Size}
	if m.Kind == rdfstore.Container {
		s.types = shapes[container].types
	} else if class := mediaTypeClass(m.MediaType); class != "" {
		s.types = append(s.types, class)
	}
	return s
}

func (s statements) date() string { return s.modified.UTC().Format("2006-01-02T15:04:05Z") }

// addTo adds the statements about subject to a graph.
func (s statements) addTo(g *rdf.Graph, subject rdf.Term) {
	for _, name := range s.types {
		g.Add(rdf.Triple{S: subject, P: rdf.Type, O: rdf.IRI(name)})
	}
	g.Add(rdf.Triple{S: subject, P: dctermsDate, O: rdf.Typed(s.date(), rdf.XSDDateTime)})
	g.Add(rdf.Triple{S: subject, P: posixModified, O: rdf.Typed(strconv.FormatInt(s.modified.Unix(), 10), rdf.XSDInteger)})
	if s.size >= 0 {
		g.Add(rdf.Triple{S: subject, P: posixSize, O: rdf.Typed(strconv.FormatInt(s.size, 10), rdf.XSDInteger)})
	}
}

// writeTurtle writes the same with the prefixes of [containerPrefixes]. Every
// class is in a namespace of those or has a plain IRI.
func (s statements) writeTurtle(w *bytes.Buffer, subject string) {
	w.WriteString("<" + subject + "> a ")
	for i, name := range s.types {
		if i > 0 {
			w.WriteString(", ")
		}
		switch {
		case strings.HasPrefix(name, rdf.LDP):
			w.WriteString("ldp:" + name[len(rdf.LDP):])
		case strings.HasPrefix(name, rdf.PIM):
			w.WriteString("pim:" + name[len(rdf.PIM):])
		default:
			w.WriteString("<" + name + ">")
		}
	}
	w.WriteString(`; dcterms:modified "` + s.date() + `"^^xsd:dateTime; stat:mtime ` + strconv.FormatInt(s.modified.Unix(), 10))
	if s.size >= 0 {
		w.WriteString("; stat:size " + strconv.FormatInt(s.size, 10))
	}
	w.WriteString(".\n")
}

// listing returns what the server says in a container's representation, of its
// members too or of itself only.
func (s *session) listing(r rdfstore.Resource, withMembers bool) (*rdf.Graph, error) {
	graph := rdf.NewGraph()
	subject := rdf.IRI(s.space.URL(r.ID))
	ofContainer(r).addTo(graph, subject)
	if !withMembers {
		return graph, nil
	}
	for member, err := range s.Members(r.ID, "") {
		if err != nil {
			return nil, err
		}
		m := rdf.IRI(s.space.URL(member.ID))
		graph.Add(rdf.Triple{S: subject, P: ldpContains, O: m})
		ofMember(member).addTo(graph, m)
	}
	return graph, nil
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
