package kvstore

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

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
		{"checking resources", rdfstore.Resources, resources, resourcePrefix, c.resourceRecord, c.endOfResources},
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

func (c *checker) endOfResources() error { return c.leaveStorage() }

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

// member checks that what a container lists is there. How it is listed the
// pass of resources compares.
func (c *checker) member(entry Entry) error {
	id, err := parseMemberKey(entry.Key)
	if err != nil {
		return c.problem(describeKey(entry.Key)+" lists nothing", nil)
	}
	found, err := c.exists(id)
	if err != nil || found {
		return err
	}
	return c.problem(fmt.Sprintf("%v is listed and missing", id), relist(id))
}

// inlineBody checks that a body belongs to a resource.
func (c *checker) inlineBody(entry Entry) error {
	id, err := parseIDKey(entry.Key)
	if err != nil {
		return c.problem(describeKey(entry.Key)+" is the body of nothing", nil)
	}
	r, err := c.record(id)
	switch {
	case errors.Is(err, errCorrupt):
		return nil // told of with the record
	case err != nil && !errors.Is(err, rdfstore.ErrNotFound):
		return err
	case err == nil && r.location == inline:
		return nil
	}
	return c.problem(fmt.Sprintf("%v: a body belongs to nothing", id), removeInline(id))
}

// blob checks the references and the content of a file.
func (c *checker) blob(entry Entry) error {
	c.result.Blobs++
	if len(entry.Key) != 1+len(blob.ID{}) {
		return c.problem(describeKey(entry.Key)+" names no file", nil)
	}
	id := blob.ID(entry.Key[1:])
	refs, err := decodeReferences(entry.Value)
	if err != nil {
		return nil // told of with the resources that refer to it, or below
	}
	if _, found, err := c.get(contentKey(refs.storage, refs.hash)); err != nil {
		return err
	} else if !found {
		if err := c.problem(fmt.Sprintf("the file %v is not found by its content", id), recount(refs.storage)); err != nil {
			return err
		}
	}
	body, err := c.blobs.Open(id)
	if err != nil {
		return nil // told of with the resources
	}
	defer body.Close()
	hash := sha256.New()
	if _, err := io.CopyBuffer(hash, struct{ io.Reader }{&countedBody{c, body}}, c.buffer); err != nil {
		if c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		return c.problem(fmt.Sprintf("storage %s: the file %v cannot be read: %v", refs.storage, id, err), nil)
	}
	if [sha256.Size]byte(hash.Sum(nil)) != refs.hash {
		return c.problem(fmt.Sprintf("storage %s: the file %v is not what was written", refs.storage, id), nil)
	}
	return nil
}

// countedBody counts what is read through it and ends with the check.
type countedBody struct {
	check *checker
	from  io.Reader
}

func (b *countedBody) Read(p []byte) (int, error) {
	if err := b.check.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.from.Read(p)
	b.check.count(int64(n))
	return n, err
}

// endOfBlobs looks for files that are kept for nothing. Each file that
// resources refer to has been looked up, so there are none when there are as
// many as those.
func (c *checker) endOfBlobs() error {
	if c.result.Blobs == int64(c.blobIDs) {
		return nil
	}
	used := map[blob.ID]struct{}{}
	for entry, err := range c.scan([]byte{resourcePrefix}, nil) {
		if err != nil {
			return err
		}
		if r, err := decodeRecord(entry.Value); err == nil && r.location == inBlob {
			used[r.blob] = struct{}{}
		}
	}
	for entry, err := range c.scan([]byte{blobPrefix}, nil) {
		if err != nil {
			return err
		}
		if len(entry.Key) != 1+len(blob.ID{}) {
			continue
		}
		id := blob.ID(entry.Key[1:])
		if _, ok := used[id]; ok {
			continue
		}
		if err := c.problem(fmt.Sprintf("the file %v is kept for nothing", id), removeReferences(id)); err != nil {
			return err
		}
	}
	return nil
}

// content checks that the file of a content is of that content.
func (c *checker) content(entry Entry) error {
	if len(entry.Value) == len(blob.ID{}) {
		refs, err := c.references(blob.ID(entry.Value))
		if err == nil && bytes.Equal(entry.Key, contentKey(refs.storage, refs.hash)) {
			return nil
		}
		if err != nil && !errors.Is(err, errCorrupt) {
			return err
		}
	}
	return c.problem("a content has a file that is of another, or of nothing", removeContent(bytes.Clone(entry.Key)))
}

// storageUsage checks that what is counted is of a storage. How much it is the
// pass of resources compares.
func (c *checker) storageUsage(entry Entry) error {
	name := string(entry.Key[1:])
	_, err := c.Storage(name)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return c.problem(fmt.Sprintf("usage is counted for %q, which does not exist", name), removeUsage(name))
	}
	if errors.Is(err, errCorrupt) {
		return nil
	}
	return err
}

func (c *checker) accountUsage(entry Entry) error {
	account := string(entry.Key[1:])
	counted, err := decodeUsage(entry.Value)
	want := c.accounts[account]
	delete(c.accounts, account)
	if err == nil && counted.Bytes == want.Bytes && counted.Resources == want.Resources {
		return nil
	}
	return c.problem(fmt.Sprintf("account %s: its usage is counted as %d bytes in %d resources, and is %d in %d",
		account, counted.Bytes, counted.Resources, want.Bytes, want.Resources), recountAccount(account))
}

// endOfAccounts tells of accounts of storages for which nothing is counted.
func (c *checker) endOfAccounts() error {
	for account := range c.accounts {
		if err := c.problem(fmt.Sprintf("account %s: its usage is not counted", account), recountAccount(account)); err != nil {
			return err
		}
	}
	return nil
}

// change checks an entry of the feed.
func (c *checker) change(entry Entry) error {
	change, err := decodeChange(entry)
	switch {
	case err != nil:
		return c.problem("a change is not readable: "+describeKey(entry.Key), nil)
	case change.Revision > c.revision:
		return c.problem(fmt.Sprintf("the change %d is newer than the store, %d", change.Revision, c.revision), raiseRevision(change.Revision))
	case change.Revision <= c.trimmed:
		return c.problem(fmt.Sprintf("the change %d is there, and the feed begins behind %d", change.Revision, c.trimmed), removeChange(change.Revision))
	}
	return nil
}

// stateRecord checks a record of State and that it expires.
func (c *checker) stateRecord(entry Entry) error {
	c.result.Records++
	bucket, key, ok := bytes.Cut(entry.Key[1:], []byte{0})
	_, expires, err := decodeState(entry.Value)
	if !ok || err != nil {
		return c.problem(fmt.Sprintf("a record in %q is not readable", bucket), nil)
	}
	if expires == 0 {
		return nil
	}
	_, found, err := c.get(expiryKey(expires, string(bucket), string(key)))
	if err != nil || found {
		return err
	}
	return c.problem(fmt.Sprintf("a record in %s would never be swept", bucket), indexExpiry(string(bucket), string(key)))
}

// expiry checks that an entry of the expiry index is of a record.
func (c *checker) expiry(entry Entry) error {
	expires, bucket, key, err := splitExpiryKey(entry.Key)
	if err != nil {
		return c.problem("an expiry is not readable: "+describeKey(entry.Key), nil)
	}
	_, current, found, err := c.reader.stateRecord(bucket, key)
	if err != nil && !errors.Is(err, errCorrupt) {
		return err
	}
	if err != nil || found && current == expires {
		return nil
	}
	return c.problem(fmt.Sprintf("an expiry in %s is of nothing", bucket), removeExpiry(bytes.Clone(entry.Key)))
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
