package notify

import (
	"bytes"
	"errors"
	"net/http"
)

// receiveByEventSource serves a channel of EventSourceChannel2023 (NOT-SSE-01).
func receiveByEventSource(w http.ResponseWriter, r *http.Request, _ *Service, st *Stream) error {
	return st.answer(w, r, "text/event-stream", []byte(":\n\n"), func(id string, text []byte) []byte {
		event := append([]byte("id: "+id+"\n"), "data: "...)
		event = append(event, bytes.ReplaceAll(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"), []byte("\ndata: "))...)
		return append(event, "\n\n"...)
	})
}

// receiveByHTTP serves a channel of StreamingHTTPChannel2023 (NOT-SH-01): one
// message after the other, each followed by an empty line or, of JSON-LD, a line
// of its own.
func receiveByHTTP(w http.ResponseWriter, r *http.Request, _ *Service, st *Stream) error {
	return st.answer(w, r, st.channel.Format.MediaType, []byte("\n"), func(_ string, text []byte) []byte {
		return append(bytes.Clone(text), '\n')
	})
}

// answer sends the stream as an answer that lasts, flushed when there is nothing more
// to send, and a sign
// of life when nothing happens. Who does not take it is cut off by whoever
// serves.
func (st *Stream) answer(w http.ResponseWriter, r *http.Request, mediaType string, alive []byte, frame func(id string, text []byte) []byte) error {
	defer st.Close()
	header := w.Header()
	header.Set("Content-Type", mediaType)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // of proxies
	header.Set("X-Content-Type-Options", "nosniff")
	control := http.NewResponseController(w)
	for next := []byte(nil); ; {
		_, err := w.Write(next)
		if err == nil && !st.HasNext() {
			err = control.Flush()
		}
		if err != nil {
			return nil // the client is gone
		}
		next = alive
		switch e, err := st.Next(r.Context()); {
		case errors.Is(err, ErrIdle):
		case err != nil:
			return nil // the answer has begun: its end says it
		default:
			text, err := st.Render(e)
			if err != nil {
				panic(http.ErrAbortHandler) // an error behind a part of the answer would be taken for its rest
			}
			next = frame(e.ID.String(), text)
		}
	}
}
