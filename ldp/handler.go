package ldp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// defaultCacheBytes is what the caches of documents take unless configured.
const defaultCacheBytes = 44 << 20

// defaultMaxDocument is the largest RDF document unless configured, in bytes.
const defaultMaxDocument = 16 << 20

// Config is what a Handler needs. Space, Store and Authenticate are required.
type Config struct {
	Space *resource.Space
	Store rdfstore.Store
	// Authenticate tells who makes a request, without credentials the zero
	// Agent. The url is the request's, as a DPoP proof names it. Its error is
	// answered 401, unless it has a method Status() int; WWW-Authenticate is
	// what its method Challenge() []string returns, else Config.Challenge.
	Authenticate func(r *http.Request, url string) (wac.Agent, error)
	// Challenge returns the lines of WWW-Authenticate; the error is nil when
	// credentials are missing. Nil stands for a plain DPoP challenge.
	Challenge func(err error) []string
	// Groups answers for group documents that are not in a storage here. It
	// may fetch: it is never called inside a transaction. Nil: no members.
	Groups wac.GroupSource
	// Grant returns the most that an agent's client may do for her, as the
	// state that the request is answered from has it; nil when nothing narrows
	// her. It is asked once for each state. Nil: nobody is narrowed.
	Grant func(r rdfstore.StateReader, agent wac.Agent) (*wac.Grant, error)
	// GrantsURL is where a person changes what she granted; named in the
	// problem of a request that its grant does not cover. "" for none.
	GrantsURL string
	// Subscriptions are listed in the description of each storage.
	Subscriptions []SubscriptionService
	// NotificationGateway is named there for clients of the time before; "" for none.
	NotificationGateway string
	// StrictOrigin makes acl:origin count for requests of apps from elsewhere
	// (WAC-ORIG-01). Off, each web origin is trusted (WAC-ORIG-02).
	StrictOrigin bool
	// Issuer is the OpenID issuer of this server, which a 401 names in a Link
	// so that clients know where to sign in; "" for none.
	Issuer string
	// RulesURL is where [Rules] is served, with a slash at its end. Errors link
	// to it, or to the specifications when it is "".
	RulesURL string
	// UpdatesVia is the URL of a socket that tells of changes as solid-0.1 has it,
	// package updatesvia; "" for none.
	UpdatesVia string
	// Language returns the language of a page for a person: "nl", "fr" or
	// "en". Nil stands for English.
	Language func(*http.Request) string
	// MaxBody and MaxDocument are the largest request body and the largest RDF
	// document in bytes; 0 stands for no bound and for 16 MiB.
	MaxBody, MaxDocument int64
	// CacheBytes bounds the documents that are kept parsed or rendered, in
	// bytes of their text: parsed they take several times as much. 0 stands
	// for 44 MiB.
	CacheBytes int64
	Logger     *slog.Logger     // nil: slog.Default
	Clock      func() time.Time // nil: time.Now
}

// Handler answers requests for everything that is a storage URL. It is safe
// for concurrent use.
type Handler struct {
	space        *resource.Space
	store        rdfstore.Store
	authenticate func(r *http.Request, url string) (wac.Agent, error)
	challenge    func(err error) []string
	groups       wac.GroupSource
	grant        func(rdfstore.StateReader, wac.Agent) (*wac.Grant, error)
	grantsURL    string
	// subscriptions has a digest, for the entity tag of what lists them.
	subscriptions       []SubscriptionService
	digest              string
	notificationGateway string
	strictOrigin        bool
	issuer              string
	rulesURL            string
	updatesVia          string
	language            func(*http.Request) string
	maxBody             int64 // < 0: none
	maxDocument         int64
	logger              *slog.Logger
	clock               func() time.Time

	parser   parser
	acls     *contentCache[*wac.ACL]
	holders  *cache[inheritance, contentKey]
	members  *contentCache[*wac.Members]
	graphs   *contentCache[*rdf.Graph]
	rendered *contentCache[[]byte]
	answers  *cache[question, *publicAnswer]
	codings  []coding
	pages    *sync.Pool // of buffers for listings
}

// New returns a Handler, or an error that says what the configuration lacks.
func New(c Config) (*Handler, error) {
	switch {
	case c.Space == nil:
		return nil, errors.New("ldp: Config.Space is required")
	case c.Store == nil:
		return nil, errors.New("ldp: Config.Store is required")
	case c.Authenticate == nil:
		return nil, errors.New("ldp: Config.Authenticate is required")
	case c.MaxBody < 0 || c.MaxDocument < 0 || c.CacheBytes < 0:
		return nil, errors.New("ldp: limits are not negative")
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = defaultCacheBytes
	}
	share := c.CacheBytes / 11
	h := &Handler{
		space: c.Space, store: c.Store, authenticate: c.Authenticate, challenge: c.Challenge, groups: c.Groups,
		grant: c.Grant, grantsURL: c.GrantsURL, subscriptions: c.Subscriptions, digest: digest(c.Subscriptions, c.NotificationGateway), notificationGateway: c.NotificationGateway, strictOrigin: c.StrictOrigin,
		issuer: c.Issuer, rulesURL: c.RulesURL, updatesVia: c.UpdatesVia, language: c.Language, maxBody: c.MaxBody, maxDocument: c.MaxDocument, logger: c.Logger, clock: c.Clock,
		parser:   newParser(),
		acls:     newCache[contentKey, *wac.ACL](share),
		holders:  newCache[inheritance, contentKey](share),
		members:  newCache[contentKey, *wac.Members](4 * share),
		graphs:   newCache[contentKey, *rdf.Graph](share),
		rendered: newCache[contentKey, []byte](2 * share),
		answers:  newCache[question, *publicAnswer](2 * share),
		codings:  newCodings(),
		pages:    &sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	if h.challenge == nil {
		h.challenge = func(error) []string { return []string{"DPoP"} }
	}
	if h.grant == nil {
		h.grant = func(rdfstore.StateReader, wac.Agent) (*wac.Grant, error) { return nil, nil }
	}
	if h.language == nil {
		h.language = func(*http.Request) string { return "en" }
	}
	if h.maxBody == 0 {
		h.maxBody = -1
	}
	if h.maxDocument == 0 {
		h.maxDocument = defaultMaxDocument
	}
	if h.maxBody >= 0 {
		h.maxDocument = min(h.maxDocument, h.maxBody)
	}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	if h.clock == nil {
		h.clock = time.Now
	}
	return h, nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	shareWithOrigin(w.Header(), r)
	if isPreflight(r) {
		preflight(w, r)
		return
	}
	if err := h.serve(w, r); err != nil {
		h.fail(w, r, err)
	}
}

// request is what is known before the store is asked.
type request struct {
	*http.Request
	id         resource.ID
	agent      wac.Agent
	conditions conditions
	allowance  *allowance // of content that is stored as it comes, once known
}

var methods = map[string]func(h *Handler, w http.ResponseWriter, q *request) error{
	http.MethodGet:     (*Handler).read,
	http.MethodHead:    (*Handler).read,
	http.MethodOptions: (*Handler).options,
	http.MethodPut:     (*Handler).put,
	http.MethodPost:    (*Handler).post,
	http.MethodPatch:   (*Handler).patch,
	http.MethodDelete:  (*Handler).delete,
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) error {
	id, err := h.space.Parse(r.Host, r.URL.EscapedPath())
	if err != nil {
		return err
	}
	h.setStorageLinks(w.Header(), id)
	q := &request{Request: r, id: id}
	if q.agent, err = h.authenticate(r, urlAsSent(r, h.space.URL(id))); err != nil {
		return h.badCredentials(err)
	}
	q.agent.Origin = h.foreignOrigin(r, id)
	method, known := methods[r.Method]
	if !known {
		if r.Method == http.MethodTrace || r.Method == http.MethodConnect {
			return refuse(MethodNotAllowed, "").with("Allow", shapes[urlShape(id)].allow)
		}
		return refuse(MethodUnknown, "")
	}
	if q.conditions, err = parseConditions(r.Header); err != nil {
		return &Error{Kind: Invalid, Detail: err.Error()}
	}
	return method(h, w, q)
}

// urlAsSent is the request's URL with the configured origin, whatever the Host
// header says, and the path in the spelling of the client, for which it made
// its DPoP proof.
func urlAsSent(r *http.Request, configured string) string {
	scheme, rest, _ := strings.Cut(configured, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host + r.URL.EscapedPath()
}

// badCredentials is the answer to credentials that do not hold.
func (h *Handler) badCredentials(err error) error {
	var status interface{ Status() int }
	if errors.As(err, &status) && status.Status() != http.StatusUnauthorized {
		kind := Unavailable
		if status.Status() == http.StatusTooManyRequests {
			kind = TooManyRequests
		}
		return (&Error{Kind: kind, Err: err}).with("Retry-After", "5")
	}
	var own interface{ Challenge() []string }
	lines := h.challenge(err)
	if errors.As(err, &own) {
		lines = own.Challenge()
	}
	return h.unauthenticated(lines, "The credentials do not hold; WWW-Authenticate says why.", err)
}

// unauthenticated is every 401: with challenges (SP-HTTP-03) and the issuer.
func (h *Handler) unauthenticated(challenges []string, detail string, cause error) error {
	e := &Error{Kind: Unauthenticated, Detail: detail, Err: cause}
	for _, line := range challenges {
		e.with("WWW-Authenticate", line)
	}
	if h.issuer != "" {
		e.with("Link", link(h.issuer, relIssuer))
	}
	return e
}

// ReadGraph returns the RDF of a resource whatever its ACL says, for the
// server's own use: profiles (OIDC-RS-09). Of one that is no RDF, or is damaged,
// that is nothing: a stranger who names it learns no more than that it does not
// say what it would have to. The graph must not be changed. Errors wrap
// [rdfstore.ErrNotFound].
func (h *Handler) ReadGraph(ctx context.Context, id resource.ID) (graph *rdf.Graph, err error) {
	err = h.store.View(ctx, func(reader rdfstore.Reader) error {
		storage, err := reader.Storage(id.Storage())
		if err == nil && storage.Closed {
			err = errNoStorage
		}
		if err == nil {
			graph, err = h.graph(ctx, reader, id)
		}
		if errors.Is(err, errDamaged) {
			graph, err = new(rdf.Graph), nil
		}
		return err
	})
	return graph, err
}

// graph returns the default graph of what is stored at id.
func (h *Handler) graph(ctx context.Context, reader rdfstore.Reader, id resource.ID) (*rdf.Graph, error) {
	record, err := reader.Resource(id)
	if err != nil {
		return nil, err
	}
	key := contentKeyOf(record)
	if graph, ok := h.graphs.get(key); ok {
		return graph, nil
	}
	document, err := h.document(ctx, reader, record)
	if err != nil {
		return nil, err
	}
	h.graphs.put(key, document.Default, record.Size)
	return document.Default, nil
}

// errDamaged: what is stored cannot be read as the RDF that it says it is, or
// that belongs where it is. Nothing here writes such a thing; an import may have.
var errDamaged = errors.New("the stored document cannot be read")

// document reads what is stored. For a container that is its description.
func (h *Handler) document(ctx context.Context, reader rdfstore.Reader, record rdfstore.Resource) (*rdf.Document, error) {
	if record.Size == 0 && record.Kind == rdfstore.Container {
		return rdf.NewDocument(), nil
	}
	if !codec.IsRDF(record.MediaType) {
		return nil, fmt.Errorf("%w: %w", errDamaged, &codec.UnsupportedError{MediaType: record.MediaType})
	}
	if record.IsQuads {
		return h.parser.collect(ctx, reader, record)
	}
	body, err := reader.Open(record.ID)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	document, err := h.parser.parse(ctx, record.MediaType, body, record.Size, h.space.URL(record.ID))
	if refusal := (*Error)(nil); errors.As(fromContent(err), &refusal) {
		// Not wrapped: bad syntax in what we have stored is no bad request.
		return nil, fmt.Errorf("%w: %s", errDamaged, err.Error())
	}
	return document, err
}
