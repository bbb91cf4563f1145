// Package rdfstore says what is kept and what keeping promises: the resources
// of storages ([Store], [Tx]) and the server's own records ([StateReader], [StateWriter], [Bucket]).
//
// Invariants that every backend keeps, proven by package storetest:
//
//   - A write function passed to [Store.Update] runs alone, in a total order
//     with all others, and sees everything that committed before it. There are
//     no retries and no locks to hold.
//   - Update returns nil only when the change is durable: the log, and for
//     blobs the file and its folder, are synced. What Update returned an error
//     for left no trace.
//   - [Store.View] reads one snapshot. Whatever it found can be opened until
//     the view ends, also when a later write removes it.
//   - Each resource but a root is listed by exactly its parent; a resource and
//     its twin (with and without trailing slash) never both exist; auxiliary
//     resources are listed nowhere and go with their subject.
//   - Revisions grow with every change in the store and are never reused. Each
//     change of a resource is an entry of the feed ([Reader.Changes]), kept
//     in the same transaction.
//   - Usage ([Reader.Usage]) is exact after every transaction, and never grows
//     beyond a quota.
//   - Identical bodies of one storage may share their bytes on disk; bodies of
//     different storages never do.
//
// The store knows neither HTTP nor RDF syntax nor access control. Bodies are
// bytes with a media type; small ones are kept in the record, others as files. A
// document can also be kept as its quads, which [Tx] edits in place.
package rdfstore

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"time"

	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// Errors that a store returns, wrapped or not.
var (
	ErrNotFound  = errors.New("not found")
	ErrNoParent  = errors.New("the parent container does not exist")
	ErrTwin      = errors.New("the name is taken by a resource that differs in the trailing slash only")
	ErrNotEmpty  = errors.New("the container is not empty")
	ErrExists    = errors.New("already exists")
	ErrNoSubject = errors.New("the subject resource does not exist")
	// ErrNotQuads: the resource is not kept as quads, or it is and has no body.
	ErrNotQuads = errors.New("the resource is kept in another form")
	// ErrTooLarge: a write function changes more than one commit takes (about
	// 4 MB and 40,000 keys, bodies aside), or a record is over 512 KiB.
	ErrTooLarge = errors.New("the change is too large for one commit")
	// ErrInUse: another process has the data folder open.
	ErrInUse = errors.New("the data folder is in use by another process")
	// ErrSchema: the data folder was written by a newer version.
	ErrSchema = errors.New("the data folder has a newer schema")
	ErrClosed = errors.New("the store is closed")
	// ErrDiskFull: what is written might not fit the disk. Nothing was
	// changed; reads go on, and writes once there is room.
	ErrDiskFull = errors.New("the disk is nearly full")
)

// Kind tells what a resource is.
type Kind uint8

// The kinds of resources. Values are stored; do not reorder.
const (
	// Container: a body, if any, holds the description that clients wrote.
	Container Kind = iota + 1
	// Document: the body is RDF in the resource's media type.
	Document
	// Binary: the body is anything else.
	Binary
)

// Resource is what the store knows of a resource besides its body.
type Resource struct {
	ID        resource.ID
	Kind      Kind
	MediaType string // of the stored body, as the client named it
	Size      int64  // of the stored body, in bytes
	// SHA256 is the hash of the stored body; of a document that is kept as
	// quads another number that its content has and nearly none else.
	SHA256   [32]byte
	IsQuads  bool      // a document that is kept as quads, after its first Edit
	Created  time.Time // UTC, whole milliseconds
	Modified time.Time // UTC, whole milliseconds; never earlier than before
	// Revision is the revision of the last change of the body.
	Revision uint64
	// Membership is, for a container, the revision of the last change of its
	// body or description resource, or of which members it has; Modified moves
	// with it. Listing also counts what else its listing shows: a member's
	// update.
	Membership, Listing uint64
}

// Member is an entry of a container's listing.
type Member struct {
	ID        resource.ID
	Kind      Kind
	MediaType string
	Size      int64
	Modified  time.Time
}

// Storage is the record of a storage.
type Storage struct {
	Name    string
	Owner   string // WebID that it was made for
	Account string // id of the account that the storage belongs to
	Created time.Time
	// Owners always have Control (SP-STO-06, SP-STO-07); none stands for Owner
	// alone. See [Tx.SetOwners].
	Owners []Owner
	// ACLs is the revision of the last change of an ACL resource in the
	// storage. While it stays the same so does what can be concluded from ACLs.
	// The store sets it.
	ACLs uint64
	// Closed: the storage waits to be erased. What that means for those who ask
	// for its resources is not for the store to say.
	Closed bool
}

// Owner is who owns a storage.
type Owner struct {
	WebID string
	// Visible: whoever may read the storage's root is told.
	Visible bool
}

// AllOwners returns who owns the storage.
func (s Storage) AllOwners() []Owner {
	if len(s.Owners) == 0 {
		return []Owner{{WebID: s.Owner}}
	}
	return s.Owners
}

// IsOwner reports whether a WebID is an owner's.
func (s Storage) IsOwner(webID string) bool {
	return slices.ContainsFunc(s.AllOwners(), func(o Owner) bool { return o.WebID == webID })
}

// Staged is a body that has been received and, when it is large, written and
// synced under a name of its own, but belongs to no resource yet. A Staged is
// used by at most one Put.
type Staged interface {
	Size() int64
	SHA256() [32]byte
	// Open reads the staged bytes, before or after the commit.
	Open() (io.ReadSeekCloser, error)
	// Discard gives the bytes up unless a commit took them. It is safe to
	// call always and more than once.
	Discard()
}

// Quads is the content of a document that is kept as quads. Its order is by
// graph, the default graph first, then subject, predicate and object; rdf:type
// is before other predicates. It is valid like the Reader that it came from,
// and until its document is changed.
type Quads interface {
	Len() int
	// Prefixes are the document's own.
	Prefixes() ([]rdf.Prefix, error)
	Has(q rdf.Quad) (bool, error)
	// Match yields the quads of the graph g that agree with every other
	// non-zero term, in order. It costs what the subject's quads cost when s
	// is given, else a scan of the graph.
	Match(g, s, p, o rdf.Term) iter.Seq2[rdf.Quad, error]
	// All yields the quads behind after, which need not be there any more;
	// behind the zero Quad all.
	All(after rdf.Quad) iter.Seq2[rdf.Quad, error]
}

// Edit is a change of a document's quads: first the removed ones go, then the
// added ones come. Neither need change anything.
type Edit struct{ Removed, Added []rdf.Quad }

// Content is what Put makes a resource of.
type Content struct {
	Kind      Kind
	MediaType string
	Body      Staged // nil: empty
}

// Store keeps resources and records.
type Store interface {
	// View calls read with a snapshot.
	View(ctx context.Context, read func(Reader) error) error
	// Update calls write once, after all writes before it and before all
	// after it, and returns when its changes are durable. The function must
	// be quick: no network, no waiting. An error that it returns, or a panic,
	// undoes what it did and is returned (a panic as an error).
	Update(ctx context.Context, write func(Tx) error) error
	// Stage receives a body in constant memory. It stops with an error that
	// wraps [rdf.ErrLimit] once more than limit bytes come (limit < 0: none).
	Stage(ctx context.Context, body io.Reader, limit int64) (Staged, error)
	// StageQuads receives the content of a document that will be kept as
	// quads; Put takes it as any body. Size is what they take in the store;
	// limit bounds it and errors are as those of Stage, and ErrTooLarge for a
	// term of more than 64 KiB or prefixes of more than 256 KiB. Open fails.
	StageQuads(ctx context.Context, prefixes []rdf.Prefix, quads iter.Seq[rdf.Quad], limit int64) (Staged, error)
	// Epoch is a short random text that changes when the data are restored or
	// imported, so that entity tags from before do not match after.
	Epoch() string
	// Version returns a number that changes with everything in a storage, and
	// whether the storage is settled. What a view found there that began when
	// it was settled still holds while it is, with the same version.
	Version(storage string) (version uint64, settled bool)
	// Sweep removes at most limit expired records and returns how many it
	// removed.
	Sweep(ctx context.Context, limit int) (int, error)
	// AwaitChange returns nil as soon as [Reader.Revision] is greater than
	// after, at once when it is.
	AwaitChange(ctx context.Context, after uint64) error
	// TrimChanges forgets at most limit of the oldest changes that were made
	// before a time and returns how many it forgot.
	TrimChanges(ctx context.Context, before time.Time, limit int) (int, error)
	Archiver
	Checker
	// Close waits for writes under way, then releases the data. Later calls
	// return [ErrClosed].
	Close() error
}

// Reader reads one state of the store. It is valid within its View or Update
// only, and for one goroutine.
type Reader interface {
	// Storage returns the record of a storage, or ErrNotFound.
	Storage(name string) (Storage, error)
	// Resource returns what is known of id, auxiliary resources included, or
	// ErrNotFound.
	Resource(id resource.ID) (Resource, error)
	// Open opens the body of id. The body outlives the view; the caller
	// closes it. ErrNotQuads for a document that is kept as quads.
	Open(id resource.ID) (io.ReadSeekCloser, error)
	// Quads returns the content of a document that is kept as quads,
	// ErrNotQuads for what is not.
	Quads(id resource.ID) (Quads, error)
	// Members lists a container by name, streaming. after is the name
	// ([resource.ID.Name]) to begin behind, "" for the beginning. After an
	// error, ErrNotFound for a missing container, nothing follows.
	Members(container resource.ID, after string) iter.Seq2[Member, error]
	// Storages lists the storages by name, streaming.
	Storages(after string) iter.Seq2[Storage, error]
	// Usage returns what a holder keeps: ErrNotFound for a storage that does
	// not exist; an account that has none keeps nothing.
	Usage(holder Holder) (Usage, error)
	// Revision is the revision of the last change, 0 before the first.
	Revision() (uint64, error)
	// Changes lists the changes of all storages with revisions greater than
	// after, in their order, streaming. [ErrTrimmed] when some of them have
	// been forgotten; nothing follows then.
	Changes(after uint64) iter.Seq2[Change, error]
	StateReader
}

// Tx is a Reader that sees its own writes. What makes a storage grow beyond a
// quota is refused with a [*QuotaError].
type Tx interface {
	Reader
	// ActAs says who makes the changes that follow; until then it is the
	// server itself.
	ActAs(actor Actor)
	// SetQuota gives a holder another quota, 0 for none: ErrNotFound for a
	// storage that does not exist. It holds for what comes after.
	SetQuota(holder Holder, bytes int64) error
	// CreateStorage makes a storage with an empty root container. ErrExists
	// when the name is taken.
	CreateStorage(s Storage) error
	// CloseStorage sets or takes back [Storage.Closed]. ErrNotFound.
	CloseStorage(name string, closed bool) error
	// SetOwners sets [Storage.Owners]. ErrNotFound.
	SetOwners(name string, owners []Owner) error
	// DeleteStorage removes a storage whose root is empty, with its root.
	// ErrNotFound, ErrNotEmpty; see [Erase].
	DeleteStorage(name string) error
	// Put creates or replaces a resource. It refuses with ErrNoParent,
	// ErrTwin, and for auxiliary resources ErrNoSubject; that the kind fits
	// the id (container and slash) is the caller's promise and checked too.
	Put(id resource.ID, content Content) (Resource, error)
	// Edit changes a document that is kept as quads, at the cost of what it
	// touches, however large the document is. Besides the errors of Quads and
	// those of a commit, it refuses with ErrTooLarge what StageQuads does, and
	// with an error that wraps [rdf.ErrLimit] what would be larger than limit
	// (< 0: none). An Edit that changes nothing leaves no trace.
	Edit(id resource.ID, edit Edit, limit int64) (Resource, error)
	// Delete removes a resource and its auxiliary resources. ErrNotFound,
	// ErrNotEmpty. A root cannot be deleted by it.
	Delete(id resource.ID) error
	StateWriter
}
