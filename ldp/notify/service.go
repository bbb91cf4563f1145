package notify

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// Prefix is the path that everything here is below, on the base URL.
const Prefix = "/.notifications/"

const (
	channelPath = "channels/"
	acceptPost  = codec.JSONLD + ", " + codec.Turtle
)

// features are what every type has (NOT-FEAT-01 to -05).
var features = []string{"startAt", "endAt", "rate", "accept", "state"}

// Type is a channel type.
type Type struct {
	Name     string   // as a term of the notifications namespace
	Features []string // likewise; nil: all
	// Complete refuses a request for what the type says beyond topic and
	// features, and completes the channel. Nil: there is nothing to say.
	Complete func(ctx context.Context, q *Request, c *Channel) error
	// Opened is told of each new channel, once it is kept. Nil: nobody.
	Opened func(c Channel)
	// Receive serves who listens to a channel, from a stream that it closes
	// unless it fails. Nil for types that the server sends by itself.
	Receive func(w http.ResponseWriter, r *http.Request, s *Service, st *Stream) error
	// WebSocket: what is received from is a ws: or wss: URL.
	WebSocket bool
}

const webSocketType = "WebSocketChannel2023"

// withOwn returns the types of the package and more.
func withOwn(more []Type) []Type {
	all := append([]Type{
		{Name: webSocketType, Receive: receiveByWebSocket, WebSocket: true},
		{Name: "EventSourceChannel2023", Receive: receiveByEventSource},
		{Name: "StreamingHTTPChannel2023", Receive: receiveByHTTP},
	}, more...)
	for i := range all {
		if all[i].Features == nil {
			all[i].Features = features
		}
	}
	return all
}

// Services lists the subscription services for the descriptions of storages
// (NOT-DISC-02).
func Services(space *resource.Space, more ...Type) []ldp.SubscriptionService {
	var services []ldp.SubscriptionService
	for _, t := range withOwn(more) {
		services = append(services, t.service(space))
	}
	return services
}

func (t *Type) service(space *resource.Space) ldp.SubscriptionService {
	return ldp.SubscriptionService{URL: serviceURL(space, t.Name), ChannelType: t.Name, Features: t.Features}
}

func serviceURL(space *resource.Space, name string) string {
	return strings.TrimSuffix(space.BaseURL(), "/") + Prefix + name + "/"
}

func (s *Service) channelURL(id string) string { return serviceURL(s.space, "channels") + id }

// receiveURL is the capability URL of a channel.
func (s *Service) receiveURL(t *Type, secret string) string {
	url := serviceURL(s.space, t.Name) + secret
	if t.WebSocket {
		return "ws" + strings.TrimPrefix(url, "http")
	}
	return url
}

// Handler serves what is below [Prefix]:
//
//	TYPE/          the subscription service of a type
//	TYPE/SECRET    where messages of a channel are received from
//	channels/ID    a channel
//	gateway        how older clients find the first of these
func (s *Service) Handler() http.Handler { return s.resources.Endpoint(s.serve) }

// IsStream reports whether a request is for a connection that lasts.
func (s *Service) IsStream(r *http.Request) bool {
	t, rest := s.route(r)
	return t != nil && rest != "" && r.Method == http.MethodGet
}

// route finds the type that a request is about and what follows in its path.
func (s *Service) route(r *http.Request) (*Type, string) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), Prefix), "/")
	i := slices.IndexFunc(s.types, func(t Type) bool { return t.Name == name })
	if !ok || i < 0 || strings.Contains(rest, "/") {
		return nil, ""
	}
	return &s.types[i], rest
}

var errNotFound = &ldp.Error{Kind: ldp.NotFound, Detail: "There is no such channel, or not any more."}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) error {
	t, rest := s.route(r)
	id, isChannel := strings.CutPrefix(r.URL.EscapedPath(), Prefix+channelPath)
	switch {
	case isChannel:
		return s.serveChannel(w, r, id)
	case r.URL.EscapedPath() == Prefix+gatewayName:
		return s.serveGateway(w, r)
	case r.URL.EscapedPath() == WellKnown:
		return s.serveWellKnown(w, r)
	case t == nil:
		return &ldp.Error{Kind: ldp.NotFound}
	case rest == "":
		return s.serveType(w, r, t)
	}
	return s.receive(w, r, t, rest)
}

// allow answers OPTIONS and refuses what is not among the methods.
func allow(w http.ResponseWriter, r *http.Request, methods ...string) (answered bool, err error) {
	methods = append(methods, http.MethodOptions)
	list := strings.Join(methods, ", ")
	w.Header().Set("Allow", list)
	if !slices.Contains(methods, r.Method) {
		return true, &ldp.Error{Kind: ldp.MethodNotAllowed}
	}
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return true, nil
	}
	return false, nil
}

// serveType describes the subscription service of a type (NOT-DISC-04) or
// subscribes (NOT-SUB-01).
func (s *Service) serveType(w http.ResponseWriter, r *http.Request, t *Type) error {
	w.Header().Set("Accept-Post", acceptPost)
	if answered, err := allow(w, r, http.MethodGet, http.MethodHead, http.MethodPost); answered {
		return err
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Cache-Control", "max-age=300")
		return send(w, r, t.service(s.space).Document())
	}
	if _, err := answerType(r); err != nil {
		return err
	}
	agent, err := s.resources.Agent(r)
	if err != nil {
		return err
	}
	q, err := readRequest(w, r, s.space, t, serviceURL(s.space, t.Name))
	if err != nil {
		return err
	}
	c, receiveFrom, err := s.subscribe(r, t, q, agent)
	if err != nil {
		return err
	}
	return send(w, r, s.describe(c, receiveFrom))
}

// subscribe makes a channel and its capability URL, if the type has one.
func (s *Service) subscribe(r *http.Request, t *Type, q *Request, agent wac.Agent) (c Channel, receiveFrom string, err error) {
	ctx, now := r.Context(), s.clock().UTC()
	secret, id := newSecret()
	c = Channel{
		ID: id, Type: t.Name, Spelled: q.spelled,
		Storage: q.Topic.Storage(), Path: q.Topic.Path(), Description: q.Topic.Aux() == resource.Description,
		StartAt: q.startAt, EndAt: q.endAt, Rate: q.rate, Accept: q.accept, State: q.state,
		Created: now, Expires: now.Add(maxLifetime),
	}
	if !c.EndAt.IsZero() {
		if !now.Before(c.EndAt) {
			return c, "", unprocessable("endAt is over.")
		}
		if c.EndAt.After(c.Expires) {
			c.EndAt = c.Expires // as granted (NOT-SUB-08)
		}
		c.Expires = c.EndAt
	}
	if c.Format, err = formatFor(q.accept, q.context); err != nil {
		return c, "", err
	}
	c.Agent, err = s.resources.AuthorizeRead(r, agent, q.Topic)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return c, "", unprocessable("The topic is no resource in a storage of this server.")
	}
	if err != nil {
		return c, "", err
	}
	if t.Complete != nil {
		if err := t.Complete(ctx, q, &c); err != nil {
			return c, "", err
		}
	}
	if err := s.create(ctx, &c); err != nil {
		return c, "", err
	}
	if t.Opened != nil {
		t.Opened(c)
	}
	if t.Receive != nil {
		receiveFrom = s.receiveURL(t, secret)
	}
	return c, receiveFrom, nil
}

// formatFor chooses what messages are written in (NOT-FEAT-05).
func formatFor(accept, context string) (Format, error) {
	offers := append([]string{codec.JSONLD}, slices.DeleteFunc(codec.Writable(), func(t string) bool { return t == codec.JSONLD })...)
	var fields []string
	if accept != "" {
		fields = []string{accept}
	}
	chosen, ok := ldp.Negotiate(fields, offers...)
	if !ok {
		return Format{}, unprocessable("accept: messages come as %s.", strings.Join(offers, ", "))
	}
	return Format{MediaType: chosen, Context: context}, nil
}

// serveChannel describes or ends a channel, for whoever made it (NOT-SUB-07).
// The identifier of a channel of the public is known to its maker only.
func (s *Service) serveChannel(w http.ResponseWriter, r *http.Request, id string) error {
	if answered, err := allow(w, r, http.MethodGet, http.MethodHead, http.MethodDelete); answered {
		return err
	}
	agent, err := s.resources.Agent(r)
	if err != nil {
		return err
	}
	c, err := s.Channel(r.Context(), id)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return s.endingOf(r.Context(), id, agent.WebID)
	}
	if err == nil && c.Agent.WebID != agent.WebID {
		return errNotFound
	}
	if err != nil {
		return err
	}
	if r.Method == http.MethodDelete {
		return s.unsubscribe(w, r, id)
	}
	return send(w, r, s.describe(c, ""))
}

func (s *Service) unsubscribe(w http.ResponseWriter, r *http.Request, id string) error {
	if err := s.Remove(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// receive serves a capability URL: whoever has it may listen, and end the
// channel.
func (s *Service) receive(w http.ResponseWriter, r *http.Request, t *Type, secret string) error {
	if t.Receive == nil {
		return errNotFound
	}
	if answered, err := allow(w, r, http.MethodGet, http.MethodDelete); answered {
		return err
	}
	c, err := s.Channel(r.Context(), idOf(secret))
	if errors.Is(err, rdfstore.ErrNotFound) || err == nil && c.Type != t.Name {
		return errNotFound
	}
	if err != nil {
		return err
	}
	if r.Method == http.MethodDelete {
		return s.unsubscribe(w, r, c.ID)
	}
	st, err := s.connect(r, c)
	if err != nil {
		return err
	}
	return t.Receive(w, r, s, st)
}

// connect opens the stream of a channel that is received from. A channel begins
// where it was subscribed, so that nothing is lost until it is received from for
// the first time; later without a position it begins now.
func (s *Service) connect(r *http.Request, c Channel) (*Stream, error) {
	ctx := r.Context()
	after := r.Header.Get("Last-Event-ID")
	if after == "" {
		after = r.URL.Query().Get("after")
	}
	if c.Received {
		err := s.store.View(ctx, func(reader rdfstore.Reader) (err error) {
			c.Since, err = reader.Revision()
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	st, err := s.Open(ctx, c, after)
	switch {
	case errors.Is(err, ErrRevoked):
		if err := s.Remove(ctx, c.ID); err != nil {
			return nil, err
		}
		return nil, errNotFound
	case errors.Is(err, ErrEnded):
		return nil, errNotFound
	case errors.Is(err, errNoPosition):
		return nil, &ldp.Error{Kind: ldp.Invalid, Detail: "after, or Last-Event-ID, is the id of a message."}
	case err != nil:
		return nil, err
	}
	if !c.Received {
		err = s.store.Update(ctx, func(tx rdfstore.Tx) error {
			stored, err := channels.Get(tx, c.ID)
			if err != nil {
				return err
			}
			stored.Received = true
			return channels.Set(tx, c.ID, stored, stored.Expires)
		})
		if err != nil {
			st.Close()
			return nil, err
		}
	}
	return st, nil
}

// errNoPosition: what a stream is to begin behind is no message identifier.
var errNoPosition = errors.New("no identifier of a message")

// channelDocument is a channel as its subscriber sees it (NOT-SUB-06).
type channelDocument struct {
	Context     string `json:"@context"`
	ID          string `json:"id"`
	Type        string `json:"type"`
	Topic       string `json:"topic"`
	ReceiveFrom string `json:"receiveFrom,omitempty"`
	SendTo      string `json:"sendTo,omitempty"`
	Sender      string `json:"sender,omitempty"`
	StartAt     string `json:"startAt,omitempty"`
	EndAt       string `json:"endAt,omitempty"`
	Rate        string `json:"rate,omitempty"`
	Accept      string `json:"accept,omitempty"`
	State       string `json:"state,omitempty"`
}

func (s *Service) describe(c Channel, receiveFrom string) channelDocument {
	d := channelDocument{
		Context: c.Format.Context, ID: s.channelURL(c.ID), Type: c.Spelled, Topic: s.space.URL(c.topic()),
		ReceiveFrom: receiveFrom, SendTo: c.SendTo, Sender: c.Sender,
		EndAt: c.Expires.Format(time.RFC3339), Accept: c.Accept, State: c.State,
	}
	if !c.StartAt.IsZero() {
		d.StartAt = c.StartAt.Format(time.RFC3339)
	}
	if c.Rate > 0 {
		d.Rate = formatDuration(c.Rate)
	}
	return d
}

// answerType chooses the media type of an answer.
func answerType(r *http.Request) (string, error) {
	fields := r.Header.Values("Accept")
	for element := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		if _, parameters, err := mime.ParseMediaType(element); err == nil && !knownProfile(parameters["profile"]) {
			return "", &ldp.Error{Kind: ldp.UnsupportedMediaType, Detail: "The profile is not one that the server knows."}
		}
	}
	chosen, ok := ldp.Negotiate(fields, codec.JSONLD, codec.Turtle)
	if !ok {
		return "", &ldp.Error{Kind: ldp.NotAcceptable, Detail: "Available: " + acceptPost + "."}
	}
	return chosen, nil
}

// send answers with a JSON-LD document, or the same in Turtle.
func send(w http.ResponseWriter, r *http.Request, document any) error {
	mediaType, err := answerType(r)
	if err != nil {
		return err
	}
	text, err := marshal(document, mediaType)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", mediaType)
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store")
	}
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // fails when the client is gone
	}
	return nil
}
