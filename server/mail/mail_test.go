package mail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// flaky fails a number of times, then keeps what it gets.
type flaky struct {
	mu       sync.Mutex
	failures int
	got      []Letter
}

func (f *flaky) Send(_ context.Context, l Letter) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failures > 0 {
		f.failures--
		return errors.New("busy")
	}
	f.got = append(f.got, l)
	return nil
}

func TestQueue(t *testing.T) {
	var logs bytes.Buffer
	sender := &flaky{failures: tries - 1}
	q := newQueue(sender, slog.New(slog.NewTextHandler(&logs, nil)), time.Microsecond)
	q.Post(Letter{To: "anna@example.org", Subject: "first"})
	q.Post(Letter{To: "anna@example.org", Subject: "second"})
	q.Close(t.Context())
	if len(sender.got) != 2 {
		t.Errorf("sent %v; log %s", sender.got, &logs)
	}

	sender = &flaky{failures: tries}
	q = newQueue(sender, slog.New(slog.NewTextHandler(&logs, nil)), time.Microsecond)
	q.Post(Letter{To: "anna@example.org", Subject: "lost"})
	q.Close(t.Context())
	if text := logs.String(); len(sender.got) != 0 || !strings.Contains(text, "could not be sent") || strings.Contains(text, "anna") {
		t.Errorf("sent %v; log %s", sender.got, text)
	}
}

// refusing fails for one person, for the time being or for good.
type refusing struct {
	person string
	err    error
	tried  int
	flaky
}

func (r *refusing) Send(ctx context.Context, l Letter) error {
	if l.To == r.person {
		r.tried++
		return r.err
	}
	return r.flaky.Send(ctx, l)
}

// One address that nobody can write to does not keep letters from others.
func TestQueueGoesOn(t *testing.T) {
	for _, c := range []struct {
		err   error
		tried int
	}{{errors.New("busy"), tries}, {errRefused, 1}} {
		sender := &refusing{person: "nobody@example.org", err: c.err}
		q := newQueue(sender, slog.New(slog.DiscardHandler), 10*time.Millisecond)
		for _, to := range []string{"nobody@example.org", "anna@example.org", "bert@example.org"} {
			q.Post(Letter{To: to})
		}
		q.Close(t.Context())
		if sender.tried != c.tried || len(sender.got) != 2 || sender.got[0].To != "anna@example.org" {
			t.Errorf("%v: tried %d times, sent %v", c.err, sender.tried, sender.got)
		}
	}
	sender := &refusing{person: "nobody@example.org", err: errors.New("busy")}
	q := newQueue(sender, slog.New(slog.DiscardHandler), time.Hour)
	q.Post(Letter{To: "nobody@example.org"})
	q.Post(Letter{To: "anna@example.org"})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	q.Close(ctx)
	if len(sender.got) != 1 {
		t.Errorf("while one waits, sent %v", sender.got)
	}
}

func TestCloseDoesNotWaitForever(t *testing.T) {
	q := newQueue(&flaky{failures: tries}, slog.New(slog.DiscardHandler), time.Hour)
	q.Post(Letter{To: "anna@example.org"})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	q.Close(ctx)
}

func TestTerminal(t *testing.T) {
	var out bytes.Buffer
	if err := NewTerminal(&out).Send(t.Context(), Letter{"anna@example.org", "Hello", "https://id.example/x"}); err != nil {
		t.Fatal(err)
	}
	if want := "\nA letter to anna@example.org: Hello\n\nhttps://id.example/x\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}

func TestNewSMTPRefuses(t *testing.T) {
	for _, c := range [][2]string{
		{"http://mail.example", "a@example.org"}, {"smtp://", "a@example.org"}, {"mail.example:25", "a@example.org"}, {"smtp://mail.example", "nobody"},
	} {
		if _, err := NewSMTP(c[0], c[1]); err == nil {
			t.Errorf("%v is taken", c)
		}
	}
	if _, err := NewSMTP("smtp://user:s3cret@", "a@example.org"); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %v", err)
	}
}

// TestSMTP talks to a small SMTP server (RFC 5321) on loopback.
func TestSMTP(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	received := make(chan string, 1)
	go serveOnce(listener, received)
	sender, err := NewSMTP("smtp://"+listener.Addr().String(), "Domicile <noreply@city.example>")
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), Letter{"anna@example.org", "Één brief", "https://id.example/reset?rid=x"}); err != nil {
		t.Fatal(err)
	}
	text := <-received
	for _, part := range []string{"RCPT TO:<anna@example.org>", "MAIL FROM:<noreply@city.example>", "Auto-Submitted: auto-generated", "https://id.example/reset?rid=3Dx", "Subject: =?UTF-8?"} {
		if !strings.Contains(text, part) {
			t.Errorf("the letter lacks %q:\n%s", part, text)
		}
	}
}

// What a server says of a recipient stays out of the error, which is logged.
func TestSMTPRefusal(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go serveOnce(listener, make(chan string, 1))
	sender, err := NewSMTP("smtp://"+listener.Addr().String(), "noreply@city.example")
	if err != nil {
		t.Fatal(err)
	}
	err = sender.Send(t.Context(), Letter{"nobody@example.org", "Hello", "text"})
	if !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "550") || strings.Contains(err.Error(), "nobody") {
		t.Errorf("error %v", err)
	}
	if err := sender.Send(t.Context(), Letter{"no address", "Hello", "text"}); !errors.Is(err, errRefused) || strings.Contains(err.Error(), "no address") {
		t.Errorf("error %v", err)
	}
}

// serveOnce takes one letter and hands over all that it was told.
func serveOnce(listener net.Listener, received chan<- string) {
	var heard strings.Builder
	defer func() { received <- heard.String() }()
	connection, err := listener.Accept()
	if err != nil {
		return
	}
	defer connection.Close()
	lines := bufio.NewScanner(connection)
	fmt.Fprint(connection, "220 test\r\n")
	inLetter := false
	for lines.Scan() {
		line := lines.Text()
		heard.WriteString(line + "\n")
		switch {
		case inLetter && line != ".":
		case inLetter:
			inLetter = false
			fmt.Fprint(connection, "250 ok\r\n")
		case strings.HasPrefix(line, "EHLO"):
			fmt.Fprint(connection, "250 test\r\n")
		case strings.Contains(line, "nobody@"):
			fmt.Fprint(connection, "550 5.1.1 <nobody@example.org> is unknown\r\n")
		case line == "DATA":
			inLetter = true
			fmt.Fprint(connection, "354 go on\r\n")
		case line == "QUIT":
			fmt.Fprint(connection, "221 bye\r\n")
			return
		default:
			fmt.Fprint(connection, "250 ok\r\n")
		}
	}
}
