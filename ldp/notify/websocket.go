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
	taken := &corker{ResponseWriter: w}
	conn, err := websocket.Accept(taken, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		st.Close()
		return nil // has been answered
	}
	// On with a goroutine of its own: that of the request, and what belongs to
	// it, would take several times the memory.
	s.working.Go(func() {
		defer st.Close()
		st.serveWebSocket(conn, taken.conn)
	})
	return nil
}

func (st *Stream) serveWebSocket(conn *websocket.Conn, cork *cork) {
	defer conn.CloseNow()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	conn.SetReadLimit(maxFrame)
	go func() {
		defer cancel()
		for { // nothing to say but that it is there and leaves
			_, text, err := conn.Reader(context.Background())
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, text); err != nil {
				return
			}
		}
	}()
	for {
		err := st.sendNext(ctx, conn, cork)
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

// sendNext sends the next message and those that are there with it or, when
// nothing happens, a ping.
func (st *Stream) sendNext(ctx context.Context, conn *websocket.Conn, cork *cork) error {
	e, err := st.Next(ctx)
	if errors.Is(err, ErrIdle) {
		ctx, cancel := context.WithTimeout(ctx, sendTime)
		defer cancel()
		return conn.Ping(ctx)
	}
	if err != nil {
		return err
	}
	cork.put()
	for {
		text, err := st.Render(e)
		if err == nil {
			err = conn.Write(context.Background(), websocket.MessageText, text) // the cork knows how long
		}
		if err != nil {
			return err
		}
		if !st.HasNext() {
			return cork.pull()
		}
		if e, err = st.Next(ctx); err != nil {
			return errors.Join(cork.pull(), err)
		}
	}
}
