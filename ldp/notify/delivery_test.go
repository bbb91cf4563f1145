package notify_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"domicile/rdfstore"
)

func TestEvents(t *testing.T) {
	w := newWorld(t)
	t.Run("N07 NOT-MSG-01 an update is told with the state of the ETag", func(t *testing.T) {
		w.put("shared/doc", "<> <p:p> 1.")
		l := w.listen(bob, "shared/doc", nil)
		etag := w.put("shared/doc", "<> <p:p> 2.")
		m := l.hears("Update shared/doc")
		if !strings.HasPrefix(strings.Trim(etag, `"`), m.State) || m.State == "" {
			t.Errorf("state %q, ETag %s", m.State, etag)
		}
		if !strings.HasPrefix(m.ID, "urn:uuid:") || !strings.HasSuffix(m.Published, "Z") {
			t.Errorf("%+v", m)
		}
		if a := w.send(alice, "PUT", w.url("shared/doc"), fields{"Content-Type": ttl, "If-Match": `"` + m.State + `"`}, ""); a.status != http.StatusNoContent {
			t.Errorf("NOT-MSG-04: If-Match with the state: %d", a.status)
		}
		l.hears("Update shared/doc")
	})
	t.Run("N08 NOT-MSG-02 members come and go", func(t *testing.T) {
		w.put("shared/c/first", "")
		l := w.listen(bob, "shared/c/", nil)
		a := w.send(alice, "POST", w.url("shared/c/"), fields{"Content-Type": ttl, "Slug": "child"}, "")
		if a.status != http.StatusCreated {
			t.Fatal(a)
		}
		m := l.hears("Add shared/c/child to shared/c/")
		container := w.send(bob, "GET", w.url("shared/c/"), nil, "")
		if !strings.HasPrefix(strings.Trim(container.header.Get("ETag"), `"`), m.State+".") {
			t.Errorf("state %q, ETag %s", m.State, container.header.Get("ETag"))
		}
		if a := w.send(alice, "PUT", w.url("shared/c/"), fields{"Content-Type": ttl, "If-Match": `"` + m.State + `"`}, "<> <p:p> 1."); a.status != http.StatusNoContent {
			t.Errorf("NOT-MSG-04: If-Match with the state of a container: %d", a.status)
		}
		w.put("shared/c/child", "<> <p:p> 1.")
		w.delete("shared/c/child")
		l.hears("Update shared/c/", "Remove shared/c/child to shared/c/")
	})
	t.Run("N09 a topic comes to be", func(t *testing.T) {
		l := w.listen(bob, "shared/absent", nil)
		w.put("shared/absent", "")
		w.delete("shared/absent")
		w.put("shared/absent", "")
		l.hears("Create shared/absent")
		if m := l.hears("Delete shared/absent"); m.State != "" {
			t.Errorf("state %q of what is gone", m.State)
		}
		l.hears("Create shared/absent")
	})
	t.Run("N10 NOT-MSG-03 containers made on the way", func(t *testing.T) {
		outer, inner := w.listen(bob, "shared/", nil), w.listen(bob, "shared/a/", nil)
		w.put("shared/a/b/x", "")
		outer.hears("Add shared/a/ to shared/")
		inner.hears("Create shared/a/", "Add shared/a/b/ to shared/a/")
	})
	t.Run("N11 what fails is not told", func(t *testing.T) {
		w.put("shared/full/x", "")
		l := w.listen(bob, "shared/full/", nil)
		if a := w.send(alice, "DELETE", w.url("shared/full/"), nil, ""); a.status != http.StatusConflict {
			t.Fatal(a)
		}
		if a := w.send(bob, "PUT", w.url("shared/full/y"), fields{"Content-Type": ttl}, ""); a.status != http.StatusForbidden {
			t.Fatal(a)
		}
		w.put("shared/full/z", "")
		l.hears("Add shared/full/z to shared/full/")
	})
	t.Run("NOT-MSG-03 a description is told of its subject, an ACL of nothing", func(t *testing.T) {
		etag := w.put("shared/described", "")
		l, own := w.listen(bob, "shared/described", nil), w.listen(bob, "shared/described.meta", nil)
		w.put("shared/described.acl", w.acl("shared/described", forBob))
		w.put("shared/described.meta", "<described> <p:p> 1.")
		m := l.hears("Update shared/described")
		if !strings.HasPrefix(strings.Trim(etag, `"`), m.State+"-") {
			t.Errorf("state %q, ETag %s: the description is no part of it", m.State, etag)
		}
		w.delete("shared/described")
		l.hears("Delete shared/described")
		own.hears("Create shared/described.meta", "Delete shared/described.meta")
	})
	t.Run("NOT-MSG-03 a container and its description are one", func(t *testing.T) {
		l, own := w.listen(bob, "shared/dc/", nil), w.listen(bob, "shared/dc/.meta", nil)
		w.put("shared/dc/", "<> <p:p> 1.")
		w.put("shared/dc/.meta", "<./> <p:p> 2.")
		l.hears("Create shared/dc/", "Update shared/dc/")
		own.hears("Create shared/dc/.meta", "Update shared/dc/.meta")
	})
	t.Run("N20 each of concurrent changes", func(t *testing.T) {
		w.put("shared/busy", "")
		l := w.listen(bob, "shared/busy", nil)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				patch := "@prefix solid: <http://www.w3.org/ns/solid/terms#>. _:p a solid:InsertDeletePatch; solid:inserts { <> <p:p> [] }."
				if a := w.send(alice, "PATCH", w.url("shared/busy"), fields{"Content-Type": "text/n3"}, patch); a.status != http.StatusNoContent {
					t.Error(a)
				}
			})
		}
		all.Wait()
		seen := map[string]bool{}
		for range 10 {
			seen[l.hears("Update shared/busy").ID] = true
		}
		if len(seen) != 10 {
			t.Errorf("%d identifiers of 10 messages", len(seen))
		}
	})
}

func TestRevocation(t *testing.T) {
	w := newWorld(t)
	t.Run("N15 NOT-MSG-05 the channel ends with Read, before anything happens", func(t *testing.T) {
		w.put("shared/doc", "")
		c := w.subscribe(bob, webS, "shared/doc", nil)
		l := w.dial(c.ReceiveFrom)
		w.put("shared/doc.acl", w.acl("shared/doc", ""))
		l.isClosed(websocket.StatusPolicyViolation)
		w.isGone(c.ReceiveFrom)
	})
	t.Run("NOT-MSG-05 a deletion is told to who had Read until then", func(t *testing.T) {
		w.put("own/doc", "")
		w.put("own/doc.acl", w.acl("own/doc", forBob))
		l := w.listen(bob, "own/doc", nil)
		w.delete("own/doc")
		l.hears("Delete own/doc")
		l.isClosed(websocket.StatusPolicyViolation)
	})
	t.Run("NOT-MSG-05 and what came before it, told when the ACL is gone already", func(t *testing.T) {
		w.put("own/brief", "")
		w.put("own/brief.acl", w.acl("own/brief", forBob))
		l := w.listen(bob, "own/brief", nil)
		id, err := w.space.ParseIRI(w.url("own/brief"))
		if err != nil {
			t.Fatal(err)
		}
		w.update(func(tx tx) error {
			_, err := tx.Put(id, rdfstore.Content{Kind: rdfstore.Document, MediaType: ttl})
			return errors.Join(err, tx.Delete(id))
		})
		l.hears("Update own/brief", "Delete own/brief")
		l.isClosed(websocket.StatusPolicyViolation)
	})
	t.Run("NOT-MSG-05 who was put out before hears nothing of a deletion", func(t *testing.T) {
		w.put("own/secret", "")
		w.put("own/secret.acl", w.acl("own/secret", forBob))
		l := w.listen(bob, "own/secret", nil)
		id, err := w.space.ParseIRI(w.url("own/secret"))
		if err != nil {
			t.Fatal(err)
		}
		closed, err := w.store.Stage(t.Context(), strings.NewReader(w.acl("own/secret", "")), -1)
		if err != nil {
			t.Fatal(err)
		}
		w.update(func(tx tx) error {
			_, err := tx.Put(id.ACL(), rdfstore.Content{Kind: rdfstore.Document, MediaType: ttl, Body: closed})
			return errors.Join(err, tx.Delete(id))
		})
		l.isClosed(websocket.StatusPolicyViolation)
	})
}
