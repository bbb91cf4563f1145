package provider

import (
	"context"
	"fmt"
	"slices"
	"time"

	"domicile/rdfstore"
	"domicile/solidoidc/internal/jose"
)

// storedKeys holds the signing keys by key id.
const storedKeys rdfstore.Bucket[storedKey] = "oidc-keys"

type storedKey struct {
	Key     *jose.SigningKey
	Created time.Time
}

// signingAlgorithms are those of ID tokens (OIDC-OP-04). Access tokens are
// signed with the first.
var signingAlgorithms = []string{jose.ES256, jose.RS256}

// signingKeys are the keys of the store, newest first. All are published; the
// newest of an algorithm signs, so that older ones overlap with it.
type signingKeys []storedKey

func (keys signingKeys) public() *jose.KeySet {
	var all []*jose.SigningKey
	for _, k := range keys {
		all = append(all, k.Key)
	}
	return jose.PublicKeys(all...)
}

func (keys signingKeys) signer(algorithm string) (*jose.SigningKey, error) {
	for _, k := range keys {
		if k.Key.Algorithm() == algorithm {
			return k.Key, nil
		}
	}
	return nil, fmt.Errorf("no signing key for %s", algorithm)
}

func readKeys(r rdfstore.StateReader) (signingKeys, error) {
	var keys signingKeys
	for entry, err := range storedKeys.All(r, "") {
		if err != nil {
			return nil, err
		}
		keys = append(keys, entry.Value)
	}
	slices.SortStableFunc(keys, func(a, b storedKey) int { return b.Created.Compare(a.Created) })
	return keys, nil
}

// loadKeys reads the keys and makes those that are missing.
func loadKeys(ctx context.Context, store rdfstore.Store, now time.Time) (keys signingKeys, err error) {
	err = store.View(ctx, func(r rdfstore.Reader) (err error) {
		keys, err = readKeys(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	var fresh []storedKey
	for _, algorithm := range signingAlgorithms {
		if _, err := keys.signer(algorithm); err == nil {
			continue
		}
		key, err := jose.GenerateSigningKey(algorithm)
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, storedKey{key, now})
	}
	if len(fresh) == 0 {
		return keys, nil
	}
	err = store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		if keys, err = readKeys(tx); err != nil {
			return err
		}
		for _, k := range fresh {
			// Another node may have made them in the meantime.
			if _, err := keys.signer(k.Key.Algorithm()); err == nil {
				continue
			}
			if err := storedKeys.Set(tx, k.Key.ID(), k, time.Time{}); err != nil {
				return err
			}
		}
		keys, err = readKeys(tx)
		return err
	})
	return keys, err
}
