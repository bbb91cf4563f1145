package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"domicile/rdfstore"
	"domicile/solidoidc/dpop"
	"domicile/solidoidc/fetch"
	"domicile/solidoidc/internal/jose"
	"domicile/solidoidc/internal/limit"
)

// Config is what a provider needs.
type Config struct {
	// Issuer is the issuer identifier as profiles list it and tokens carry it,
	// byte for byte. All endpoints are below it.
	Issuer   string
	Store    rdfstore.Store
	Proofs   *dpop.Verifier
	Fetch    *fetch.Client // for client identifier documents
	Sessions Sessions
	// GrantHolds tells whether what a person let a client do is still in force;
	// the id is one that [Consent.Grant] returned. Nil: each is.
	GrantHolds func(r rdfstore.StateReader, id string) (bool, error)
	// GrantDetails returns what a grant allows of what its client asked for, as
	// details; what cannot be said in details is what was asked. Nil: each grant
	// is of what was asked.
	GrantDetails func(r rdfstore.StateReader, id string, asked []AccessDetail) ([]AccessDetail, error)
	// Canonical returns the one spelling of a location that grants are told in.
	// Nil: each location is its own.
	Canonical func(location string) string
	// InteractionURL is the page for sign-in and consent; the parameter
	// interaction=ID is added.
	InteractionURL string
	StyleURL       string // style sheet of the provider's own pages; "": none
	Bearer         bool   // also issue tokens without DPoP (loopback development)
	AllowHTTP      bool   // client identifiers on loopback may be http
	// Language returns the language of a page for a person: "nl", "fr" or
	// "en". Nil stands for English.
	Language func(*http.Request) string
	Logger   *slog.Logger     // nil: slog.Default
	Clock    func() time.Time // nil: time.Now
}

// Sessions knows who uses a browser.
type Sessions interface {
	// Session returns the session that the request's cookie proves.
	Session(r *http.Request) (Session, bool)
	// EndSession signs the browser out.
	EndSession(w http.ResponseWriter, r *http.Request) error
}

// Session is a person's signed-in browser.
type Session struct {
	ID      string
	Account string
	// WebIDs are those that the account has proven to control.
	WebIDs []string
	// AuthTime is when the person proved who she is.
	AuthTime time.Time
}

// Provider is an OpenID provider. It is safe for concurrent use.
type Provider struct {
	config        Config
	base          string // issuer without a slash at the end
	keys          atomic.Pointer[keyRing]
	sender        *Sender
	documents     *fetch.Cache[client]
	registrations *limit.Limiter
	questions     *limit.Limiter // to people: sign-in, consent, logout
	fetches       *limit.Limiter // of client identifier documents
	failures      *limit.Limiter // of clients to authenticate
	endpoints     map[string]endpoint
	metadata      []byte
}

// What an address may do (OIDC-DCR-03).
var (
	registrationAllowance = limit.Allowance{Burst: 60, Interval: 10 * time.Second}
	// A school behind one address signs in at the same time in the morning.
	// Each question stays in the store for an hour.
	questionAllowance = limit.Allowance{Burst: 600, Interval: time.Second}
	fetchAllowance    = limit.Allowance{Burst: 60, Interval: time.Second}
	failureAllowance  = limit.Allowance{Burst: 300, Interval: time.Second}
)

// New returns a provider whose keys are those of the store; at the first start
// they are made. Whoever has a provider calls [Provider.MaintainKeys].
func New(ctx context.Context, config Config) (*Provider, error) {
	issuer, err := url.Parse(config.Issuer)
	if err != nil || issuer.Host == "" || issuer.RawQuery != "" || issuer.Fragment != "" {
		return nil, fmt.Errorf("issuer %q is not an absolute URL", config.Issuer)
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	if config.GrantHolds == nil {
		config.GrantHolds = func(rdfstore.StateReader, string) (bool, error) { return true, nil }
	}
	if config.GrantDetails == nil {
		config.GrantDetails = func(_ rdfstore.StateReader, _ string, asked []AccessDetail) ([]AccessDetail, error) {
			return asked, nil
		}
	}
	if config.Canonical == nil {
		config.Canonical = func(location string) string { return location }
	}
	if config.Language == nil {
		config.Language = func(*http.Request) string { return "en" }
	}
	p := &Provider{
		config:        config,
		base:          strings.TrimSuffix(config.Issuer, "/"),
		documents:     fetch.NewCache[client](maxDocuments, config.Clock),
		registrations: limit.New(registrationAllowance, config.Clock),
		questions:     limit.New(questionAllowance, config.Clock),
		fetches:       limit.New(fetchAllowance, config.Clock),
		failures:      limit.New(failureAllowance, config.Clock),
	}
	p.sender = &Sender{provider: p}
	if err = p.MaintainKeys(ctx); err != nil {
		return nil, err
	}
	if p.metadata, err = p.discoveryDocument(); err != nil {
		return nil, err
	}
	p.endpoints = p.routes(strings.TrimSuffix(issuer.EscapedPath(), "/"))
	return p, nil
}

// Keys returns the public keys that verify this provider's tokens, the same
// value for as long as they are the same.
func (p *Provider) Keys() *jose.KeySet { return p.keys.Load().set }

// endpoint is a row of the routing table. Handlers return errors, which are
// rendered in one place.
type endpoint struct {
	methods []string
	open    bool // to scripts of every origin, without credentials
	handle  func(http.ResponseWriter, *http.Request) error
}

var (
	reads     = []string{http.MethodGet, http.MethodHead}
	posts     = []string{http.MethodPost}
	getOrPost = []string{http.MethodGet, http.MethodPost}
)

// Paths of the endpoints below the issuer (design contract; OIDC Discovery §4,
// RFC 8414 §3).
const (
	authorizePath   = "/.oidc/auth"
	tokenPath       = "/.oidc/token"
	registerPath    = "/.oidc/reg"
	keysPath        = "/.oidc/jwks"
	userinfoPath    = "/.oidc/me"
	logoutPath      = "/.oidc/session/end"
	revokePath      = "/.oidc/revoke"
	introspectPath  = "/.oidc/introspect"
	senderPath      = "/.oidc/sender"
	discoveryPath   = "/.well-known/openid-configuration"
	oauthServerPath = "/.well-known/oauth-authorization-server"
)

func (p *Provider) routes(prefix string) map[string]endpoint {
	return map[string]endpoint{
		prefix + discoveryPath:   {reads, true, serveJSON(func() []byte { return p.metadata })},
		prefix + oauthServerPath: {reads, true, serveJSON(func() []byte { return p.metadata })},
		prefix + keysPath:        {reads, true, serveJSON(func() []byte { return p.keys.Load().document })},
		prefix + registerPath:    {posts, true, p.register},
		prefix + tokenPath:       {posts, true, p.throttled(p.token)},
		prefix + revokePath:      {posts, true, p.throttled(p.revoke)},
		prefix + introspectPath:  {posts, true, p.throttled(p.introspect)},
		prefix + userinfoPath:    {getOrPost, true, p.userinfo},
		prefix + senderPath:      {reads, true, serveAs("text/turtle", p.senderDocument)},
		prefix + authorizePath:   {getOrPost, false, p.authorize},
		prefix + logoutPath:      {getOrPost, false, p.logout},
	}
}

// Handler serves the endpoints; every other path is not found.
func (p *Provider) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, ok := p.endpoints[r.URL.EscapedPath()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		if e.open {
			// Never with credentials: a cookie means nothing here (OIDC-OP-05).
			header.Set("Access-Control-Allow-Origin", "*")
			header.Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After, DPoP-Nonce")
		}
		if r.Method == http.MethodOptions {
			preflight(header, e, r)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if !slices.Contains(e.methods, r.Method) {
			header.Set("Allow", allow(e))
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		if err := e.handle(w, r); err != nil {
			p.render(w, r, err)
		}
	})
}

func allow(e endpoint) string { return strings.Join(e.methods, ", ") + ", " + http.MethodOptions }

func preflight(header http.Header, e endpoint, r *http.Request) {
	header.Set("Allow", allow(e))
	if !e.open {
		return
	}
	header.Set("Access-Control-Allow-Methods", allow(e))
	// "*" would not cover Authorization (Fetch §4.9), so the names are echoed.
	if requested := r.Header.Get("Access-Control-Request-Headers"); requested != "" && len(requested) <= 1024 {
		header.Set("Access-Control-Allow-Headers", requested)
	}
	header.Set("Access-Control-Max-Age", "86400")
	header.Set("Vary", "Access-Control-Request-Headers")
}

// update runs write in the store. What write returns as refusal is committed
// and returned: a redemption that fails must leave its traces. An error undoes.
func (p *Provider) update(ctx context.Context, write func(rdfstore.Tx) (refusal, err error)) error {
	var refused error
	err := p.config.Store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		refused, err = write(tx)
		return err
	})
	if err != nil {
		return err
	}
	return refused
}

func (p *Provider) now() time.Time { return p.config.Clock() }

// find returns a record by an identifier that a stranger sent. What cannot have
// been made here is not looked for: stores have limits on keys.
func find[T any](bucket rdfstore.Bucket[T], r rdfstore.StateReader, id string) (T, error) {
	if !isIdentifier(id) {
		var none T
		return none, rdfstore.ErrNotFound
	}
	return bucket.Get(r, id)
}

// missing reports whether a record was not there.
func missing(err error) bool { return errors.Is(err, rdfstore.ErrNotFound) }
