package fetch

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Message is what [Client.Post] sends.
type Message struct {
	MediaType string
	Body      []byte
	Header    http.Header // besides the media type; nil: none
}

// Receipt is how a receiver answered a message.
type Receipt struct {
	Status     int
	RetryAfter time.Duration // that the receiver asks for; 0 when it does not
}

// Accepted reports whether the receiver took the message.
func (r Receipt) Accepted() bool { return r.Status >= 200 && r.Status < 300 }

// Post sends a message to an absolute URL, its fragment aside. Whatever the
// receiver answers is a receipt: a redirect is not followed, and nothing of the
// body is read. Every error is an [*Error].
func (c *Client) Post(ctx context.Context, rawURL string, m Message) (Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	receipt, err := c.post(ctx, rawURL, m)
	return receipt, c.failure(ctx, err)
}

func (c *Client) post(ctx context.Context, rawURL string, m Message) (Receipt, error) {
	target, err := c.parseURL(rawURL)
	if err != nil {
		return Receipt{}, err
	}
	release, err := c.slots.acquire(ctx, strings.ToLower(target.Host))
	if err != nil {
		return Receipt{}, err
	}
	defer release()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(m.Body))
	if err != nil {
		return Receipt{}, &Error{Reason: ErrForbidden, Cause: err}
	}
	for name, values := range m.Header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Content-Type", m.MediaType)
	answer, err := c.transports[target.Scheme].RoundTrip(request)
	if err != nil {
		return Receipt{}, err
	}
	defer answer.Body.Close()
	return Receipt{Status: answer.StatusCode, RetryAfter: retryAfter(answer.Header.Get("Retry-After"))}, nil
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3).
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}

// Check tells whether something may be sent to a URL or fetched from it, as far
// as that can be known without connecting: the name is resolved, and one of its
// addresses has to be permitted. What it found is not remembered, addresses are
// checked again when it comes to that. Every error is an [*Error].
func (c *Client) Check(ctx context.Context, rawURL string) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	target, err := c.parseURL(rawURL)
	if err == nil {
		var port uint16
		if port, err = portOf(target); err == nil {
			_, err = c.dialers[target.Scheme].permitted(ctx, target.Hostname(), port)
		}
	}
	return c.failure(ctx, err)
}
