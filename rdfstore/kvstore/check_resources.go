package kvstore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

// storageRecord checks the record of a storage, and that it has a root.
func (c *checker) storageRecord(entry Entry) error {
	c.result.Storages++
	name := string(entry.Key[1:])
	s, err := decodeStorage(name, entry.Value)
	if err != nil || !resource.ValidName(name) {
		return c.problem(fmt.Sprintf("storage %q: its record is not readable", name), nil)
	}
	if found, err := c.exists(resource.Root(name)); err != nil {
		return err
	} else if !found {
		return c.problem(fmt.Sprintf("storage %s has no root", name), nil)
	}
	if s.ACLs > c.revision {
		return c.problem(fmt.Sprintf("storage %s: its ACLs are newer than the store", name), raiseRevision(s.ACLs))
	}
	return nil
}

// resourceRecord checks a resource, its place and its body.
func (c *checker) resourceRecord(entry Entry) error {
	c.result.Resources++
	id, err := parseIDKey(entry.Key)
	if err != nil {
		return c.problem(describeKey(entry.Key)+" names no resource", nil)
	}
	if err := c.enterStorage(id.Storage()); err != nil {
		return err
	}
	r, err := decodeRecord(entry.Value)
	if err != nil {
		return c.problem(fmt.Sprintf("%v: its record is not readable", id), nil)
	}
	c.storage.usage.Bytes += r.size
	c.storage.usage.Resources++
	if id.Aux() == resource.ACL {
		c.storage.acls = max(c.storage.acls, r.revision)
	}
	if id.IsContainer() != (r.kind == rdfstore.Container) {
		if err := c.problem(fmt.Sprintf("%v: its kind does not fit its name", id), nil); err != nil {
			return err
		}
	}
	return errors.Join(c.revisions(id, r), c.place(id, r), c.body(id, r))
}

// enterStorage begins with the resources of the next storage.
func (c *checker) enterStorage(name string) error {
	if c.storage != nil && c.storage.Name == name {
		return nil
	}
	if err := c.leaveStorage(); err != nil {
		return err
	}
	s, err := c.Storage(name)
	if err != nil && !errors.Is(err, rdfstore.ErrNotFound) && !errors.Is(err, errCorrupt) {
		return err
	}
	if errors.Is(err, rdfstore.ErrNotFound) {
		err = c.problem(fmt.Sprintf("there are resources of %s, which is no storage", name), nil)
	} else {
		err = nil
	}
	s.Name = name
	c.storage = &checkedStorage{Storage: s, blobs: map[blob.ID]uint64{}}
	return err
}

// leaveStorage compares the sums of a storage with what is counted of it.
func (c *checker) leaveStorage() error {
	s := c.storage
	c.storage = nil
	if s == nil {
		return nil
	}
	c.blobIDs += len(s.blobs)
	if s.Account != "" {
		total := c.accounts[s.Account]
		total.Bytes += s.usage.Bytes
		total.Resources += s.usage.Resources
		c.accounts[s.Account] = total
	}
	holder := rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: s.Name}
	counted, found, err := c.usage(holder)
	if err != nil && !errors.Is(err, errCorrupt) {
		return err
	}
	if err != nil || !found || counted.Bytes != s.usage.Bytes || counted.Resources != s.usage.Resources {
		what := fmt.Sprintf("storage %s: its usage is counted as %d bytes in %d resources, and is %d in %d",
			s.Name, counted.Bytes, counted.Resources, s.usage.Bytes, s.usage.Resources)
		if err := c.problem(what, recount(s.Name)); err != nil {
			return err
		}
	}
	if s.acls > s.ACLs {
		if err := c.problem(fmt.Sprintf("storage %s does not know of the last change of an ACL", s.Name), noteACLs(s.Name)); err != nil {
			return err
		}
	}
	for id, count := range s.blobs {
		refs, err := c.references(id)
		if err != nil && !errors.Is(err, errCorrupt) {
			return err
		}
		if err == nil && refs.count == count && refs.storage == s.Name {
			continue
		}
		what := fmt.Sprintf("storage %s: the file %v has %d references, and %d resources refer to it", s.Name, id, refs.count, count)
		if err := c.problem(what, recount(s.Name)); err != nil {
			return err
		}
	}
	return nil
}

// revisions compares the counters of a resource with those of the store and
// of the feed.
func (c *checker) revisions(id resource.ID, r *record) error {
	if last := max(r.revision, r.membership, r.listing); last > c.revision {
		return c.problem(fmt.Sprintf("%v: its revision %d is newer than the store's, %d", id, last, c.revision), raiseRevision(last))
	}
	if r.revision <= c.trimmed {
		return nil
	}
	raw, found, err := c.get(changeKey(r.revision))
	if err != nil {
		return err
	}
	if found {
		change, err := decodeChange(Entry{changeKey(r.revision), raw})
		if err != nil || change.ID == id {
			return nil // the pass of changes tells of the former
		}
	}
	return c.problem(fmt.Sprintf("%v: its last change, %d, is not among the changes", id, r.revision), nil)
}

// place checks that a resource is where it belongs and listed there.
func (c *checker) place(id resource.ID, r *record) error {
	if id.IsAuxiliary() {
		return c.placeOfAuxiliary(id, r)
	}
	parentID, ok := id.Parent()
	if !ok {
		return nil
	}
	parent, err := c.recordOf(parentID)
	if err != nil {
		return err
	}
	if parent == nil {
		return c.problem(fmt.Sprintf("%v: its container is missing", id), nil)
	}
	if id.IsContainer() {
		twin, _ := id.Twin()
		if found, err := c.exists(twin); err != nil {
			return err
		} else if found {
			if err := c.problem(fmt.Sprintf("%v and %v are both there", id, twin), nil); err != nil {
				return err
			}
		}
	}
	listed, found, err := c.get(memberKey(parentID, id.Name()))
	if err != nil {
		return err
	}
	if !found || !bytes.Equal(listed, encodeMember(r)) {
		if err := c.problem(fmt.Sprintf("%v: its container does not list it as it is", id), relist(id)); err != nil {
			return err
		}
	}
	if parent.listing < r.revision {
		return c.problem(fmt.Sprintf("%v: its container's counter is behind it", id), raiseCounters(parentID, r.revision, 0))
	}
	return nil
}

func (c *checker) placeOfAuxiliary(id resource.ID, r *record) error {
	subject, err := c.recordOf(id.Subject())
	if err != nil {
		return err
	}
	if subject == nil {
		return c.problem(fmt.Sprintf("%v: what it is about is missing", id), removeAuxiliary(id))
	}
	if id.Aux() == resource.Description && id.Subject().IsContainer() && subject.membership < r.revision {
		return c.problem(fmt.Sprintf("%v: its container's counter is behind it", id), raiseCounters(id.Subject(), r.revision, r.revision))
	}
	return nil
}

// recordOf returns the record of a resource; nil when it is missing or not
// readable. Siblings ask for the same one.
func (c *checker) recordOf(id resource.ID) (*record, error) {
	if c.parentID == id {
		return c.parent, nil
	}
	r, err := c.record(id)
	if err != nil && !errors.Is(err, rdfstore.ErrNotFound) && !errors.Is(err, errCorrupt) {
		return nil, err
	}
	c.parentID, c.parent = id, r
	return r, nil
}

// body checks that a body is there and what the record says. The content of
// files is read once for all resources that share it.
func (c *checker) body(id resource.ID, r *record) error {
	switch r.location {
	case nowhere:
		if r.size != 0 {
			return c.problem(fmt.Sprintf("%v: its body of %d bytes is missing", id, r.size), nil)
		}
	case inline:
		body, found, err := c.get(inlineKey(id))
		if err != nil {
			return err
		}
		if !found {
			return c.problem(fmt.Sprintf("%v: its body is missing", id), nil)
		}
		if int64(len(body)) != r.size || sha256.Sum256(body) != r.sha256 {
			return c.problem(fmt.Sprintf("%v: its body is not what was written", id), nil)
		}
	case inBlob:
		c.storage.blobs[r.blob]++
		return c.blobOf(id, r)
	case inQuads:
		return c.quadsOf(id, r)
	}
	return nil
}

func (c *checker) blobOf(id resource.ID, r *record) error {
	refs, err := c.references(r.blob)
	if err != nil && !errors.Is(err, errCorrupt) {
		return err
	}
	if err == nil && refs.hash != r.sha256 {
		return c.problem(fmt.Sprintf("%v: its file is that of another content", id), nil)
	}
	body, err := c.blobs.Open(r.blob)
	if err != nil {
		return c.problem(fmt.Sprintf("%v: its file %v cannot be opened: %v", id, r.blob, err), nil)
	}
	defer body.Close()
	if size, err := body.Seek(0, io.SeekEnd); err != nil || size != r.size {
		return c.problem(fmt.Sprintf("%v: its file has %d bytes, want %d", id, size, r.size), nil)
	}
	return nil
}
