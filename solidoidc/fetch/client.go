package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// Timeout bounds a fetch with all its redirects.
	Timeout = 5 * time.Second
	// MaxRedirects is the most that [Options] can ask for.
	MaxRedirects = 3
	// DefaultMaxBytes is the size limit of a body when [Options] names none.
	DefaultMaxBytes = 1 << 20

	userAgent      = "Domicile"
	maxURLLength   = 4096
	maxHeaderBytes = 32 << 10
)

// Config says where a client may go.
type Config struct {
	// Allow opens what is closed by default: "HOST", "HOST:PORT", an address,
	// "ADDRESS:PORT" or a CIDR (--allow-fetch).
	Allow []string
	// Own tells which URLs are this server's own. They are never fetched over
	// HTTP, redirects to them included (OIDC-RS-09). The host is in lower case
	// and without a final dot. Nil: none.
	Own func(*url.URL) bool
	// Resolver is the system's when nil.
	Resolver Resolver
	// RootCAs are the system's when nil.
	RootCAs *x509.CertPool
	// Logger gets the causes of failures at debug level; nil: nobody does.
	Logger *slog.Logger
}

// Client fetches documents and sends messages. It is safe for concurrent use.
type Client struct {
	policy     policy
	dialers    map[string]dialer          // by scheme
	transports map[string]*http.Transport // by scheme
	slots      *slots
	timeout    time.Duration
	logger     *slog.Logger
}

// New returns a client. The error says which entry of Allow is wrong.
func New(config Config) (*Client, error) {
	policy, err := newPolicy(config.Allow, config.Own)
	if err != nil {
		return nil, err
	}
	c := &Client{policy: policy, dialers: map[string]dialer{}, transports: map[string]*http.Transport{}, slots: newSlots(), timeout: Timeout, logger: config.Logger}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	resolver := config.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	for _, scheme := range []string{"http", "https"} {
		c.dialers[scheme] = dialer{policy, scheme, resolver}
		c.transports[scheme] = &http.Transport{
			Proxy:       nil, // never from the environment
			DialContext: c.dialers[scheme].dial,
			TLSClientConfig: &tls.Config{
				RootCAs:    config.RootCAs,
				MinVersion: tls.VersionTLS12,
			},
			// A connection serves one request, so that each request's address
			// is checked.
			DisableKeepAlives:      true,
			DisableCompression:     true, // the size limit means bytes received
			MaxResponseHeaderBytes: maxHeaderBytes,
		}
	}
	return c, nil
}

// Options says what a caller is ready to take.
type Options struct {
	Accept     string   // the Accept header
	MaxBytes   int64    // of the body; 0 means [DefaultMaxBytes]
	MediaTypes []string // acceptable ones in lower case, without parameters; empty: any
	Redirects  int      // how many to follow, at most [MaxRedirects]; 0: none
	// IfNoneMatch is the ETag of what the caller has: it may turn out to be the
	// newest, [Response.NotModified]. "" when there is none.
	IfNoneMatch string
}

// Response is a document that was fetched.
type Response struct {
	URL       string // after redirects, without a fragment
	MediaType string // lower case, without parameters
	Body      []byte
	ETag      string // "" for none
	// NotModified: the caller has the newest, and there is no body.
	NotModified bool
	// MaxAge is how long Cache-Control lets the document be reused; negative
	// when it does not say.
	MaxAge time.Duration
}

// Get fetches the document that an absolute URL names, its fragment aside.
// Every error is an [*Error].
func (c *Client) Get(ctx context.Context, rawURL string, opts Options) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	response, err := c.get(ctx, rawURL, opts)
	return response, c.failure(ctx, err)
}

// failure makes an [*Error] of every error, and tells the log of it.
func (c *Client) failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var failure *Error
	if !errors.As(err, &failure) {
		failure = &Error{Reason: ErrUnreachable, Cause: err}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && failure.Reason == ErrUnreachable {
		failure = &Error{Reason: ErrTimeout, Cause: failure.Cause}
	}
	c.logger.DebugContext(ctx, "outgoing request failed", "cause", failure)
	return failure
}

// parseURL returns a URL that the policy has nothing against, without its
// fragment.
func (c *Client) parseURL(rawURL string) (*url.URL, error) {
	if len(rawURL) > maxURLLength {
		return nil, &Error{Reason: ErrForbidden, Cause: errors.New("the URL is too long")}
	}
	target, err := url.Parse(rawURL)
	if err != nil {
		return nil, &Error{Reason: ErrForbidden, Cause: errors.New("the URL is malformed")}
	}
	target.Fragment, target.RawFragment = "", ""
	return target, c.policy.checkURL(target)
}

func (c *Client) get(ctx context.Context, rawURL string, opts Options) (*Response, error) {
	target, err := c.parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	for left := min(opts.Redirects, MaxRedirects); ; left-- {
		response, next, err := c.exchange(ctx, target, opts)
		if err != nil {
			return nil, err
		}
		if next == nil {
			return response, nil
		}
		if left <= 0 || target.Scheme == "https" && next.Scheme != "https" || len(next.String()) > maxURLLength {
			return nil, &Error{Reason: ErrRedirect}
		}
		if target, err = c.parseURL(next.String()); err != nil {
			return nil, err
		}
	}
}

// exchange makes one request. It returns the document or where to look next.
func (c *Client) exchange(ctx context.Context, target *url.URL, opts Options) (_ *Response, next *url.URL, err error) {
	release, err := c.slots.acquire(ctx, strings.ToLower(target.Host))
	if err != nil {
		return nil, nil, err
	}
	defer release()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, nil, &Error{Reason: ErrForbidden, Cause: err}
	}
	request.Header.Set("User-Agent", userAgent)
	if opts.Accept != "" {
		request.Header.Set("Accept", opts.Accept)
	}
	if opts.IfNoneMatch != "" {
		request.Header.Set("If-None-Match", opts.IfNoneMatch)
	}
	answer, err := c.transports[target.Scheme].RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusNotModified:
		if opts.IfNoneMatch != "" {
			return &Response{URL: target.String(), ETag: opts.IfNoneMatch, NotModified: true, MaxAge: maxAge(answer.Header)}, nil, nil
		}
	case http.StatusOK:
		response, err := read(answer, opts)
		if err != nil {
			return nil, nil, err
		}
		response.URL = target.String()
		return response, nil, nil
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, err := target.Parse(answer.Header.Get("Location"))
		if err != nil || answer.Header.Get("Location") == "" {
			return nil, nil, &Error{Reason: ErrRedirect, Cause: errors.New("no usable Location")}
		}
		return nil, next, nil
	}
	return nil, nil, &Error{Reason: ErrStatus, Cause: fmt.Errorf("status %d", answer.StatusCode)}
}

func read(answer *http.Response, opts Options) (*Response, error) {
	mediaType, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil && len(opts.MediaTypes) > 0 {
		return nil, &Error{Reason: ErrMediaType, Cause: errors.New("no usable Content-Type")}
	}
	if len(opts.MediaTypes) > 0 && !slices.Contains(opts.MediaTypes, mediaType) {
		return nil, &Error{Reason: ErrMediaType}
	}
	limit := opts.MaxBytes
	if limit <= 0 {
		limit = DefaultMaxBytes
	}
	if answer.ContentLength > limit {
		return nil, &Error{Reason: ErrTooLarge}
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, &Error{Reason: ErrTooLarge}
	}
	return &Response{MediaType: mediaType, Body: body, ETag: answer.Header.Get("ETag"), MaxAge: maxAge(answer.Header)}, nil
}

// maxAge reads what Cache-Control says of reuse (RFC 9111 §5.2.2), less the
// time the response spent in caches; negative when it does not say.
func maxAge(header http.Header) time.Duration {
	age := time.Duration(-1)
	for _, directive := range strings.Split(strings.Join(header.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			if seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				age = time.Duration(seconds) * time.Second
			}
		}
	}
	if spent, err := strconv.ParseUint(header.Get("Age"), 10, 31); err == nil && age > 0 {
		age = max(0, age-time.Duration(spent)*time.Second)
	}
	return age
}
