package ldp_test

import (
	"fmt"
	"sync"
	"testing"

	"domicile/rdfstore/rdf"
)

// together makes calls at the same time and counts the statuses.
func (p *pod) together(calls ...call) map[int]int {
	p.t.Helper()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		start = make(chan struct{})
		count = map[int]int{}
	)
	for _, c := range calls {
		wg.Go(func() {
			<-start
			a, err := p.trySend(c)
			if err != nil {
				p.t.Errorf("%s %s: %v", c.method, c.path, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			count[a.status]++
		})
	}
	close(start)
	wg.Wait()
	return count
}

// times makes n calls of what is made for each number.
func times(n int, of func(i int) call) []call {
	var calls []call
	for i := range n {
		calls = append(calls, of(i))
	}
	return calls
}

func TestRaces(t *testing.T) {
	t.Run("T14 SP-ETAG-07 one creates", func(t *testing.T) {
		p := newPod(t, nil)
		got := p.together(times(10, func(i int) call {
			return put("c/r", text, fmt.Sprint(i), fields{"If-None-Match": "*"})
		})...)
		if got[201] != 1 || got[412] != 9 {
			t.Errorf("statuses %v", got)
		}
		p.lists("c/", "c/r")
	})
	t.Run("T15 SP-ETAG-07 all insert", func(t *testing.T) {
		p := newPod(t, nil)
		got := p.together(times(10, func(i int) call {
			return writing("PATCH", "r", n3, insertDelete("", "", fmt.Sprintf("<#it> ex:n %d.", i)))
		})...)
		if got[201] != 1 || got[204] != 9 {
			t.Errorf("statuses %v", got)
		}
		n := 0
		for range p.get(alice, "/alice/r").graph().Objects(rdf.IRI(root+"r#it"), rdf.IRI("http://example.org/n")) {
			n++
		}
		if n != 10 {
			t.Errorf("%d triples survived", n)
		}
	})
	t.Run("SP-ETAG-07 one updates what all have read", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, note}})
		tag := p.remember("/alice/r").jld
		got := p.together(times(10, func(i int) call {
			return put("r", ttl, fmt.Sprintf("<> <#n> %d.", i), fields{"If-Match": tag})
		})...)
		if got[204] != 1 || got[412] != 9 {
			t.Errorf("statuses %v", got)
		}
	})
	t.Run("SP-N3-11 one deletes a triple", func(t *testing.T) {
		p := newPod(t, []given{{"r", ttl, people}})
		got := p.together(times(10, func(int) call {
			return writing("PATCH", "r", n3, insertDelete("", `<#c> ex:given "Ann".`, ""))
		})...)
		if got[204] != 1 || got[409] != 9 {
			t.Errorf("statuses %v", got)
		}
	})
	t.Run("SP-URI-02 a resource or its twin", func(t *testing.T) {
		for i := range 20 {
			p := newPod(t, nil)
			got := p.together(put("c/x", text, "x"), put("c/x/", ttl, ""), put("c/x/y", text, "y"))
			document, container := p.get(alice, "/alice/c/x").status, p.get(alice, "/alice/c/x/").status
			if document+container != 200+404 || got[409] == 0 {
				t.Fatalf("round %d: %v; document %d, container %d", i, got, document, container)
			}
		}
	})
	t.Run("SP-POST-03 the same Slug", func(t *testing.T) {
		p := newPod(t, []given{{"c/", "", ""}})
		if got := p.together(times(10, func(int) call { return post("c/", text, "x", fields{"Slug": "same"}) })...); got[201] != 10 {
			t.Errorf("statuses %v", got)
		}
		if got := p.get(alice, "/alice/c/").members(); len(got) != 10 {
			t.Errorf("%d members", len(got))
		}
	})
	t.Run("SP-CON-02 a member or no container", func(t *testing.T) {
		for i := range 20 {
			p := newPod(t, []given{{"c/", "", ""}})
			p.together(deletion("c/"), post("c/", text, "x", fields{"Slug": "x"}))
			container, member := p.get(alice, "/alice/c/").status, p.get(alice, "/alice/c/x").status
			if container != member {
				t.Fatalf("round %d: container %d, member %d", i, container, member)
			}
		}
	})
	t.Run("WAC-EFF-05 no write after the answer that took the right", func(t *testing.T) {
		for range 10 {
			p := newPod(t, []given{{"c/r", text, "old"}, aclOf("c/", mine, all("Read, acl:Write"))})
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() { _, _ = p.trySend(call{bob, "PUT", "/alice/c/r", fields{"Content-Type": text}, "bob's"}) })
			}
			p.send(put("c/.acl", ttl, acl(root+"c/", mine))).is(204)
			before := p.get(alice, "/alice/c/r").header.Get("ETag")
			wg.Wait()
			if after := p.get(alice, "/alice/c/r").header.Get("ETag"); after != before {
				t.Fatal("Bob wrote after his right was taken")
			}
		}
	})
}
