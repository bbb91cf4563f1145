// Package grant keeps what accounts let clients do on their behalf: which
// client, in whose name, with which parts of which storages, how, and until
// when.
//
// Invariants:
//
//   - An account has at most one grant for a client and WebID: letting it in
//     again changes the grant, so that tokens already out follow.
//   - A grant that was withdrawn is not there, and what is not there allows
//     nothing: a token that names it is left with what everybody may do.
//   - A grant narrows, it never widens: package wac sees to that
//     ([wac.Decision.Narrow]), on each request and in the state it is answered
//     from.
//
// Asking people is package account's business, carrying the grant's id in
// tokens the provider's.
package grant

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

const (
	grants rdfstore.Bucket[Grant] = "grants" // by id
	// index has the id by account/client and WebID, hashed.
	index rdfstore.Bucket[string] = "grants-by-client"
	// uses has the time of the last use by id; see [Uses].
	uses rdfstore.Bucket[time.Time] = "grant-uses"
)

// Grant is what an account lets one client do for one of its WebIDs.
type Grant struct {
	ID      string
	Account string
	WebID   string
	Client  Client
	Access
	// Purpose is what the client said it wants the access for, in its words.
	Purpose string `json:",omitempty"`
	Created time.Time
	Changed time.Time
	// Suspended: the account is disabled, and so is what it allows.
	Suspended bool `json:",omitempty"`
	// Expires is when the record goes with the registration of its client; zero
	// for clients that are known by a document or by credentials.
	Expires time.Time
}

// Narrowing is that of the access, none while the grant is suspended.
func (g Grant) Narrowing() wac.Grant {
	if g.Suspended {
		return wac.Grant{}
	}
	return g.Access.Narrowing()
}

// Ended reports whether the grant allows nothing now.
func (g Grant) Ended(now time.Time) bool { return g.Suspended || g.Access.Ended(now) }

// Client is who was let in, as it was shown to the person.
type Client struct {
	ID   string // client identifier
	Name string `json:",omitempty"` // as it calls itself
	// Host vouches for it: of its client identifier document when Verified, else
	// where it sends people back to.
	Host     string `json:",omitempty"`
	Verified bool   `json:",omitempty"`
	// Program: client credentials that the account made.
	Program bool `json:",omitempty"`
}

// Title is what to call the client.
func (c Client) Title() string { return cmp.Or(c.Name, c.Host, c.ID) }

// Access is how much a client may do.
type Access struct {
	// Everything that the person may do herself; Parts say nothing then.
	Everything bool   `json:",omitempty"`
	Parts      []Part `json:",omitempty"`
	Until      time.Time
}

// Part is a resource and, when it is a container, everything below it.
type Part struct {
	Storage, Path string // of [resource.ID]
	Modes         wac.Modes
}

// PartOf returns the part that is a resource.
func PartOf(id resource.ID, modes wac.Modes) Part {
	if modes.Has(wac.Write) {
		modes |= wac.Append
	}
	return Part{Storage: id.Storage(), Path: id.Path(), Modes: modes}
}

// Resource returns the resource that the part is.
func (p Part) Resource() resource.ID {
	root := resource.Root(p.Storage)
	if p.Path == "" {
		return root
	}
	return root.Entry(p.Path)
}

// Narrowing returns the access as package wac understands it.
func (a Access) Narrowing() wac.Grant {
	g := wac.Grant{Everything: a.Everything, Until: a.Until}
	for _, p := range a.Parts {
		g.Scopes = append(g.Scopes, wac.Scope{Resource: p.Resource(), Modes: p.Modes})
	}
	return g
}

// Lasting reports whether a client can use the access to let itself or others
// in for longer: it may decide who has access.
func (a Access) Lasting() bool {
	return a.Everything || slices.ContainsFunc(a.Parts, func(p Part) bool { return p.Modes.Has(wac.Control) })
}

// Ended reports whether the time of the access is over.
func (a Access) Ended(now time.Time) bool { return !a.Until.IsZero() && !now.Before(a.Until) }

// maxParts bounds one grant: it is read with every request.
const maxParts = 64

// ErrTooMany: a grant names more parts than one may have.
var ErrTooMany = fmt.Errorf("a grant has at most %d parts", maxParts)

// Normalise puts the parts in order, each resource once, without those that
// allow nothing.
func (a Access) Normalise() (Access, error) {
	if a.Everything {
		a.Parts = nil
		return a, nil
	}
	modes := map[resource.ID]wac.Modes{}
	for _, p := range a.Parts {
		modes[p.Resource()] |= p.Modes
	}
	a.Parts = nil
	for id, m := range modes {
		if m != 0 {
			a.Parts = append(a.Parts, PartOf(id, m))
		}
	}
	slices.SortFunc(a.Parts, func(x, y Part) int {
		return strings.Compare(x.Storage+"/"+x.Path, y.Storage+"/"+y.Path)
	})
	if len(a.Parts) > maxParts {
		return Access{}, ErrTooMany
	}
	return a, nil
}

// Give makes or changes the grant of an account for a client and WebID.
func Give(tx rdfstore.Tx, g Grant, now time.Time) (Grant, error) {
	access, err := g.Access.Normalise()
	if err != nil {
		return Grant{}, err
	}
	g.Access, g.Created, g.Changed = access, now, now
	key := indexKey(g.Account, g.Client.ID, g.WebID)
	g.ID, err = index.Get(tx, key)
	switch {
	case errors.Is(err, rdfstore.ErrNotFound):
		g.ID = strings.ToLower(rand.Text())
	case err != nil:
		return Grant{}, err
	default:
		old, err := grants.Get(tx, g.ID)
		if err != nil && !errors.Is(err, rdfstore.ErrNotFound) {
			return Grant{}, err
		}
		if err == nil {
			g.Created = old.Created
		}
	}
	if err := index.Set(tx, key, g.ID, g.Expires); err != nil {
		return Grant{}, err
	}
	return g, grants.Set(tx, g.ID, g, g.Expires)
}

// Change gives a grant of an account another access. [rdfstore.ErrNotFound]
// when it has none of that id.
func Change(tx rdfstore.Tx, account, id string, access Access, now time.Time) (Grant, error) {
	g, err := Of(tx, account, id)
	if err != nil {
		return Grant{}, err
	}
	if g.Access, err = access.Normalise(); err != nil {
		return Grant{}, err
	}
	g.Changed = now
	return g, grants.Set(tx, id, g, g.Expires)
}

// Withdraw removes a grant of an account and returns what it was.
// [rdfstore.ErrNotFound] when it has none of that id.
func Withdraw(tx rdfstore.Tx, account, id string) (Grant, error) {
	g, err := Of(tx, account, id)
	if err != nil {
		return Grant{}, err
	}
	for _, err := range []error{
		grants.Delete(tx, id),
		index.Delete(tx, indexKey(g.Account, g.Client.ID, g.WebID)),
		uses.Delete(tx, id),
	} {
		if err != nil {
			return Grant{}, err
		}
	}
	return g, nil
}

// WithdrawAll removes those grants of an account that are to go.
func WithdrawAll(tx rdfstore.Tx, account string, toGo func(Grant) bool) error {
	all, err := All(tx, account)
	if err != nil {
		return err
	}
	for _, g := range all {
		if !toGo(g) {
			continue
		}
		if _, err := Withdraw(tx, account, g.ID); err != nil {
			return err
		}
	}
	return nil
}

// Suspend suspends all grants of an account, or lets them hold again.
func Suspend(tx rdfstore.Tx, account string, suspended bool) error {
	all, err := All(tx, account)
	if err != nil {
		return err
	}
	for _, g := range all {
		g.Suspended = suspended
		if err := grants.Set(tx, g.ID, g, g.Expires); err != nil {
			return err
		}
	}
	return nil
}

// Of returns a grant of an account, or [rdfstore.ErrNotFound].
func Of(r rdfstore.StateReader, account, id string) (Grant, error) {
	g, err := ByID(r, id)
	if err == nil && g.Account != account {
		err = rdfstore.ErrNotFound
	}
	return g, err
}

// ByID returns a grant, or [rdfstore.ErrNotFound]. The id may be a stranger's
// invention.
func ByID(r rdfstore.StateReader, id string) (Grant, error) {
	if id == "" || len(id) > 64 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return Grant{}, rdfstore.ErrNotFound
	}
	return grants.Get(r, id)
}

// Holds reports whether there is a grant of that id that has not ended.
func Holds(r rdfstore.StateReader, id string, now time.Time) (bool, error) {
	g, err := ByID(r, id)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return false, nil
	}
	return err == nil && !g.Ended(now), err
}

// For returns the grant of an account for a client and WebID, or
// [rdfstore.ErrNotFound].
func For(r rdfstore.StateReader, account, client, webID string) (Grant, error) {
	id, err := index.Get(r, indexKey(account, client, webID))
	if err != nil {
		return Grant{}, err
	}
	return grants.Get(r, id)
}

// All returns the grants of an account, the latest change first.
func All(r rdfstore.StateReader, account string) ([]Grant, error) {
	var found []Grant
	for entry, err := range index.All(r, account+"/") {
		if err != nil {
			return nil, err
		}
		g, err := grants.Get(r, entry.Value)
		if errors.Is(err, rdfstore.ErrNotFound) {
			continue // expired a moment ago
		}
		if err != nil {
			return nil, err
		}
		found = append(found, g)
	}
	slices.SortStableFunc(found, func(a, b Grant) int { return b.Changed.Compare(a.Changed) })
	return found, nil
}

func indexKey(account, client, webID string) string {
	sum := sha256.Sum256([]byte(client + "\x00" + webID))
	return account + "/" + base64.RawURLEncoding.EncodeToString(sum[:])
}
