package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domicile/rdfstore"
)

// origin is where the data says that it is served. IRIs in documents, WebIDs
// and tokens contain it, so a server that starts with another one would break
// every link; it refuses instead.
type origin struct {
	BaseURL     string `json:"baseUrl"`
	IdentityURL string `json:"identityUrl"`
	Subdomains  bool   `json:"subdomains"`
}

const serverBucket rdfstore.Bucket[origin] = "server"

// originKey is the one record of its bucket.
const originKey = "origin"

// claimOrigin stores the origin at the first start and compares it afterwards.
func claimOrigin(ctx context.Context, store rdfstore.Store, now origin) error {
	var first origin
	err := store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		first, err = serverBucket.Get(tx, originKey)
		if errors.Is(err, rdfstore.ErrNotFound) {
			first = now
			return serverBucket.Set(tx, originKey, now, time.Time{})
		}
		return err
	})
	if err != nil {
		return err
	}
	if first != now {
		return fmt.Errorf("the data folder belongs to %s, but this start would serve it as %s: start with %s, or use another --data folder",
			first, now, first.flags())
	}
	return nil
}

func (o origin) String() string {
	text := o.BaseURL
	if o.Subdomains {
		text += " with subdomains"
	}
	if o.IdentityURL != o.BaseURL {
		text += " with accounts at " + o.IdentityURL
	}
	return text
}

func (o origin) flags() string {
	text := "--base-url " + o.BaseURL
	if o.Subdomains {
		text += " --subdomains"
	}
	if o.IdentityURL != o.BaseURL {
		text += " --identity-url " + o.IdentityURL
	}
	return text
}
