package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

func testStorages(t *testing.T, f *fixture) {
	t.Run("a storage has its record and an empty root", func(t *testing.T) {
		f.view(func(r rdfstore.Reader) error {
			storage, err := r.Storage("alice")
			if err != nil {
				return err
			}
			if storage.Owner != alice.Owner || storage.Account != alice.Account || storage.Name != "alice" || storage.Created.IsZero() {
				t.Errorf("Storage = %+v", storage)
			}
			return nil
		})
		root := f.resource("")
		if root.Kind != rdfstore.Container || root.Size != 0 || root.SHA256 != sha256.Sum256(nil) || root.Revision == 0 {
			t.Errorf("root = %+v", root)
		}
		if members := f.members(""); len(members) != 0 {
			t.Errorf("members of a fresh root = %v", members)
		}
	})
	t.Run("the given date is kept", func(t *testing.T) {
		created := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
		f.update(func(tx rdfstore.Tx) error { return tx.CreateStorage(rdfstore.Storage{Name: "dated", Created: created}) })
		f.view(func(r rdfstore.Reader) error {
			storage, err := r.Storage("dated")
			if !storage.Created.Equal(created) {
				t.Errorf("Created = %v", storage.Created)
			}
			return err
		})
	})
	t.Run("a storage knows when its ACLs changed", func(t *testing.T) {
		acls := func() (revision uint64) {
			f.view(func(r rdfstore.Reader) error {
				storage, err := r.Storage("alice")
				revision = storage.ACLs
				return err
			})
			return revision
		}
		before := acls()
		put := func(path, body string) func() { return func() { f.putBody(path, body) } }
		for _, step := range []struct {
			name  string
			do    func()
			moves bool
		}{
			{"another resource", put("r", "x"), false},
			{"a description", put("r.meta", "x"), false},
			{"a new ACL", put("r.acl", "x"), true},
			{"a changed ACL", put("r.acl", "y"), true},
			{"a deleted ACL", func() { f.delete("r.acl") }, true},
			{"a resource without ACL goes", func() { f.put("s"); f.delete("s") }, false},
			{"an ACL goes with its subject", func() { f.put("r.acl"); before = acls(); f.delete("r") }, true},
		} {
			step.do()
			after := acls()
			if (after != before) != step.moves || after < before {
				t.Errorf("%s: from %d to %d", step.name, before, after)
			}
			before = after
		}
	})
	t.Run("a name is taken once", func(t *testing.T) {
		f.refuse(rdfstore.ErrExists, func(tx rdfstore.Tx) error { return tx.CreateStorage(alice) })
	})
	t.Run("a name that is no host label is refused", func(t *testing.T) {
		if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
			return tx.CreateStorage(rdfstore.Storage{Name: "Al/ice"})
		}); err == nil {
			t.Error("CreateStorage accepted a bad name")
		}
	})
	t.Run("a storage that is not there", func(t *testing.T) {
		f.view(func(r rdfstore.Reader) error {
			if _, err := r.Storage("nobody"); !errors.Is(err, rdfstore.ErrNotFound) {
				t.Errorf("Storage = %v", err)
			}
			return nil
		})
		f.refuse(rdfstore.ErrNoParent, func(tx rdfstore.Tx) error {
			_, err := tx.Put(in("nobody", "x"), rdfstore.Content{Kind: rdfstore.Binary})
			return err
		})
		f.refuse(rdfstore.ErrNotFound, func(tx rdfstore.Tx) error {
			_, err := tx.Put(in("nobody", ""), rdfstore.Content{Kind: rdfstore.Container})
			return err
		})
	})
	t.Run("storages are listed by name", func(t *testing.T) {
		f.update(func(tx rdfstore.Tx) error {
			return errors.Join(tx.CreateStorage(rdfstore.Storage{Name: "carol"}), tx.CreateStorage(rdfstore.Storage{Name: "bob"}))
		})
		f.view(func(r rdfstore.Reader) error {
			var names []string
			for storage, err := range r.Storages("alice") {
				if err != nil {
					return err
				}
				names = append(names, storage.Name)
			}
			if diff := cmp.Diff([]string{"bob", "carol", "dated"}, names); diff != "" {
				t.Error(diff)
			}
			return nil
		})
	})
}

func testResources(t *testing.T, f *fixture) {
	t.Run("SP-PUT-01 Put creates, Open gives the bytes back", func(t *testing.T) {
		put := f.putBody("card", "<#me> a <#Person> .")
		found := f.resource("card")
		if diff := cmp.Diff(put, found, cmp.AllowUnexported(resource.ID{})); diff != "" {
			t.Error(diff)
		}
		if found.Kind != rdfstore.Document || found.MediaType != "text/turtle" || found.Size != 19 ||
			found.SHA256 != sha256.Sum256([]byte("<#me> a <#Person> .")) {
			t.Errorf("Resource = %+v", found)
		}
		if found.Created != found.Modified || found.Modified != found.Modified.UTC().Truncate(time.Millisecond) {
			t.Errorf("dates %v and %v", found.Created, found.Modified)
		}
		if body := f.body("card"); body != "<#me> a <#Person> ." {
			t.Errorf("body = %q", body)
		}
	})
	t.Run("Put replaces body, kind and media type, not the date of creation", func(t *testing.T) {
		before := f.put("changing")
		staged := f.stage("\x89PNG")
		var after rdfstore.Resource
		f.update(func(tx rdfstore.Tx) (err error) {
			after, err = tx.Put(at("changing"), rdfstore.Content{Kind: rdfstore.Binary, MediaType: "image/png", Body: staged})
			return err
		})
		if after.Kind != rdfstore.Binary || after.MediaType != "image/png" || f.body("changing") != "\x89PNG" {
			t.Errorf("Resource = %+v", after)
		}
		if after.Revision <= before.Revision || after.Created != before.Created || after.Modified.Before(before.Modified) {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})
	t.Run("a resource without a body", func(t *testing.T) {
		f.update(func(tx rdfstore.Tx) error {
			_, err := tx.Put(at("empty"), rdfstore.Content{Kind: rdfstore.Binary, MediaType: "text/plain"})
			return err
		})
		if found := f.resource("empty"); found.Size != 0 || found.SHA256 != sha256.Sum256(nil) || f.body("empty") != "" {
			t.Errorf("Resource = %+v", found)
		}
	})
	t.Run("what is not there", func(t *testing.T) {
		f.view(func(r rdfstore.Reader) error {
			_, resourceErr := r.Resource(at("nothing"))
			_, openErr := r.Open(at("nothing"))
			if !errors.Is(resourceErr, rdfstore.ErrNotFound) || !errors.Is(openErr, rdfstore.ErrNotFound) {
				t.Errorf("Resource = %v, Open = %v", resourceErr, openErr)
			}
			return nil
		})
		f.refuse(rdfstore.ErrNotFound, func(tx rdfstore.Tx) error { return tx.Delete(at("nothing")) })
	})
	t.Run("a parent must exist", func(t *testing.T) {
		content := f.content(at("no/such"), "x")
		f.refuse(rdfstore.ErrNoParent, func(tx rdfstore.Tx) error {
			_, err := tx.Put(at("no/such"), content)
			return err
		})
		f.put("document")
		f.refuse(rdfstore.ErrNoParent, func(tx rdfstore.Tx) error {
			_, err := tx.Put(at("document/child"), content)
			return err
		})
	})
	t.Run("SP-URI-02 a twin is refused both ways", func(t *testing.T) {
		f.put("one", "two/")
		for _, path := range []string{"one/", "two"} {
			content := f.content(at(path), "x")
			f.refuse(rdfstore.ErrTwin, func(tx rdfstore.Tx) error {
				_, err := tx.Put(at(path), content)
				return err
			})
		}
		f.delete("one")
		f.put("one/") // the name is free again
	})
	t.Run("the kind must fit the identifier", func(t *testing.T) {
		for path, kind := range map[string]rdfstore.Kind{
			"kind/": rdfstore.Document, "kind": rdfstore.Container, ".acl": rdfstore.Container, "odd": 0, "odder": 9,
		} {
			if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
				_, err := tx.Put(at(path), rdfstore.Content{Kind: kind})
				return err
			}); err == nil {
				t.Errorf("Put(%s) accepted kind %d", path, kind)
			}
		}
	})
	t.Run("the zero identifier names nothing", func(t *testing.T) {
		if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
			_, err := tx.Put(resource.ID{}, rdfstore.Content{Kind: rdfstore.Container})
			return err
		}); err == nil {
			t.Error("Put accepted the zero identifier")
		}
	})
	t.Run("SP-DEL-01 Delete removes", func(t *testing.T) {
		f.put("gone")
		f.delete("gone")
		if f.exists("gone") {
			t.Error("the resource is still there")
		}
		f.refuse(rdfstore.ErrNotFound, func(tx rdfstore.Tx) error { return tx.Delete(at("gone")) })
	})
	t.Run("SP-DEL-03 a root cannot be deleted", func(t *testing.T) {
		if err := f.Update(context.Background(), func(tx rdfstore.Tx) error { return tx.Delete(at("")) }); err == nil {
			t.Error("Delete of a root succeeded")
		}
	})
	t.Run("revisions are never reused", func(t *testing.T) {
		first := f.put("again")
		f.delete("again")
		if second := f.put("again"); second.Revision <= first.Revision {
			t.Errorf("revision %d after %d", second.Revision, first.Revision)
		}
	})
}

func testBodies(t *testing.T, f *fixture) {
	t.Run("bodies of all sizes", func(t *testing.T) {
		for _, size := range []int{0, 1, 16<<10 - 1, 16 << 10, 16<<10 + 1, large, 3 << 20} {
			body := strings.Repeat("0123456789abcdef", size/16+1)[:size]
			staged := f.stage(body)
			if staged.Size() != int64(size) || staged.SHA256() != sha256.Sum256([]byte(body)) {
				t.Errorf("%d bytes: staged %d, %x", size, staged.Size(), staged.SHA256())
			}
			f.putBody("sized", body)
			if found := f.resource("sized"); found.Size != int64(size) || f.body("sized") != body {
				t.Errorf("%d bytes: Size = %d, or another body", size, found.Size)
			}
		}
	})
	t.Run("SP-RNG-01 a body can be read from the middle", func(t *testing.T) {
		for _, size := range []int{100, large} {
			f.putBody("ranged", strings.Repeat("0123456789", size/10))
			f.view(func(r rdfstore.Reader) error {
				body, err := r.Open(at("ranged"))
				if err != nil {
					return err
				}
				defer body.Close()
				part := make([]byte, 3)
				if _, err := body.Seek(54, io.SeekStart); err != nil {
					return err
				}
				if _, err := io.ReadFull(body, part); err != nil || string(part) != "456" {
					t.Errorf("%d bytes: %q, %v", size, part, err)
				}
				return nil
			})
		}
	})
	t.Run("staged bytes can be read before and after the commit", func(t *testing.T) {
		for _, body := range []string{"small", largeBody('r')} {
			staged := f.stage(body)
			read := func() {
				t.Helper()
				opened, err := staged.Open()
				if err != nil {
					t.Fatal(err)
				}
				defer opened.Close()
				if got, err := io.ReadAll(opened); err != nil || string(got) != body {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			}
			read()
			f.update(func(tx rdfstore.Tx) error {
				_, err := tx.Put(at("staged"), rdfstore.Content{Kind: rdfstore.Binary, Body: staged})
				return err
			})
			read()
			staged.Discard() // takes nothing from the resource
			if f.body("staged") != body {
				t.Error("Discard after the commit took the body")
			}
		}
	})
	t.Run("the limit is exact", func(t *testing.T) {
		for _, limit := range []int64{0, 10, large} {
			fitting, err := f.Stage(context.Background(), strings.NewReader(strings.Repeat("x", int(limit))), limit)
			if err != nil {
				t.Errorf("limit %d: %v", limit, err)
				continue
			}
			fitting.Discard()
			if _, err := f.Stage(context.Background(), strings.NewReader(strings.Repeat("x", int(limit)+1)), limit); !errors.Is(err, rdf.ErrLimit) {
				t.Errorf("limit %d exceeded: %v", limit, err)
			}
		}
	})
	t.Run("a body that breaks off is refused", func(t *testing.T) {
		broken := errors.New("connection reset")
		for _, size := range []int{10, large} {
			body := io.MultiReader(strings.NewReader(strings.Repeat("x", size)), iotest.ErrReader(broken))
			if _, err := f.Stage(context.Background(), body, -1); !errors.Is(err, broken) {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
	})
	t.Run("a cancelled request stops staging", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := f.Stage(ctx, strings.NewReader("x"), -1); !errors.Is(err, context.Canceled) {
			t.Errorf("Stage = %v", err)
		}
	})
	t.Run("a staged body is used once", func(t *testing.T) {
		for _, body := range []string{"small", largeBody('o')} {
			staged := f.stage(body)
			put := func(path string) error {
				return f.Update(context.Background(), func(tx rdfstore.Tx) error {
					_, err := tx.Put(at(path), rdfstore.Content{Kind: rdfstore.Binary, Body: staged})
					return err
				})
			}
			if err := put("once"); err != nil {
				t.Fatal(err)
			}
			if err := put("twice"); err == nil {
				t.Error("a second Put took the same staged body")
			}
		}
	})
	t.Run("a staged body is used once, within one function too", func(t *testing.T) {
		staged := f.stage(largeBody('w'))
		if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
			for _, path := range []string{"within-one", "within-two"} {
				if _, err := tx.Put(at(path), rdfstore.Content{Kind: rdfstore.Binary, Body: staged}); err != nil {
					return err
				}
			}
			return nil
		}); err == nil {
			t.Error("a second Put took the same staged body")
		}
	})
	t.Run("a discarded body cannot be put", func(t *testing.T) {
		staged := f.stage(largeBody('d'))
		staged.Discard()
		staged.Discard()
		if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
			_, err := tx.Put(at("discarded"), rdfstore.Content{Kind: rdfstore.Binary, Body: staged})
			return err
		}); err == nil {
			t.Error("Put took a discarded body")
		}
	})
	t.Run("after a failed update a staged body can be used again", func(t *testing.T) {
		staged := f.stage(largeBody('a'))
		failure := errors.New("precondition failed")
		put := func(end error) func(rdfstore.Tx) error {
			return func(tx rdfstore.Tx) error {
				_, err := tx.Put(at("retried"), rdfstore.Content{Kind: rdfstore.Binary, Body: staged})
				return errors.Join(err, end)
			}
		}
		f.refuse(failure, put(failure))
		f.update(put(nil))
		if f.body("retried") != largeBody('a') {
			t.Error("another body")
		}
	})
	t.Run("what a view found can be opened after a later delete", func(t *testing.T) {
		f.putBody("viewed", largeBody('v'))
		f.putBody("replaced", largeBody('1'))
		f.view(func(r rdfstore.Reader) error {
			f.delete("viewed")
			f.putBody("replaced", largeBody('2'))
			for path, want := range map[string]string{"viewed": largeBody('v'), "replaced": largeBody('1')} {
				if body, err := bodyOf(r, at(path)); err != nil || body != want {
					t.Errorf("%s: %d bytes, %v", path, len(body), err)
				}
			}
			return nil
		})
		if f.exists("viewed") || f.body("replaced") != largeBody('2') {
			t.Error("the later writes are not there")
		}
	})
	t.Run("a body outlives its view", func(t *testing.T) {
		for _, want := range []string{"small", largeBody('l')} {
			f.putBody("outliving", want)
			var body io.ReadSeekCloser
			f.view(func(r rdfstore.Reader) (err error) {
				body, err = r.Open(at("outliving"))
				return err
			})
			f.delete("outliving")
			if got, err := io.ReadAll(body); err != nil || string(got) != want {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			body.Close()
		}
	})
}
