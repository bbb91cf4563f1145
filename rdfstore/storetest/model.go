package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// modelPaths are few, so that operations meet each other.
var modelPaths = []string{
	"", "a", "a/", "a/b", "a/b/", "a/b/c", "ab", "d/", "d/a", "d/a/",
	".acl", ".meta", "a.acl", "a.meta", "a/.acl", "a/.meta", "a/b.acl", "a/b/c.meta", "d/.acl", "d/.meta",
}

// modelBodies are none, small ones and a large one.
var modelBodies = []string{"", "small", "other", largeBody('m')}

// modelResource is what a map can know of a resource. The counters are ticks
// of the model: their values differ from the store's, their changes do not.
type modelResource struct {
	body                          string
	revision, membership, listing int
}

// model is a storage as plain as can be.
type model struct {
	resources map[resource.ID]modelResource
	tick      int
}

func (m *model) clone() *model { return &model{maps.Clone(m.resources), m.tick} }

func (m *model) has(id resource.ID) bool {
	_, ok := m.resources[id]
	return ok
}

func (m *model) members(container resource.ID) []string {
	names := []string{}
	for id := range m.resources {
		if parent, ok := id.Parent(); ok && parent == container && !id.IsAuxiliary() {
			names = append(names, id.Name())
		}
	}
	slices.Sort(names)
	return names
}

func (m *model) put(id resource.ID, body string) error {
	existed := m.has(id)
	if !existed {
		parent, _ := id.Parent()
		twin, _ := id.Twin()
		switch {
		case id.IsAuxiliary() && !m.has(id.Subject()):
			return rdfstore.ErrNoSubject
		case id.IsAuxiliary():
		case !m.has(parent):
			return rdfstore.ErrNoParent
		case m.has(twin):
			return rdfstore.ErrTwin
		}
	}
	m.tick++
	m.resources[id] = modelResource{body, m.tick, m.tick, m.tick}
	m.spread(id, !existed)
	return nil
}

func (m *model) delete(id resource.ID) error {
	switch {
	case !m.has(id):
		return rdfstore.ErrNotFound
	case id.IsContainer() && len(m.members(id)) > 0:
		return rdfstore.ErrNotEmpty
	}
	m.tick++
	delete(m.resources, id)
	if !id.IsAuxiliary() {
		delete(m.resources, id.ACL())
		delete(m.resources, id.Description())
	}
	m.spread(id, true)
	return nil
}

// spread moves the counters of those containers that show id.
func (m *model) spread(id resource.ID, cameOrWent bool) {
	if id.IsAuxiliary() {
		if subject := id.Subject(); id.Aux() == resource.Description && subject.IsContainer() {
			m.count(subject, true)
		}
		return
	}
	if parent, ok := id.Parent(); ok {
		m.count(parent, cameOrWent)
	}
}

func (m *model) count(container resource.ID, membership bool) {
	r := m.resources[container]
	r.listing = m.tick
	if membership {
		r.membership = m.tick
	}
	m.resources[container] = r
	if parent, ok := container.Parent(); ok && membership {
		m.count(parent, false) // which shows the container's date
	}
}

// testModel compares random operations with the model. Each check has a
// storage of its own in the one store.
func testModel(t *testing.T, f *fixture) {
	var storages atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		storage := fmt.Sprint("model-", storages.Add(1))
		f.update(func(tx rdfstore.Tx) error { return tx.CreateStorage(modelStorage(storage)) })
		m := &model{map[resource.ID]modelResource{in(storage, ""): {}}, 0}
		for range rapid.IntRange(1, 12).Draw(t, "updates") {
			before, known := m.clone(), knownResources(f, storage)
			m = runUpdate(t, f, storage, m)
			compare(t, f, storage, before, m, known)
		}
	})
}

func modelStorage(name string) rdfstore.Storage {
	return rdfstore.Storage{Name: name, Account: name}
}

// runUpdate runs one write function of some operations and returns the model
// after it.
func runUpdate(t *rapid.T, f *fixture, storage string, m *model) *model {
	fails := rapid.IntRange(0, 3).Draw(t, "fails") == 0
	next := m.clone()
	type operation struct {
		id      resource.ID
		put     bool
		body    string
		content rdfstore.Content
	}
	var operations []operation
	for range rapid.IntRange(1, 5).Draw(t, "operations") {
		o := operation{id: in(storage, rapid.SampledFrom(modelPaths).Draw(t, "path")), put: rapid.IntRange(0, 2).Draw(t, "put") > 0}
		if o.put && !o.id.IsContainer() {
			o.body = rapid.SampledFrom(modelBodies).Draw(t, "body")
		}
		if o.put {
			o.content = f.content(o.id, o.body)
			defer func() {
				if o.content.Body != nil {
					o.content.Body.Discard()
				}
			}()
		}
		if o.put || !o.id.IsRoot() {
			operations = append(operations, o)
		}
	}
	err := f.Update(context.Background(), func(tx rdfstore.Tx) error {
		for _, o := range operations {
			var got, want error
			if o.put {
				_, got = tx.Put(o.id, o.content)
				want = next.put(o.id, o.body)
			} else {
				got, want = tx.Delete(o.id), next.delete(o.id)
			}
			if !errors.Is(got, want) || (got != nil && want == nil) {
				return fmt.Errorf("put %v of %v: %w, want %w", o.put, o.id, got, want)
			}
			if err := sameState(tx, storage, next); err != nil {
				return err
			}
		}
		if fails {
			return errRefused
		}
		return nil
	})
	switch {
	case fails && errors.Is(err, errRefused):
		return m
	case err != nil:
		t.Fatal(err)
	}
	return next
}

// sameState compares which resources there are, their bodies and listings, and
// what is counted of them.
func sameState(r rdfstore.Reader, storage string, m *model) error {
	want := rdfstore.Usage{Resources: int64(len(m.resources))}
	for _, known := range m.resources {
		want.Bytes += int64(len(known.body))
	}
	for _, holder := range modelStorage(storage).Holders() {
		if usage, err := r.Usage(holder); err != nil || usage != want {
			return fmt.Errorf("usage of the %s: %+v, %w; want %+v", holder.Kind, usage, err, want)
		}
	}
	for _, path := range modelPaths {
		id := in(storage, path)
		want, exists := m.resources[id]
		body, err := bodyOf(r, id)
		if exists != (err == nil) || (err != nil && !errors.Is(err, rdfstore.ErrNotFound)) || body != want.body {
			return fmt.Errorf("%v: %.10q, %w; want %.10q, exists: %v", id, body, err, want.body, exists)
		}
		if !id.IsContainer() || !exists {
			continue
		}
		listed, err := names(r, id, "")
		if diff := cmp.Diff(m.members(id), listed); err != nil || diff != "" {
			return fmt.Errorf("members of %v: %v %s", id, err, diff)
		}
	}
	return nil
}

func knownResources(f *fixture, storage string) map[resource.ID]rdfstore.Resource {
	f.Helper()
	known := make(map[resource.ID]rdfstore.Resource)
	f.view(func(r rdfstore.Reader) error {
		for _, path := range modelPaths {
			found, err := r.Resource(in(storage, path))
			if err == nil {
				known[found.ID] = found
			} else if !errors.Is(err, rdfstore.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return known
}

// compare compares the state, and what an update changed of the counters.
func compare(t *rapid.T, f *fixture, storage string, before, after *model, knownBefore map[resource.ID]rdfstore.Resource) {
	f.view(func(r rdfstore.Reader) error { return sameState(r, storage, after) })
	knownAfter := knownResources(f, storage)
	for id, now := range knownAfter {
		was, existed := knownBefore[id]
		modelWas, modelNow := before.resources[id], after.resources[id]
		if !existed {
			continue
		}
		moved := [...]bool{now.Revision != was.Revision, now.Membership != was.Membership, now.Listing != was.Listing}
		want := [...]bool{modelNow.revision != modelWas.revision, modelNow.membership != modelWas.membership, modelNow.listing != modelWas.listing}
		if !id.IsContainer() {
			moved[1], moved[2], want[1], want[2] = false, false, false, false
		}
		if moved != want {
			t.Fatalf("%v: revision, membership, listing moved %v, want %v", id, moved, want)
		}
		if now.Revision < was.Revision || now.Modified.Before(was.Modified) {
			t.Fatalf("%v went back: %+v after %+v", id, now, was)
		}
	}
	f.view(func(r rdfstore.Reader) error { return sameListing(r, knownAfter) })
}

// sameListing compares the listings with the records of what they list.
func sameListing(r rdfstore.Reader, known map[resource.ID]rdfstore.Resource) error {
	for id := range known {
		if !id.IsContainer() {
			continue
		}
		for member, err := range r.Members(id, "") {
			if err != nil {
				return err
			}
			of := known[member.ID]
			want := rdfstore.Member{ID: of.ID, Kind: of.Kind, MediaType: of.MediaType, Size: of.Size, Modified: of.Modified}
			if member != want {
				return fmt.Errorf("%v lists %+v, which is %+v", id, member, want)
			}
			if !strings.HasPrefix(member.ID.Path(), id.Path()) {
				return fmt.Errorf("%v lists %v", id, member.ID)
			}
		}
	}
	return nil
}
