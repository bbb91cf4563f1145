package notify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

const (
	// sendTime is how long a client may take to make room for a message, or to
	// answer a ping.
	sendTime = 20 * time.Second
	// maxFrame is how much a client may say at a time. Nothing of it counts.
	maxFrame = 4 << 10
)

// closings are what a WebSocket is closed with when its stream ends.
var closings = []struct {
	reason error
	code   websocket.StatusCode
}{
	{ErrEnded, websocket.StatusNormalClosure},
	{ErrReplaced, websocket.StatusPolicyViolation},
	{ErrRevoked, websocket.StatusPolicyViolation},
	{ErrShutdown, websocket.StatusGoingAway},
}

// receiveByWebSocket serves a channel of WebSocketChannel2023 (NOT-WS-01). Any
// web origin may listen: the URL is the capability.
func receiveByWebSocket(w http.ResponseWriter, r *http.Request, s *Service, st *Stream) error {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		st.Close()
		return nil // has been answered
	}
	// On with a goroutine of its own: that of the request, and what belongs to
	// it, would take several times the memory.
	s.working.Go(func() {
		defer st.Close()
		s.serveWebSocket(conn, st)
	})
	return nil
}

func (s *Service) serveWebSocket(conn *websocket.Conn, st *Stream) {
	defer conn.CloseNow()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	conn.SetReadLimit(maxFrame)
	go func() {
		defer cancel()
		for { // nothing to say but that it is there and leaves
			_, text, err := conn.Reader(ctx)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, text); err != nil {
				return
			}
		}
	}()
	for {
		err := s.sendNext(ctx, conn, st)
		if err == nil {
			continue
		}
		for _, closing := range closings {
			if errors.Is(err, closing.reason) {
				_ = conn.Close(closing.code, err.Error())
			}
		}
		return
	}
}

// sendNext sends the next message or, when nothing happens, a ping.
func (s *Service) sendNext(ctx context.Context, conn *websocket.Conn, st *Stream) error {
	e, err := st.Next(ctx)
	if err != nil && !errors.Is(err, ErrIdle) {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	if err != nil {
		return conn.Ping(limited)
	}
	text, err := st.Render(e)
	if err != nil {
		return err
	}
	return conn.Write(limited, websocket.MessageText, text)
}
