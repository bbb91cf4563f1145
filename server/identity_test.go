package server

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/server/grant"
	"domicile/solidoidc/provider"
	"domicile/solidoidc/verify"
	"domicile/wac"
)

// TestGrantOfAnAgent: what is not clearly granted to the client, for the WebID,
// is not granted; only other issuers' tokens are not held to a grant.
func TestGrantOfAnAgent(t *testing.T) {
	s := newServer(t, nil)
	const webID, client = "http://localhost:3000/anna/profile/card#me", "https://app.example/id"
	notes := resource.Root("anna").Entry("notes/")
	var given grant.Grant
	err := s.store.Update(t.Context(), func(tx rdfstore.Tx) (err error) {
		given, err = grant.Give(tx, grant.Grant{
			Account: "a", WebID: webID, Client: grant.Client{ID: client}, Access: grant.Access{Parts: []grant.Part{grant.PartOf(notes, wac.Read)}},
		}, time.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	narrowed := func(details string) verify.Identity {
		return verify.Identity{WebID: webID, Client: client, Issuer: s.config.IdentityURL, Grant: given.ID, Details: details}
	}
	all := wac.Read | wac.Append | wac.Write | wac.Control
	for _, c := range []struct {
		name     string
		identity verify.Identity
		want     wac.Modes
	}{
		{"the grant", verify.Identity{WebID: webID, Client: client, Issuer: s.config.IdentityURL, Grant: given.ID}, wac.Read},
		{"narrowed to it", narrowed(`[{"type":"domicile-access","locations":["http://localhost:3000/anna/"],"actions":["read","edit"]}]`), wac.Read},
		{"narrowed to a place in it", narrowed(`[{"type":"domicile-access","locations":["http://localhost:3000/anna/notes/a"],"actions":["read"]}]`), 0},
		{"narrowed to another action", narrowed(`[{"type":"domicile-access","locations":["http://localhost:3000/anna/notes/"],"actions":["add"]}]`), 0},
		{"narrowed until a time that is past", narrowed(`[{"type":"domicile-access","locations":["http://localhost:3000/anna/notes/"],"actions":["read"],"until":"2020-01-01T00:00:00Z"}]`), 0},
		{"narrowed to classes", narrowed(`[{"type":"domicile-access","classes":["urn:x"],"actions":["read"]}]`), 0},
		{"narrowed to what is not understood", narrowed(`"all"`), 0},
		{"another issuer", verify.Identity{WebID: webID, Client: client, Issuer: "https://elsewhere.example/"}, all},
		{"no grant in a token of ours", verify.Identity{WebID: webID, Client: client, Issuer: s.config.IdentityURL}, 0},
		{"a grant that is gone", verify.Identity{WebID: webID, Client: client, Issuer: s.config.IdentityURL, Grant: "gone"}, 0},
		{"another client's", verify.Identity{WebID: webID, Client: "https://other.example/id", Issuer: s.config.IdentityURL, Grant: given.ID}, 0},
		{"for another WebID", verify.Identity{WebID: webID + "2", Client: client, Issuer: s.config.IdentityURL, Grant: given.ID}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := s.store.View(t.Context(), func(r rdfstore.Reader) error {
				narrowing, err := s.grantOf(r, s.agentOf(c.identity))
				left := all
				if narrowing != nil {
					left = narrowing.Modes(notes, time.Now())
				}
				if left != c.want {
					t.Errorf("%q is left, want %q", left, c.want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestDetailsOfAGrant: RFC 9396 §7, what the account gave in the words of apps.
func TestDetailsOfAGrant(t *testing.T) {
	s := newServer(t, nil)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	asked := []provider.AccessDetail{{Type: provider.DomicileAccess, Locations: []string{"http://localhost:3000/anna/"}, Actions: []string{"read"}, Purpose: "p"}}
	withEnd := slices.Clone(asked)
	withEnd[0].Until = &until
	notes := grant.PartOf(resource.Root("anna").Entry("notes/"), wac.Read|wac.Write)
	for name, c := range map[string]struct {
		access grant.Access
		want   []provider.AccessDetail
	}{
		"everything":             {grant.Access{Everything: true}, asked},
		"everything, for a time": {grant.Access{Everything: true, Until: until}, withEnd},
		"nothing":                {grant.Access{}, nil},
		"everything, once":       {grant.Access{Everything: true, Until: time.Now().Add(-time.Second)}, nil},
		"a part": {grant.Access{Parts: []grant.Part{notes}, Until: until}, []provider.AccessDetail{{
			Type: provider.DomicileAccess, Locations: []string{"http://localhost:3000/anna/notes/"}, Actions: []string{"read", "edit"}, Purpose: "notes", Until: &until,
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			err := s.store.Update(t.Context(), func(tx rdfstore.Tx) error {
				given, err := grant.Give(tx, grant.Grant{Account: "a", Client: grant.Client{ID: name}, Access: c.access, Purpose: "notes"}, time.Now())
				if err != nil {
					return err
				}
				got, err := s.grantDetails(tx, given.ID, asked)
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestCanonicalURL: details are compared as text, so each resource has one.
func TestCanonicalURL(t *testing.T) {
	s := newServer(t, nil)
	for spelled, want := range map[string]string{
		"http://localhost:3000/anna/notes/":      "http://localhost:3000/anna/notes/",
		"HTTP://LocalHost:3000/anna/n%6Ftes/":    "http://localhost:3000/anna/notes/",
		"http://localhost:3000/anna/%e6%9d%b1":   "http://localhost:3000/anna/%E6%9D%B1",
		"http://localhost:3000/":                 "http://localhost:3000/",
		"HTTPS://Elsewhere.example:443/n%6Ftes/": "HTTPS://Elsewhere.example:443/n%6Ftes/",
	} {
		if got := s.canonicalURL(spelled); got != want {
			t.Errorf("%s: got %s, want %s", spelled, got, want)
		}
	}
}

// TestProfilesDiscloseNothing: a stranger's issuer can sign a token for any
// WebID. That the document of one in a pod is no profile must not tell whether
// it is there (OIDC-RS-09, WAC-EXIST-02).
func TestProfilesDiscloseNothing(t *testing.T) {
	s := seeded(t)
	photos := resource.Root("alice").Entry("photos/")
	err := s.store.Update(t.Context(), func(tx rdfstore.Tx) error {
		for id, content := range map[resource.ID]rdfstore.Content{
			photos.Entry("cat.jpg"):     {Kind: rdfstore.Binary, MediaType: "image/jpeg"},
			photos.Entry("damaged.ttl"): {Kind: rdfstore.Document, MediaType: "text/turtle"},
		} {
			if _, err := tx.Put(photos, rdfstore.Content{Kind: rdfstore.Container, MediaType: "text/turtle"}); err != nil {
				return err
			}
			body, err := s.store.Stage(t.Context(), strings.NewReader("no Turtle"), -1)
			if err != nil {
				return err
			}
			defer body.Discard()
			content.Body = body
			if _, err := tx.Put(id, content); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nothing", "", "cat.jpg", "damaged.ttl"} {
		graph, local, err := s.localProfile(t.Context(), s.space.URL(photos)+name+"#me")
		if err != nil || !local || graph.Len() != 0 {
			t.Errorf("%q: %v, %v, %v", name, graph, local, err)
		}
	}
}
