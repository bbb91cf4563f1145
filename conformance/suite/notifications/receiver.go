package notifications

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"domicile/conformance/suite"
)

// receiver is where webhooks of a case go.
type receiver struct {
	url string
	got chan delivery
}

type delivery struct {
	header http.Header
	body   string
}

func newReceiver(t *suite.T) *receiver {
	r := &receiver{got: make(chan delivery, 10)}
	r.url = t.Serve(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(io.LimitReader(request.Body, 1<<20))
		if err != nil || request.Method != http.MethodPost {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.got <- delivery{request.Header, string(body)}
	})) + "hook"
	return r
}

func (r *receiver) next(t *suite.T) delivery {
	select {
	case d := <-r.got:
		return d
	case <-time.After(patience):
		t.Failf("nothing comes to %s", r.url)
		return delivery{}
	}
}

// older is a client of the protocol solid-0.1.
type older struct {
	t          *suite.T
	connection *websocket.Conn
}

func connectOlder(t *suite.T, at string) *older {
	connection, _, err := websocket.Dial(t.Context(), at, &websocket.DialOptions{Subprotocols: []string{"solid-0.1"}})
	if err != nil {
		t.Failf("nobody answers at %s: %v", at, err)
	}
	t.Cleanup(func(context.Context) { _ = connection.CloseNow() })
	return &older{t, connection}
}

func (o *older) say(line string) {
	if err := o.connection.Write(o.t.Context(), websocket.MessageText, []byte(line)); err != nil {
		o.t.Failf("%v", err)
	}
}

func (o *older) wantLine(beginning string) {
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	_, line, err := o.connection.Read(ctx)
	if err != nil || !strings.HasPrefix(string(line), beginning) {
		o.t.Failf("told is %q, want %q: %v", line, beginning, err)
	}
}
