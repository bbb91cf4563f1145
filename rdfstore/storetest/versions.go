package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
)

func testVersions(t *testing.T, f *fixture) {
	f.put("c/", "c/r", "c/r.acl")
	quads := at("c/q")
	f.putQuads(quads, nil, rdf.Quad{S: rdf.IRI("https://a.example/"), P: rdf.IRI("https://p.example/"), O: rdf.String("1")})

	for _, c := range []struct {
		what  string
		write func(rdfstore.Tx) error
	}{
		{"a resource", func(tx rdfstore.Tx) error { return putIn(tx, f, "c/new", "body") }},
		{"the body of one", func(tx rdfstore.Tx) error { return putIn(tx, f, "c/new", "other") }},
		{"the large body of one", func(tx rdfstore.Tx) error { return putIn(tx, f, "c/new", largeBody('v')) }},
		{"quads", func(tx rdfstore.Tx) error {
			more := rdf.Quad{S: rdf.IRI("https://a.example/"), P: rdf.IRI("https://p.example/"), O: rdf.String("2")}
			_, err := tx.Edit(quads, rdfstore.Edit{Added: []rdf.Quad{more}}, -1)
			return err
		}},
		{"an ACL", func(tx rdfstore.Tx) error { return putIn(tx, f, "c/r.acl", "rules") }},
		{"a description", func(tx rdfstore.Tx) error { return putIn(tx, f, "c/r.meta", "about") }},
		{"an ACL that goes", func(tx rdfstore.Tx) error { return tx.Delete(at("c/r.acl")) }},
		{"a resource that goes", func(tx rdfstore.Tx) error { return tx.Delete(at("c/new")) }},
		{"owners", func(tx rdfstore.Tx) error {
			return tx.SetOwners("alice", []rdfstore.Owner{{WebID: alice.Owner}, {WebID: "https://bob.example/#me", Visible: true}})
		}},
		{"the quota", func(tx rdfstore.Tx) error {
			return tx.SetQuota(rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: "alice"}, 1<<30)
		}},
		{"that it is closed", func(tx rdfstore.Tx) error { return tx.CloseStorage("alice", true) }},
		{"that it is open", func(tx rdfstore.Tx) error { return tx.CloseStorage("alice", false) }},
	} {
		t.Run("a version changes with "+c.what, func(t *testing.T) {
			before, settled := f.Version("alice")
			if !settled {
				t.Error("unsettled while nobody writes")
			}
			f.update(c.write)
			if after, settled := f.Version("alice"); after == before || !settled {
				t.Errorf("version %d, settled: %t; it was %d", after, settled, before)
			}
		})
	}
	t.Run("a version stays when nothing is written", func(t *testing.T) {
		before, _ := f.Version("alice")
		f.view(func(r rdfstore.Reader) error { _, err := r.Resource(at("c/r")); return err })
		if after, settled := f.Version("alice"); after != before || !settled {
			t.Errorf("version %d, settled: %t; it was %d", after, settled, before)
		}
	})
	t.Run("what a view found holds with the version", func(t *testing.T) { holdsWithVersion(t, f) })
}

// holdsWithVersion looks at a resource that others write. Whoever finds the
// version settled and the same before two views has seen one state in them.
func holdsWithVersion(t *testing.T, f *fixture) {
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for writer := range 2 {
		writers.Go(func() {
			for round := range rounds {
				content := f.content(at("c/r"), fmt.Sprint(writer, " ", round))
				if err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
					_, err := tx.Put(at("c/r"), content)
					return err
				}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			known, at := "", uint64(1) // no version is odd when it is settled
			for {
				select {
				case <-done:
					return
				default:
				}
				version, settled := f.Version("alice")
				if !settled {
					continue
				}
				body := f.body("c/r")
				if again, settled := f.Version("alice"); !settled || again != version {
					continue
				}
				if version == at && body != known {
					t.Errorf("version %d is %q and %q", version, known, body)
					return
				}
				known, at = body, version
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
}

func putIn(tx rdfstore.Tx, f *fixture, path, body string) error {
	_, err := tx.Put(at(path), f.content(at(path), body))
	return err
}
