package server

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
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

// sharedDomain returns the domain that accounts and pods have in common, "" for
// none and on loopback. What residents put into pods is then same-site with the
// place where everybody signs in. The list of public suffixes is not consulted:
// any common domain of two labels or more counts.
func (o origin) sharedDomain() string {
	base, errBase := url.Parse(o.BaseURL)
	identity, errIdentity := url.Parse(o.IdentityURL)
	if errBase != nil || errIdentity != nil || isLoopback(o.BaseURL) {
		return ""
	}
	host := identity.Hostname()
	if base.Hostname() == host {
		return host
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return "" // addresses have no domain
	}
	for domain := host; strings.Contains(domain, "."); _, domain, _ = strings.Cut(domain, ".") {
		if strings.HasSuffix("."+base.Hostname(), "."+domain) {
			return domain
		}
	}
	return ""
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
