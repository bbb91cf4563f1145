package ldp

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// read answers GET and HEAD. HEAD takes the same way: net/http drops the body,
// so that the headers cannot differ (SP-HTTP-08).
func (h *Handler) read(w http.ResponseWriter, q *request) error {
	var before http.Header // as it is before reading adds to it
	asked, plain := h.question(q)
	if plain {
		if done, err := h.recall(w, q, asked); done || err != nil {
			return err
		}
		before = maps.Clone(w.Header())
	}
	var rest func() error // sends what outlives the snapshot
	var held func()       // gives back the room of what is in memory for it
	defer func() {
		if held != nil {
			held()
		}
	}()
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
		if t.id.IsContainer() {
			header.Add("Vary", "Prefer")
			t.minimal = prefersMinimal(q.Header)
		}
		rep, err := s.represent(ctx, q, t)
		if err != nil {
			return err
		}
		if rep.coding = h.chooseCoding(q, rep.mediaType, t.knownSize()); rep.coding != nil {
			rep.validators.coding = rep.coding.suffix
			header.Set("Content-Encoding", rep.coding.name)
		}
		if t.minimal {
			header.Set("Preference-Applied", "return=representation")
		}
		if rep.language != "" {
			header.Add("Vary", "Accept-Language, Cookie")
		}
		rep.validators.set(header, s.now)
		if plain {
			lasts, err := s.lasts(ctx, q, t, rep)
			if err != nil {
				return err
			}
			if lasts {
				answer, err := h.remember(asked, added(before, header), rep, t.record.Size)
				if err != nil {
					return err
				}
				var body io.ReadSeekCloser
				if answer.isLarge() {
					body, err = rep.open()
				}
				rest = func() error { return answer.send(w, q, body) }
				return err
			}
		}
		if answered, err := q.meets(w, &rep.validators); answered || err != nil {
			return err
		}
		setContent(header, rep.mediaType, rep.language)
		switch {
		case rep.listing != nil:
			rest = func() error {
				if rep.listing.done && rep.coding == nil {
					header.Set("Content-Length", strconv.Itoa(rep.listing.page.Len()))
				}
				return send(w, rep.coding, func(out io.Writer) error { return rep.listing.send(ctx, q.agent, out) })
			}
			// Its description is in memory; the members are read as they are sent.
			if held, err = s.parser.hold(ctx, t.record.Size); err != nil {
				return err
			}
			return rep.listing.begin(ctx, s)
		case rep.stream != nil:
			return send(w, rep.coding, rep.stream)
		case rep.render != nil:
			if held, err = s.parser.hold(ctx, t.record.Size); err != nil {
				return err
			}
			content, err := rep.render()
			rest = func() error { return sendRendered(w, rep.coding, content) }
			return err
		}
		body, err := rep.open()
		if err != nil {
			return err
		}
		rest = func() error {
			defer body.Close()
			if rep.coding != nil {
				return sendCoded(w, q, rep.coding, body)
			}
			return sendStored(w, q, body, t.record.Size, rep.validators)
		}
		return nil
	})
	if err != nil || rest == nil {
		return err
	}
	return rest()
}

// meets answers 304 when that is what the preconditions ask for, and says so.
func (q *request) meets(w http.ResponseWriter, v *validators) (answered bool, err error) {
	switch q.conditions.check(q.Method, v) {
	case failed:
		return false, refuse(PreconditionFailed, "")
	case notModified:
		w.WriteHeader(http.StatusNotModified)
		return true, nil
	}
	return false, nil
}

// errBegun: the answer failed after a part of it was sent. An error page behind
// it would be taken for a part of the document, so the connection is cut.
var errBegun = errors.New("the answer had begun")

// send writes what is rendered while it is sent.
func send(w http.ResponseWriter, c *coding, render func(io.Writer) error) error {
	out := &observedWriter{Writer: w}
	err := c.encode(out, render)
	if err != nil && out.used {
		return fmt.Errorf("%w: %w", errBegun, err)
	}
	return err
}

func sendRendered(w http.ResponseWriter, c *coding, content []byte) error {
	if c == nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	}
	return c.encode(w, func(out io.Writer) error {
		_, _ = out.Write(content) // fails when the client is gone
		return nil
	})
}

// sendCoded sends stored bytes in a coding.
func sendCoded(w http.ResponseWriter, q *request, c *coding, body io.Reader) error {
	if q.Method == http.MethodHead {
		return nil
	}
	return send(w, c, func(out io.Writer) error {
		_, err := io.Copy(out, body)
		return err
	})
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
	if part.length == size {
		_, _ = io.Copy(w, body) // what is in memory is written with the header at once
	} else {
		_, _ = io.CopyN(w, body, part.length)
	}
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
