package ldp_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// addStorage makes a storage with a root and nothing else, not even an ACL.
func addStorage(t *testing.T, store rdfstore.Store, name, owner string) {
	t.Helper()
	err := store.Update(t.Context(), func(tx rdfstore.Tx) error {
		return tx.CreateStorage(rdfstore.Storage{Name: name, Owner: owner, Account: "2", Created: time.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStoragesAreApart(t *testing.T) {
	p := newPod(t, []given{{"c/r", ttl, note}, {"both", text, "Alice's"}})
	addStorage(t, p.store, "bob", bob)
	grant := acl(base+"bob/", all("Read, acl:Write, acl:Control"))
	t.Run("WAC-EFF-03 SP-STO-07 without a root ACL the owner alone has Control", func(t *testing.T) {
		p.get(alice, "/bob/").is(403)
		p.get(bob, "/bob/").is(403)
		p.get(bob, "/bob/.acl").is(404)
		p.write(alice, "PUT", "/bob/.acl", ttl, grant).is(403)
		p.write(bob, "PUT", "/bob/.acl", ttl, grant).is(201)
		p.get(bob, "/bob/").is(200)
	})
	t.Run("SP-STO-02 WAC-EFF-04 rights and resources stay in their storage", func(t *testing.T) {
		p.write(bob, "PUT", "/bob/both", text, "Bob's").is(201)
		p.get(bob, "/bob/both").is(200).holds("Bob's")
		p.get(alice, "/alice/both").is(200).holds("Alice's")
		p.get(bob, "/alice/both").is(403)
		p.get(alice, "/bob/both").is(403)
		if got := p.get(bob, "/bob/").members(); !slices.Equal(got, []string{base + "bob/both"}) {
			t.Errorf("members %v", got)
		}
	})
	t.Run("WAC-EFF-02 an ACL speaks for its own storage only", func(t *testing.T) {
		p.write(bob, "PUT", "/bob/.acl", ttl, grant+strings.ReplaceAll(acl(root, all("Read")), "#rule0", "#other")).is(200)
		p.get(bob, "/alice/c/r").is(403)
	})
}

func TestSubdomains(t *testing.T) {
	space, err := resource.NewSpace("https://pods.example/", true)
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	const owner = "https://alice.pods.example/profile/card#me"
	addStorage(t, store, "alice", owner)
	var verified []string
	handler, err := ldp.New(ldp.Config{Space: space, Store: store, Authenticate: func(r *http.Request, url string) (wac.Agent, error) {
		verified = append(verified, url)
		return wac.Agent{WebID: r.Header.Get(agentHeader)}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, host, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
		r.Host = host
		r.Header.Set(agentHeader, owner)
		r.Header.Set("Content-Type", ttl)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	rights := acl("https://alice.pods.example/", rule{agent: owner, modes: "Read, acl:Write, acl:Control", here: true, below: true})
	for _, c := range []struct {
		method, host, path, body string
		want                     int
	}{
		{"PUT", "alice.pods.example", "/.acl", rights, 201},
		{"PUT", "ALICE.pods.example:443", "/c/r", note, 201},
		{"GET", "alice.pods.example", "/c/r", "", 200},
		{"GET", "bob.pods.example", "/c/r", "", 404},
		{"GET", "pods.example", "/alice/c/r", "", 404},
		{"GET", "alice.evil.example", "/c/r", "", 404},
	} {
		w := send(c.method, c.host, c.path, c.body)
		if w.Code != c.want {
			t.Errorf("SP-STO-02: %s %s%s: %d, want %d: %s", c.method, c.host, c.path, w.Code, c.want, w.Body)
		}
		if c.method == "PUT" && w.Header().Get("Location") != "https://alice.pods.example"+c.path {
			t.Errorf("SP-PUT-06: Location %q", w.Header().Get("Location"))
		}
	}
	if !slices.Contains(verified, "https://alice.pods.example/c/r") {
		t.Errorf("credentials were checked for %v", verified)
	}
}

func TestURLOfCredentials(t *testing.T) {
	verified := make(chan string, 1)
	p := newPod(t, []given{{"c/r", ttl, note}}, func(c *ldp.Config) {
		c.Authenticate = func(r *http.Request, url string) (wac.Agent, error) {
			verified <- url
			return authenticate(r, url)
		}
	})
	for _, c := range []struct{ name, host, path, want string }{
		{"SP-URI-05 without the query", "", "/alice/c/r?x=1", root + "c/r"},
		{"security 2.5 the host is the configured one", "evil.example", "/alice/c/r", root + "c/r"},
		{"SP-URI-06 in the spelling of the client", "", "/alice/%63/r", root + "%63/r"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), "GET", base+strings.TrimPrefix(c.path, "/"), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set(agentHeader, alice)
			if c.host != "" {
				req.Host = c.host
			}
			resp, err := p.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := <-verified; got != c.want || resp.StatusCode != 200 {
				t.Errorf("status %d, credentials checked for %q, want %q", resp.StatusCode, got, c.want)
			}
		})
	}
}

// TestClosedStorage: what waits to be erased is gone for everyone, its owner
// too, and is not read on the server's own behalf.
func TestClosedStorage(t *testing.T) {
	p := newPod(t, []given{{"r", ttl, note}})
	p.get(alice, "/alice/r").is(200)
	p.get(public, "/alice/profile/card").is(200)
	set := func(closed bool) {
		t.Helper()
		err := p.store.Update(t.Context(), func(tx rdfstore.Tx) error { return tx.CloseStorage("alice", closed) })
		if err != nil {
			t.Fatal(err)
		}
	}
	set(true)
	for _, path := range []string{"/alice/", "/alice/r", "/alice/profile/card", "/alice/.acl", "/alice/none"} {
		p.get(alice, path).is(404)
		p.get(public, path).is(404)
	}
	p.write(alice, "PUT", "/alice/r", ttl, note).is(404)
	p.send(call{as: alice, method: "DELETE", path: "/alice/r"}).is(404)
	card := resource.Root("alice").Entry("profile/card")
	if _, err := p.handler.ReadGraph(t.Context(), card); !errors.Is(err, rdfstore.ErrNotFound) {
		t.Errorf("ReadGraph = %v", err)
	}
	set(false)
	p.get(alice, "/alice/r").is(200)
}

// setOwners makes others the owners of alice's storage.
func (p *pod) setOwners(owners ...rdfstore.Owner) {
	p.t.Helper()
	if err := p.store.Update(p.t.Context(), func(tx rdfstore.Tx) error { return tx.SetOwners("alice", owners) }); err != nil {
		p.t.Fatal(err)
	}
}

// TestOwners: SP-STO-07, each owner gets the ACLs back, and who is none any more
// does not; the profile stays under the account's protection.
func TestOwners(t *testing.T) {
	hers := rule{agent: member, modes: "Read, acl:Write, acl:Control", here: true, below: true}
	p := newPod(t, []given{aclOf("", hers), aclOf("profile/card", hers)})
	p.get(bob, "/alice/.acl").is(403)
	p.setOwners(rdfstore.Owner{WebID: alice}, rdfstore.Owner{WebID: bob})
	for _, owner := range []string{alice, bob} {
		p.get(owner, "/alice/.acl").is(200)
		p.get(owner, "/alice/").is(403)
	}
	p.setOwners(rdfstore.Owner{WebID: bob})
	p.get(bob, "/alice/.acl").is(200)
	p.get(alice, "/alice/.acl").is(403)
	p.write(member, "PATCH", "/alice/profile/card", n3, insertDelete("", "", "<#me> solid:oidcIssuer <https://evil.example/>.")).is(409)
}
