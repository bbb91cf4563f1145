package ldp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// viewCounter knows how many views are open.
type viewCounter struct {
	rdfstore.Store
	open atomic.Int64
}

func (s *viewCounter) View(ctx context.Context, read func(rdfstore.Reader) error) error {
	s.open.Add(1)
	defer s.open.Add(-1)
	return s.Store.View(ctx, read)
}

// slowClient does something when the first of an answer reaches it.
type slowClient struct {
	*httptest.ResponseRecorder
	do func()
}

func (c *slowClient) Write(p []byte) (int, error) {
	do := c.do
	c.do = func() {}
	do()
	return c.ResponseRecorder.Write(p)
}

// largeContainer has more members than one page.
func largeContainer(t *testing.T, more ...given) (*pod, *viewCounter) {
	store := &viewCounter{Store: memstore.New()}
	p := newUnserved(t, more, func(c *ldp.Config) { c.Store = store })
	t.Cleanup(p.close)
	container, err := p.space.Parse("", "/alice/c/")
	if err != nil {
		t.Fatal(err)
	}
	p.update(t, func(tx rdfstore.Tx) error {
		if _, err := tx.Resource(container); err != nil {
			if _, err := tx.Put(container, rdfstore.Content{Kind: rdfstore.Container, MediaType: ttl}); err != nil {
				return err
			}
		}
		for i := range 2500 {
			if err := putEmpty(tx, container, fmt.Sprintf("%04d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	return p, store
}

func putEmpty(tx rdfstore.Tx, container resource.ID, name string) error {
	id, err := container.Member(name, false)
	if err == nil {
		_, err = tx.Put(id, rdfstore.Content{Kind: rdfstore.Binary, MediaType: "image/png"})
	}
	return err
}

func (p *pod) update(t *testing.T, write func(rdfstore.Tx) error) {
	t.Helper()
	if err := p.store.Update(t.Context(), write); err != nil {
		t.Fatal(err)
	}
}

func (p *pod) getSlowly(agent, mediaType string, do func()) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", root+"c/", nil)
	r.Header.Set(agentHeader, agent)
	r.Header.Set("Accept", mediaType)
	w := &slowClient{httptest.NewRecorder(), do}
	p.handler.ServeHTTP(w, r)
	return w.ResponseRecorder
}

// parsed is the graph of what a slow client got.
func parsed(t *testing.T, mediaType string, a *httptest.ResponseRecorder) *rdf.Graph {
	t.Helper()
	document, err := codec.Parse(t.Context(), mediaType, a.Body, root+"c/")
	if err != nil || a.Code != http.StatusOK || a.Header().Get("Content-Type") != mediaType {
		t.Fatal(a.Code, a.Header(), err)
	}
	return document.Default
}

func TestListingOfManyMembers(t *testing.T) {
	for _, mediaType := range codec.Writable() {
		t.Run("SP-CON-01 a slow reader holds no view and gets each member that stays, as "+mediaType, func(t *testing.T) {
			p, store := largeContainer(t)
			a := p.getSlowly(alice, mediaType, func() {
				if n := store.open.Load(); n != 0 {
					t.Errorf("%d views are open while the client reads", n)
				}
				p.update(t, func(tx rdfstore.Tx) error {
					container, err := p.space.Parse("", "/alice/c/")
					for _, gone := range []string{"0100", "0999", "1000", "2000"} {
						id, _ := container.Member(gone, false)
						if err := tx.Delete(id); err != nil {
							return err
						}
					}
					if err == nil {
						err = putEmpty(tx, container, "1500a")
					}
					return err
				})
			})
			listed := map[string]bool{}
			for member := range parsed(t, mediaType, a).Objects(rdf.IRI(root+"c/"), rdf.IRI(rdf.LDP+"contains")) {
				listed[strings.TrimPrefix(member.Value(), root+"c/")] = true
			}
			for i := range 2500 {
				name := fmt.Sprintf("%04d", i)
				want := name != "1000" && name != "2000" // gone before their page was read
				if listed[name] != want {
					t.Errorf("%s is listed: %v", name, listed[name])
				}
			}
			if !listed["1500a"] || len(listed) != 2499 {
				t.Errorf("%d members", len(listed))
			}
		})
		t.Run("WAC-MODE-01 what is read after access has ended is not shown as "+mediaType, func(t *testing.T) {
			p, _ := largeContainer(t, given{"c/", "", ""}, aclOf("c/", mine, only("Read")))
			defer func() {
				if recover() == nil {
					t.Error("the answer ends as if it were whole")
				}
			}()
			p.getSlowly(bob, mediaType, func() {
				p.update(t, func(tx rdfstore.Tx) error {
					id, err := p.space.Parse("", "/alice/c/.acl")
					if err != nil {
						return err
					}
					return tx.Delete(id)
				})
			})
		})
	}
	t.Run("SP-CON-10 the same triples in every format, whatever the description says of members", func(t *testing.T) {
		p, _ := largeContainer(t, given{"c/", "", `@prefix ex: <http://example.org/>.
<> a ex:Album. <1000> a ex:Photo; ex:of (1 2). <1000> a ex:Picture. [] ex:about <>. <0000> a ex:Photo; <urn:ex:n> 1.`})
		want := parsed(t, ttl, p.getSlowly(alice, ttl, func() {}))
		if n := len(slices.Collect(want.Objects(rdf.IRI(root+"c/"), rdf.IRI(rdf.LDP+"contains")))); n != 2500 {
			t.Errorf("%d members", n)
		}
		for _, mediaType := range codec.Writable() {
			got := parsed(t, mediaType, p.getSlowly(alice, mediaType, func() {}))
			if !rdf.Isomorphic(&rdf.Dataset{Default: got}, &rdf.Dataset{Default: want}) {
				t.Errorf("%s: %d triples, as Turtle %d", mediaType, got.Len(), want.Len())
			}
		}
	})
}
