package rdfstore

import (
	"context"

	"domicile/rdfstore/resource"
)

// eraseBatch bounds what one write function of [Erase] removes, so that it
// keeps no writer waiting for long.
const eraseBatch = 200

// Erase removes a storage with all that is in it, a bounded number of resources
// at a time, and returns how many there were. Cut off, it can be begun again.
// Close the storage first: what is written meanwhile may be erased or stay.
func Erase(ctx context.Context, store Store, name string) (erased int, err error) {
	for {
		removed, done := 0, false
		err := store.Update(ctx, func(tx Tx) (err error) {
			removed, done = 0, false
			if removed, err = empty(tx, resource.Root(name), eraseBatch); err != nil || removed == eraseBatch {
				return err
			}
			done = true
			return tx.DeleteStorage(name)
		})
		erased += removed
		if err != nil || done {
			return erased, err
		}
	}
}

// empty removes at most limit of what is below a container.
func empty(tx Tx, container resource.ID, limit int) (removed int, err error) {
	for member, err := range tx.Members(container, "") {
		if err != nil {
			return removed, err
		}
		if member.Kind == Container {
			below, err := empty(tx, member.ID, limit-removed)
			removed += below
			if err != nil {
				return removed, err
			}
		}
		if removed == limit {
			return removed, nil
		}
		if err := tx.Delete(member.ID); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
