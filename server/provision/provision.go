// Package provision makes a fresh storage: the resources that a resident and
// her apps expect to find, each with its access rules.
//
// The documents are the files under template/; the table [layout] says where
// each goes. A storage is made whole or not at all: everything is written in
// the caller's one transaction (ECO-POD-01). Design §8 and the decision on
// ECO-POD-02 say who may read what.
package provision

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"text/template"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/server/account"
)

//go:embed template
var files embed.FS

// reservedNames are not given to residents: they read as the operator's own
// or are host names that software treats specially.
var reservedNames = []string{
	"account", "admin", "api", "autoconfig", "autodiscover", "home", "id", "idp", "imap", "login", "localhost", "mail",
	"oidc", "pods", "root", "signup", "smtp", "sso", "static", "support", "www",
}

// entry is one resource of a fresh storage. Containers come before their
// members.
type entry struct {
	path     string // below the root; "" is the root itself
	template string // body; "" for an empty container
	acl      string // template of its ACL; "" inherits
	card     bool   // belongs to the WebID; left out when the owner has hers elsewhere
}

var layout = []entry{
	{path: "", acl: "owner.acl.ttl"},
	{path: "profile/"},
	{path: "profile/card", template: "card.ttl", acl: "public.acl.ttl", card: true},
	{path: "settings/"},
	{path: "settings/prefs.ttl", template: "prefs.ttl"},
	{path: "settings/publicTypeIndex.ttl", template: "publicTypeIndex.ttl", acl: "public.acl.ttl"},
	{path: "settings/privateTypeIndex.ttl", template: "privateTypeIndex.ttl"},
	{path: "inbox/", acl: "inbox.acl.ttl"},
}

// Pods makes storages in one URL space.
type Pods struct {
	space     *resource.Space
	store     rdfstore.Store
	issuer    string
	taken     string // storage name whose host is the issuer's, or ""
	clock     func() time.Time
	templates *template.Template
}

// New returns the maker of storages whose WebIDs name the given issuer.
func New(space *resource.Space, store rdfstore.Store, issuer string, clock func() time.Time) (*Pods, error) {
	templates, err := template.ParseFS(files, "template/*.ttl")
	if err != nil {
		return nil, fmt.Errorf("pod template: %w", err)
	}
	pods := &Pods{space: space, store: store, issuer: issuer, clock: clock, templates: templates}
	if id, err := space.ParseIRI(issuer); err == nil {
		pods.taken = id.Storage()
	}
	return pods, nil
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
// [account.ErrNameInvalid], [account.ErrNameTaken].
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
	for _, e := range layout {
		if e.card && !own {
			continue
		}
		if err := p.put(ctx, tx, root, e, ownerWebID); err != nil {
			return account.Pod{}, fmt.Errorf("pod template, %q: %w", e.path, err)
		}
	}
	return account.Pod{URL: p.space.URL(root), WebID: ownerWebID}, nil
}

func (p *Pods) put(ctx context.Context, tx rdfstore.Tx, root resource.ID, e entry, owner string) error {
	id, err := p.space.ParseIRI(p.space.URL(root) + e.path)
	if err != nil {
		return err
	}
	if e.path != "" { // CreateStorage has made the root
		kind := rdfstore.Document
		if id.IsContainer() {
			kind = rdfstore.Container
		}
		if err := p.write(ctx, tx, id, kind, e.template, root, owner); err != nil {
			return err
		}
	}
	if e.acl == "" {
		return nil
	}
	return p.write(ctx, tx, id.ACL(), rdfstore.Document, e.acl, root, owner)
}

func (p *Pods) write(ctx context.Context, tx rdfstore.Tx, id resource.ID, kind rdfstore.Kind, name string, root resource.ID, owner string) error {
	content := rdfstore.Content{Kind: kind, MediaType: "text/turtle"}
	if name != "" {
		var body bytes.Buffer
		err := p.templates.ExecuteTemplate(&body, name, map[string]string{
			"Name": root.Storage(), "Root": p.space.URL(root), "Owner": owner, "Issuer": p.issuer,
			"Subject": p.space.URL(id.Subject()),
		})
		if err != nil {
			return err
		}
		if content.Body, err = p.store.Stage(ctx, &body, -1); err != nil {
			return err
		}
		defer content.Body.Discard()
	}
	_, err := tx.Put(id, content)
	return err
}
