package kvstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

// The repairs. Each finds out anew what is to be done: writes have gone on
// since the problem was found. None touches a body that a resource has.

// recount counts the usage of a storage and the references of its blobs. It
// reads all records of the storage while writers wait.
func recount(storage string) mend {
	return func(t *tx) (string, error) {
		usage, blobs := rdfstore.Usage{}, map[blob.ID]references{}
		for entry, err := range t.scan(append([]byte{resourcePrefix}, storage+"\x00"...), nil) {
			if err != nil {
				return "", err
			}
			r, err := decodeRecord(entry.Value)
			if err != nil {
				return "", err // what cannot be read cannot be counted
			}
			usage.Bytes += r.size
			usage.Resources++
			if r.location == inBlob {
				refs := blobs[r.blob]
				blobs[r.blob] = references{refs.count + 1, r.sha256, storage}
			}
		}
		changed, err := t.correctUsage(rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: storage}, usage)
		if err != nil {
			return "", err
		}
		for id, refs := range blobs {
			corrected, err := t.correctReferences(id, refs)
			if err != nil {
				return "", err
			}
			changed = changed || corrected
		}
		if !changed {
			return "", nil
		}
		return "counted anew", nil
	}
}

func (t *tx) correctUsage(holder rdfstore.Holder, usage rdfstore.Usage) (changed bool, err error) {
	counted, found, err := t.usage(holder)
	if err != nil && !errors.Is(err, errCorrupt) {
		return false, err
	}
	usage.Quota = counted.Quota
	if found && err == nil && counted == usage {
		return false, nil
	}
	return true, t.setUsage(holder, usage)
}

func (t *tx) correctReferences(id blob.ID, want references) (changed bool, err error) {
	refs, err := t.references(id)
	if err != nil && !errors.Is(err, errCorrupt) {
		return false, err
	}
	if err != nil || refs != want {
		changed = true
		if err := t.set(blobKey(id), encodeReferences(want)); err != nil {
			return false, err
		}
	}
	key := contentKey(want.storage, want.hash)
	_, found, err := t.get(key)
	if err != nil || found {
		return changed, err
	}
	return true, t.set(key, id[:])
}

// recountAccount sums the usage of an account's storages.
func recountAccount(account string) mend {
	return func(t *tx) (string, error) {
		var total rdfstore.Usage
		for s, err := range t.Storages("") {
			if err != nil {
				return "", err
			}
			if s.Account != account {
				continue
			}
			usage, err := t.Usage(rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: s.Name})
			if err != nil {
				return "", err
			}
			total.Bytes += usage.Bytes
			total.Resources += usage.Resources
		}
		changed, err := t.correctUsage(rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: account}, total)
		if err != nil || !changed {
			return "", err
		}
		return "counted anew", nil
	}
}

// relist makes a container list a member as it is, or not any more.
func relist(id resource.ID) mend {
	return func(t *tx) (string, error) {
		parentID, ok := id.Parent()
		if !ok {
			return "", nil
		}
		key := memberKey(parentID, id.Name())
		r, err := t.record(id)
		if errors.Is(err, rdfstore.ErrNotFound) {
			return "taken off the listing", t.delete(key)
		}
		if err != nil {
			return "", err
		}
		return "listed as it is", t.set(key, encodeMember(r))
	}
}

// raiseCounters raises the counters of a container to those of what is in it.
func raiseCounters(container resource.ID, listing, membership uint64) mend {
	return func(t *tx) (string, error) {
		r, err := t.record(container)
		if err != nil || r.listing >= listing && r.membership >= membership {
			return "", err
		}
		r.membership = max(r.membership, membership)
		r.listing = max(r.listing, listing, r.membership)
		return "counter raised", t.set(resourceKey(container), r.encode())
	}
}

// raiseRevision raises the store's revision to one that was given out.
func raiseRevision(given uint64) mend {
	return func(t *tx) (string, error) {
		revision, err := t.Revision()
		if err != nil || revision >= given {
			return "", err
		}
		return fmt.Sprintf("the store's revision raised to %d", given), t.set(revisionKey, binary.BigEndian.AppendUint64(nil, given))
	}
}

// noteACLs makes whoever has a storage's ACLs in a cache read them again.
func noteACLs(storage string) mend {
	return func(t *tx) (string, error) {
		if _, err := t.nextRevision(); err != nil {
			return "", err
		}
		return "noted", t.touchACLs(storage)
	}
}

// removeAuxiliary removes an ACL or description of nothing: what is made under
// that name later must not come under it.
func removeAuxiliary(id resource.ID) mend {
	return func(t *tx) (string, error) {
		if found, err := t.exists(id.Subject()); err != nil || found {
			return "", err
		}
		r, err := t.record(id)
		if err != nil {
			return "", err
		}
		if _, err := t.append(rdfstore.Deleted, id, r.kind); err != nil {
			return "", err
		}
		return "removed", t.removeOne(id, r)
	}
}

// removeInline removes a body that no record refers to.
func removeInline(id resource.ID) mend {
	return func(t *tx) (string, error) {
		r, err := t.record(id)
		if err == nil && r.location == inline {
			return "", nil
		}
		if err != nil && !errors.Is(err, rdfstore.ErrNotFound) {
			return "", err
		}
		return "removed", t.delete(inlineKey(id))
	}
}

// removeReferences gives up a file that no resource refers to.
func removeReferences(id blob.ID) mend {
	return func(t *tx) (string, error) {
		if used, err := t.anyRecord(func(r *record) bool { return r.location == inBlob && r.blob == id }); err != nil || used {
			return "", err
		}
		raw, found, err := t.get(blobKey(id))
		if err != nil || !found {
			return "", err
		}
		if refs, err := decodeReferences(raw); err == nil {
			key := contentKey(refs.storage, refs.hash)
			of, found, err := t.get(key)
			if err == nil && found && bytes.Equal(of, id[:]) {
				err = t.delete(key)
			}
			if err != nil {
				return "", err
			}
		}
		t.dropped = append(t.dropped, id)
		return "removed", t.delete(blobKey(id))
	}
}

// removeContent removes the way from a content to a file that is not of it.
func removeContent(key []byte) mend {
	return func(t *tx) (string, error) {
		raw, found, err := t.get(key)
		if err != nil || !found {
			return "", err
		}
		if len(raw) == len(blob.ID{}) {
			refs, err := t.references(blob.ID(raw))
			if err == nil && bytes.Equal(key, contentKey(refs.storage, refs.hash)) {
				return "", nil
			}
			if err != nil && !errors.Is(err, errCorrupt) {
				return "", err
			}
		}
		return "removed", t.delete(key)
	}
}

func removeUsage(storage string) mend {
	return func(t *tx) (string, error) {
		if _, err := t.Storage(storage); !errors.Is(err, rdfstore.ErrNotFound) {
			return "", err
		}
		return "removed", t.delete(usageKey(rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: storage}))
	}
}

func removeChange(revision uint64) mend {
	return func(t *tx) (string, error) {
		trimmed, err := t.mark(trimmedKey)
		if err != nil || revision > trimmed {
			return "", err
		}
		return "removed", t.delete(changeKey(revision))
	}
}

// indexExpiry makes a record found when it expires.
func indexExpiry(bucket, key string) mend {
	return func(t *tx) (string, error) {
		_, expires, found, err := t.stateRecord(bucket, key)
		if err != nil || !found || expires == 0 {
			return "", err
		}
		return "noted when it expires", t.set(expiryKey(expires, bucket, key), nil)
	}
}

func removeExpiry(index []byte) mend {
	return func(t *tx) (string, error) {
		expires, bucket, key, err := splitExpiryKey(index)
		if err != nil {
			return "", err
		}
		_, current, found, err := t.stateRecord(bucket, key)
		if err != nil || found && current == expires {
			return "", err
		}
		return "removed", t.delete(index)
	}
}
