package updatesvia

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
)

// Protocol is the WebSocket subprotocol.
const Protocol = "solid-0.1"

const (
	maxSockets      = 4096
	maxSocketsOfOne = 512 // SolidOS opens one for each document on the screen
	maxTopics       = 512 // of a socket
	maxMessage      = 64 + 3*resource.MaxPath
	// maxWaiting is how many messages may wait for a client to take them.
	maxWaiting   = 1024
	pingInterval = 30 * time.Second
	// writeTime is how long a client may take to take a message or to answer a
	// ping.
	writeTime = 10 * time.Second
)

// Config is what a Handler needs.
type Config struct {
	Space *resource.Space
	Store rdfstore.Store
	// MayFollow tells whether everybody may know when a resource changes, and the
	// revision of the store that this is true of.
	MayFollow func(ctx context.Context, id resource.ID) (revision uint64, allowed bool, err error)
	// Client returns the addresses that count as one client with the remote address
	// of a request.
	Client func(remote string) netip.Prefix
	Logger *slog.Logger // nil: slog.Default
}

// Handler serves the sockets. It is safe for concurrent use.
type Handler struct {
	config Config
	base   *url.URL

	mu       sync.Mutex
	sockets  map[*socket]struct{}
	clients  map[netip.Prefix]int               // sockets by client
	topics   map[resource.ID]map[*socket]uint64 // who follows a resource, from which revision on
	followed chan struct{}                      // closed while there are topics
	told     uint64                             // up to which revision there is nothing more to tell
	closed   bool
	working  sync.WaitGroup // sockets
}

// New returns a Handler. Whoever has one calls [Handler.Run].
func New(ctx context.Context, config Config) (*Handler, error) {
	base, err := url.Parse(config.Space.BaseURL())
	if err != nil {
		return nil, err
	}
	told, err := currentRevision(ctx, config.Store)
	if err != nil {
		return nil, err
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &Handler{
		config: config, base: base, told: told,
		sockets: map[*socket]struct{}{}, clients: map[netip.Prefix]int{},
		topics: map[resource.ID]map[*socket]uint64{}, followed: make(chan struct{}),
	}, nil
}

// ServeHTTP implements [http.Handler]. It returns when the socket is open. Scripts
// of every origin may connect: nothing here depends on who they act for.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	client := h.config.Client(r.RemoteAddr)
	s := &socket{handler: h, topics: map[resource.ID]struct{}{}, drop: cancel, wake: make(chan struct{}, 1)}
	if !h.admit(s, client) {
		cancel()
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many sockets", http.StatusServiceUnavailable)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{Protocol}, InsecureSkipVerify: true})
	if err != nil { // and it has been answered
		h.leave(s, client)
		return
	}
	offered := r.Header.Get("Sec-WebSocket-Protocol") != ""
	// The goroutine of the request, and what belongs to it, would take several
	// times the memory.
	go func() {
		defer h.leave(s, client)
		s.serve(ctx, conn, offered)
	}()
}

func (h *Handler) admit(s *socket, client netip.Prefix) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.sockets) >= maxSockets || h.clients[client] >= maxSocketsOfOne {
		return false
	}
	h.sockets[s] = struct{}{}
	h.working.Add(1)
	h.clients[client]++
	return true
}

func (h *Handler) leave(s *socket, client netip.Prefix) {
	defer h.working.Done()
	s.drop()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, s)
	if h.clients[client]--; h.clients[client] == 0 {
		delete(h.clients, client)
	}
	for id := range s.topics {
		delete(h.topics[id], s)
		if len(h.topics[id]) == 0 {
			delete(h.topics, id)
		}
	}
	if len(s.topics) > 0 && len(h.topics) == 0 {
		h.followed = make(chan struct{})
	}
}

// follow notes that a socket follows a resource from a revision on.
func (h *Handler) follow(id resource.ID, s *socket, revision uint64) {
	if len(h.topics) == 0 {
		h.told = max(h.told, revision) // what went before is nobody's
		close(h.followed)
	}
	if h.topics[id] == nil {
		h.topics[id] = map[*socket]uint64{}
	}
	h.topics[id][s] = revision
	s.topics[id] = struct{}{}
}
