// Package resource names resources: it turns URLs into typed identifiers and
// back, and is the only maker of identifiers in the server.
//
// An [ID] is a storage, a canonical path below its root, and which of the
// resource's faces is meant: the resource itself, its ACL or its description.
// Equivalent spellings of a URL give the same ID; two different resources
// never share one; no ID points outside its storage (requirements SP-URI-01 to
// SP-URI-08, decisions "spelling"). Everything below this package compares IDs
// and never strings.
//
// The suffixes ".acl" and ".meta" appear here and nowhere else.
package resource

import (
	"net/url"
	"strings"
)

// Aux tells which face of a subject resource an ID names.
type Aux uint8

// The faces of a resource.
const (
	// Subject is the resource itself.
	Subject Aux = iota
	// ACL is the access control resource of the subject.
	ACL
	// Description is the description resource of the subject.
	Description
	// StorageDescription describes a whole storage; its subject is the root.
	StorageDescription
)

// ID identifies one resource of one storage. IDs are comparable; the zero ID
// names nothing. The path is canonical: percent-encoded segments joined by
// "/", without a leading slash; "" is the storage root.
type ID struct {
	storage string
	path    string
	aux     Aux
}

// Root returns the root container of a storage. The name must have passed
// [ValidName].
func Root(storage string) ID { return ID{storage: storage} }

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id.storage == "" }

// Storage returns the name of the storage.
func (id ID) Storage() string { return id.storage }

// Path returns the canonical path of the subject below the storage root,
// without a leading slash: "" for the root, "photos/" for a container.
func (id ID) Path() string { return id.path }

// Aux tells which face of the subject id names.
func (id ID) Aux() Aux { return id.aux }

// IsAuxiliary reports whether id is an ACL, a description or the storage
// description.
func (id ID) IsAuxiliary() bool { return id.aux != Subject }

// Subject returns the resource that id is about; for a resource that is not
// auxiliary, id itself.
func (id ID) Subject() ID { return ID{storage: id.storage, path: id.path} }

// ACL returns the ACL resource of id's subject.
func (id ID) ACL() ID { return ID{id.storage, id.path, ACL} }

// Description returns the description resource of id's subject.
func (id ID) Description() ID { return ID{id.storage, id.path, Description} }

// StorageDescription returns the storage description of id's storage.
func (id ID) StorageDescription() ID { return ID{id.storage, "", StorageDescription} }

// IsRoot reports whether id is the root container of its storage.
func (id ID) IsRoot() bool { return id.path == "" && id.aux == Subject }

// IsContainer reports whether id names a container: its path ends in a slash
// and it is not auxiliary (SP-URI-01).
func (id ID) IsContainer() bool {
	return id.aux == Subject && (id.path == "" || strings.HasSuffix(id.path, "/"))
}

// Parent returns the container that holds id's subject; false for a root.
func (id ID) Parent() (ID, bool) {
	if id.path == "" {
		return ID{}, false
	}
	trimmed := strings.TrimSuffix(id.path, "/")
	return ID{storage: id.storage, path: trimmed[:strings.LastIndexByte(trimmed, '/')+1]}, true
}

// Name returns the last segment of the path in its canonical encoding, with
// the slash of a container; "" for a root.
func (id ID) Name() string {
	trimmed := strings.TrimSuffix(id.path, "/")
	return id.path[strings.LastIndexByte(trimmed, '/')+1:]
}

// Twin returns the identifier that differs from id in the trailing slash only;
// false for a root, which has none. A resource and its twin never both exist
// (SP-URI-02).
func (id ID) Twin() (ID, bool) {
	if id.path == "" {
		return ID{}, false
	}
	if base, ok := strings.CutSuffix(id.path, "/"); ok {
		return ID{storage: id.storage, path: base}, true
	}
	return ID{storage: id.storage, path: id.path + "/"}, true
}

// Member returns the identifier of the direct member of container id with the
// given name. The name is one decoded segment, not yet percent-encoded; it is
// refused by the rules of [Space.Parse], and when it would name an auxiliary
// or reserved resource.
func (id ID) Member(name string, container bool) (ID, error) {
	segment, err := canonicalSegment(url.PathEscape(name))
	if err != nil {
		return ID{}, err
	}
	path := id.path + segment
	if container {
		path += "/"
	}
	member, err := fromPath(id.storage, path)
	if err != nil {
		return ID{}, err
	}
	if member.IsAuxiliary() {
		return ID{}, ErrReserved
	}
	return member, nil
}

// Entry returns the direct member of container id whose [ID.Name] is name. It
// serves whoever stores names; for names that people and programs choose there
// is [ID.Member].
func (id ID) Entry(name string) ID { return ID{storage: id.storage, path: id.path + name} }

// String returns a form for logs of developers: "alice:photos/cat.jpg#acl".
func (id ID) String() string {
	return id.storage + ":" + id.path + [...]string{"", "#acl", "#description", "#storage"}[id.aux]
}
