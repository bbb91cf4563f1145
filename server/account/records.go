package account

import (
	"cmp"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
)

// loginlessLifetime is how long an account without a login is kept.
const loginlessLifetime = 30 * time.Minute

// The buckets. Keys of what belongs to an account begin with its id and "/".
const (
	accounts rdfstore.Bucket[record]        = "accounts"
	emails   rdfstore.Bucket[loginRef]      = "account-emails" // by normalised address
	logins   rdfstore.Bucket[passwordLogin] = "account-logins"
	pods     rdfstore.Bucket[pod]           = "account-pods"
	webIDs   rdfstore.Bucket[webIDLink]     = "account-webids"
)

// record is an account.
type record struct {
	Created time.Time
	// HasLogin is false until the first login is added.
	HasLogin bool
	// Disabled is when the operator closed the account; zero for one that is open.
	Disabled time.Time `json:",omitzero"`
}

// loginRef says whose an e-mail address is.
type loginRef struct{ Account, Login string }

// noPassword is the hash of a login whose owner has not chosen one yet.
const noPassword = ""

// passwordLogin is a way to sign in with e-mail and password.
type passwordLogin struct {
	ID, Email, Hash string
	Created         time.Time
	// Confirmed is when the reader of the address said that it is hers; zero
	// when nobody has.
	Confirmed time.Time `json:",omitzero"`
}

// pod is a storage that an account made.
type pod struct {
	ID, Name, URL, WebID string
	// HostsWebID: the WebID was made in this pod, so that it is the account's
	// without further proof.
	HostsWebID bool
	Created    time.Time
}

// webIDLink is a WebID that an account may identify with (OIDC-AUTH-06).
type webIDLink struct {
	ID, WebID string
	Created   time.Time
}

// newID returns a random identifier of 130 bits for use in URLs and keys.
func newID() string { return strings.ToLower(rand.Text()) }

func key(account, id string) string { return account + "/" + id }

// owned returns what an account has in a bucket, oldest first.
func owned[T any](r rdfstore.StateReader, bucket rdfstore.Bucket[T], account string, created func(T) time.Time) ([]T, error) {
	var found []T
	for entry, err := range bucket.All(r, key(account, "")) {
		if err != nil {
			return nil, err
		}
		found = append(found, entry.Value)
	}
	slices.SortStableFunc(found, func(a, b T) int { return created(a).Compare(created(b)) })
	return found, nil
}

func loginsOf(r rdfstore.StateReader, account string) ([]passwordLogin, error) {
	return owned(r, logins, account, func(l passwordLogin) time.Time { return l.Created })
}

func podsOf(r rdfstore.StateReader, account string) ([]pod, error) {
	return owned(r, pods, account, func(p pod) time.Time { return p.Created })
}

func webIDsOf(r rdfstore.StateReader, account string) ([]webIDLink, error) {
	return owned(r, webIDs, account, func(l webIDLink) time.Time { return l.Created })
}

// addAccount makes an account that expires unless a login is added in time.
func addAccount(tx rdfstore.Tx, now time.Time) (id string, err error) {
	id = newID()
	return id, accounts.Set(tx, id, record{Created: now}, now.Add(loginlessLifetime))
}

// addLogin gives an account a login that works at once.
// Errors: [errEmailTaken], [rdfstore.ErrNotFound].
func addLogin(tx rdfstore.Tx, account string, login passwordLogin, quota int64, now time.Time) (passwordLogin, error) {
	login, err := addWaitingLogin(tx, account, login, quota, now)
	if err != nil {
		return passwordLogin{}, err
	}
	return login, takeEmail(tx, account, login, login.Email)
}

// addWaitingLogin gives an account a login that works when it takes its address
// ([takeEmail]). With its first login an account no longer expires and gets its
// quota. Errors: [errEmailTaken] by the account itself, [rdfstore.ErrNotFound].
func addWaitingLogin(tx rdfstore.Tx, account string, login passwordLogin, quota int64, now time.Time) (passwordLogin, error) {
	all, err := loginsOf(tx, account)
	if err != nil {
		return passwordLogin{}, err
	}
	if slices.ContainsFunc(all, func(l passwordLogin) bool { return l.Email == login.Email }) {
		return passwordLogin{}, errEmailTaken
	}
	owner, err := accounts.Get(tx, account)
	if err != nil {
		return passwordLogin{}, err
	}
	if !owner.HasLogin {
		if err := tx.SetQuota(rdfstore.Holder{Kind: rdfstore.AccountHolder, Name: account}, quota); err != nil {
			return passwordLogin{}, err
		}
	}
	owner.HasLogin = true
	login.ID, login.Created = newID(), now
	return login, cmp.Or(
		accounts.Set(tx, account, owner, time.Time{}),
		logins.Set(tx, key(account, login.ID), login, time.Time{}),
	)
}

// takeEmail makes a login be found by an address, and no longer by the one that
// it had. Error: [errEmailTaken].
func takeEmail(tx rdfstore.Tx, account string, login passwordLogin, email string) error {
	ref := loginRef{account, login.ID}
	holder, err := emails.Get(tx, email)
	if ignoreMissing(err) != nil {
		return err
	}
	if err == nil && holder != ref {
		return errEmailTaken
	}
	if email != login.Email {
		if err := dropEmail(tx, account, login); err != nil {
			return err
		}
	}
	return emails.Set(tx, email, ref, time.Time{})
}

// dropEmail lets go of the address of a login, unless it is another's: a login
// that waits has none.
func dropEmail(tx rdfstore.Tx, account string, login passwordLogin) error {
	holder, err := emails.Get(tx, login.Email)
	if err != nil || holder != (loginRef{account, login.ID}) {
		return ignoreMissing(err)
	}
	return emails.Delete(tx, login.Email)
}

// removeLogin takes a login away. Errors: [errLastLogin], [rdfstore.ErrNotFound].
func removeLogin(tx rdfstore.Tx, account, id string) error {
	login, err := logins.Get(tx, key(account, id))
	if err != nil {
		return err
	}
	all, err := loginsOf(tx, account)
	if err != nil {
		return err
	}
	if len(all) == 1 {
		return errLastLogin
	}
	return cmp.Or(dropEmail(tx, account, login), logins.Delete(tx, key(account, id)))
}

// loginByEmail returns the login of a normalised address and its account, or
// [rdfstore.ErrNotFound].
func loginByEmail(r rdfstore.StateReader, email string) (account string, login passwordLogin, err error) {
	ref, err := emails.Get(r, email)
	if err != nil {
		return "", passwordLogin{}, err
	}
	login, err = logins.Get(r, key(ref.Account, ref.Login))
	return ref.Account, login, err
}

// linkWebID lets an account identify with a WebID. That the WebID is the
// account's is the caller's promise.
func linkWebID(tx rdfstore.Tx, account, webID string, now time.Time) (webIDLink, error) {
	links, err := webIDsOf(tx, account)
	if err != nil {
		return webIDLink{}, err
	}
	if slices.ContainsFunc(links, func(l webIDLink) bool { return l.WebID == webID }) {
		return webIDLink{}, alreadyLinked(webID)
	}
	link := webIDLink{ID: newID(), WebID: webID, Created: now}
	return link, webIDs.Set(tx, key(account, link.ID), link, time.Time{})
}

// hasWebID reports whether an account may identify with a WebID.
func hasWebID(r rdfstore.StateReader, account, webID string) (bool, error) {
	links, err := webIDsOf(r, account)
	return slices.ContainsFunc(links, func(l webIDLink) bool { return l.WebID == webID }), err
}
