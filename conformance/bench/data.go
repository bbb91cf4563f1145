package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	turtle = "text/turtle"
	jsonLD = "application/ld+json"
	n3     = "text/n3"
	binary = "application/octet-stream"

	blobSize  = 10 << 20
	rangeSize = 64 << 10
	// documents are how many reads and patches are spread over.
	documents = 100
)

// document is Turtle of 20 triples, about 1 KB.
func document(n int) string {
	var b strings.Builder
	b.WriteString("@prefix foaf: <http://xmlns.com/foaf/0.1/>.\n@prefix schema: <http://schema.org/>.\n@prefix ex: <http://example.org/vocab#>.\n\n")
	fmt.Fprintf(&b, "<#it> a foaf:Person, schema:Person;\n  foaf:name \"Resident number %d\"@en;\n  schema:identifier %d;\n  ex:note \"as written\";\n", n, n)
	fmt.Fprintf(&b, "  foaf:homepage <http://example.org/people/%d>;\n  foaf:mbox <mailto:resident%d@example.org>;\n", n, n)
	for i := range 5 {
		fmt.Fprintf(&b, "  foaf:knows <http://example.org/people/%d#it>;\n", n+i+1)
	}
	for i := range 7 {
		fmt.Fprintf(&b, "  ex:attribute%d \"value %d of attribute %d\";\n", i, n, i)
	}
	b.WriteString("  ex:last true.\n")
	return b.String()
}

// patch replaces one triple of a document, so that documents do not grow.
func patch(note string) string {
	return fmt.Sprintf(`@prefix solid: <http://www.w3.org/ns/solid/terms#>.
@prefix ex: <http://example.org/vocab#>.
_:change a solid:InsertDeletePatch;
  solid:where   { ?it ex:note ?note. };
  solid:deletes { ?it ex:note ?note. };
  solid:inserts { ?it ex:note %q. }.
`, note)
}

// member is a document of a large container.
func member(n int) string {
	return fmt.Sprintf("<#it> <http://example.org/vocab#n> %d .\n", n)
}

// blob is the same at each call, and does not compress.
func blob() string {
	var b strings.Builder
	b.Grow(blobSize)
	source := rand.NewPCG(1, 2)
	for b.Len() < blobSize {
		n := source.Uint64()
		for range 8 {
			b.WriteByte(byte(n))
			n >>= 8
		}
	}
	return b.String()
}

// acl gives the owner of a container everything and everybody the public modes
// ("" for none).
func acl(container, owner, public string) string {
	text := fmt.Sprintf(`@prefix acl: <http://www.w3.org/ns/auth/acl#>.
@prefix foaf: <http://xmlns.com/foaf/0.1/>.
<#owner> a acl:Authorization; acl:agent <%s>; acl:accessTo <%s>; acl:default <%[2]s>; acl:mode acl:Read, acl:Write, acl:Control.
`, owner, container)
	if public != "" {
		text += fmt.Sprintf("<#public> a acl:Authorization; acl:agentClass foaf:Agent; acl:accessTo <%s>; acl:default <%[1]s>; acl:mode %s.\n", container, public)
	}
	return text
}
