// Package provision makes a fresh storage: the resources that a resident and
// her apps expect to find, each with its access rules.
//
// The files under template/ are the resources, at the same paths; a city adds its
// own or replaces them (docs/pod-template.md). RDF documents are Go templates with
// Name, Root, Owner, Issuer and, in an ACL or description, its Subject. A storage is made whole or not at all: everything is written in
// the caller's one transaction (ECO-POD-01). Design §8 and the decision on
// ECO-POD-02 say who may read what.
package provision

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/server/account"
)

// reservedNames are not given to residents: they read as the operator's own
// or are host names that software treats specially.
var reservedNames = []string{
	"account", "admin", "api", "autoconfig", "autodiscover", "home", "id", "idp", "imap", "login", "localhost", "mail",
	"oidc", "pods", "root", "signup", "smtp", "sso", "static", "support", "www",
}

// Pods makes storages in one URL space.
type Pods struct {
	Quota  int64 // of the storages that are made, in bytes; 0: none
	space  *resource.Space
	store  rdfstore.Store
	issuer string
	taken  string // storage name whose host is the issuer's, or ""
	clock  func() time.Time
	layout []entry
}

// New returns the maker of storages whose WebIDs name the given issuer. The files
// of city, nil for none, go over the built-in template; what cannot become a
// working storage is an error.
func New(ctx context.Context, space *resource.Space, store rdfstore.Store, issuer string, city fs.FS, clock func() time.Time) (*Pods, error) {
	layout, err := loadLayout(city)
	if err != nil {
		return nil, fmt.Errorf("pod template: %w", err)
	}
	pods := &Pods{space: space, store: store, issuer: issuer, clock: clock, layout: layout}
	if id, err := space.ParseIRI(issuer); err == nil {
		pods.taken = id.Storage()
	}
	return pods, pods.rehearse(ctx)
}

// CheckName says why no storage can be made of a name: [account.ErrNameInvalid]
// or [account.ErrNameTaken].
func (p *Pods) CheckName(r rdfstore.Reader, name string) error {
	if !resource.ValidName(name) || slices.Contains(reservedNames, name) || name == p.taken {
		return account.ErrNameInvalid
	}
	_, err := r.Storage(name)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return nil
	}
	return cmp.Or(err, account.ErrNameTaken)
}

// CreatePod makes the storage name for an account in tx. The owner is
// ownerWebID or, when that is "", a WebID made in the storage. Errors:
// [account.ErrNameInvalid], [account.ErrNameTaken], [rdfstore.QuotaError].
func (p *Pods) CreatePod(ctx context.Context, tx rdfstore.Tx, accountID, name, ownerWebID string) (account.Pod, error) {
	if err := p.CheckName(tx, name); err != nil {
		return account.Pod{}, err
	}
	root := resource.Root(name)
	own := ownerWebID == ""
	if own {
		ownerWebID = p.space.URL(root) + "profile/card#me"
	}
	err := tx.CreateStorage(rdfstore.Storage{Name: name, Owner: ownerWebID, Account: accountID, Created: p.clock()})
	if err != nil {
		return account.Pod{}, err
	}
	if err := tx.SetQuota(rdfstore.Holder{Name: name}, p.Quota); err != nil {
		return account.Pod{}, err
	}
	for _, e := range p.layout {
		if e.isCard() && !own {
			continue
		}
		if err := p.put(ctx, tx, root, e, ownerWebID); err != nil {
			return account.Pod{}, fmt.Errorf("%s: %w", e.path, err)
		}
	}
	return account.Pod{URL: p.space.URL(root), WebID: ownerWebID}, nil
}

func (p *Pods) put(ctx context.Context, tx rdfstore.Tx, root resource.ID, e entry, owner string) error {
	id, err := p.space.ParseIRI(p.space.URL(root) + (&url.URL{Path: e.path}).EscapedPath())
	if err != nil {
		return err
	}
	body, err := p.fill(e, root, id.Subject(), owner)
	if err != nil {
		return err
	}
	content := rdfstore.Content{Kind: e.kind(), MediaType: e.mediaType}
	if id.Aux() == resource.Description && id.Subject().IsContainer() {
		id, content.Kind = id.Subject(), rdfstore.Container // they are one graph (SP-AUX-05)
	}
	if content.Body, err = p.store.Stage(ctx, bytes.NewReader(body), -1); err != nil {
		return err
	}
	defer content.Body.Discard()
	_, err = tx.Put(id, content)
	return err
}

// fill returns what is written of an entry.
func (p *Pods) fill(e entry, root, subject resource.ID, owner string) ([]byte, error) {
	if e.document == nil {
		return e.content, nil
	}
	var body bytes.Buffer
	err := e.document.Execute(&body, map[string]string{
		"Name": root.Storage(), "Root": p.space.URL(root), "Owner": owner, "Issuer": p.issuer, "Subject": p.space.URL(subject),
	})
	return body.Bytes(), err
}
