package kvstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
	"domicile/rdfstore/resource"
)

// checker is a check that is under way.
type checker struct {
	*reader
	store    *Store
	ctx      context.Context
	options  rdfstore.CheckOptions
	result   rdfstore.CheckResult
	done     rdfstore.Progress
	revision uint64 // of the store
	trimmed  uint64 // the last change that the feed forgot
	buffer   []byte

	storage  *checkedStorage // whose resources are being checked
	accounts map[string]rdfstore.Usage
	blobIDs  int // that resources refer to
	parent   *record
	parentID resource.ID
	// generation is that of the last block, which the next is likely of too.
	generation uint64
}

// checkedStorage is what follows from the resources of a storage.
type checkedStorage struct {
	rdfstore.Storage
	usage rdfstore.Usage
	blobs map[blob.ID]uint64 // how many resources refer to each
	acls  uint64             // the last revision of an ACL
}

// mend repairs what a problem is about, in a state that may be newer than the
// one in which it was found, and says what it did; "" when nothing was to do.
type mend func(*tx) (did string, err error)

// Check implements [rdfstore.Checker]. Each kind of key has its pass; those
// that belong together are compared from both sides.
func (s *Store) Check(ctx context.Context, options rdfstore.CheckOptions) (rdfstore.CheckResult, error) {
	c := &checker{store: s, ctx: ctx, options: options, accounts: map[string]rdfstore.Usage{}, buffer: make([]byte, 128<<10)}
	s.recall.clear() // it is what is stored that is checked
	err := s.view(ctx, func(r *reader) error {
		c.reader = r
		return c.all()
	})
	if err == nil {
		err = c.orphans()
	}
	if err != nil {
		return c.result, fmt.Errorf("check: %w", err)
	}
	return c.result, nil
}

func (c *checker) all() (err error) {
	if c.revision, err = c.Revision(); err != nil {
		return err
	}
	if c.trimmed, err = c.mark(trimmedKey); err != nil {
		return err
	}
	_, resources, err := c.totals()
	if err != nil {
		return err
	}
	for _, pass := range []struct {
		stage  string
		unit   rdfstore.Unit
		total  int64
		prefix byte
		entry  func(Entry) error
		end    func() error
	}{
		{"checking storages", rdfstore.Entries, 0, storagePrefix, c.storageRecord, nil},
		{"checking resources", rdfstore.Resources, resources, resourcePrefix, c.resourceRecord, c.leaveStorage},
		{"checking listings", rdfstore.Resources, resources, memberPrefix, c.member, nil},
		{"checking bodies", rdfstore.Entries, 0, inlinePrefix, c.inlineBody, nil},
		{"checking documents", rdfstore.Entries, 0, headPrefix, c.head, nil},
		{"checking what is given up", rdfstore.Entries, 0, waitingPrefix, c.waiting, nil},
		{"checking blocks", rdfstore.Entries, 0, blockPrefix, c.block, nil},
		{"checking files", rdfstore.Bytes, 0, blobPrefix, c.blob, c.endOfBlobs},
		{"checking contents", rdfstore.Entries, 0, contentPrefix, c.content, nil},
		{"checking usage", rdfstore.Entries, 0, storageUsagePrefix, c.storageUsage, nil},
		{"checking usage of accounts", rdfstore.Entries, 0, accountUsagePrefix, c.accountUsage, c.endOfAccounts},
		{"checking changes", rdfstore.Entries, 0, changePrefix, c.change, nil},
		{"checking records", rdfstore.Entries, 0, statePrefix, c.stateRecord, nil},
		{"checking expiry", rdfstore.Entries, 0, expiryPrefix, c.expiry, nil},
	} {
		c.done = rdfstore.Progress{Stage: pass.stage, Unit: pass.unit, Total: pass.total}
		if err := c.pass(pass.prefix, pass.unit, pass.entry, pass.end); err != nil {
			return err
		}
	}
	return c.unknownKeys()
}

func (c *checker) pass(prefix byte, unit rdfstore.Unit, visit func(Entry) error, end func() error) error {
	for entry, err := range c.scan([]byte{prefix}, nil) {
		if err == nil {
			err = c.ctx.Err()
		}
		if err == nil {
			err = visit(entry)
		}
		if err != nil {
			return err
		}
		if unit != rdfstore.Bytes { // which are counted as they are read
			c.count(1)
		}
	}
	if end == nil {
		return nil
	}
	return end()
}

func (c *checker) count(n int64) {
	c.done.Done += n
	if c.options.Progress != nil {
		c.options.Progress(c.done)
	}
}

// problem tells of a problem and mends it when it can be and shall be.
func (c *checker) problem(what string, repair mend) error {
	p := rdfstore.Problem{What: what}
	if repair != nil && c.options.Repair {
		err := c.store.committer.submit(c.ctx, func(t *tx) (err error) {
			p.Repaired, err = repair(t)
			return err
		})
		switch {
		case err == nil:
			p.Repaired = cmp.Or(p.Repaired, "gone meanwhile")
		case c.ctx.Err() != nil || errors.Is(err, rdfstore.ErrClosed):
			return err
		default:
			p.What, p.Repaired = fmt.Sprintf("%s (the repair failed: %v)", what, err), ""
		}
	}
	c.tell(p)
	return nil
}

func (c *checker) tell(p rdfstore.Problem) {
	c.result.Problems++
	if p.Repaired != "" {
		c.result.Repaired++
	}
	if c.options.Report != nil {
		c.options.Report(p)
	}
}

// unknownKeys tells of keys that this version does not write.
func (c *checker) unknownKeys() error {
	for prefix := range 256 {
		if bytes.IndexByte(prefixes, byte(prefix)) >= 0 {
			continue
		}
		for entry, err := range c.scan([]byte{byte(prefix)}, nil) {
			if err != nil {
				return err
			}
			if err := c.problem("unknown "+describeKey(entry.Key), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphans looks for files that no key refers to. What a crash left the store
// collects by itself; others are removed only when all that may refer to them
// is in order.
func (c *checker) orphans() error {
	select {
	case <-c.store.collected:
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
	var listed []blob.ID
	for id, err := range c.store.blobs.All() {
		if err != nil {
			return err
		}
		if listed = append(listed, id); len(listed) == orphanBatch {
			if err := c.orphansAmong(listed); err != nil {
				return err
			}
			listed = listed[:0]
		}
	}
	return c.orphansAmong(listed)
}

func (c *checker) orphansAmong(listed []blob.ID) error {
	orphans, err := c.store.orphansAmong(listed)
	if err != nil {
		return err
	}
	for _, id := range orphans {
		p := rdfstore.Problem{What: fmt.Sprintf("the file %v belongs to nothing", id)}
		if c.options.Repair && c.result.Problems == c.result.Repaired {
			c.store.removeBlob(id)
			p.Repaired = "removed"
		}
		c.tell(p)
	}
	return nil
}
