package solid

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client reads and writes the resources of any Solid server. It is safe for
// concurrent use. Refusals are [*StatusError] values; with errors.Is they are
// [ErrNotFound], [ErrPreconditionFailed] and their like.
type Client struct{ http *http.Client }

// NewClient returns a client whose requests go through another, which signs
// them: that of [Session.Client], or one of another way to sign in. With nil
// nobody is signed in.
func NewClient(through *http.Client) *Client {
	if through == nil {
		through = anonymous
	}
	return &Client{http: through}
}

// Option adds to a request.
type Option func(http.Header)

// IfMatch lets a request happen only while the resource is in the state that the
// entity tag names; otherwise it fails with [ErrPreconditionFailed]. The empty
// tag, which servers send none of, names no state.
func IfMatch(etag string) Option {
	if etag == "" {
		etag = `""`
	}
	return WithHeader("If-Match", etag)
}

// IfAbsent lets a write happen only when nothing is there yet.
func IfAbsent() Option { return WithHeader("If-None-Match", "*") }

// IfChanged lets a read answer only when the resource is in another state than
// the entity tag names; otherwise it fails with [ErrNotModified].
func IfChanged(etag string) Option { return WithHeader("If-None-Match", etag) }

// Slug proposes a name to [Client.Post].
func Slug(name string) Option { return WithHeader("Slug", name) }

// WithHeader sets any other field, for example Accept or Range.
func WithHeader(name, value string) Option {
	return func(header http.Header) { header.Set(name, value) }
}

// Info is what the header of an answer says of a resource.
type Info struct {
	URL       string // after redirects; of what a request made, where it was made
	MediaType string // of what was read, with parameters
	Size      int64  // bytes of what was read; -1 when not said
	ETag      string
	Modified  time.Time // zero when not said
	Header    http.Header
}

// Link returns the first target that the resource links by a relation, or "".
func (i Info) Link(relation string) string {
	for _, target := range i.Links(relation) {
		return target
	}
	return ""
}

// Links returns the targets that the resource links by a relation.
func (i Info) Links(relation string) []string {
	base, err := url.Parse(i.URL)
	if err != nil {
		return nil
	}
	return links(i.Header, base, relation)
}

// IsContainer reports whether the URL is a container's, which ends in a slash.
func (i Info) IsContainer() bool { return strings.HasSuffix(i.URL, "/") }

// Allowed returns what the server says that whoever asked may do, and what
// everybody may (WAC-Allow). All is zero when it does not say.
func (i Info) Allowed() (user, public Modes) {
	for _, group := range splitOutside(i.Header.Get("WAC-Allow"), ',') {
		name, list, _ := strings.Cut(group, "=")
		switch modes := parseModes(strings.Trim(strings.TrimSpace(list), `"`)); strings.TrimSpace(name) {
		case "user":
			user = modes
		case "public":
			public = modes
		}
	}
	return user, public
}

// Resource is a representation on its way. Who gets one closes the body.
type Resource struct {
	Info
	Body io.ReadCloser
}

// Head asks what a resource is.
func (c *Client) Head(ctx context.Context, resource string, options ...Option) (Info, error) {
	return c.do(ctx, http.MethodHead, resource, "", nil, options)
}

// Get opens a resource. [Client.Read] reads an RDF document at once.
func (c *Client) Get(ctx context.Context, resource string, options ...Option) (*Resource, error) {
	response, err := c.send(ctx, http.MethodGet, resource, "", nil, options)
	if err != nil {
		return nil, err
	}
	return &Resource{Info: infoOf(response), Body: response.Body}, nil
}

// Put creates or replaces a resource, and the containers that lead to it. Say
// [IfAbsent] or [IfMatch] to replace nothing that you have not seen.
func (c *Client) Put(ctx context.Context, resource, mediaType string, body io.Reader, options ...Option) (Info, error) {
	return c.do(ctx, http.MethodPut, resource, mediaType, body, options)
}

// Post adds a resource to a container, at a URL that the server chooses.
func (c *Client) Post(ctx context.Context, container, mediaType string, body io.Reader, options ...Option) (Info, error) {
	return c.do(ctx, http.MethodPost, container, mediaType, body, options)
}

// Delete deletes a resource, or a container without members.
func (c *Client) Delete(ctx context.Context, resource string, options ...Option) error {
	_, err := c.do(ctx, http.MethodDelete, resource, "", nil, options)
	return err
}

// do sends a request of whose answer only the header is of interest.
func (c *Client) do(ctx context.Context, method, resource, mediaType string, body io.Reader, options []Option) (Info, error) {
	response, err := c.send(ctx, method, resource, mediaType, body, options)
	if err != nil {
		return Info{}, err
	}
	defer response.Body.Close()
	info := infoOf(response)
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer)) // so that the connection serves again
	return info, err
}

func (c *Client) send(ctx context.Context, method, resource, mediaType string, body io.Reader, options []Option) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, resource, body)
	if err != nil {
		return nil, err
	}
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	for _, option := range options {
		option(request.Header)
	}
	response, err := send(c.http, request)
	if failed, ok := err.(*StatusError); ok { // others name the request already
		return nil, fmt.Errorf("%s %s: %w", method, request.URL.Redacted(), failed)
	}
	if err == nil && response.Request.Method != method {
		response.Body.Close() // RFC 9110 §15.4.3: what was a write was sent on as a GET
		return nil, fmt.Errorf("%s %s: redirected to %s, where it was not repeated", method, request.URL.Redacted(), response.Request.URL.Redacted())
	}
	return response, err
}

func infoOf(response *http.Response) Info {
	info := Info{
		URL:    response.Request.URL.String(),
		Size:   -1,
		ETag:   response.Header.Get("ETag"),
		Header: response.Header,
	}
	info.URL, _, _ = strings.Cut(info.URL, "#")
	if method := response.Request.Method; method == http.MethodGet || method == http.MethodHead {
		info.MediaType, info.Size = response.Header.Get("Content-Type"), response.ContentLength
	}
	if location, err := response.Location(); err == nil && response.StatusCode == http.StatusCreated {
		info.URL = location.String()
	}
	if modified, err := http.ParseTime(response.Header.Get("Last-Modified")); err == nil {
		info.Modified = modified
	}
	return info
}
