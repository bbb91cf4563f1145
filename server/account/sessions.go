package account

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"domicile/rdfstore"
	"domicile/solidoidc/provider"
)

const (
	sessionLifetime = 14 * 24 * time.Hour
	// tokenScheme is the Authorization scheme of the JSON API, as CSS names it.
	tokenScheme = "CSS-Account-Token"
)

const (
	sessions     rdfstore.Bucket[session] = "account-sessions"      // by hash of the token
	sessionIndex rdfstore.Bucket[string]  = "account-session-index" // account/session → hash of the token
)

// session is a time that somebody is signed in for.
type session struct {
	ID, Account string
	Created     time.Time // when the login was proven
	Expires     time.Time
	Device      string    `json:",omitempty"` // see deviceOf
	Proven      time.Time `json:",omitzero"`  // when it was again
	// Browser: somebody typed the password into a page.
	Browser bool `json:",omitempty"`
}

// proven is when the login was last proven.
func (c session) proven() time.Time {
	if c.Proven.After(c.Created) {
		return c.Proven
	}
	return c.Created
}

// SessionsConfig configures [NewSessions].
type SessionsConfig struct {
	Store rdfstore.Store
	// Secure: the pages are on https. Cookies then have the __Host- prefix,
	// which no other host and no plain http can set (RFC 6265bis §4.1.3.2).
	Secure bool
	Clock  func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: slog.Default
}

// Sessions knows who is signed in. It implements [provider.Sessions].
type Sessions struct {
	store  rdfstore.Store
	secure bool
	clock  func() time.Time
	logger *slog.Logger
}

// NewSessions returns the sessions of a store.
func NewSessions(config SessionsConfig) *Sessions {
	s := &Sessions{store: config.Store, secure: config.Secure, clock: config.Clock, logger: config.Logger}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	return s
}

// Session returns the session of the request's cookie.
func (s *Sessions) Session(r *http.Request) (provider.Session, bool) {
	var found provider.Session
	err := s.store.View(r.Context(), func(reader rdfstore.Reader) error {
		current, err := s.lookup(reader, s.cookieToken(r))
		if err != nil {
			return err
		}
		found, err = current.forProvider(reader)
		return err
	})
	if err != nil && !errors.Is(err, rdfstore.ErrNotFound) {
		s.logger.ErrorContext(r.Context(), "session could not be read", "error", err)
	}
	return found, err == nil
}

// forProvider is the session with the WebIDs that it may speak for.
func (c session) forProvider(r rdfstore.StateReader) (provider.Session, error) {
	links, err := webIDsOf(r, c.Account)
	if err != nil {
		return provider.Session{}, err
	}
	p := provider.Session{ID: c.ID, Account: c.Account, AuthTime: c.Created}
	for _, link := range links {
		p.WebIDs = append(p.WebIDs, link.WebID)
	}
	return p, nil
}

// EndSession signs out: the session of the request's cookie ends at once and
// the cookie is taken back.
func (s *Sessions) EndSession(w http.ResponseWriter, r *http.Request) error {
	err := s.store.Update(r.Context(), func(tx rdfstore.Tx) error {
		return s.end(tx, s.cookieToken(r))
	})
	if err != nil {
		return err
	}
	s.clearCookie(w)
	return nil
}

// start makes a session for an account and returns its token, which is not
// stored.
func (s *Sessions) start(tx rdfstore.Tx, begun session, lifetime time.Duration) (token string, err error) {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails (crypto/rand since Go 1.24)
	token = base64.RawURLEncoding.EncodeToString(raw)
	now := s.clock()
	begun.ID, begun.Created, begun.Expires = newID(), now, now.Add(lifetime)
	return token, s.set(tx, hashToken(token), begun)
}

func (s *Sessions) set(tx rdfstore.Tx, hash string, current session) error {
	return cmp.Or(
		sessions.Set(tx, hash, current, current.Expires),
		sessionIndex.Set(tx, key(current.Account, current.ID), hash, current.Expires),
	)
}

// lookup returns the session of a token, or [rdfstore.ErrNotFound].
func (s *Sessions) lookup(r rdfstore.StateReader, token string) (session, error) {
	if token == "" {
		return session{}, rdfstore.ErrNotFound
	}
	current, err := sessions.Get(r, hashToken(token))
	if err != nil {
		return session{}, err
	}
	if !s.clock().Before(current.Expires) {
		return session{}, rdfstore.ErrNotFound
	}
	_, err = accounts.Get(r, current.Account)
	return current, err
}

// end removes the session of a token; a missing one is no error.
func (s *Sessions) end(tx rdfstore.Tx, token string) error {
	if token == "" {
		return nil
	}
	current, err := sessions.Take(tx, hashToken(token))
	if errors.Is(err, rdfstore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return sessionIndex.Delete(tx, key(current.Account, current.ID))
}

// endOthers removes all sessions of an account but the given one and returns
// their ids.
func (s *Sessions) endOthers(tx rdfstore.Tx, account, keep string) (ended []string, err error) {
	var others []rdfstore.Entry[string]
	for entry, err := range sessionIndex.All(tx, key(account, "")) {
		if err != nil {
			return nil, err
		}
		if entry.Key != key(account, keep) {
			others = append(others, entry)
		}
	}
	for _, entry := range others {
		if err := cmp.Or(sessions.Delete(tx, entry.Value), sessionIndex.Delete(tx, entry.Key)); err != nil {
			return nil, err
		}
		ended = append(ended, strings.TrimPrefix(entry.Key, key(account, "")))
	}
	return ended, nil
}

// prolong gives a session that began with an account without login its full
// time.
func (s *Sessions) prolong(tx rdfstore.Tx, token string) error {
	current, err := s.lookup(tx, token)
	if err != nil {
		return err
	}
	current.Expires = current.Created.Add(sessionLifetime)
	return s.set(tx, hashToken(token), current)
}

// hashToken is the key under which a token's session is kept. Tokens are
// random, so that a plain hash cannot be guessed backwards.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (s *Sessions) cookieName() string { return s.hostPrefixed("css-account") }

func (s *Sessions) hostPrefixed(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

func (s *Sessions) cookieToken(r *http.Request) string {
	cookie, err := r.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie hands a session's token to a browser, for as long as it runs or,
// when remember is set, for as long as the session lasts. SameSite is Lax and
// not Strict: a person who comes from an app has to be recognised.
func (s *Sessions) setCookie(w http.ResponseWriter, token string, remember bool) {
	cookie := s.cookie(s.cookieName(), token)
	if remember {
		cookie.MaxAge = int(sessionLifetime / time.Second)
		cookie.Expires = s.clock().Add(sessionLifetime)
	}
	http.SetCookie(w, cookie)
}

func (s *Sessions) clearCookie(w http.ResponseWriter) {
	cookie := s.cookie(s.cookieName(), "")
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
}

func (s *Sessions) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode}
}
