package ldp_test

import (
	"errors"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// TestACLEntries: what the account writes into ACLs gives an organisation access
// for a time and takes nothing from anybody.
func TestACLEntries(t *testing.T) {
	const library = "https://library.example/id#it"
	root := resource.Root("alice")
	loans := root.Entry("loans/")
	p := newPod(t, []given{
		{".acl", ttl, acl(base+"alice/", rule{agent: alice, modes: "Read, acl:Write, acl:Control", here: true, below: true},
			rule{agent: bob, modes: "Read", below: true}) + "<http://pods.example/alice/.acl#c> <http://www.w3.org/ns/auth/acl#agent> <" + stranger + ">."},
		{"loans/", "", ""}, {"loans/a", ttl, note}, {"other/a", ttl, note},
	})
	edit := func(write func(tx rdfstore.Tx) error) error { return p.store.Update(t.Context(), write) }
	set := func(id resource.ID, modes wac.Modes, until time.Time) {
		t.Helper()
		err := edit(func(tx rdfstore.Tx) error {
			return p.handler.SetACLEntry(t.Context(), tx, id, ldp.ACLEntry{Name: "library", Agent: library, Modes: modes, Until: until})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	others := func() {
		t.Helper()
		p.get(alice, "/alice/loans/a").is(200)
		p.get(bob, "/alice/loans/a").is(200)
		p.write(bob, "PUT", "/alice/loans/a", ttl, note).is(403)
		p.get(public, "/alice/loans/a").is(401)
		p.get(alice, "/alice/loans/.acl").isOneOf(200, 404)
		p.get(library, "/alice/other/a").is(403)
		p.get(library, "/alice/").is(403)
	}
	p.get(library, "/alice/loans/a").is(403)
	others()
	set(loans, wac.Read, time.Now().Add(time.Hour))
	p.get(library, "/alice/loans/a").is(200)
	p.get(library, "/alice/loans/").is(200)
	p.write(library, "PUT", "/alice/loans/b", ttl, note).is(403)
	p.get(library, "/alice/loans/.acl").is(403)
	others()
	set(loans, wac.Append, time.Time{}) // in place of the one before
	p.get(library, "/alice/loans/a").is(403)
	p.write(library, "POST", "/alice/loans/", ttl, note).is(201)
	others()
	set(loans, wac.Read, time.Now().Add(-time.Second))
	p.get(library, "/alice/loans/a").is(403)
	set(root.Entry("loans/a"), wac.Read, time.Time{})
	p.get(library, "/alice/loans/a").is(200)
	p.get(bob, "/alice/loans/a").is(200)
	p.get(library, "/alice/loans/").is(403)

	for range 2 { // the second finds nothing to take
		for _, id := range []resource.ID{loans, root.Entry("loans/a"), root.Entry("nowhere/")} {
			if err := edit(func(tx rdfstore.Tx) error { return p.handler.RemoveACLEntry(t.Context(), tx, id, "library") }); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.get(library, "/alice/loans/a").is(403)
	others()
	err := edit(func(tx rdfstore.Tx) error {
		return p.handler.SetACLEntry(t.Context(), tx, root.Entry("nowhere/"), ldp.ACLEntry{Name: "library", Agent: library, Modes: wac.Read})
	})
	if !errors.Is(err, rdfstore.ErrNotFound) {
		t.Errorf("an entry for what is not there: %v", err)
	}
}
