package ldp

import (
	"net/http"
	"strings"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// shape is what kind of thing a target is, as far as methods and headers go.
type shape uint8

const (
	absentDocument shape = iota
	absentContainer
	rdfDocument
	binary
	container
	storageRoot
	aclResource
	rootACL
	description
	containerDescription
	storageDescription
)

// What can be sent to a resource (SP-GET-03). Clients pick concrete media types
// from Accept-Put, so those come first (ECO-CLI-12).
const (
	patchTypes = "text/n3, application/sparql-update"
	rdfTypes   = "text/turtle, application/ld+json, application/n-triples, application/trig, application/n-quads"
	anyType    = rdfTypes + ", */*"
)

// traits are the headers that a shape has.
type traits struct {
	allow     string
	put, post string // Accept-Put, Accept-Post
	types     []string
}

var shapes = [...]traits{
	absentDocument:       {"GET, HEAD, OPTIONS, PUT, PATCH", anyType, "", nil},
	absentContainer:      {"GET, HEAD, OPTIONS, PUT, PATCH", rdfTypes, "", nil},
	rdfDocument:          {"GET, HEAD, OPTIONS, PUT, PATCH, DELETE", anyType, "", []string{typeResource, typeRDFSource}},
	binary:               {"GET, HEAD, OPTIONS, PUT, DELETE", anyType, "", []string{typeResource, typeNonRDFSource}},
	container:            {"GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE", rdfTypes, anyType, []string{typeResource, typeContainer, typeBasicContainer}},
	storageRoot:          {"GET, HEAD, OPTIONS, POST, PUT, PATCH", rdfTypes, anyType, []string{typeResource, typeContainer, typeBasicContainer, typeStorage}},
	aclResource:          {"GET, HEAD, OPTIONS, PUT, PATCH, DELETE", rdfTypes, "", []string{typeResource, typeRDFSource}},
	rootACL:              {"GET, HEAD, OPTIONS, PUT, PATCH", rdfTypes, "", []string{typeResource, typeRDFSource}},
	description:          {"GET, HEAD, OPTIONS, PUT, PATCH, DELETE", rdfTypes, "", []string{typeResource, typeRDFSource}},
	containerDescription: {"GET, HEAD, OPTIONS, PUT, PATCH, DELETE", rdfTypes, "", []string{typeResource, typeRDFSource}},
	storageDescription:   {"GET, HEAD, OPTIONS", "", "", []string{typeResource, typeRDFSource}},
}

// urlShape is the shape that a URL alone tells. For a URL that is not
// auxiliary it says what could be there.
func urlShape(id resource.ID) shape {
	switch {
	case id.Aux() == resource.StorageDescription:
		return storageDescription
	case id.Aux() == resource.ACL && id.Subject().IsRoot():
		return rootACL
	case id.Aux() == resource.ACL:
		return aclResource
	case id.Aux() == resource.Description && id.Subject().IsContainer():
		return containerDescription
	case id.Aux() == resource.Description:
		return description
	case id.IsRoot():
		return storageRoot
	case id.IsContainer():
		return absentContainer
	}
	return absentDocument
}

// shapeOf is the shape of what the store has at id.
func shapeOf(id resource.ID, kind rdfstore.Kind) shape {
	s := urlShape(id)
	switch {
	case s == absentContainer:
		return container
	case s == absentDocument && kind == rdfstore.Binary:
		return binary
	case s == absentDocument:
		return rdfDocument
	}
	return s
}

// hasRDF reports whether only RDF can be there.
func (s shape) hasRDF() bool { return s != absentDocument && s != rdfDocument && s != binary }

// allows reports whether a method applies (SP-GET-02).
func (s shape) allows(method string) bool {
	for allowed := range strings.SplitSeq(shapes[s].allow, ", ") {
		if allowed == method {
			return true
		}
	}
	return false
}

// setMethods says which methods apply and what they take (SP-GET-02,
// SP-GET-03). It tells what the resource supports, not what the agent may do.
func (s shape) setMethods(header http.Header) {
	header.Set("Allow", shapes[s].allow)
	if shapes[s].put != "" {
		header.Set("Accept-Put", shapes[s].put)
	}
	if shapes[s].post != "" {
		header.Set("Accept-Post", shapes[s].post)
	}
	if s.allows(http.MethodPatch) {
		header.Set("Accept-Patch", patchTypes)
		header.Set("MS-Author-Via", "SPARQL") // by it older rdflib knows that PATCH works (ECO-CLI-09)
	}
}
