package updatesvia

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"domicile/rdfstore/resource"
)

// The verbs of the protocol that a server says. A socket ends with an error.
const (
	verbProtocol  = "protocol"
	verbAck       = "ack"
	verbPublished = "pub"
	verbWarning   = "warning"
	verbError     = "error"
)

// message is a line that a client is told.
type message struct{ verb, value string }

// socket is one client.
type socket struct {
	handler *Handler
	topics  map[resource.ID]struct{} // guarded by handler.mu
	drop    context.CancelFunc

	mu      sync.Mutex
	waiting []message
	wake    chan struct{} // has an element when waiting has
}

// serve speaks with a client until either side has enough; offered tells
// whether the client named protocols.
func (s *socket) serve(ctx context.Context, conn *websocket.Conn, offered bool) {
	conn.SetReadLimit(maxMessage)
	s.say(verbProtocol, Protocol)
	if conn.Subprotocol() == "" {
		if offered {
			s.say(verbError, "Client does not support protocol "+Protocol)
		} else { // as rdflib does
			s.say(verbWarning, "Missing Sec-WebSocket-Protocol header, expected value '"+Protocol+"'")
		}
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer s.drop() // ends the reading
		s.write(ctx, conn)
	}()
	if err := s.read(ctx, conn); err != nil && ctx.Err() == nil {
		s.handler.config.Logger.Error("socket ended", "error", err)
	}
	s.drop() // ends the writing
	<-written
	_ = conn.CloseNow()
}

// read does what the client says until it leaves.
func (s *socket) read(ctx context.Context, conn *websocket.Conn) error {
	for {
		kind, text, err := conn.Read(ctx)
		if err != nil {
			return nil
		}
		verb, value, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		if kind != websocket.MessageText || verb != "sub" {
			s.say(verbWarning, fmt.Sprintf("Unrecognized message type: %.20q", verb))
			continue
		}
		if err := s.subscribe(ctx, strings.TrimSpace(value)); err != nil {
			return err
		}
	}
}

// subscribe answers "ack", or a warning that is the same for a resource that is
// not to be followed, one that is not there and one that is elsewhere.
func (s *socket) subscribe(ctx context.Context, name string) error {
	h := s.handler
	id, err := h.parse(name)
	if err != nil {
		s.say(verbWarning, refusal)
		return nil
	}
	revision, allowed, err := h.config.MayFollow(ctx, id)
	if err != nil {
		return err
	}
	if !allowed {
		s.say(verbWarning, refusal)
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, already := s.topics[id]; !already {
		if len(s.topics) == maxTopics {
			s.say(verbError, fmt.Sprintf("At most %d subscriptions", maxTopics))
			return nil
		}
		h.follow(id, s, revision)
	}
	s.say(verbAck, h.config.Space.URL(id))
	return nil
}

const refusal = "Cannot subscribe to what not everybody may read, or is not here"

// parse identifies the resource that a client names, relative to the base URL.
func (h *Handler) parse(name string) (resource.ID, error) {
	resolved, err := h.base.Parse(name)
	if err != nil {
		return resource.ID{}, err
	}
	return h.config.Space.ParseIRI(resolved.String())
}

// say queues a message and does not wait: a client that let too many messages
// come together is dropped.
func (s *socket) say(verb, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == maxWaiting {
		s.drop()
		return
	}
	s.waiting = append(s.waiting, message{verb, value})
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns what is queued.
func (s *socket) take() []message {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.waiting
	s.waiting = nil
	return taken
}

// write sends what is queued, and pings, until the end of the socket.
func (s *socket) write(ctx context.Context, conn *websocket.Conn) {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			err = send(ctx, conn, s.take())
		case <-ticker.C:
			err = bounded(ctx, conn.Ping)
		}
		if err != nil {
			return
		}
	}
}

var errEnded = errors.New("an error ends the socket")

func send(ctx context.Context, conn *websocket.Conn, messages []message) error {
	for _, m := range messages {
		err := bounded(ctx, func(ctx context.Context) error {
			return conn.Write(ctx, websocket.MessageText, []byte(m.verb+" "+m.value))
		})
		if err == nil && m.verb == verbError {
			_ = conn.Close(websocket.StatusPolicyViolation, "")
			err = errEnded
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bounded calls do with the time that a client has.
func bounded(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return do(ctx)
}
