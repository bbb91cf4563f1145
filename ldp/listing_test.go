package ldp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync/atomic"
	"testing"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/memstore"
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

func (p *pod) getSlowly(agent string, do func()) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", root+"c/", nil)
	r.Header.Set(agentHeader, agent)
	r.Header.Set("Accept", ttl)
	w := &slowClient{httptest.NewRecorder(), do}
	p.handler.ServeHTTP(w, r)
	return w.ResponseRecorder
}

var containedName = regexp.MustCompile(`ldp:contains <([^>]*)>`)

func TestListingOfManyMembers(t *testing.T) {
	t.Run("SP-CON-01 a slow reader holds no view and gets each member that stays once", func(t *testing.T) {
		p, store := largeContainer(t)
		a := p.getSlowly(alice, func() {
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
		listed := map[string]int{}
		for _, match := range containedName.FindAllStringSubmatch(a.Body.String(), -1) {
			listed[match[1]]++
		}
		for i := range 2500 {
			name := fmt.Sprintf("%04d", i)
			want := 1
			if name == "1000" || name == "2000" { // gone before their page was read
				want = 0
			}
			if listed[name] != want {
				t.Errorf("%s is listed %d times", name, listed[name])
			}
		}
		if a.Code != http.StatusOK || listed["1500a"] != 1 || len(listed) != 2499 {
			t.Errorf("%d: %d members", a.Code, len(listed))
		}
	})
	t.Run("WAC-MODE-01 what is read after access has ended is not shown", func(t *testing.T) {
		p, _ := largeContainer(t, given{"c/", "", ""}, aclOf("c/", mine, only("Read")))
		defer func() {
			if recover() == nil {
				t.Error("the answer ends as if it were whole")
			}
		}()
		p.getSlowly(bob, func() {
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
