package ldp

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"

	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

// maxAnswer is the largest content, in bytes, that is remembered with an answer.
const maxAnswer = 64 << 10

// question is a plain GET or HEAD of the public, as far as the answer depends on
// it. Conditions are judged each time anew.
type question struct {
	id                     resource.ID
	version                uint64 // [rdfstore.Store.Version]
	accept, acceptEncoding string
}

// publicAnswer is what the public is answered while the storage stays as it is.
// It is shared by requests and must not change.
type publicAnswer struct {
	header     http.Header // what reading adds before the preconditions
	validators validators
	rest       http.Header // what it adds when they hold
	size       int64       // as stored
	content    []byte      // in its coding; nil when it is large
}

// isLarge reports whether the content is opened each time, as it is stored.
func (a *publicAnswer) isLarge() bool { return a.size > maxAnswer }

// question returns what q asks; false when the answer could depend on more.
func (h *Handler) question(q *request) (question, bool) {
	if q.agent != (wac.Agent{Origin: q.agent.Origin}) { // what is public is so from every origin
		return question{}, false
	}
	accept, codings := q.Header["Accept"], q.Header["Accept-Encoding"]
	if len(accept) > 1 || len(codings) > 1 || len(q.Header["Prefer"]) > 0 {
		return question{}, false
	}
	version, settled := h.store.Version(q.id.Storage())
	asked := question{id: q.id, version: version}
	if len(accept) > 0 {
		asked.accept = accept[0]
	}
	if len(codings) > 0 && !q.hasRange() { // which is of what has no coding
		asked.acceptEncoding = codings[0]
	}
	return asked, settled
}

// lasts reports whether the public will be answered the same by rep while the
// storage stays as it is, and whether that can be remembered: what is small, and
// large bytes that are sent as they are stored. Ranges are of the latter only.
func (s *session) lasts(ctx context.Context, q *request, t *target, rep *representation) (bool, error) {
	isStored := rep.open != nil && rep.coding == nil
	if isLarge := t.record.Size > maxAnswer; isLarge && !isStored || !isLarge && q.hasRange() {
		return false, nil
	}
	if t.id.IsContainer() || rep.stream != nil || rep.language != "" || rep.validators.modified.After(s.now) {
		return false, nil
	}
	effective, err := s.EffectiveACL(ctx, t.id.Subject())
	return err == nil && effective.IsConstant(t.id.Subject()), err
}

// remember makes the answer to what was asked, whose header has what reading
// added to it, and keeps it.
func (h *Handler) remember(asked question, header http.Header, rep *representation, size int64) (*publicAnswer, error) {
	a := &publicAnswer{header: header, validators: rep.validators, rest: http.Header{}, size: size}
	setContent(a.rest, rep.mediaType, "")
	if !a.isLarge() {
		var err error
		if a.content, err = rep.content(); err != nil {
			return nil, err
		}
		a.rest.Set("Content-Length", strconv.Itoa(len(a.content)))
		if rep.open != nil && rep.coding == nil {
			a.rest.Set("Accept-Ranges", "bytes")
		}
	}
	if len(a.content) <= maxAnswer {
		const fields = 1 << 10
		h.answers.put(asked, a, int64(len(a.content)+len(asked.accept)+len(asked.acceptEncoding)+fields))
	}
	return a, nil
}

// content returns what is sent of a small representation.
func (r *representation) content() ([]byte, error) {
	var content []byte
	var err error
	if r.render != nil {
		content, err = r.render()
	} else {
		content, err = readAll(r.open)
	}
	if err != nil || r.coding == nil {
		return content, err
	}
	var out bytes.Buffer
	err = r.coding.encode(&out, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	return out.Bytes(), err
}

func readAll(open func() (io.ReadSeekCloser, error)) ([]byte, error) {
	body, err := open()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// recall sends what is remembered as the answer to what was asked, if there is
// such, and says whether it did.
func (h *Handler) recall(w http.ResponseWriter, q *request, asked question) (done bool, err error) {
	a, known := h.answers.get(asked)
	if !known || !a.isLarge() && q.hasRange() {
		return false, nil
	}
	var body io.ReadSeekCloser
	if a.isLarge() {
		if body, err = h.reopen(q.Context(), asked); body == nil || err != nil {
			return false, err
		}
	}
	addAll(w.Header(), a.header)
	return true, a.send(w, q, body)
}

// reopen opens what an answer is of; nil when that may have changed.
func (h *Handler) reopen(ctx context.Context, asked question) (body io.ReadSeekCloser, err error) {
	err = h.store.View(ctx, func(r rdfstore.Reader) error {
		body, err = r.Open(asked.id)
		return err
	})
	if version, _ := h.store.Version(asked.id.Storage()); version == asked.version {
		return body, err
	}
	if body != nil {
		body.Close()
	}
	return nil, nil
}

// send sends the answer, or a range of a large one's body, to a request whose
// header has what reading adds.
func (a *publicAnswer) send(w http.ResponseWriter, q *request, body io.ReadSeekCloser) error {
	if body != nil {
		defer body.Close()
	}
	if answered, err := q.meets(w, &a.validators); answered || err != nil {
		return err
	}
	addAll(w.Header(), a.rest)
	if body != nil {
		return sendStored(w, q, body, a.size, a.validators)
	}
	_, _ = w.Write(a.content) // fails when the client is gone
	return nil
}

// addAll adds values that are shared.
func addAll(header, more http.Header) {
	for name, values := range more {
		if before := header[name]; before != nil {
			values = append(slices.Clip(before), values...)
		}
		header[name] = slices.Clip(values)
	}
}

// added returns the values that after has behind those of before.
func added(before, after http.Header) http.Header {
	more := http.Header{}
	for name, values := range after {
		if n := len(before[name]); n < len(values) {
			more[name] = slices.Clone(values[n:])
		}
	}
	return more
}
