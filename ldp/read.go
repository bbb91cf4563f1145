package ldp

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// read answers GET and HEAD. HEAD takes the same way: net/http drops the body,
// so that the headers cannot differ (SP-HTTP-08).
func (h *Handler) read(w http.ResponseWriter, q *request) error {
	var rest func() error // sends what outlives the snapshot
	ctx := q.Context()
	err := h.view(ctx, q.agent, func(s *session) error {
		t, err := s.target(ctx, q.id)
		if err != nil {
			return err
		}
		if err := s.authorize(ctx, t, needs[opRead]); err != nil {
			return err
		}
		header := w.Header()
		setAccess(header, t.decision)
		t.shape.setMethods(header)
		if err := s.setLinks(ctx, header, t); err != nil {
			return err
		}
		if !t.exists {
			return refuse(NotFound, "")
		}
		rep, err := s.represent(ctx, t, parseAccept(q.Header.Values("Accept")))
		if err != nil {
			return err
		}
		rep.validators.set(header, s.now)
		switch q.conditions.check(q.Method, &rep.validators) {
		case failed:
			return refuse(PreconditionFailed, "")
		case notModified:
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		setUntrusted(header)
		header.Set("Content-Type", rep.mediaType)
		if isActive(rep.mediaType) && !rep.isOurs {
			header.Set("Content-Disposition", "attachment")
		}
		switch {
		case rep.stream != nil:
			return send(w, rep.stream)
		case rep.render != nil:
			content, err := rep.render()
			rest = func() error { return sendRendered(w, content) }
			return err
		}
		body, err := rep.open()
		if err != nil {
			return err
		}
		rest = func() error {
			defer body.Close()
			return sendStored(w, q, body, t.record.Size, rep.validators)
		}
		return nil
	})
	if err != nil || rest == nil {
		return err
	}
	return rest()
}

// errBegun: the answer failed after a part of it was sent. An error page behind
// it would be taken for a part of the document, so the connection is cut.
var errBegun = errors.New("the answer had begun")

// send writes what is rendered while it is sent.
func send(w http.ResponseWriter, render func(io.Writer) error) error {
	out := &observedWriter{Writer: w}
	err := render(out)
	if err != nil && out.used {
		return fmt.Errorf("%w: %w", errBegun, err)
	}
	return err
}

func sendRendered(w http.ResponseWriter, content []byte) error {
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = w.Write(content) // fails when the client is gone
	return nil
}

// observedWriter knows whether anything has been written.
type observedWriter struct {
	io.Writer
	used bool
}

func (w *observedWriter) Write(p []byte) (int, error) {
	w.used = true
	return w.Writer.Write(p)
}

// sendStored sends stored bytes, whole or the range that was asked for
// (SP-RNG-01).
func sendStored(w http.ResponseWriter, q *request, body io.ReadSeeker, size int64, v validators) error {
	header := w.Header()
	header.Set("Accept-Ranges", "bytes")
	status, part := http.StatusOK, byteRange{0, size}
	if asked := q.Header.Get("Range"); asked != "" && q.Method == http.MethodGet && ifRange(q.Header.Get("If-Range"), v) {
		wanted, err := parseRange(asked, size)
		switch {
		case err == errUnsatisfiable:
			return refuse(RangeNotSatisfiable, "").with("Content-Range", "bytes */"+strconv.FormatInt(size, 10))
		case err == nil:
			status, part = http.StatusPartialContent, wanted
			header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.start, part.start+part.length-1, size))
			if _, err := body.Seek(part.start, io.SeekStart); err != nil {
				return err
			}
		}
	}
	header.Set("Content-Length", strconv.FormatInt(part.length, 10))
	w.WriteHeader(status)
	if q.Method == http.MethodHead {
		return nil
	}
	// The status is sent: when this fails the client sees a body that is too
	// short, and there is nothing else to tell it.
	_, _ = io.CopyN(w, body, part.length)
	return nil
}

// ifRange reports whether a Range is to be honoured (RFC 9110 §13.1.5).
func ifRange(value string, v validators) bool {
	if value == "" {
		return true
	}
	if tag, err := parseTag(value); err == nil {
		return !tag.weak && tag.opaque == v.tag()
	}
	date, err := http.ParseTime(value)
	return err == nil && v.modified.Truncate(time.Second).Equal(date)
}
