package conformance

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"domicile/conformance/internal/harness"
)

// listener is a client of solid-0.1 (NOT-OLD-01).
type listener struct {
	t    *testing.T
	conn *websocket.Conn
}

// follow opens the socket that a resource names.
func follow(t *testing.T, url string) listener {
	t.Helper()
	answer := harness.Anonymous(t, "GET", url, "", "Origin", "https://app.example")
	via := answer.Header.Get("Updates-Via")
	if via == "" {
		t.Fatalf("%s has no Updates-Via", url)
	}
	wantContains(t, "Access-Control-Expose-Headers", answer.Header.Get("Access-Control-Expose-Headers"), "Updates-Via")
	conn, _, err := websocket.Dial(t.Context(), via, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://app.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	l := listener{t, conn}
	l.hears("protocol solid-0.1")
	l.hears("warning Missing Sec-WebSocket-Protocol")
	return l
}

func (l listener) says(line string) {
	l.t.Helper()
	if err := l.conn.Write(l.t.Context(), websocket.MessageText, []byte(line)); err != nil {
		l.t.Fatal(err)
	}
}

func (l listener) hears(begins string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	_, text, err := l.conn.Read(ctx)
	if err != nil || !strings.HasPrefix(string(text), begins) {
		l.t.Fatalf("heard %q, %v; want %q", text, err, begins)
	}
}

// TestUpdatesVia is N19: a container everybody may read is followed by whoever
// likes, a private one when the operator lets it.
func TestUpdatesVia(t *testing.T) {
	for mode, private := range map[string]string{"public": "warning ", "all": "ack "} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			server := program.Start(t, "--updates-via", mode)
			alice := server.SignUp(t, "alice")
			open, closed := alice.Pod.URL+"open/", alice.Pod.URL+"closed/"
			alice.Publish(t, open)
			wantStatus(t, alice.Do(t, "PUT", closed, "", "Content-Type", turtle), http.StatusCreated)

			mark := alice.Pod.URL + "profile/card.meta" // which everybody may read
			socket := follow(t, open)
			socket.says("sub " + mark)
			socket.hears("ack " + mark)
			hearsNothing := func() { // but what happens behind all that happened before
				t.Helper()
				wantStatus(t, alice.Do(t, "PUT", mark, "", "Content-Type", turtle), http.StatusCreated, http.StatusNoContent)
				socket.hears("pub " + mark)
			}
			socket.says("sub " + open)
			socket.hears("ack " + open)
			socket.says("sub " + closed)
			socket.hears(private)
			wantStatus(t, alice.Do(t, "POST", open, "<> a <#Note>.", "Content-Type", turtle), http.StatusCreated)
			socket.hears("pub " + open)
			hearsNothing()
			wantStatus(t, alice.Do(t, "POST", closed, "<> a <#Note>.", "Content-Type", turtle), http.StatusCreated)
			if mode == "all" {
				socket.hears("pub " + closed)
			}
			hearsNothing()

			wantStatus(t, alice.Do(t, "DELETE", open+".acl", ""), http.StatusNoContent)
			wantStatus(t, alice.Do(t, "POST", open, "<> a <#Note>.", "Content-Type", turtle), http.StatusCreated)
			if mode == "all" {
				socket.hears("pub " + open)
			}
			hearsNothing()
			if code := server.Stop(); code != exitFine { // an open socket keeps nobody waiting
				t.Errorf("exit code %d", code)
			}
		})
	}
	t.Run("off", func(t *testing.T) {
		t.Parallel()
		server := program.Start(t, "--updates-via", "off")
		alice := server.SignUp(t, "alice")
		answer := alice.Do(t, "GET", alice.Pod.URL, "")
		if answer.Header.Get("Updates-Via") != "" {
			t.Error("it is named")
		}
		via := "ws" + strings.TrimPrefix(server.BaseURL, "http") + ".notifications/solid-0.1"
		if conn, _, err := websocket.Dial(t.Context(), via, nil); err == nil {
			conn.CloseNow()
			t.Error("it is there")
		}
	})
}
