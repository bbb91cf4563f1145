package rdf

// Datatypes and the terms of RDF that syntax itself needs.
const (
	XSD           = "http://www.w3.org/2001/XMLSchema#"
	XSDString     = XSD + "string"
	XSDInteger    = XSD + "integer"
	XSDDecimal    = XSD + "decimal"
	XSDDouble     = XSD + "double"
	XSDBoolean    = XSD + "boolean"
	XSDDateTime   = XSD + "dateTime"
	RDF           = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	RDFLangString = RDF + "langString"
	RDFType       = RDF + "type"
	RDFFirst      = RDF + "first"
	RDFRest       = RDF + "rest"
	RDFNil        = RDF + "nil"
)

// Namespaces of the vocabularies that Solid uses.
const (
	ACL     = "http://www.w3.org/ns/auth/acl#"
	DCTerms = "http://purl.org/dc/terms/"
	FOAF    = "http://xmlns.com/foaf/0.1/"
	IANA    = "http://www.w3.org/ns/iana/media-types/"
	LDP     = "http://www.w3.org/ns/ldp#"
	PIM     = "http://www.w3.org/ns/pim/space#"
	POSIX   = "http://www.w3.org/ns/posix/stat#"
	Schema  = "http://schema.org/"
	Solid   = "http://www.w3.org/ns/solid/terms#"
	VCard   = "http://www.w3.org/2006/vcard/ns#"
)

// Type is the predicate rdf:type.
var Type = IRI(RDFType)
