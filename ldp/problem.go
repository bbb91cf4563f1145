package ldp

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
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
}

var problemPage = template.Must(template.New("problem").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body>
<h1>{{.Title}}</h1>
<p>{{.Detail}}</p>
<p>Status {{.Status}}. If you ask for help, give this number: <code>{{.Instance}}</code></p>
</body>
</html>
`))

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
	}
	// What a success would have said of the representation is not true of this one.
	for _, name := range []string{"ETag", "Last-Modified", "Content-Disposition", "Accept-Ranges", "Content-Range", "Content-Length"} {
		header.Del(name)
	}
	for name, values := range e.Header {
		for _, value := range values {
			header.Add(name, value)
		}
	}
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "private, no-cache")
	}
	kind := kinds[e.Kind]
	body := problem{
		Type: cmp.Or(e.Rule, "about:blank"), Title: kind.title, Status: kind.status,
		Detail: cmp.Or(e.Detail, kind.detail), Instance: "urn:request:" + id,
	}
	writeProblem(w, r, body)
}

func writeProblem(w http.ResponseWriter, r *http.Request, body problem) {
	header := w.Header()
	setUntrusted(header)
	if parseAccept(r.Header.Values("Accept")).prefersHTML() {
		header.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(body.Status)
		if r.Method != http.MethodHead {
			// The client is gone when this fails; there is nobody to tell.
			_ = problemPage.Execute(w, body)
		}
		return
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic("ldp: problem details: " + err.Error()) // strings and an int always marshal
	}
	header.Set("Content-Type", "application/problem+json")
	header.Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(body.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(raw)
	}
}
