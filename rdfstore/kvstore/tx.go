package kvstore

import (
	"errors"
	"fmt"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

var (
	errKind       = errors.New("the kind does not fit the identifier")
	errRoot       = errors.New("the root of a storage cannot be deleted by itself")
	errForeign    = errors.New("the body was staged in another store")
	errNoResource = errors.New("the identifier names nothing")
)

// tx is what a write function works with: a reader over its own overlay.
type tx struct {
	reader
	store    *Store
	overlay  *overlay
	actor    rdfstore.Actor
	revision uint64    // the last that was taken; 0: none
	used     []*staged // bodies that were put
	dropped  []blob.ID // blobs that nothing refers to any more
	waiting  bool      // generations of blocks that nothing belongs to any more
	broken   error     // the first failure after which the overlay may be half done
}

// change sets or deletes a key; what calls it has read before, which is
// refused after the end. Its error undoes the whole function, also when the
// function goes on.
func (t *tx) change(c Change) error {
	err := t.overlay.change(c)
	if err != nil {
		t.broken = errors.Join(t.broken, err)
	}
	return err
}

func (t *tx) set(key, value []byte) error { return t.change(Change{Key: key, Value: value}) }

func (t *tx) delete(key []byte) error { return t.change(Change{Key: key, Delete: true}) }

// CreateStorage implements [rdfstore.Tx].
func (t *tx) CreateStorage(s rdfstore.Storage) error {
	if !resource.ValidName(s.Name) {
		return fmt.Errorf("%q cannot name a storage", s.Name)
	}
	if _, found, err := t.get(storageKey(s.Name)); err != nil {
		return err
	} else if found {
		return rdfstore.ErrExists
	}
	if s.Created.IsZero() {
		s.Created = t.now
	}
	if err := t.makeStorage(s); err != nil {
		t.broken = errors.Join(t.broken, err)
		return err
	}
	return nil
}

func (t *tx) makeStorage(s rdfstore.Storage) error {
	revision, err := t.append(rdfstore.Created, resource.Root(s.Name), rdfstore.Container)
	if err != nil {
		return err
	}
	root := &record{
		kind: rdfstore.Container, sha256: emptyHash, created: t.now.UnixMilli(), modified: t.now.UnixMilli(),
		revision: revision, membership: revision, listing: revision,
	}
	s.ACLs = revision
	if err := t.set(storageKey(s.Name), encodeStorage(s)); err != nil {
		return err
	}
	if err := t.charge(s.Name, 0, 1); err != nil {
		return err
	}
	return t.set(resourceKey(resource.Root(s.Name)), root.encode())
}

// Put implements [rdfstore.Tx].
func (t *tx) Put(id resource.ID, content rdfstore.Content) (rdfstore.Resource, error) {
	old, err := t.record(id)
	created := errors.Is(err, rdfstore.ErrNotFound)
	if err != nil && !created {
		return rdfstore.Resource{}, err
	}
	if err := t.mayPut(id, content.Kind, created); err != nil {
		return rdfstore.Resource{}, err
	}
	body, err := t.use(content.Body)
	if err != nil {
		return rdfstore.Resource{}, err
	}
	size, resources := body.size, int64(1)
	if !created {
		size, resources = size-old.size, 0
	}
	if err := t.charge(id.Storage(), size, resources); err != nil {
		return rdfstore.Resource{}, err
	}
	next := &record{kind: content.Kind, mediaType: content.MediaType, sha256: emptyHash}
	if err := t.replace(id, old, next, body); err != nil {
		t.broken = errors.Join(t.broken, err)
		return rdfstore.Resource{}, err
	}
	return next.resource(id), nil
}

// mayPut says why id cannot be put, if so.
func (t *tx) mayPut(id resource.ID, kind rdfstore.Kind, create bool) error {
	if id.IsZero() {
		return errNoResource
	}
	if !validKind(kind) || (kind == rdfstore.Container) != id.IsContainer() {
		return errKind
	}
	if !create {
		return nil // what is there has its parent and no twin
	}
	if id.IsAuxiliary() {
		found, err := t.exists(id.Subject())
		if err == nil && !found {
			err = rdfstore.ErrNoSubject
		}
		return err
	}
	parent, ok := id.Parent()
	if !ok {
		return rdfstore.ErrNotFound // the root of a storage that does not exist
	}
	if found, err := t.exists(parent); err != nil {
		return err
	} else if !found {
		return rdfstore.ErrNoParent
	}
	twin, _ := id.Twin()
	if found, err := t.exists(twin); err != nil {
		return err
	} else if found {
		return rdfstore.ErrTwin
	}
	return nil
}

// use marks a staged body as taken by this function.
func (t *tx) use(body rdfstore.Staged) (*staged, error) {
	if body == nil {
		return &staged{sha256: emptyHash}, nil
	}
	s, ok := body.(*staged)
	if !ok || s.store != t.store {
		return nil, errForeign
	}
	if err := s.use(); err != nil {
		return nil, err
	}
	t.used = append(t.used, s)
	return s, nil
}

// replace writes next and its body in the place of old, which is nil when
// there was nothing.
func (t *tx) replace(id resource.ID, old, next *record, body *staged) error {
	if err := t.stamp(id, old, next); err != nil {
		return err
	}
	next.size, next.sha256, next.location = body.size, body.sha256, body.location
	if next.location == inBlob { // before the old body goes, which may be the same
		var err error
		if next.blob, err = t.refer(id.Storage(), body); err != nil {
			return err
		}
	}
	if err := t.dropBody(id, old); err != nil {
		return err
	}
	switch next.location {
	case inline:
		if err := t.set(inlineKey(id), body.content); err != nil {
			return err
		}
	case inQuads:
		if err := t.takeGeneration(id, next, body.quads); err != nil {
			return err
		}
	}
	if err := t.set(resourceKey(id), next.encode()); err != nil {
		return err
	}
	return t.changed(id, next, old == nil)
}

// stamp gives next its revision, which the feed tells, and its dates.
func (t *tx) stamp(id resource.ID, old, next *record) error {
	action := rdfstore.Updated
	if old == nil {
		action = rdfstore.Created
	}
	revision, err := t.append(action, id, next.kind)
	if err != nil {
		return err
	}
	next.revision = revision
	if next.kind == rdfstore.Container {
		next.membership, next.listing = revision, revision
	}
	next.created, next.modified = t.now.UnixMilli(), t.now.UnixMilli()
	if old != nil {
		next.created, next.modified = old.created, max(next.modified, old.modified)
	}
	return nil
}

// dropBody removes the body that a record refers to.
func (t *tx) dropBody(id resource.ID, r *record) error {
	switch {
	case r == nil:
	case r.location == inline:
		return t.delete(inlineKey(id))
	case r.location == inBlob:
		return t.release(r.blob)
	case r.location == inQuads:
		return t.dropGeneration(r.quads)
	}
	return nil
}

// Delete implements [rdfstore.Tx].
func (t *tx) Delete(id resource.ID) error {
	if id.IsRoot() {
		return errRoot
	}
	old, err := t.record(id)
	if err != nil {
		return err
	}
	if id.IsContainer() {
		if empty, err := t.isEmpty(id); err != nil {
			return err
		} else if !empty {
			return rdfstore.ErrNotEmpty
		}
	}
	if err := t.remove(id, old); err != nil {
		t.broken = errors.Join(t.broken, err)
		return err
	}
	return nil
}

func (t *tx) remove(id resource.ID, old *record) error {
	if _, err := t.append(rdfstore.Deleted, id, old.kind); err != nil {
		return err
	}
	if err := t.removeOne(id, old); err != nil {
		return err
	}
	if !id.IsAuxiliary() {
		for _, auxiliary := range []resource.ID{id.ACL(), id.Description()} {
			record, err := t.record(auxiliary)
			if errors.Is(err, rdfstore.ErrNotFound) {
				continue
			}
			if err == nil {
				err = t.removeOne(auxiliary, record)
			}
			if err == nil && auxiliary.Aux() == resource.ACL {
				err = t.touchACLs(id.Storage())
			}
			if err != nil {
				return err
			}
		}
	}
	return t.changed(id, nil, true)
}

func (t *tx) removeOne(id resource.ID, r *record) error {
	if err := t.charge(id.Storage(), -r.size, -1); err != nil {
		return err
	}
	if err := t.dropBody(id, r); err != nil {
		return err
	}
	return t.delete(resourceKey(id))
}

// changed brings what depends on id up to date: the listing and the counters
// of its parent, and for a container's description the container. now is nil
// when id was removed; membership tells whether id came or went.
func (t *tx) changed(id resource.ID, now *record, membership bool) error {
	if id.Aux() == resource.Description && id.Subject().IsContainer() {
		return t.touch(id.Subject(), true)
	}
	if id.Aux() == resource.ACL {
		return t.touchACLs(id.Storage())
	}
	parent, ok := id.Parent()
	if !ok || id.IsAuxiliary() {
		return nil
	}
	key := memberKey(parent, id.Name())
	var err error
	if now == nil {
		err = t.delete(key)
	} else {
		err = t.set(key, encodeMember(now))
	}
	if err != nil {
		return err
	}
	return t.touch(parent, membership)
}

// touchACLs counts a change of an ACL.
func (t *tx) touchACLs(storage string) error {
	s, err := t.Storage(storage)
	if err != nil {
		return err
	}
	if s.ACLs, err = t.Revision(); err != nil {
		return err
	}
	return t.set(storageKey(storage), encodeStorage(s))
}

// touch counts a change in a container's listing, and of its membership when
// that is one. The latter changes its date too, which its own parent lists.
func (t *tx) touch(container resource.ID, membership bool) error {
	r, err := t.record(container)
	if err != nil {
		return err
	}
	if r.listing, err = t.Revision(); err != nil {
		return err
	}
	if membership {
		r.membership = r.listing
		r.modified = max(r.modified, t.now.UnixMilli())
	}
	if err := t.set(resourceKey(container), r.encode()); err != nil {
		return err
	}
	if !membership {
		return nil
	}
	return t.changed(container, r, false)
}
