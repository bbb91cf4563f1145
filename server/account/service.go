package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/server/account/pages"
	"domicile/server/account/password"
	"domicile/server/account/throttle"
	"domicile/solidoidc/provider"
)

// Registration says who may make an account.
type Registration string

// The registration modes. Open lets people sign up by themselves, Invite those
// who have an invitation ([Service.CreateInvitation]); with Closed accounts come
// from [Service.CreateAccount] only.
const (
	Open   Registration = "open"
	Invite Registration = "invite"
	Closed Registration = "closed"
)

// OIDC is what the pages and the API need of the OpenID provider. Package
// solidoidc/provider implements it and documents each call.
type OIDC interface {
	// Interaction returns an authorization request that waits for a person, or
	// [provider.ErrNoInteraction].
	Interaction(ctx context.Context, id string) (provider.Interaction, error)
	Approve(ctx context.Context, id string, s provider.Session, c provider.Consent) (redirect string, err error)
	Cancel(ctx context.Context, id string) (redirect string, err error)
	CreateCredentials(tx rdfstore.Tx, account, name, webID string, grant func(clientID string) (id string, err error)) (c provider.Credentials, secret string, err error)
	Credentials(r rdfstore.Reader, account string) ([]provider.Credentials, error)
	DeleteCredentials(tx rdfstore.Tx, account, id string) error
	// RevokeSession ends what applications got in a session that ends.
	RevokeSession(tx rdfstore.Tx, sessionID string) error
	// RevokeOtherSessions ends what applications got in all sessions but keep,
	// those that ended by themselves included.
	RevokeOtherSessions(tx rdfstore.Tx, account, keep string) error
	// RevokeWebID ends what applications got for a WebID that the account gives up.
	RevokeWebID(tx rdfstore.Tx, account, webID string) error
	// RevokeGrant ends what an application got under a grant that the account
	// withdraws.
	RevokeGrant(tx rdfstore.Tx, account, grant string) error
}

// Pod is a storage that [Pods] made.
type Pod struct {
	URL   string // of its root container
	WebID string // of its owner
}

// Pods makes storages.
type Pods interface {
	// CreatePod makes the storage name for an account, whole or not at all, in
	// tx. With ownerWebID "" it makes a WebID in the pod. Errors:
	// [ErrNameTaken], [ErrNameInvalid].
	CreatePod(ctx context.Context, tx rdfstore.Tx, account, name, ownerWebID string) (Pod, error)
	// CheckName says why no pod can have a name: [ErrNameTaken], [ErrNameInvalid].
	CheckName(r rdfstore.Reader, name string) error
}

// Config configures [New].
type Config struct {
	Store        rdfstore.Store
	Sessions     *Sessions
	OIDC         OIDC
	Pods         Pods
	Space        *resource.Space // of the storages here
	Explainer    Explainer
	BaseURL      string // of the origin that has /.account/; ends in "/"
	Registration Registration
	Quota        int64 // of a new account, in bytes; 0: none
	ACLs         ACLs
	Profiles     Profiles // reads the documents of WebIDs elsewhere
	Post         Post     // takes letters; nil: there are none
	// ConfirmFirst: an address counts when its reader has said that it is hers,
	// and nobody else learns whether it has an account. It takes a Post whose
	// letters arrive.
	ConfirmFirst bool
	Logger       *slog.Logger     // nil: slog.Default
	Clock        func() time.Time // nil: time.Now
	Passwords    *password.Hasher // nil: with [password.Recommended]
}

// freeSignUps is how many attempts to sign up an address has before it must
// wait. Making an account by the JSON API takes two, one for the account and
// one for its login. A school behind one address gets through, and a script
// that fills a pilot; a flood does not. An operator who makes more uses --seed.
const freeSignUps = 100

// Service serves accounts.
type Service struct {
	store        rdfstore.Store
	sessions     *Sessions
	oidc         OIDC
	pods         Pods
	space        *resource.Space
	explainer    Explainer
	baseURL      string
	registration Registration
	quota        int64
	logger       *slog.Logger
	clock        func() time.Time
	passwords    *password.Hasher
	byEmail      *throttle.Limiter
	byAddress    *throttle.Limiter
	signUps      *throttle.Limiter // by address
	letters      *throttle.Limiter // by e-mail
	linking      *throttle.Limiter // WebIDs elsewhere, by account
	names        *throttle.Limiter // looked up while they are typed, by address
	profiles     Profiles
	acls         ACLs
	post         Post
	confirmFirst bool
	pages        *pages.Renderer
	exporting    sync.Map // accounts that take a copy of a pod just now
	handler      http.Handler
}

// New returns the service of a store's accounts.
func New(config Config) *Service {
	s := &Service{
		store: config.Store, sessions: config.Sessions, oidc: config.OIDC, pods: config.Pods, space: config.Space, explainer: config.Explainer,
		baseURL: config.BaseURL, registration: config.Registration, quota: config.Quota, post: config.Post, confirmFirst: config.ConfirmFirst, profiles: config.Profiles, acls: config.ACLs,
		logger: config.Logger, clock: config.Clock, passwords: config.Passwords,
		pages: pages.New(),
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.passwords == nil {
		s.passwords = password.New(password.Recommended)
	}
	// A person mistypes a few times; many people can share an address.
	s.byEmail = throttle.New(throttle.Config{
		Free: 10, First: time.Second, Longest: 5 * time.Minute, Quiet: time.Hour, Capacity: 100_000, Clock: s.clock,
	})
	s.byAddress = throttle.New(throttle.Config{
		Free: 100, First: time.Second, Longest: 15 * time.Minute, Quiet: time.Hour, Capacity: 100_000, Clock: s.clock,
	})
	s.signUps = throttle.New(throttle.Config{
		Free: freeSignUps, First: time.Second, Longest: 5 * time.Minute, Quiet: time.Hour, Capacity: 100_000, Clock: s.clock,
	})
	s.letters = throttle.New(throttle.Config{
		Free: 3, First: time.Minute, Longest: time.Hour, Quiet: 6 * time.Hour, Capacity: 100_000, Clock: s.clock,
	})
	s.linking = throttle.New(throttle.Config{
		Free: 10, First: time.Minute, Longest: time.Hour, Quiet: 6 * time.Hour, Capacity: 100_000, Clock: s.clock,
	})
	s.names = throttle.New(throttle.Config{
		Free: 300, First: time.Second, Longest: time.Minute, Quiet: time.Hour, Capacity: 100_000, Clock: s.clock,
	})
	s.handler = s.routes()
	return s
}

// Handler serves everything below /.account/.
func (s *Service) Handler() http.Handler { return s.handler }

// CreateAccount makes an account with a login and pods, each with a WebID, on
// the operator's behalf: all of it or nothing, whatever the registration mode.
// The operator answers for the strength of the password; it must only not be
// empty. The error for an address that is taken is an [*Error]; those for the
// name of a pod wrap [ErrNameTaken] and [ErrNameInvalid].
func (s *Service) CreateAccount(ctx context.Context, email, password string, pods ...string) (accountID string, err error) {
	if email, err = normaliseEmail(email); err != nil {
		return "", err
	}
	if password == "" || len(password) > maxPassword {
		return "", missingInput("password")
	}
	hash, err := s.passwords.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
		if accountID, err = addAccount(tx, s.clock()); err != nil {
			return err
		}
		if _, err = addLogin(tx, accountID, passwordLogin{Email: email, Hash: hash}, s.quota, s.clock()); err != nil {
			return err
		}
		for _, name := range pods {
			if _, _, err := s.addPod(ctx, tx, accountID, name, ""); err != nil {
				return fmt.Errorf("pod %q: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	s.event(ctx, "account created", accountID)
	return accountID, nil
}

// AccountByEmail returns the id of the account that has a login with the
// address, or [rdfstore.ErrNotFound].
func (s *Service) AccountByEmail(ctx context.Context, email string) (accountID string, err error) {
	if email, err = normaliseEmail(email); err != nil {
		return "", err
	}
	err = s.store.View(ctx, func(r rdfstore.Reader) error {
		accountID, _, err = loginByEmail(r, email)
		return err
	})
	return accountID, err
}

// addPod makes a pod; with owner "" the WebID made in it is linked to the
// account.
func (s *Service) addPod(ctx context.Context, tx rdfstore.Tx, account, name, owner string) (pod, webIDLink, error) {
	holder, err := accounts.Get(tx, account)
	if err != nil {
		return pod{}, webIDLink{}, err
	}
	if !holder.HasLogin {
		return pod{}, webIDLink{}, errNeedsLogin
	}
	if !holder.Disabled.IsZero() {
		return pod{}, webIDLink{}, errDisabled
	}
	if err := staysOpen(tx, account); err != nil {
		return pod{}, webIDLink{}, err
	}
	if err := s.isFree(tx, name); err != nil {
		return pod{}, webIDLink{}, err
	}
	made, err := s.pods.CreatePod(ctx, tx, account, name, owner)
	if err != nil {
		return pod{}, webIDLink{}, err
	}
	now := s.clock()
	p := pod{ID: newID(), Name: name, URL: made.URL, WebID: made.WebID, HostsWebID: owner == "", Created: now}
	if err := pods.Set(tx, key(account, p.ID), p, time.Time{}); err != nil || owner != "" {
		return p, webIDLink{}, err
	}
	link, err := linkWebID(tx, account, made.WebID, now)
	return p, link, err
}

// url returns the absolute URL of a path below /.account/; segments are
// escaped.
func (s *Service) url(segments ...string) string {
	u := s.baseURL + ".account/"
	for _, segment := range segments {
		u += url.PathEscape(segment) + "/"
	}
	return u
}

// event logs that something happened to an account.
func (s *Service) event(ctx context.Context, what, account string) {
	s.logger.LogAttrs(ctx, slog.LevelInfo, what, slog.String("account", account))
}

// proveLogin returns the account and login that an e-mail address and a
// password fit. Attempts are counted by e-mail, known or not, and by address.
func (s *Service) proveLogin(ctx context.Context, address, email, typed string) (account string, login passwordLogin, err error) {
	email, err = normaliseEmail(email)
	if err != nil {
		return "", passwordLogin{}, errBadLogin
	}
	if wait := s.byAddress.Begin(address); wait > 0 {
		return "", passwordLogin{}, tooManyAttempts(wait)
	}
	if wait := s.byEmail.Begin(email); wait > 0 {
		return "", passwordLogin{}, tooManyAttempts(wait)
	}
	err = s.store.View(ctx, func(r rdfstore.Reader) error {
		account, login, err = loginByEmail(r, email)
		return err
	})
	if err != nil && !errors.Is(err, rdfstore.ErrNotFound) {
		return "", passwordLogin{}, err
	}
	fits := false
	if err == nil && len(typed) <= maxPassword && login.Hash != noPassword {
		fits, err = s.passwords.Verify(ctx, login.Hash, typed)
	} else {
		err = s.passwords.VerifyNone(ctx, "")
	}
	if err != nil {
		// The password was not judged, so this was no guess.
		s.byAddress.Forgive(address)
		s.byEmail.Forgive(email)
		return "", passwordLogin{}, err
	}
	if !fits {
		s.event(ctx, "sign-in refused", account)
		return "", passwordLogin{}, errBadLogin
	}
	s.byAddress.Forgive(address)
	s.byEmail.Forget(email)
	return account, login, nil
}

// renewHash stores a hash with today's costs when the stored one has others.
// It is done when the password is known and is no reason to refuse.
func (s *Service) renewHash(ctx context.Context, account string, login passwordLogin, typed string) {
	if !s.passwords.Outdated(login.Hash) {
		return
	}
	hash, err := s.passwords.Hash(ctx, typed)
	if err == nil {
		err = s.store.Update(ctx, func(tx rdfstore.Tx) error { return replaceHash(tx, account, login, hash) })
	}
	if err != nil {
		s.logger.LogAttrs(ctx, slog.LevelWarn, "password hash could not be renewed", slog.String("account", account))
	}
}

// replaceHash sets the hash of a login unless it changed since it was read.
func replaceHash(tx rdfstore.Tx, account string, login passwordLogin, hash string) error {
	current, err := logins.Get(tx, key(account, login.ID))
	if err != nil {
		return err
	}
	if current.Hash != login.Hash {
		return errOldPassword
	}
	current.Hash = hash
	return logins.Set(tx, key(account, login.ID), current, time.Time{})
}
