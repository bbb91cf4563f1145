package server

import (
	"testing"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/server/grant"
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
	all := wac.Read | wac.Append | wac.Write | wac.Control
	for _, c := range []struct {
		name     string
		identity verify.Identity
		want     wac.Modes
	}{
		{"the grant", verify.Identity{WebID: webID, Client: client, Issuer: s.config.IdentityURL, Grant: given.ID}, wac.Read},
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
