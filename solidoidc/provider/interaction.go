package provider

import (
	"context"
	"net/url"
	"slices"
	"time"

	"domicile/rdfstore"
)

const (
	interactionLifetime = time.Hour
	codeLifetime        = time.Minute
)

const (
	interactions rdfstore.Bucket[interaction] = "oidc-interactions" // by id
	consents     rdfstore.Bucket[consent]     = "oidc-consents"     // by consentKey
	codes        rdfstore.Bucket[grantedCode] = "oidc-codes"        // by hash of the code
)

// interaction is an authorization request that waits for a person. What she is
// shown of the client is what it said when it asked.
type interaction struct {
	Request   authorization
	Name, URI string
	Verified  bool
	// DemandsLogin: only a session that began after the request may approve.
	DemandsLogin bool
	Expires      time.Time
}

// consent is what an account told the provider to remember of a client.
type consent struct {
	ClientID, WebID string
	Scopes          []string
	Details         []AccessDetail `json:",omitempty"`
	Given           time.Time
	Grant           string // see [Consent]
}

// grantedCode is what an authorization code stands for (OIDC-AUTH-05). It is
// kept for a while after it was redeemed, to notice when it is used again.
type grantedCode struct {
	Request  authorization
	Account  string
	Session  string
	WebID    string
	Grant    string // see [Consent]
	AuthTime time.Time
	Expires  time.Time
	Redeemed bool
	Family   string // of tokens that it was redeemed for, if any
}

// Interaction is an authorization request that waits for a person.
type Interaction struct {
	ID         string
	ClientID   string
	ClientName string // as the client calls itself; may be empty
	ClientURI  string // http(s) URL, or empty
	// ClientHost is the host that vouches for the client; empty unless Verified.
	ClientHost   string
	Verified     bool   // the client has a client identifier document
	RedirectHost string // where the person will be sent, with its port
	Scopes       []string
	Details      []AccessDetail // what it wants to do, if it says so
	Offline      bool           // it asks for access while the person is away
	Prompt       []string       // of the request
	LoginHint    string
	Locales      []string // as the client prefers
	// Stage is StageLogin when the person must sign in for this request, signed
	// in already or not, and StageConsent when any session will do.
	Stage string
	// Requested is when the client asked. With StageLogin only sessions whose
	// AuthTime is not before it may approve.
	Requested time.Time
	// RegistrationEnd is when the client is forgotten if it is not used again
	// after this; zero for one that is known by a document.
	RegistrationEnd time.Time
}

// Stages of an [Interaction].
const (
	StageLogin   = "login"
	StageConsent = "consent"
)

// beginInteraction stores a request and returns the page that decides it.
func (p *Provider) beginInteraction(ctx context.Context, app client, request authorization, demandsLogin bool) (location string, err error) {
	id := newID()
	record := interaction{
		Request: request, Name: app.displayName(), URI: app.Metadata.URI, Verified: app.identified(),
		DemandsLogin: demandsLogin, Expires: p.now().Add(interactionLifetime),
	}
	err = p.config.Store.Update(ctx, func(tx rdfstore.Tx) error {
		return interactions.Set(tx, id, record, record.Expires)
	})
	return withQuery(p.config.InteractionURL, url.Values{"interaction": {id}}), err
}

// pending returns an interaction that can still be answered.
func (p *Provider) pending(r rdfstore.StateReader, id string) (interaction, error) {
	record, err := find(interactions, r, id)
	if missing(err) || err == nil && !p.now().Before(record.Expires) {
		return interaction{}, ErrNoInteraction
	}
	return record, err
}

// Interaction returns what a person must know to decide, or [ErrNoInteraction].
func (p *Provider) Interaction(ctx context.Context, id string) (Interaction, error) {
	var record interaction
	err := p.config.Store.View(ctx, func(r rdfstore.Reader) (err error) {
		record, err = p.pending(r, id)
		return err
	})
	if err != nil {
		return Interaction{}, err
	}
	request := record.Request
	found := Interaction{
		ID: id, ClientID: request.ClientID, ClientName: record.Name, ClientURI: record.URI, Verified: record.Verified,
		RedirectHost: hostOf(request.RedirectURI), Scopes: request.Scopes, Details: request.Details, Offline: slices.Contains(request.Scopes, "offline_access"),
		Prompt: request.Prompt, LoginHint: request.LoginHint, Locales: request.Locales,
		Stage: StageConsent, Requested: request.Requested, RegistrationEnd: p.registrationEnd(request.ClientID),
	}
	if record.Verified {
		found.ClientHost = hostOf(request.ClientID)
	}
	if record.DemandsLogin {
		found.Stage = StageLogin
	}
	return found, nil
}

// Consent is what a person decided about an interaction.
type Consent struct {
	WebID string // that the client may know her by and act for
	// Remember lets later requests of the client pass without asking; without
	// it, what was remembered before is forgotten.
	Remember bool
	// Grant makes the record of what the client may do, in the update that ends
	// the interaction, and returns the id that its tokens carry as `grant_id`.
	Grant func(tx rdfstore.Tx) (id string, err error)
}

// Approve ends an interaction with a code for the client and returns where to
// send the browser. Errors: [ErrNoInteraction], [ErrForeignWebID],
// [ErrStaleLogin].
func (p *Provider) Approve(ctx context.Context, id string, s Session, c Consent) (redirect string, err error) {
	err = p.config.Store.Update(ctx, func(tx rdfstore.Tx) error {
		record, err := p.pending(tx, id)
		if err != nil {
			return err
		}
		if !slices.Contains(s.WebIDs, c.WebID) {
			return ErrForeignWebID
		}
		if record.DemandsLogin && s.AuthTime.Before(record.Request.Requested) {
			return ErrStaleLogin
		}
		if err := interactions.Delete(tx, id); err != nil {
			return err
		}
		grant, err := c.Grant(tx)
		if err != nil {
			return err
		}
		if err := p.setConsent(tx, record.Request, s.Account, c, grant); err != nil {
			return err
		}
		redirect, err = p.issueCode(tx, record.Request, s, c.WebID, grant)
		return err
	})
	return redirect, err
}

// Cancel ends an interaction with access_denied for the client and returns
// where to send the browser. Error: [ErrNoInteraction].
func (p *Provider) Cancel(ctx context.Context, id string) (redirect string, err error) {
	err = p.config.Store.Update(ctx, func(tx rdfstore.Tx) error {
		record, err := p.pending(tx, id)
		if err != nil {
			return err
		}
		redirect = p.refusal(record.Request.RedirectURI, record.Request.State, oauthError("access_denied", "the person refused"))
		return interactions.Delete(tx, id)
	})
	return redirect, err
}

// consentKey is by account and client: an account that allows a client with
// another of its WebIDs has changed its mind.
func consentKey(account, clientID string) string { return account + "/" + hashSecret(clientID) }

func (p *Provider) setConsent(tx rdfstore.Tx, request authorization, account string, c Consent, grant string) error {
	key := consentKey(account, request.ClientID)
	if !c.Remember {
		return consents.Delete(tx, key)
	}
	given := consent{ClientID: request.ClientID, WebID: c.WebID, Scopes: request.Scopes, Details: request.Details, Given: p.now(), Grant: grant}
	return consents.Set(tx, key, given, p.registrationEnd(request.ClientID))
}

// registrationEnd is when a client that is used now is forgotten if it is not
// used again; zero for a client that is known by a document.
func (p *Provider) registrationEnd(clientID string) time.Time {
	if isClientURL(clientID) {
		return time.Time{}
	}
	return p.now().Add(usedClientLifetime)
}

// issueCode makes a code for a request that has been allowed and returns the
// redirect that brings it to the client. Error: [ErrStaleLogin].
func (p *Provider) issueCode(tx rdfstore.Tx, request authorization, s Session, webID, grant string) (redirect string, err error) {
	ended, err := hasEnded(tx, s.ID)
	if err != nil {
		return "", err
	}
	if ended {
		return "", ErrStaleLogin
	}
	if err := p.touch(tx, request.ClientID); err != nil {
		return "", err
	}
	code := newSecret()
	granted := grantedCode{Request: request, Account: s.Account, Session: s.ID, WebID: webID, Grant: grant, AuthTime: s.AuthTime, Expires: p.now().Add(codeLifetime)}
	if err := codes.Set(tx, hashSecret(code), granted, granted.Expires); err != nil {
		return "", err
	}
	return p.response(request.RedirectURI, request.State, url.Values{"code": {code}}), nil
}
