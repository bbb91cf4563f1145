package ldp

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"domicile/rdfstore"
)

// requestIDHeader carries the id that an error's answer and the log share.
// Whoever wraps the handler may have set it already.
const requestIDHeader = "X-Request-Id"

// problem is a problem details object (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Instance is a URN that ends in the id that the log has.
	Instance string `json:"instance"`
	*exhausted
}

// exhausted is what a problem says of a quota, in bytes: what the change would
// have added, what is left, and whose quota it is, the storage's or the
// account's.
type exhausted struct {
	Asked  int64  `json:"asked"`
	Left   int64  `json:"left"`
	Holder string `json:"holder"`
}

// fail answers a request with an error; the only place that does.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is listening
	}
	e := asError(err)
	header := w.Header()
	id := header.Get(requestIDHeader)
	if id == "" {
		id = rand.Text()
		header.Set(requestIDHeader, id)
	}
	level := slog.LevelDebug
	if e.Kind == Internal {
		level = slog.LevelError
	}
	h.logger.Log(r.Context(), level, "request failed", "request", id, "method", r.Method, "status", e.Status(), "error", err)

	if errors.Is(err, errBegun) {
		panic(http.ErrAbortHandler)
	}

	if errors.Is(err, errNoStorage) {
		header.Del("Link") // said of a storage (setStorageLinks)
		header.Del("Updates-Via")
	}
	// What a success would have said of the representation is not true of this one.
	for _, name := range []string{"ETag", "Last-Modified", "Content-Disposition", "Accept-Ranges", "Content-Range", "Content-Length", "Content-Encoding"} {
		header.Del(name)
	}
	for name, values := range e.Header {
		for _, value := range values {
			header.Add(name, value)
		}
	}
	if e.constraint {
		header.Add("Link", link(h.ruleURL(e.rule), relConstrainedBy))
	}
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "private, no-cache")
	}
	setUntrusted(header)
	instance := "urn:request:" + id
	if parseAccept(r.Header.Values("Accept")).prefersHTML() {
		h.writeProblemPage(w, r, e, instance)
		return
	}
	kind := kinds[e.Kind]
	about := "about:blank"
	if broken := cmp.Or(e.rule, kind.rule); broken != "" {
		about = h.ruleURL(broken)
	}
	body := problem{
		Type: about, Title: kind.title, Status: kind.status,
		Detail: cmp.Or(e.Detail, kind.detail), Instance: instance,
	}
	if quota := (*rdfstore.QuotaError)(nil); errors.As(err, &quota) {
		body.exhausted = &exhausted{quota.Asked, quota.Left, quota.Holder.Kind.String()}
	}
	writeProblem(w, r, body)
}

// Refuse answers a request that whoever wraps the handler does not let through
// to it, as the handler itself would.
func (h *Handler) Refuse(w http.ResponseWriter, r *http.Request, kind Kind) {
	shareWithOrigin(w.Header(), r)
	h.fail(w, r, refuse(kind, ""))
}

func writeProblem(w http.ResponseWriter, r *http.Request, body problem) {
	raw, err := json.Marshal(body)
	if err != nil {
		panic("ldp: problem details: " + err.Error()) // strings and an int always marshal
	}
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(body.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(raw)
	}
}
