package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

func testContainers(t *testing.T, f *fixture) {
	t.Run("SP-CON-01 each resource is listed by its parent only", func(t *testing.T) {
		f.put("list/", "list/a", "list/sub/", "list/sub/deep", "list/sub.txt", "list/ä%20b")
		for container, want := range map[string][]string{
			"list/": {"%C3%A4%20b", "a", "sub.txt", "sub/"}, "list/sub/": {"deep"}, "": {"list/"},
		} {
			if diff := cmp.Diff(want, f.members(container)); diff != "" {
				t.Errorf("%s: %s", container, diff)
			}
		}
	})
	t.Run("a member tells kind, media type, size and date", func(t *testing.T) {
		f.put("told/", "told/document", "told/inner/")
		f.view(func(r rdfstore.Reader) error {
			for member, err := range r.Members(at("told/"), "") {
				if err != nil {
					return err
				}
				known, err := r.Resource(member.ID)
				if err != nil {
					return err
				}
				want := rdfstore.Member{ID: known.ID, Kind: known.Kind, MediaType: known.MediaType, Size: known.Size, Modified: known.Modified}
				if diff := cmp.Diff(want, member, cmp.AllowUnexported(resource.ID{})); diff != "" {
					t.Error(diff)
				}
			}
			return nil
		})
	})
	t.Run("a listing goes on behind a name", func(t *testing.T) {
		f.put("paged/", "paged/a", "paged/b/", "paged/b.txt", "paged/c")
		f.view(func(r rdfstore.Reader) error {
			for after, want := range map[string][]string{
				"": {"a", "b.txt", "b/", "c"}, "a": {"b.txt", "b/", "c"}, "b": {"b.txt", "b/", "c"}, "b/": {"c"}, "c": {}, "z": {},
			} {
				got, err := names(r, at("paged/"), after)
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("after %q: %v %s", after, err, diff)
				}
			}
			return nil
		})
	})
	t.Run("a listing can be left early", func(t *testing.T) {
		f.view(func(r rdfstore.Reader) error {
			for range r.Members(at("paged/"), "") {
				break
			}
			_, err := names(r, at("paged/"), "")
			return err
		})
	})
	t.Run("a container that is not there has no listing", func(t *testing.T) {
		f.view(func(r rdfstore.Reader) error {
			if _, err := names(r, at("none/"), ""); !errors.Is(err, rdfstore.ErrNotFound) {
				t.Errorf("Members = %v", err)
			}
			return nil
		})
	})
	t.Run("a listing within a transaction shows its own writes in order", func(t *testing.T) {
		f.put("merged/", "merged/b", "merged/d", "merged/f")
		content := f.content(at("merged/a"), "x")
		f.update(func(tx rdfstore.Tx) error {
			var failures []error
			for _, name := range []string{"a/", "c/", "g/"} {
				_, err := tx.Put(at("merged/"+name), rdfstore.Content{Kind: rdfstore.Container})
				failures = append(failures, err)
			}
			_, err := tx.Put(at("merged/d"), content)
			failures = append(failures, err, tx.Delete(at("merged/b")))
			got, err := names(tx, at("merged/"), "")
			if diff := cmp.Diff([]string{"a/", "c/", "d", "f", "g/"}, got); diff != "" {
				t.Error(diff)
			}
			behind, err2 := names(tx, at("merged/"), "c/")
			if diff := cmp.Diff([]string{"d", "f", "g/"}, behind); diff != "" {
				t.Error(diff)
			}
			return errors.Join(append(failures, err, err2)...)
		})
	})
	t.Run("a transaction may delete what it lists", func(t *testing.T) {
		f.put("emptied/", "emptied/a", "emptied/b", "emptied/c")
		f.update(func(tx rdfstore.Tx) error {
			for member, err := range tx.Members(at("emptied/"), "") {
				if err != nil {
					return err
				}
				if err := tx.Delete(member.ID); err != nil {
					return err
				}
			}
			return tx.Delete(at("emptied/"))
		})
		if f.exists("emptied/") || f.exists("emptied/b") {
			t.Error("something is left")
		}
	})
	t.Run("SP-DEL-04 a container with members is not deleted", func(t *testing.T) {
		f.put("full/", "full/member")
		f.refuse(rdfstore.ErrNotEmpty, func(tx rdfstore.Tx) error { return tx.Delete(at("full/")) })
		f.delete("full/member")
		f.delete("full/")
	})
	t.Run("names that begin alike are kept apart", func(t *testing.T) {
		f.put("pre/", "prefix/", "prefix/member")
		if members := f.members("pre/"); len(members) != 0 {
			t.Errorf("members = %v", members)
		}
		f.delete("pre/")
	})
	testCounters(t, f)
}

// counters tells which of a container's counters moved. Its date moves with
// the first.
type counters struct{ membership, listing bool }

func testCounters(t *testing.T, f *fixture) {
	for _, c := range []struct {
		name   string
		do     func()
		parent counters // of the container
		root   counters // of the container's parent
	}{
		{"a member comes", func() { f.put("counted/member") }, counters{true, true}, counters{false, true}},
		{"a member is updated", func() { f.put("counted/member") }, counters{false, true}, counters{}},
		{"a member's ACL comes", func() { f.put("counted/member.acl") }, counters{}, counters{}},
		{"a member's description comes", func() { f.put("counted/member.meta") }, counters{}, counters{}},
		{"the container's ACL comes", func() { f.put("counted/.acl") }, counters{}, counters{}},
		{"the container's description comes", func() { f.put("counted/.meta") }, counters{true, true}, counters{false, true}},
		{"the container's description goes", func() { f.delete("counted/.meta") }, counters{true, true}, counters{false, true}},
		{"a grandchild comes", func() { f.put("counted/inner/deep") }, counters{false, true}, counters{}},
		{"a grandchild is updated", func() { f.put("counted/inner/deep") }, counters{}, counters{}},
		{"the container is written", func() { f.put("counted/") }, counters{true, true}, counters{false, true}},
		{"a member goes", func() { f.delete("counted/member") }, counters{true, true}, counters{false, true}},
		{"a resource elsewhere comes", func() { f.put("elsewhere") }, counters{}, counters{true, true}},
	} {
		t.Run("SP-CON-05 "+c.name, func(t *testing.T) {
			f.put("counted/", "counted/inner/")
			before, rootBefore := f.resource("counted/"), f.resource("")
			c.do()
			check := func(name string, before, after rdfstore.Resource, want counters) {
				t.Helper()
				got := counters{after.Membership != before.Membership, after.Listing != before.Listing}
				if got != want {
					t.Errorf("%s: moved %+v, want %+v", name, got, want)
				}
				if after.Modified.Before(before.Modified) || (!want.membership && after.Modified != before.Modified) {
					t.Errorf("%s: the date moved from %v to %v", name, before.Modified, after.Modified)
				}
				if after.Membership < before.Membership || after.Listing < after.Membership || after.Membership < after.Revision {
					t.Errorf("%s: counters out of order: %+v", name, after)
				}
			}
			check("container", before, f.resource("counted/"), c.parent)
			check("root", rootBefore, f.resource(""), c.root)
		})
	}
}

func testAuxiliaries(t *testing.T, f *fixture) {
	t.Run("SP-AUX-01 an auxiliary resource needs its subject", func(t *testing.T) {
		for _, path := range []string{"none.acl", "none.meta", "none/.acl"} {
			content := f.content(at(path), "x")
			f.refuse(rdfstore.ErrNoSubject, func(tx rdfstore.Tx) error {
				_, err := tx.Put(at(path), content)
				return err
			})
		}
	})
	t.Run("SP-AUX-04 they go with their subject", func(t *testing.T) {
		f.put("subject/", "subject/.acl", "subject/.meta", "subject/x", "subject/x.acl", "subject/x.meta")
		f.put("subject/y", "subject/y.acl")
		f.delete("subject/x")
		for path, want := range map[string]bool{
			"subject/x.acl": false, "subject/x.meta": false, "subject/y.acl": true, "subject/.acl": true, "subject/.meta": true,
		} {
			if f.exists(path) != want {
				t.Errorf("%s exists: %v", path, !want)
			}
		}
		f.put("subject/x") // a new resource of the old name has none of them
		if f.exists("subject/x.acl") {
			t.Error("the ACL came back")
		}
	})
	t.Run("SP-AUX-03 they are listed nowhere and keep no container", func(t *testing.T) {
		f.put("bare/", "bare/.acl", "bare/.meta")
		if members := f.members("bare/"); len(members) != 0 {
			t.Errorf("members = %v", members)
		}
		f.delete("bare/")
		if f.exists("bare/.acl") || f.exists("bare/.meta") {
			t.Error("the auxiliary resources are left")
		}
	})
	t.Run("they can be deleted and written alone", func(t *testing.T) {
		f.put("kept", "kept.acl", "kept.meta")
		f.delete("kept.acl")
		if f.exists("kept.acl") || !f.exists("kept") || !f.exists("kept.meta") {
			t.Error("Delete of an ACL took something else, or nothing")
		}
		if f.put("kept.acl"); f.body("kept.acl") != "body of kept.acl" {
			t.Error("the ACL has another body")
		}
	})
	t.Run("the root has them too", func(t *testing.T) {
		f.put(".acl", ".meta", ".well-known/solid")
		for _, path := range []string{".acl", ".meta", ".well-known/solid"} {
			if want := fmt.Sprintf("body of %s", path); f.body(path) != want {
				t.Errorf("%s = %q", path, f.body(path))
			}
		}
	})
}
