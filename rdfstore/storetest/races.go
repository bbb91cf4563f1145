package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"domicile/rdfstore"
)

// together runs the functions at the same time and returns their errors.
func together(writers ...func() error) []error {
	errs := make([]error, len(writers))
	start := make(chan struct{})
	var done sync.WaitGroup
	for i, write := range writers {
		done.Go(func() { <-start; errs[i] = write() })
	}
	close(start)
	done.Wait()
	return errs
}

var document = rdfstore.Content{Kind: rdfstore.Document, MediaType: "text/turtle"}

// create makes a document that must not exist, as If-None-Match: * does.
func (f *fixture) create(path string) func() error {
	id := f.id(path)
	return func() error {
		return f.store.Update(context.Background(), func(tx rdfstore.Tx) error {
			if _, err := tx.Resource(id); !errors.Is(err, rdfstore.ErrNotFound) {
				return errors.Join(err, rdfstore.ErrExists)
			}
			_, err := tx.Put(id, document)
			return err
		})
	}
}

func succeeded(errs []error) (n int) {
	for _, err := range errs {
		if err == nil {
			n++
		}
	}
	return n
}

func raceCreate(f *fixture, rounds int) {
	for i := range rounds {
		path := fmt.Sprintf("doc%d", i)
		if errs := together(f.create(path), f.create(path)); succeeded(errs) != 1 {
			f.Fatalf("round %d: %v", i, errs)
		}
	}
	if got := f.members("", ""); len(got) != rounds {
		f.Errorf("%d members after %d rounds", len(got), rounds)
	}
}

func raceDeleteParent(f *fixture, rounds int) {
	f.mustPut("c/", "")
	child, parent := f.id("c/child"), f.id("c/")
	for i := range rounds {
		errs := together(
			func() error {
				return f.store.Update(context.Background(), func(tx rdfstore.Tx) error { _, err := tx.Put(child, document); return err })
			},
			func() error {
				return f.store.Update(context.Background(), func(tx rdfstore.Tx) error { return tx.Delete(parent) })
			},
		)
		if succeeded(errs) != 1 {
			f.Fatalf("round %d: create %v, delete %v", i, errs[0], errs[1])
		}
		if errs[0] == nil {
			f.must(f.delete("c/child"))
		} else {
			f.mustPut("c/", "")
		}
	}
}

// raceRevoke: whoever saw the permission wrote before it was withdrawn.
func raceRevoke(f *fixture, rounds int) {
	doc := f.id("doc")
	for i := range rounds {
		f.mustPut("doc", "x")
		f.mustPut("doc.acl", "allow")
		var writeRevision, revokeRevision uint64
		denied := errors.New("denied")
		errs := together(
			func() error {
				return f.store.Update(context.Background(), func(tx rdfstore.Tx) error {
					if acl, err := tx.Resource(doc.ACL()); err != nil || acl.Size == 0 {
						return errors.Join(err, denied)
					}
					r, err := tx.Put(doc, document)
					writeRevision = r.Revision
					return err
				})
			},
			func() error {
				return f.store.Update(context.Background(), func(tx rdfstore.Tx) error {
					r, err := tx.Put(doc.ACL(), document)
					revokeRevision = r.Revision
					return err
				})
			},
		)
		f.must(errs[1])
		if errs[0] == nil && writeRevision > revokeRevision || errs[0] != nil && !errors.Is(errs[0], denied) {
			f.Fatalf("round %d: wrote at %d, revoked at %d, %v", i, writeRevision, revokeRevision, errs[0])
		}
	}
}

func raceTwins(f *fixture, rounds int) {
	for i := range rounds {
		doc, box := f.id(fmt.Sprintf("x%d", i)), f.id(fmt.Sprintf("x%d/", i))
		errs := together(
			func() error {
				return f.store.Update(context.Background(), func(tx rdfstore.Tx) error { _, err := tx.Put(doc, document); return err })
			},
			func() error {
				return f.store.Update(context.Background(), func(tx rdfstore.Tx) error {
					_, err := tx.Put(box, rdfstore.Content{Kind: rdfstore.Container})
					return err
				})
			},
		)
		if succeeded(errs) != 1 {
			f.Fatalf("SP-URI-02 round %d: %v", i, errs)
		}
	}
}

func raceTake(f *fixture, rounds int) {
	for i := range rounds {
		f.must(f.store.Update(context.Background(), func(tx rdfstore.Tx) error {
			return tx.SetRecord("codes", "code", []byte("x"), time.Time{})
		}))
		take := func() error {
			return f.store.Update(context.Background(), func(tx rdfstore.Tx) error { _, err := tx.TakeRecord("codes", "code"); return err })
		}
		if errs := together(take, take, take, take, take, take, take, take); succeeded(errs) != 1 {
			f.Fatalf("round %d: %v", i, errs)
		}
	}
}
