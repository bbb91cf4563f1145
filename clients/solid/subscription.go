package solid

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"domicile/rdfstore/rdf"
)

const (
	notifyNamespace = "http://www.w3.org/ns/solid/notifications#"
	webSocketType   = notifyNamespace + "WebSocketChannel2023"

	// maxNotification bounds a message, in bytes.
	maxNotification = 1 << 20
	// ahead is how many notifications are read before the loop takes them.
	ahead = 64
	// remembered is how many identifiers are kept to drop what is told twice.
	remembered = 1024

	pingEvery = 30 * time.Second
	pingTime  = 20 * time.Second
	// firstPause and longestPause are between attempts to connect again.
	firstPause   = 100 * time.Millisecond
	longestPause = time.Minute
	// partingTime is how long the end of a loop waits for the server.
	partingTime = 5 * time.Second
)

// Subscribe yields what happens to a resource or, when it is a container, also
// what is added to it and removed from it (WebSocketChannel2023).
//
// The first is a [Resync], which says that the subscription stands: what happens
// after that is told, so read the topic then. When the connection breaks, Subscribe
// makes it anew for as long as ctx is not done; servers that can (Domicile does)
// then tell what happened meanwhile, for others it says Resync. To go on after a
// restart of the program, pass the ID of the last notification that it has
// dealt with; otherwise after is "".
//
// An error is the last: of ctx, or a refusal, which is [ErrForbidden] or
// [ErrUnauthorized] when the agent may no longer read the topic. Leaving the loop
// ends the subscription. Each call is one subscription per loop over it.
func (c *Client) Subscribe(ctx context.Context, topic, after string) iter.Seq2[Notification, error] {
	return func(yield func(Notification, error) bool) {
		s := &subscription{client: c, topic: topic, last: after, seen: map[string]bool{}}
		defer s.unsubscribe(ctx)
		if err := s.run(ctx, yield); err != nil {
			yield(Notification{}, err)
		}
	}
}

// subscription is one loop over notifications.
type subscription struct {
	client  *Client
	topic   string
	service string // URL of the subscription service
	channel channel
	last    string // identifier of the last notification that came
	seen    map[string]bool
	order   []string // the keys of seen, oldest first
}

// channel is what the server made of a subscription.
type channel struct {
	ID          string `json:"id"`
	ReceiveFrom string `json:"receiveFrom"`
}

// run returns nil when the loop has been left.
func (s *subscription) run(ctx context.Context, yield func(Notification, error) bool) error {
	pause := firstPause
	for connected := false; ; {
		connection, err := s.connect(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && (!connected || isFinal(err)):
			return err
		case err == nil:
			connected = true
			since := time.Now()
			if left := s.receive(ctx, connection, yield); left {
				return nil
			}
			if time.Since(since) > longestPause {
				pause = firstPause // it is not one that breaks each time
			}
		}
		select {
		case <-time.After(pause/2 + rand.N(pause/2)): // not all clients at once
			pause = min(2*pause, longestPause)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isFinal reports whether trying again would not help.
func isFinal(err error) bool {
	var refused *StatusError
	return errors.As(err, &refused) && refused.Status < 500 && refused.Status != http.StatusTooManyRequests && refused.Status != http.StatusRequestTimeout
}

// connect opens the channel's connection, and first the channel if there is none
// or the server does not know it any more.
func (s *subscription) connect(ctx context.Context) (*websocket.Conn, error) {
	if s.channel.ReceiveFrom != "" {
		connection, err := s.dial(ctx)
		if err == nil || !isFinal(err) {
			return connection, err
		}
	}
	if err := s.subscribe(ctx); err != nil {
		return nil, err
	}
	return s.dial(ctx)
}

func (s *subscription) dial(ctx context.Context) (*websocket.Conn, error) {
	address, err := url.Parse(s.channel.ReceiveFrom)
	if err != nil {
		return nil, err
	}
	if s.resumes() {
		query := address.Query()
		query.Set("after", s.last)
		address.RawQuery = query.Encode()
	}
	connection, response, err := websocket.Dial(ctx, address.String(), &websocket.DialOptions{HTTPClient: s.client.http})
	if err != nil && response != nil {
		return nil, fmt.Errorf("notifications of %s: %w", s.topic, &StatusError{Status: response.StatusCode, Header: response.Header})
	}
	if err != nil {
		return nil, fmt.Errorf("notifications of %s: %w", s.topic, err)
	}
	connection.SetReadLimit(maxNotification)
	return connection, nil
}

// resumes reports whether the server can tell what happened after the last
// notification. Those that can have its position in the identifier, a UUID of
// version 8; others' identifiers are random or made of something else.
func (s *subscription) resumes() bool {
	uuid, ok := strings.CutPrefix(s.last, "urn:uuid:")
	return ok && len(uuid) == 36 && uuid[14] == '8'
}

// subscribe asks the subscription service of the topic's storage for a channel.
func (s *subscription) subscribe(ctx context.Context) error {
	if s.service == "" {
		service, err := s.client.subscriptionService(ctx, s.topic)
		if err != nil {
			return err
		}
		s.service = service
	}
	body, err := json.Marshal(map[string]any{
		"@context": []string{"https://www.w3.org/ns/solid/notification/v1"},
		"type":     webSocketType, "topic": s.topic,
	})
	if err != nil {
		return err
	}
	response, err := s.client.send(ctx, http.MethodPost, s.service, "application/ld+json", bytes.NewReader(body), []Option{WithHeader("Accept", "application/ld+json")})
	if err != nil {
		return err
	}
	s.channel = channel{}
	if err := readJSON(response, &s.channel); err != nil {
		return err
	}
	if s.channel.ReceiveFrom == "" {
		return fmt.Errorf("%s: the channel has no receiveFrom", s.service)
	}
	return nil
}

// subscriptionService finds the service for WebSockets in the description of a
// resource's storage.
func (c *Client) subscriptionService(ctx context.Context, topic string) (string, error) {
	info, err := c.Head(ctx, topic)
	refused := (*StatusError)(nil)
	if errors.As(err, &refused) {
		info = Info{URL: topic, Header: refused.Header} // what is not there yet is in a storage all the same
	}
	address := info.Link(RelStorageDescription)
	switch {
	case address == "" && err != nil:
		return "", err
	case address == "":
		return "", fmt.Errorf("%s: the server links no description of the storage", topic)
	}
	description, err := c.Read(ctx, address)
	if err != nil {
		return "", err
	}
	for about := range description.Match(rdf.Term{}, rdf.IRI(notifyNamespace+"subscription"), rdf.Term{}) {
		types := slices.Collect(description.Objects(about.O, rdf.IRI(notifyNamespace+"channelType")))
		if slices.Contains(types, rdf.IRI(webSocketType)) {
			return about.O.Value(), nil
		}
	}
	return "", fmt.Errorf("%s: the server has no subscriptions by WebSocket", topic)
}

// receive yields what comes over a connection until it breaks, or until the loop
// is left.
func (s *subscription) receive(ctx context.Context, connection *websocket.Conn, yield func(Notification, error) bool) (left bool) {
	if !s.resumes() && !yield(Notification{Activity: Resync, Object: s.topic}, nil) {
		connection.CloseNow()
		return true
	}
	ctx, cancel := context.WithCancel(ctx)
	messages := make(chan Notification, ahead)
	ended := make(chan struct{})
	go func() {
		defer close(messages)
		readNotifications(ctx, connection, messages)
	}()
	go func() {
		defer close(ended)
		keepAlive(ctx, connection)
	}()
	defer func() {
		cancel()
		connection.CloseNow()
		for range messages { // until the reader has ended
		}
		<-ended
	}()
	for n := range messages {
		if n.ID != "" {
			s.last = n.ID
		}
		if !s.isNew(n.ID) {
			continue
		}
		if !yield(n, nil) {
			return true
		}
	}
	return false
}

// readNotifications reads until the connection breaks. It reads ahead a little,
// so that pings are answered while the loop is busy; a loop that is busy for
// long loses the connection, and goes on with the next.
func readNotifications(ctx context.Context, connection *websocket.Conn, to chan<- Notification) {
	for {
		_, text, err := connection.Read(ctx)
		if err != nil {
			return
		}
		n, err := parseNotification(text)
		if err != nil {
			continue // something else than a change
		}
		select {
		case to <- n:
		case <-ctx.Done():
			return
		}
	}
}

// keepAlive finds out that the other end is gone.
func keepAlive(ctx context.Context, connection *websocket.Conn) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		pingCtx, cancel := context.WithTimeout(ctx, pingTime)
		err := connection.Ping(pingCtx)
		cancel()
		if err != nil {
			connection.CloseNow()
			return
		}
	}
}

// isNew reports whether a notification has not been told before.
func (s *subscription) isNew(id string) bool {
	if id == "" {
		return true
	}
	if s.seen[id] {
		return false
	}
	s.seen[id] = true
	if s.order = append(s.order, id); len(s.order) > remembered {
		delete(s.seen, s.order[0])
		s.order = s.order[1:]
	}
	return true
}

// unsubscribe deletes the channel. The server forgets it some day anyway.
func (s *subscription) unsubscribe(ctx context.Context) {
	if s.channel.ID == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partingTime)
	defer cancel()
	_ = s.client.Delete(ctx, s.channel.ID)
}
