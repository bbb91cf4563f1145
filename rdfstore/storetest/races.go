package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"domicile/rdfstore"
	"domicile/rdfstore/rdf"
)

// rounds is how often each race is run.
const rounds = 1000

// race runs two writers against each other in each round and calls check with
// their errors. Rounds of different races share the store and its groups.
func race(t *testing.T, f *fixture, a, b func(round int) error, check func(round int, a, b error)) {
	t.Helper()
	t.Parallel()
	for round := range rounds {
		var errA, errB error
		var both sync.WaitGroup
		start := make(chan struct{})
		both.Go(func() { <-start; errA = a(round) })
		both.Go(func() { <-start; errB = b(round) })
		close(start)
		both.Wait()
		check(round, errA, errB)
		if t.Failed() {
			t.Fatalf("round %d: %v and %v", round, errA, errB)
		}
	}
}

func testRaces(t *testing.T, f *fixture) {
	create := func(path string) error {
		content := rdfstore.Content{Kind: rdfstore.Container}
		if !at(path).IsContainer() {
			content = f.content(at(path), path)
		}
		return f.Update(context.Background(), func(tx rdfstore.Tx) error {
			if _, err := tx.Resource(at(path)); err == nil {
				return rdfstore.ErrExists
			}
			_, err := tx.Put(at(path), content)
			return err
		})
	}
	remove := func(path string) error {
		return f.Update(context.Background(), func(tx rdfstore.Tx) error { return tx.Delete(at(path)) })
	}
	f.put("create/", "twins/", "parents/", "guarded/")

	t.Run("of two that create the same name one wins", func(t *testing.T) {
		create := func(round int) error { return create(fmt.Sprintf("create/%d", round)) }
		race(t, f, create, create, func(_ int, a, b error) {
			if (a == nil) == (b == nil) || !errors.Is(errors.Join(a, b), rdfstore.ErrExists) {
				t.Fail()
			}
		})
	})
	t.Run("SP-URI-02 of a resource and its twin one is created", func(t *testing.T) {
		race(t, f,
			func(round int) error { return create(fmt.Sprintf("twins/%d", round)) },
			func(round int) error { return create(fmt.Sprintf("twins/%d/", round)) },
			func(_ int, a, b error) {
				if (a == nil) == (b == nil) || !errors.Is(errors.Join(a, b), rdfstore.ErrTwin) {
					t.Fail()
				}
			})
	})
	t.Run("a child and the deletion of its parent exclude each other", func(t *testing.T) {
		parent := func(round int) string { return fmt.Sprintf("parents/%d/", round) }
		race(t, f,
			func(round int) error {
				if err := create(parent(round)); err != nil {
					return err
				}
				return create(parent(round) + "child")
			},
			func(round int) error {
				for {
					if err := remove(parent(round)); !errors.Is(err, rdfstore.ErrNotFound) {
						return err
					}
				}
			},
			func(round int, child, deletion error) {
				container, member := f.exists(parent(round)), f.exists(parent(round)+"child")
				switch {
				case child == nil && errors.Is(deletion, rdfstore.ErrNotEmpty) && container && member:
				case errors.Is(child, rdfstore.ErrNoParent) && deletion == nil && !container && !member:
				default:
					t.Fail()
				}
			})
	})
	t.Run("SP-ETAG-07 of two edits none is lost", func(t *testing.T) {
		id := at("edited-twice")
		f.putQuads(id, nil)
		edit := func(writer string) func(int) error {
			return func(round int) error {
				return f.Update(context.Background(), func(tx rdfstore.Tx) error {
					edit := rdfstore.Edit{Added: []rdf.Quad{triple(writer, "p", fmt.Sprint(round))}}
					if round > 0 {
						edit.Removed = []rdf.Quad{triple(writer, "p", fmt.Sprint(round-1))}
					}
					_, err := tx.Edit(id, edit, -1)
					return err
				})
			}
		}
		race(t, f, edit("a"), edit("b"), func(round int, a, b error) {
			f.view(func(r rdfstore.Reader) error {
				return sameQuads(r, id, setOf(triple("a", "p", fmt.Sprint(round)), triple("b", "p", fmt.Sprint(round))))
			})
			if a != nil || b != nil {
				t.Fail()
			}
		})
	})
	t.Run("an edit comes before a replacement or finds what it made", func(t *testing.T) {
		id := at("edited-replaced")
		f.putQuads(id, nil)
		race(t, f,
			func(round int) error {
				return f.Update(context.Background(), func(tx rdfstore.Tx) error {
					_, err := tx.Edit(id, rdfstore.Edit{Added: []rdf.Quad{triple("edited", "p", fmt.Sprint(round))}}, -1)
					return err
				})
			},
			func(round int) error {
				content := f.content(id, "<#bytes> <#p> 1 .")
				if round%2 == 1 {
					staged, err := f.StageQuads(context.Background(), nil, slices.Values([]rdf.Quad{triple("replaced", "p", fmt.Sprint(round))}), -1)
					if err != nil {
						return err
					}
					defer staged.Discard()
					content.Body = staged
				}
				return f.Update(context.Background(), func(tx rdfstore.Tx) error { _, err := tx.Put(id, content); return err })
			},
			func(round int, edit, replacement error) {
				if replacement != nil || edit != nil && !errors.Is(edit, rdfstore.ErrNotQuads) {
					t.Fail()
				}
				if round%2 == 0 { // bytes, whichever came first
					if body := f.body("edited-replaced"); body != "<#bytes> <#p> 1 ." {
						t.Fatalf("round %d: %q", round, body)
					}
					return
				}
				edited, replaced := triple("edited", "p", fmt.Sprint(round)), triple("replaced", "p", fmt.Sprint(round))
				f.view(func(r rdfstore.Reader) error {
					quads, err := quadsOf(r, id)
					got := setOf(quads...)
					if err == nil && !maps.Equal(got, setOf(replaced)) && (edit != nil || !maps.Equal(got, setOf(replaced, edited))) {
						t.Fatalf("round %d: %v after %v", round, got, edit)
					}
					return err
				})
			})
	})
	t.Run("WAC no write passes after the revocation of its permission", func(t *testing.T) {
		// A write reads the ACL and writes the resource; the revocation writes
		// the ACL and reads the resource. Whatever the order, the revocation
		// knows of every write that was permitted.
		paths := func(round int) string { return fmt.Sprintf("guarded/%d", round) }
		seen := make([]bool, rounds)
		f.put(paths(0), paths(0)+".acl")
		race(t, f,
			func(round int) error {
				content := f.content(at(paths(round)), "written")
				return f.Update(context.Background(), func(tx rdfstore.Tx) error {
					if acl, err := bodyOf(tx, at("guarded/0.acl")); err != nil {
						return err
					} else if acl == fmt.Sprint("revoked ", round) {
						return errRefused
					}
					_, err := tx.Put(at(paths(round)), content)
					return err
				})
			},
			func(round int) error {
				content := f.content(at("guarded/0.acl"), fmt.Sprint("revoked ", round))
				return f.Update(context.Background(), func(tx rdfstore.Tx) error {
					body, err := bodyOf(tx, at(paths(round)))
					seen[round] = err == nil && body == "written"
					if err != nil && !errors.Is(err, rdfstore.ErrNotFound) {
						return err
					}
					_, err = tx.Put(at("guarded/0.acl"), content)
					return err
				})
			},
			func(round int, write, revocation error) {
				if revocation != nil || (write != nil && !errors.Is(write, errRefused)) || (write == nil) != seen[round] {
					t.Fail()
				}
			})
	})
}
