package provider

import (
	"bytes"
	"context"
	"encoding/json"
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

// The life of a key: it is published for a day before it signs, so that nobody
// has an older key set when it does; it signs until the next one does; it stays
// published for a day after, which is as long as any token is taken.
const (
	keyLead     = 24 * time.Hour
	keyLifetime = 90 * 24 * time.Hour // from its making to the making of the next
	keyOverlap  = 24 * time.Hour
)

// signingKeys are the keys of the store, newest first. All are published.
type signingKeys []storedKey

func (keys signingKeys) public() *jose.KeySet {
	var all []*jose.SigningKey
	for _, k := range keys {
		all = append(all, k.Key)
	}
	return jose.PublicKeys(all...)
}

// signer returns the newest key of an algorithm that has been published for
// long enough, or the first one of all.
func (keys signingKeys) signer(algorithm string, now time.Time) (storedKey, error) {
	var found storedKey
	for _, k := range keys {
		if k.Key.Algorithm() != algorithm {
			continue
		}
		if found = k; !now.Before(k.Created.Add(keyLead)) {
			break
		}
	}
	if found.Key == nil {
		return found, fmt.Errorf("no signing key for %s", algorithm)
	}
	return found, nil
}

// due reports whether the next key of an algorithm is to be made.
func (keys signingKeys) due(algorithm string, now time.Time) bool {
	newest := slices.IndexFunc(keys, func(k storedKey) bool { return k.Key.Algorithm() == algorithm })
	return newest < 0 || !now.Before(keys[newest].Created.Add(keyLifetime))
}

// spent returns the keys whose tokens have all expired.
func (keys signingKeys) spent(now time.Time) (spent []storedKey) {
	for _, k := range keys {
		signer, err := keys.signer(k.Key.Algorithm(), now)
		if err == nil && k.Created.Before(signer.Created) && !now.Before(signer.Created.Add(keyLead+keyOverlap)) {
			spent = append(spent, k)
		}
	}
	return spent
}

// keyRing is what a provider signs with and publishes at one time.
type keyRing struct {
	signingKeys
	set      *jose.KeySet
	document []byte // the key set as it is served
}

// MaintainKeys makes keys that are due, removes those that are spent and takes
// over those that other nodes made. Call it now and then.
func (p *Provider) MaintainKeys(ctx context.Context) error {
	keys, err := maintainKeys(ctx, p.config.Store, p.now())
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	return p.use(keys)
}

// ReplaceKeys makes new keys and takes the old ones from the key set at once:
// whoever has a private key of ours signs for nobody any more. What the old ones
// signed is worth nothing from then on, here and wherever the key set is fetched
// anew.
func (p *Provider) ReplaceKeys(ctx context.Context) error {
	var fresh []storedKey
	for _, algorithm := range signingAlgorithms {
		key, err := jose.GenerateSigningKey(algorithm)
		if err != nil {
			return err
		}
		fresh = append(fresh, storedKey{key, p.now()})
	}
	var keys signingKeys
	err := p.config.Store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		if keys, err = readKeys(tx); err != nil {
			return err
		}
		for _, k := range keys {
			if err := storedKeys.Delete(tx, k.Key.ID()); err != nil {
				return err
			}
		}
		for _, k := range fresh {
			if err := storedKeys.Set(tx, k.Key.ID(), k, time.Time{}); err != nil {
				return err
			}
		}
		keys, err = readKeys(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	return p.use(keys)
}

// use signs with keys and publishes them. The key set stays the same value for
// as long as it has the same keys.
func (p *Provider) use(keys signingKeys) error {
	set := keys.public()
	document, err := json.Marshal(set)
	if err != nil {
		return err
	}
	if now := p.keys.Load(); now == nil || !bytes.Equal(document, now.document) {
		p.keys.Store(&keyRing{keys, set, document})
	}
	return nil
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

func maintainKeys(ctx context.Context, store rdfstore.Store, now time.Time) (keys signingKeys, err error) {
	err = store.View(ctx, func(r rdfstore.Reader) (err error) {
		keys, err = readKeys(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	var fresh []storedKey
	for _, algorithm := range signingAlgorithms {
		if !keys.due(algorithm, now) {
			continue
		}
		key, err := jose.GenerateSigningKey(algorithm)
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, storedKey{key, now})
	}
	if len(fresh) == 0 && len(keys.spent(now)) == 0 {
		return keys, nil
	}
	err = store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		if keys, err = readKeys(tx); err != nil {
			return err
		}
		for _, k := range keys.spent(now) {
			if err := storedKeys.Delete(tx, k.Key.ID()); err != nil {
				return err
			}
		}
		for _, k := range fresh {
			if !keys.due(k.Key.Algorithm(), now) {
				continue // another node has made it in the meantime
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
