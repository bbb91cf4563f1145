package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"domicile/ldp"
	"domicile/ldp/notify"
	"domicile/rdfstore"
)

// TypeName is the name of the channel type.
const TypeName = "WebhookChannel2023"

// Sender is the identity that messages are sent by.
type Sender interface {
	// WebID is a URI that tells receivers how to know the sender.
	WebID() string
	// Authorize adds to a header what proves to the receiver at target that a
	// request is the sender's.
	Authorize(header http.Header, method, target string) error
}

// Client is how messages leave.
type Client interface {
	// Check tells whether messages may be sent to a URL, as far as that is known
	// without connecting.
	Check(ctx context.Context, url string) error
	// Post sends a message and bounds what that takes. The error says that there
	// was no answer.
	Post(ctx context.Context, url string, m Message) (Receipt, error)
}

// Message is what is sent.
type Message struct {
	MediaType string
	Body      []byte
	Header    http.Header // besides the media type
}

// Config is what an Outbox needs.
type Config struct {
	Store  rdfstore.Store
	Sender Sender
	Client Client
	Logger *slog.Logger // nil: slog.Default
}

// Outbox delivers the messages of all channels.
type Outbox struct {
	config  Config
	targets *targets
	metrics metrics

	mu      sync.Mutex
	running *running            // nil: not yet
	serving map[string]struct{} // channels
	unsaved map[string]unsaved  // by channel
	noted   chan struct{}       // has an element when unsaved has
}

type metrics struct{ delivered, failed, givenUp atomic.Int64 }

// Metrics are counts for operators since the start: messages that were
// delivered, tries that failed, and channels that were given up.
type Metrics struct{ Delivered, Failed, GivenUp int64 }

// Metrics returns the counts so far.
func (o *Outbox) Metrics() Metrics {
	return Metrics{o.metrics.delivered.Load(), o.metrics.failed.Load(), o.metrics.givenUp.Load()}
}

// New returns an Outbox. Its [Outbox.Type] is for the service that [Outbox.Run]
// delivers for.
func New(config Config) *Outbox {
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &Outbox{
		config: config, targets: newTargets(),
		serving: map[string]struct{}{}, unsaved: map[string]unsaved{}, noted: make(chan struct{}, 1),
	}
}

// Type is the channel type.
func (o *Outbox) Type() notify.Type {
	return notify.Type{Name: TypeName, Complete: o.complete, Opened: func(c notify.Channel) { o.serve(c.ID, progress{}) }}
}

// complete refuses who is not signed in and receivers that nothing can be sent
// to (NOT-WH-01). What exactly is wrong with a URL is not told: the answer would
// say what there is in the server's network.
func (o *Outbox) complete(ctx context.Context, q *notify.Request, c *notify.Channel) error {
	if c.Agent.IsPublic() {
		return &ldp.Error{Kind: ldp.Unauthenticated, Detail: "Webhooks are for those who are signed in."}
	}
	if q.SendTo == "" {
		return &ldp.Error{Kind: ldp.Unprocessable, Detail: "There has to be a sendTo, the URL that messages are sent to."}
	}
	if err := o.config.Client.Check(ctx, q.SendTo); err != nil {
		return &ldp.Error{Kind: ldp.Unprocessable, Err: err,
			Detail: "Nothing can be sent to the URL that sendTo names. It has to be an https URL of a public address, and not of this server."}
	}
	c.SendTo, c.Sender = q.SendTo, o.config.Sender.WebID()
	return nil
}
