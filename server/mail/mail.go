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
	"slices"
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
	if err := message.From(s.from); err != nil {
		return err
	}
	if err := message.To(l.To); err != nil {
		return fmt.Errorf("%w: its address is none", errRefused)
	}
	message.Subject(l.Subject)
	message.SetDate()
	message.SetMessageID()
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	message.SetBodyString(gomail.TypeTextPlain, l.Text)
	return withoutNames(s.client.DialAndSendWithContext(ctx, message))
}

// errRefused: sending the letter again is of no use.
var errRefused = errors.New("refused")

// withoutNames keeps of an error what the log may hold: at which step the mail
// server answered with which code, but not its words, which name the recipient.
func withoutNames(err error) error {
	var answered *gomail.SendError
	if !errors.As(err, &answered) {
		return err
	}
	plain := fmt.Errorf("%s: the mail server answered %d %s", answered.Reason, answered.ErrorCode(), answered.EnhancedStatusCode())
	if answered.ErrorCode() >= 500 {
		return fmt.Errorf("%w: %w", errRefused, plain)
	}
	return plain
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

// Queue sends letters in the background, in order. One that cannot be sent is tried
// again later and holds no other up.
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

// delayed is a letter that waits for its next try.
type delayed struct {
	Letter
	tries int
	due   time.Time
}

func (q *Queue) run(ctx context.Context) {
	var later []delayed
	for letters := q.letters; letters != nil || len(later) > 0; {
		next := first(later)
		var due <-chan time.Time
		if next >= 0 {
			due = time.After(time.Until(later[next].due))
		}
		var now delayed
		select {
		case l, open := <-letters:
			if !open {
				letters = nil
				continue
			}
			now.Letter = l
		case <-due:
			now = later[next]
			later = slices.Delete(later, next, next+1)
		case <-ctx.Done():
			q.logger.Error("letters were not sent before the end", "count", len(later)+len(letters))
			return
		}
		err := q.send(ctx, now.Letter)
		if err == nil {
			continue
		}
		now.tries++
		if now.tries == tries || errors.Is(err, errRefused) || len(later) == queued {
			q.logger.Error("a letter could not be sent", "error", err)
			continue
		}
		now.due = time.Now().Add(q.pause << (2 * (now.tries - 1)))
		later = append(later, now)
	}
}

// first returns which letter is due first, -1 for none.
func first(later []delayed) int {
	found := -1
	for i, l := range later {
		if found < 0 || l.due.Before(later[found].due) {
			found = i
		}
	}
	return found
}

func (q *Queue) send(ctx context.Context, l Letter) error {
	attempt, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	return q.sender.Send(attempt, l)
}
