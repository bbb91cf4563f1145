package kvstore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"domicile/rdfstore"
	"domicile/rdfstore/blob"
)

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
