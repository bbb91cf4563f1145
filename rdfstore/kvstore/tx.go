package kvstore

import (
	"errors"
	"fmt"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// tx implements [rdfstore.Tx]: a reader over an overlay that it writes to. All
// changes of one tx carry one revision.
type tx struct {
	reader
	changes  *overlay
	revision uint64
	taken    []*body  // staged bodies that belong to resources if this commits
	dropped  []string // blobs that belong to none if this commits
}

var errMisuse = errors.New("kind does not fit the identifier")

func (t *tx) CreateStorage(s rdfstore.Storage) error {
	if !resource.ValidName(s.Name) {
		return fmt.Errorf("storage name: %w", errMisuse)
	}
	_, taken, err := t.view.Get(storageKey(s.Name))
	if err != nil {
		return err
	}
	if taken {
		return fmt.Errorf("storage: %w", rdfstore.ErrExists)
	}
	t.changes.set(storageKey(s.Name), encodeStorage(s))
	return t.save(stored{Resource: rdfstore.Resource{
		ID: resource.Root(s.Name), Kind: rdfstore.Container, Created: t.now, Modified: t.now,
		Revision: t.revision, Membership: t.revision, Listing: t.revision,
	}})
}

func (t *tx) Put(id resource.ID, content rdfstore.Content) (rdfstore.Resource, error) {
	if id.IsContainer() != (content.Kind == rdfstore.Container) || id.Aux() == resource.StorageDescription ||
		id.IsAuxiliary() && content.Kind != rdfstore.Document {
		return rdfstore.Resource{}, errMisuse
	}
	old, err := t.load(id)
	isNew := errors.Is(err, rdfstore.ErrNotFound)
	if err != nil && !isNew {
		return rdfstore.Resource{}, err
	}
	if isNew {
		if err := t.mayCreate(id); err != nil {
			return rdfstore.Resource{}, err
		}
		old.Created = t.now
	}
	s := stored{Resource: rdfstore.Resource{
		ID: id, Kind: content.Kind, MediaType: content.MediaType,
		Created: old.Created, Modified: later(t.now, old.Modified), Revision: t.revision,
	}}
	if content.Kind == rdfstore.Container {
		s.Membership, s.Listing = t.revision, t.revision
	}
	if err := t.take(&s, content.Body); err != nil {
		return rdfstore.Resource{}, err
	}
	if err := t.drop(old); err != nil {
		return rdfstore.Resource{}, err
	}
	if err := t.save(s); err != nil {
		return rdfstore.Resource{}, err
	}
	return s.Resource, t.list(s.Resource, isNew)
}

// mayCreate checks what must hold around a new resource.
func (t *tx) mayCreate(id resource.ID) error {
	if id.IsAuxiliary() {
		if found, err := t.exists(id.Subject()); err != nil || !found {
			return errors.Join(err, rdfstore.ErrNoSubject)
		}
		return nil
	}
	parent, ok := id.Parent()
	if !ok {
		return rdfstore.ErrNoParent // a root is made by CreateStorage only
	}
	if found, err := t.exists(parent); err != nil || !found {
		return errors.Join(err, rdfstore.ErrNoParent)
	}
	twin, _ := id.Twin()
	if found, err := t.exists(twin); err != nil || found {
		return errors.Join(err, rdfstore.ErrTwin)
	}
	return nil
}

// take makes a staged body the resource's own if this tx commits.
func (t *tx) take(s *stored, staged rdfstore.Staged) error {
	if staged == nil {
		s.SHA256 = emptySHA256
		return nil
	}
	b, ok := staged.(*body)
	if !ok {
		return errors.New("body was staged by another store")
	}
	s.Size, s.SHA256 = b.size, b.sha256
	s.inline, s.blob = b.inline, b.blob
	if b.blob != "" {
		if _, used, err := t.view.Get(blobKey(b.blob)); err != nil || used {
			return errors.Join(err, errors.New("staged body is used twice"))
		}
		t.changes.set(blobKey(b.blob), resourceKey(s.ID))
		t.taken = append(t.taken, b)
	}
	return nil
}

// drop gives up the blob of a resource that is replaced or deleted.
func (t *tx) drop(old stored) error {
	if old.blob == "" {
		return nil
	}
	t.changes.delete(blobKey(old.blob))
	t.dropped = append(t.dropped, old.blob)
	return nil
}

func (t *tx) save(s stored) error {
	t.changes.set(resourceKey(s.ID), s.encode())
	return nil
}

// list writes the resource's entry in its parent's listing and moves the
// parent's counters.
func (t *tx) list(r rdfstore.Resource, isNew bool) error {
	parent, ok := r.ID.Parent()
	if !ok || r.ID.IsAuxiliary() {
		return nil
	}
	t.changes.set(memberKey(parent, r.ID.Name()), encodeMember(r))
	return t.touch(parent, isNew)
}

// touch records in a container that its listing changed, and its membership
// when a member came or went.
func (t *tx) touch(container resource.ID, membership bool) error {
	s, err := t.load(container)
	if err != nil {
		return err
	}
	s.Listing = t.revision
	if membership {
		s.Membership = t.revision
		s.Modified = later(t.now, s.Modified)
	}
	return t.save(s)
}

func (t *tx) Delete(id resource.ID) error {
	s, err := t.load(id)
	if err != nil {
		return err
	}
	if id.IsRoot() {
		return errMisuse
	}
	if id.IsContainer() {
		for _, err := range t.Members(id, "") {
			return errors.Join(err, rdfstore.ErrNotEmpty)
		}
	}
	if err := t.erase(s); err != nil {
		return err
	}
	if id.IsAuxiliary() {
		return nil
	}
	for _, auxiliary := range []resource.ID{id.ACL(), id.Description()} {
		s, err := t.load(auxiliary)
		if errors.Is(err, rdfstore.ErrNotFound) {
			continue
		}
		if err == nil {
			err = t.erase(s)
		}
		if err != nil {
			return err
		}
	}
	parent, _ := id.Parent()
	t.changes.delete(memberKey(parent, id.Name()))
	return t.touch(parent, true)
}

func (t *tx) erase(s stored) error {
	t.changes.delete(resourceKey(s.ID))
	return t.drop(s)
}

func (t *tx) SetRecord(bucket, key string, value []byte, expires time.Time) error {
	if err := t.DeleteRecord(bucket, key); err != nil {
		return err
	}
	k := recordKey(bucket, key)
	t.changes.set(k, encodeRecord(value, expires))
	if !expires.IsZero() {
		t.changes.set(expiryKey(expires, k), nil)
	}
	return nil
}

func (t *tx) TakeRecord(bucket, key string) ([]byte, error) {
	value, err := t.Record(bucket, key)
	if err != nil {
		return nil, err
	}
	return value, t.DeleteRecord(bucket, key)
}

func (t *tx) DeleteRecord(bucket, key string) error {
	k := recordKey(bucket, key)
	raw, found, err := t.view.Get(k)
	if err != nil || !found {
		return err
	}
	_, expires, err := decodeRecord(raw)
	if err != nil {
		return fmt.Errorf("record in %s: %w", bucket, err)
	}
	if !expires.IsZero() {
		t.changes.delete(expiryKey(expires, k))
	}
	t.changes.delete(k)
	return nil
}

// sweep deletes at most limit expired records.
func (t *tx) sweep(limit int) (swept int, err error) {
	var due [][]byte
	err = t.view.Scan([]byte{tableExpiry}, nil, func(key, _ []byte) bool {
		expires, _ := expiryOf(key)
		if !t.expired(expires) || len(due) == limit {
			return false
		}
		due = append(due, append([]byte(nil), key...))
		return true
	})
	for _, key := range due {
		_, record := expiryOf(key)
		t.changes.delete(key)
		t.changes.delete(record)
	}
	return len(due), err
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
