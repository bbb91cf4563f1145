// Package mail sends the server's letters to people: through an SMTP server,
// or, on a developer's machine, to the terminal.
//
// Sending never keeps a request waiting and its time tells nothing: [Queue]
// takes a letter at once and sends it in the background, a few times over when
// the other side is busy. What is still queued when the process is killed is
// lost; people can ask again.
package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Letter is a message to one person.
type Letter struct{ To, Subject, Text string }

// Sender sends a letter or says why not.
type Sender interface {
	Send(ctx context.Context, l Letter) error
}

// SMTP sends through a server. Passwords are only sent over TLS.
type SMTP struct {
	client *gomail.Client
	from   string
}

// NewSMTP returns a sender for a URL: smtp://USER:PASSWORD@HOST:PORT with
// STARTTLS, which only a loopback host may do without, or smtps:// with TLS
// from the beginning. from is the address that letters come from.
func NewSMTP(raw, from string) (*SMTP, error) {
	server, err := url.Parse(raw)
	if err != nil || server.Hostname() == "" || server.Scheme != "smtp" && server.Scheme != "smtps" {
		return nil, errors.New("want smtp:// or smtps:// with a host") // not the URL: it may hold a password
	}
	if err := gomail.NewMsg().From(from); err != nil {
		return nil, fmt.Errorf("the sender's address: %w", err)
	}
	policy := gomail.TLSMandatory
	if host := server.Hostname(); host == "localhost" || host == "127.0.0.1" || host == "::1" {
		policy = gomail.TLSOpportunistic
	}
	options := []gomail.Option{gomail.WithTimeout(15 * time.Second), gomail.WithTLSPolicy(policy)}
	if server.Scheme == "smtps" {
		options = append(options, gomail.WithSSL())
	}
	if text := server.Port(); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("port %q", text)
		}
		options = append(options, gomail.WithPort(port))
	}
	if user := server.User; user != nil {
		password, _ := user.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(user.Username()), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(server.Hostname(), options...)
	if err != nil {
		return nil, err
	}
	return &SMTP{client, from}, nil
}

// Send implements [Sender].
func (s *SMTP) Send(ctx context.Context, l Letter) error {
	message := gomail.NewMsg()
	if err := errors.Join(message.From(s.from), message.To(l.To)); err != nil {
		return err
	}
	message.Subject(l.Subject)
	message.SetDate()
	message.SetMessageID()
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	message.SetBodyString(gomail.TypeTextPlain, l.Text)
	return s.client.DialAndSendWithContext(ctx, message)
}

// Terminal writes letters out for a developer who has no mail server.
type Terminal struct {
	mu  sync.Mutex
	out io.Writer
}

// NewTerminal returns a sender that writes to out.
func NewTerminal(out io.Writer) *Terminal { return &Terminal{out: out} }

// Send implements [Sender].
func (t *Terminal) Send(_ context.Context, l Letter) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := fmt.Fprintf(t.out, "\nA letter to %s: %s\n\n%s\n", l.To, l.Subject, l.Text)
	return err
}

const (
	queued  = 1000
	tries   = 4
	patient = 30 * time.Second // for one try
)

// Queue sends letters in the background, in order.
type Queue struct {
	sender  Sender
	logger  *slog.Logger
	pause   time.Duration // before the second try; each later one is four times as long
	letters chan Letter
	stop    context.CancelFunc
	done    chan struct{}
}

// NewQueue starts a queue; [Queue.Close] ends it.
func NewQueue(sender Sender, logger *slog.Logger) *Queue {
	return newQueue(sender, logger, 5*time.Second)
}

func newQueue(sender Sender, logger *slog.Logger, pause time.Duration) *Queue {
	ctx, stop := context.WithCancel(context.Background())
	q := &Queue{sender: sender, logger: logger, pause: pause, letters: make(chan Letter, queued), stop: stop, done: make(chan struct{})}
	go func() { defer close(q.done); q.run(ctx) }()
	return q
}

// Post takes a letter. When too many wait, or the queue is closed, it is
// dropped and logged.
func (q *Queue) Post(l Letter) {
	select {
	case q.letters <- l:
	default:
		q.logger.Error("a letter was dropped: too many are waiting")
	}
}

// Close sends what is waiting, within ctx, and ends the queue.
func (q *Queue) Close(ctx context.Context) {
	close(q.letters)
	select {
	case <-q.done:
	case <-ctx.Done():
		q.stop()
		<-q.done
	}
	q.stop()
}

func (q *Queue) run(ctx context.Context) {
	for l := range q.letters {
		if err := q.send(ctx, l); err != nil {
			q.logger.Error("a letter could not be sent", "error", err)
		}
	}
}

func (q *Queue) send(ctx context.Context, l Letter) (err error) {
	for try, pause := 1, q.pause; ; try, pause = try+1, 4*pause {
		attempt, cancel := context.WithTimeout(ctx, patient)
		err = q.sender.Send(attempt, l)
		cancel()
		if err == nil || try == tries || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}
