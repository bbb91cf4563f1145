// Package storetest is the suite that every implementation of
// [rdfstore.Store] passes: each sentence of that contract, races between
// writers, and random operations against a plain model.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// large is the size of a body that no implementation keeps in a record.
const large = 100 << 10

// Run tests the stores that open returns, each of which is empty. The suite
// closes them.
func Run(t *testing.T, open func(t *testing.T) rdfstore.Store) {
	for _, part := range []struct {
		name string
		test func(*testing.T, *fixture)
	}{
		{"storages", testStorages},
		{"resources", testResources},
		{"bodies", testBodies},
		{"containers", testContainers},
		{"auxiliaries", testAuxiliaries},
		{"records", testRecords},
		{"transactions", testTransactions},
		{"usage", testUsage},
		{"feed", testFeed},
		{"quads", testQuads},
		{"erasing", testErasing},
		{"versions", testVersions},
		{"races", testRaces},
		{"model", testModel},
		{"closing", testClosing},
	} {
		t.Run(part.name, func(t *testing.T) {
			store := open(t)
			t.Cleanup(func() {
				if err := store.Close(); err != nil && !errors.Is(err, rdfstore.ErrClosed) {
					t.Errorf("Close = %v", err)
				}
			})
			f := &fixture{TB: t, Store: store}
			f.update(func(tx rdfstore.Tx) error { return tx.CreateStorage(alice) })
			part.test(t, f)
		})
	}
}

var alice = rdfstore.Storage{Name: "alice", Owner: "https://alice.example/#me", Account: "account-1"}

// fixture is a store with the storage of alice and short forms of what the
// tests do with it.
type fixture struct {
	testing.TB
	rdfstore.Store
}

var space = func() *resource.Space {
	s, err := resource.NewSpace("https://pods.example/", false)
	if err != nil {
		panic(err)
	}
	return s
}()

// at returns the identifier of a path in alice's storage, for example
// "photos/cat.jpg.acl".
func at(path string) resource.ID { return in("alice", path) }

func in(storage, path string) resource.ID {
	id, err := space.Parse("", "/"+storage+"/"+path)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", path, err))
	}
	return id
}

// update runs a write function that must succeed.
func (f *fixture) update(write func(rdfstore.Tx) error) {
	f.Helper()
	if err := f.Update(context.Background(), write); err != nil {
		f.Fatalf("Update = %v", err)
	}
}

// refuse runs a write function that must fail with want.
func (f *fixture) refuse(want error, write func(rdfstore.Tx) error) {
	f.Helper()
	if err := f.Update(context.Background(), write); !errors.Is(err, want) {
		f.Fatalf("Update = %v, want %v", err, want)
	}
}

// view runs a read function that must succeed.
func (f *fixture) view(read func(rdfstore.Reader) error) {
	f.Helper()
	if err := f.View(context.Background(), read); err != nil {
		f.Fatalf("View = %v", err)
	}
}

// stage stages a body that must be accepted.
func (f *fixture) stage(body string) rdfstore.Staged {
	f.Helper()
	staged, err := f.Stage(context.Background(), strings.NewReader(body), -1)
	if err != nil {
		f.Fatalf("Stage = %v", err)
	}
	f.Cleanup(staged.Discard)
	return staged
}

// content is a body with the kind and media type that fit id.
func (f *fixture) content(id resource.ID, body string) rdfstore.Content {
	f.Helper()
	if id.IsContainer() {
		return rdfstore.Content{Kind: rdfstore.Container}
	}
	return rdfstore.Content{Kind: rdfstore.Document, MediaType: "text/turtle", Body: f.stage(body)}
}

// put puts resources, each in an update of its own, and returns the last.
func (f *fixture) put(paths ...string) (last rdfstore.Resource) {
	f.Helper()
	for _, path := range paths {
		last = f.putBody(path, "body of "+path)
	}
	return last
}

func (f *fixture) putBody(path, body string) (put rdfstore.Resource) {
	f.Helper()
	content := f.content(at(path), body)
	f.update(func(tx rdfstore.Tx) (err error) {
		put, err = tx.Put(at(path), content)
		return err
	})
	return put
}

func (f *fixture) delete(path string) {
	f.Helper()
	f.update(func(tx rdfstore.Tx) error { return tx.Delete(at(path)) })
}

// resource returns what is known of a resource that must be there.
func (f *fixture) resource(path string) (found rdfstore.Resource) {
	f.Helper()
	f.view(func(r rdfstore.Reader) (err error) {
		found, err = r.Resource(at(path))
		return err
	})
	return found
}

func (f *fixture) exists(path string) (exists bool) {
	f.Helper()
	f.view(func(r rdfstore.Reader) error {
		_, err := r.Resource(at(path))
		exists = err == nil
		if errors.Is(err, rdfstore.ErrNotFound) {
			return nil
		}
		return err
	})
	return exists
}

// body returns the body of a resource that must be there.
func (f *fixture) body(path string) (body string) {
	f.Helper()
	f.view(func(r rdfstore.Reader) (err error) {
		body, err = bodyOf(r, at(path))
		return err
	})
	return body
}

func bodyOf(r rdfstore.Reader, id resource.ID) (string, error) {
	opened, err := r.Open(id)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	body, err := io.ReadAll(opened)
	return string(body), err
}

// names returns the members of a container behind a name.
func names(r rdfstore.Reader, container resource.ID, after string) ([]string, error) {
	names := []string{}
	for member, err := range r.Members(container, after) {
		if err != nil {
			return nil, err
		}
		names = append(names, member.ID.Name())
	}
	return names, nil
}

func (f *fixture) members(container string) (found []string) {
	f.Helper()
	f.view(func(r rdfstore.Reader) (err error) {
		found, err = names(r, at(container), "")
		return err
	})
	return found
}

// largeBody is a body of which each seed has another.
func largeBody(seed byte) string { return string(bytes.Repeat([]byte{seed}, large)) }
