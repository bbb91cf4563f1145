package ldp

import (
	"context"
	"errors"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// inheritance is a container while the ACLs of its storage stay as they are.
type inheritance struct {
	container resource.ID
	acls      uint64 // [rdfstore.Storage.ACLs]
}

// EffectiveACL implements [wac.ACLSource]. Which ACL a container has, or
// inherits, is remembered until one of its storage changes, so that a decision
// costs the same at each depth. It reads as much for what has an ACL of its own
// as for what has none, or is not there at all: none is told from the others
// by the time it takes.
func (s *session) EffectiveACL(ctx context.Context, subject resource.ID) (wac.Effective, error) {
	container := subject
	if !subject.IsContainer() {
		container, _ = subject.Parent()
	}
	inherited, err := s.containerACL(ctx, container)
	if err != nil || container == subject {
		return inherited, err
	}
	own, err := s.ownACL(ctx, subject)
	if err != nil || own == nil {
		return inherited, err
	}
	return wac.Effective{ACL: own, Holder: subject}, nil
}

func (s *session) containerACL(ctx context.Context, container resource.ID) (wac.Effective, error) {
	storage, err := s.Storage(container.Storage())
	if errors.Is(err, rdfstore.ErrNotFound) {
		return wac.Effective{}, nil
	}
	if err != nil {
		return wac.Effective{}, err
	}
	key := inheritance{container, storage.ACLs}
	if content, known := s.holders.get(key); known {
		if content == (contentKey{}) {
			return wac.Effective{}, nil
		}
		if acl, ok := s.acls.get(content); ok {
			return wac.Effective{ACL: acl, Holder: content.id.Subject()}, nil
		}
		acl, err := s.ownACL(ctx, content.id.Subject())
		return wac.Effective{ACL: acl, Holder: content.id.Subject()}, err
	}
	var content contentKey
	found, err := wac.FindEffective(container, func(id resource.ID) (acl *wac.ACL, err error) {
		acl, content, err = s.readACL(ctx, id)
		return acl, err
	})
	if err == nil && s.committed {
		if found.ACL == nil {
			s.logger.WarnContext(ctx, "a storage has no ACL at its root: everyone is denied until its owner writes one", "storage", storage.Name)
		}
		s.holders.put(key, content, int64(len(container.Path())))
	}
	return found, err
}

func (s *session) ownACL(ctx context.Context, subject resource.ID) (*wac.ACL, error) {
	acl, _, err := s.readACL(ctx, subject)
	return acl, err
}

// readACL returns the parsed ACL document of a subject, nil when there is none,
// and what it was parsed from.
func (s *session) readACL(ctx context.Context, subject resource.ID) (*wac.ACL, contentKey, error) {
	record, err := s.Resource(subject.ACL())
	if errors.Is(err, rdfstore.ErrNotFound) {
		return nil, contentKey{}, nil
	}
	if err != nil {
		return nil, contentKey{}, err
	}
	key := contentKeyOf(record)
	if acl, ok := s.acls.get(key); ok {
		return acl, key, nil
	}
	acl := wac.Unreadable()
	switch document, err := s.document(ctx, s.Reader, record); {
	case err == nil:
		acl = wac.Parse(document.Default, s.space)
	case errors.Is(err, errDamaged):
		s.logger.WarnContext(ctx, "an ACL document cannot be read: it denies everyone until its owner mends it", "storage", subject.Storage())
	default:
		return nil, contentKey{}, err
	}
	s.acls.put(key, acl, record.Size)
	return acl, key, nil
}
