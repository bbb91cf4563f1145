package ldp_test

import (
	"fmt"
	"sync"
	"testing"
)

func deletion(path string) call { return writing("DELETE", path, "", "") }

func TestDELETE(t *testing.T) {
	standing := []given{{"c/r", ttl, note}, {"c/pic.png", "image/png", "x"}, {"c/empty/", "", "<> <#p> 1."}, {"c/full/x", text, "x"}}
	run(t, []row{
		{name: "SP-DEL-01 document", given: standing, call: deletion("c/r"), status: 204},
		{name: "SP-DEL-01 binary", given: standing, call: deletion("c/pic.png"), status: 204},
		{name: "SP-DEL-01 empty container", given: standing, call: deletion("c/empty/"), status: 204},
		{name: "SP-DEL-03 T26 non-empty container", given: standing, call: deletion("c/full/"), status: 409,
			has: fields{"Content-Type": "application/problem+json"}, holds: []string{"empty"}},
		{name: "SP-DEL-04 T28 root", given: standing, call: deletion(""), status: 405, has: fields{"Allow": "GET"}, lacks: fields{"Allow": "DELETE"}},
		{name: "SP-DEL-04 WAC-REP-04 T28 W26 root ACL", given: standing, call: deletion(".acl"), status: 405, has: fields{"Allow": "PUT"}, lacks: fields{"Allow": "DELETE"}},
		{name: "SP-DEL-04 root, stranger", call: call{as: stranger, method: "DELETE", path: "/alice/"}, status: 403},
		{name: "SP-DEL-04 root, public", call: call{as: public, method: "DELETE", path: "/alice/"}, status: 401},
		{name: "SP-DEL-04 root ACL, stranger", call: call{as: stranger, method: "DELETE", path: "/alice/.acl"}, status: 403},
		{name: "SP-DEL-05 absent", call: deletion("absent"), status: 404},
		{name: "SP-DEL-05 absent container", call: deletion("absent/"), status: 404},
		{name: "SP-DEL-05 twin of a document", given: standing, call: deletion("c/r/"), status: 404},
		{name: "SP-DEL-05 twin of a container", given: standing, call: deletion("c/empty"), status: 404},
		{name: "SP-DEL-05 absent, stranger", call: call{as: stranger, method: "DELETE", path: "/alice/absent"}, status: 403},
		{name: "SP-STO-05 storage description", call: deletion(".well-known/solid"), status: 405},
	})
	t.Run("SP-DEL-01 T27 is gone and not listed", func(t *testing.T) {
		p := newPod(t, standing)
		for _, path := range []string{"c/r", "c/pic.png", "c/empty/"} {
			p.send(deletion(path)).is(204)
			p.get(alice, "/alice/"+path).is(404)
			p.send(deletion(path)).is(404)
		}
		p.lists("c/", "c/full/")
	})
	t.Run("SP-DEL-03 WAC-MODE-12 T26 nothing below a container goes with it", func(t *testing.T) {
		p := newPod(t, append(standing, aclOf("c/full/", mine, all("Read"))))
		p.send(deletion("c/full/")).is(409)
		p.lists("c/full/", "c/full/x")
		p.get(bob, "/alice/c/full/x").is(200)
	})
}

func TestDELETETakesAuxiliaryResources(t *testing.T) {
	standing := []given{{"c/r", ttl, note}, aclOf("c/r", mine, only("Read")), {"c/r.meta", ttl, "<r> <#p> 1."},
		{"d/", "", ""}, aclOf("d/", mine, all("Read"))}
	t.Run("SP-DEL-02 T27 of a document", func(t *testing.T) {
		p := newPod(t, standing)
		p.send(deletion("c/r")).is(204)
		p.get(alice, "/alice/c/r.acl").is(404)
		p.get(alice, "/alice/c/r.meta").is(404)
	})
	t.Run("WAC-REP-07 what comes again starts from inheritance", func(t *testing.T) {
		p := newPod(t, standing)
		p.send(deletion("c/r")).is(204)
		p.send(put("c/r", ttl, note)).is(201)
		p.get(bob, "/alice/c/r").is(403)
	})
	t.Run("SP-DEL-03 auxiliary resources do not fill a container", func(t *testing.T) {
		p := newPod(t, standing)
		p.send(deletion("d/")).is(204)
		p.get(alice, "/alice/d/.acl").is(404)
		p.send(put("d/", ttl, "")).is(201)
		p.get(bob, "/alice/d/").is(403)
	})
	t.Run("SP-DEL-06 deleting an ACL resumes inheritance", func(t *testing.T) {
		p := newPod(t, append(standing, aclOf("c/", mine, all("Append"))))
		p.get(bob, "/alice/c/r").is(200)
		p.send(deletion("c/r.acl")).is(204)
		p.get(bob, "/alice/c/r").is(403)
		p.get(alice, "/alice/c/r.acl").is(404)
		p.get(alice, "/alice/c/r").is(200).holds(note)
	})
	t.Run("SP-DEL-06 deleting a description leaves the subject", func(t *testing.T) {
		p := newPod(t, standing)
		p.send(deletion("c/r.meta")).is(204)
		p.get(alice, "/alice/c/r.meta").omits("#p")
		p.get(alice, "/alice/c/r").is(200).holds(note)
	})
}

func TestParallelRecursiveDelete(t *testing.T) {
	var members []given
	for i := range 50 {
		members = append(members, given{fmt.Sprintf("c/%d", i), text, "x"})
	}
	p := newPod(t, members)
	var wg sync.WaitGroup
	for _, m := range members {
		wg.Go(func() {
			if a, err := p.trySend(deletion(m.path)); err != nil || a.status != 204 {
				t.Errorf("E13 ECO-CLI-13: %v, %v", a, err)
			}
		})
	}
	wg.Wait()
	p.send(deletion("c/")).is(204)
	p.lists("", "profile/")
}
