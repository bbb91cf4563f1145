package kvstore

import (
	"errors"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// CloseStorage implements [rdfstore.Tx].
func (t *tx) CloseStorage(name string, closed bool) error {
	return t.changeStorage(name, func(s *rdfstore.Storage) { s.Closed = closed })
}

// SetOwners implements [rdfstore.Tx].
func (t *tx) SetOwners(name string, owners []rdfstore.Owner) error {
	return t.changeStorage(name, func(s *rdfstore.Storage) { s.Owners = owners })
}

func (t *tx) changeStorage(name string, change func(*rdfstore.Storage)) error {
	s, err := t.Storage(name)
	if err != nil {
		return err
	}
	change(&s)
	return t.set(storageKey(name), encodeStorage(s))
}

// DeleteStorage implements [rdfstore.Tx].
func (t *tx) DeleteStorage(name string) error {
	if _, err := t.Storage(name); err != nil {
		return err
	}
	root := resource.Root(name)
	if empty, err := t.isEmpty(root); err != nil {
		return err
	} else if !empty {
		return rdfstore.ErrNotEmpty
	}
	if err := t.removeStorage(root); err != nil {
		t.broken = errors.Join(t.broken, err)
		return err
	}
	return nil
}

func (t *tx) removeStorage(root resource.ID) error {
	record, err := t.record(root)
	if err != nil {
		return err
	}
	if err := t.remove(root, record); err != nil {
		return err
	}
	holder := rdfstore.Holder{Kind: rdfstore.StorageHolder, Name: root.Storage()}
	return errors.Join(t.delete(usageKey(holder)), t.delete(storageKey(root.Storage())))
}
