package wac

import (
	"context"
	"strings"
	"testing"
	"time"

	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/rdfstore/turtle"
)

const (
	base  = "https://pods.example/"
	alice = "https://alice.example/card#me" // owns storage "alice"
	bob   = "https://bob.example/card#me"
	carol = "https://carol.example/card#me"
	team  = "https://groups.example/work#team"
	apps  = "https://groups.example/apps#trusted"
)

var (
	noon     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	space, _ = resource.NewSpace(base, false)
	root     = resource.Root("alice")
)

// id returns the identifier of a path below the storage root of alice.
func id(t testing.TB, path string) resource.ID {
	t.Helper()
	id, err := space.ParseIRI(base + "alice/" + path)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// graph reads Turtle with the prefixes that every ACL document here uses. The
// base is the storage root of alice, ":" the vocabulary of access control.
func graph(t testing.TB, text string) *rdf.Graph {
	t.Helper()
	const prefixes = `@prefix : <` + rdf.ACL + `>. @prefix foaf: <` + rdf.FOAF + `>. @prefix schema: <` + rdf.Schema + `>.
		@prefix xsd: <` + rdf.XSD + `>. @prefix b: <https://bob.example/card#>. `
	doc, err := turtle.Parse(t.Context(), strings.NewReader(prefixes+text), base+"alice/", turtle.DefaultLimits)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc.Default
}

// acls is an ACLSource for the storage of alice.
type acls map[resource.ID]*ACL

func (a acls) EffectiveACL(_ context.Context, subject resource.ID) (Effective, error) {
	return FindEffective(subject, func(id resource.ID) (*ACL, error) { return a[id], nil })
}

func (a acls) IsOwner(_ context.Context, webID, storage string) (bool, error) {
	return storage == "alice" && webID == alice, nil
}

// documents makes an ACLSource of paths and Turtle.
func documents(t testing.TB, texts map[string]string) acls {
	t.Helper()
	a := acls{}
	for path, text := range texts {
		a[id(t, path)] = Parse(graph(t, text), space)
	}
	return a
}

// groups is a GroupSource that counts what it is asked.
type groups struct {
	members map[string]string // group → its one member
	asked   map[string]int
}

func (g *groups) HasMember(_ context.Context, group, webID string) bool {
	if g.asked == nil {
		g.asked = map[string]int{}
	}
	g.asked[group+" "+webID]++
	return g.members[group] == webID
}

var someGroups = map[string]string{team: carol, apps: "https://app.example/id"}
