package provider

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"domicile/rdfstore"
)

const (
	credentials rdfstore.Bucket[storedCredentials] = "oidc-credentials" // by id
	// accountCredentials has a key account/id per credentials.
	accountCredentials rdfstore.Bucket[struct{}] = "oidc-account-credentials"
)

var errEndedCredentials = oauthError("unauthorized_client", "what the account lets these credentials do has ended")

type storedCredentials struct {
	Credentials
	SecretHash string
}

// Credentials let a script of a person act as one of her WebIDs (OIDC-CC-01).
type Credentials struct {
	ID      string // the client identifier
	Account string
	Name    string // for the person
	WebID   string
	Grant   string // what they may do; see [Consent]
	Created time.Time
}

// CreateCredentials makes credentials. That webID belongs to the account is
// the caller's promise; grant makes the record of what they may do and returns
// its id. The secret is not stored and cannot be shown again.
func (p *Provider) CreateCredentials(tx rdfstore.Tx, account, name, webID string, grant func(clientID string) (id string, err error)) (c Credentials, secret string, err error) {
	c = Credentials{ID: credentialsID(name), Account: account, Name: name, WebID: webID, Created: p.now()}
	if c.Grant, err = grant(c.ID); err != nil {
		return Credentials{}, "", err
	}
	secret = newSecret()
	err = cmp.Or(
		credentials.Set(tx, c.ID, storedCredentials{c, hashSecret(secret)}, time.Time{}),
		accountCredentials.Set(tx, account+"/"+c.ID, struct{}{}, time.Time{}),
	)
	return c, secret, err
}

// credentialsID begins with the name, as far as OIDC-DCR-04 lets it.
func credentialsID(name string) string {
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, name)
	return readable[:min(len(readable), 40)] + "_" + newID()
}

// Credentials returns the credentials of an account, oldest first.
func (p *Provider) Credentials(r rdfstore.Reader, account string) ([]Credentials, error) {
	var found []Credentials
	for entry, err := range accountCredentials.All(r, account+"/") {
		if err != nil {
			return nil, err
		}
		stored, err := credentials.Get(r, strings.TrimPrefix(entry.Key, account+"/"))
		if err != nil {
			return nil, err
		}
		found = append(found, stored.Credentials)
	}
	slices.SortStableFunc(found, func(a, b Credentials) int { return a.Created.Compare(b.Created) })
	return found, nil
}

// DeleteCredentials removes credentials of an account. [rdfstore.ErrNotFound]
// when it has none of that id.
func (p *Provider) DeleteCredentials(tx rdfstore.Tx, account, id string) error {
	stored, err := find(credentials, tx, id)
	if err != nil {
		return err
	}
	if stored.Account != account {
		return rdfstore.ErrNotFound
	}
	return cmp.Or(credentials.Delete(tx, id), accountCredentials.Delete(tx, account+"/"+id))
}

// redeemCredentials serves scripts (OIDC-CC-02). There is no refresh token,
// since they can ask again, and no ID token, since nobody signed in. Scope
// makes no difference, so that `openid` or nothing at all will do.
func (p *Provider) redeemCredentials(ctx context.Context, form url.Values, from caller, key possession) (tokens, error) {
	if from.Credentials == nil {
		return tokens{}, oauthError("unauthorized_client", "only client credentials of an account may use client_credentials")
	}
	s := subject{
		ClientID: from.ID, WebID: from.Credentials.WebID, Grant: from.Credentials.Grant,
		Scopes: []string{"webid"}, KeyHash: key.hash(),
	}
	var refusal error
	err := p.config.Store.View(ctx, func(r rdfstore.Reader) (err error) {
		if holds, err := p.config.GrantHolds(r, s.Grant); err != nil || !holds {
			refusal = errEndedCredentials
			return err
		}
		refusal, err = p.specify(r, &s, form.Get("authorization_details"))
		return err
	})
	if err := cmp.Or(err, refusal); err != nil {
		return tokens{}, err
	}
	if err := p.redeemProof(ctx, key); err != nil {
		return tokens{}, err
	}
	return p.issue(s)
}
