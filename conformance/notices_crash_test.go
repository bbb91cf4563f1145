package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"domicile/conformance/internal/harness"
)

// TestNotificationsSurviveAKill kills the server with SIGKILL in the middle of 100
// concurrent writes to a container. Whoever comes back with the last identifier
// has heard in the end of each change at least once, by each type of channel, and
// equal identifiers are the same change.
func TestNotificationsSurviveAKill(t *testing.T) {
	const writers, perWriter, killAfter = 4, 25, 50
	server := program.Start(t)
	alice := server.SignUp(t, "alice")
	folder := alice.Pod.URL + "watched/"
	wantStatus(t, alice.Do(t, "PUT", folder, "", "Content-Type", turtle), http.StatusCreated)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // a guard against hanging
	defer cancel()

	listeners := map[string]*noticeListener{}
	var listening sync.WaitGroup
	for typeName, receive := range noticeReceivers {
		channel := alice.Do(t, "POST", server.BaseURL+".notifications/"+typeName+"/", fmt.Sprintf(
			`{"@context": "https://www.w3.org/ns/solid/notifications-context/v1", "type": %q, "topic": %q}`, typeName, folder),
			"Content-Type", "application/ld+json")
		wantStatus(t, channel, http.StatusOK)
		var answer struct{ ReceiveFrom string }
		ok(t, json.Unmarshal([]byte(channel.Body), &answer))
		l := &noticeListener{objects: map[string]string{}, added: map[string]bool{}, want: writers * perWriter}
		listeners[typeName] = l
		listening.Go(func() { l.listen(ctx, answer.ReceiveFrom, receive) })
	}

	var acknowledged atomic.Int64
	enough := make(chan struct{})
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			for j := range perWriter {
				name := fmt.Sprintf("%s%d-%d", folder, i, j)
				for ctx.Err() == nil { // until it is there
					answer, err := harness.TrySend(t, alice.Session.Client(), "PUT", name, strings.NewReader("<#a> <#b> <#c>."), "Content-Type", turtle)
					if err == nil && answer.Status/100 == 2 {
						break
					}
					time.Sleep(10 * time.Millisecond)
				}
				if acknowledged.Add(1) == killAfter {
					close(enough)
				}
			}
		})
	}
	<-enough
	server.Kill()
	server.Restart()
	writing.Wait()
	listening.Wait()
	for typeName, l := range listeners {
		if len(l.added) != l.want || l.fault != nil {
			t.Errorf("%s: heard of %d of %d in %d connections: %v", typeName, len(l.added), l.want, l.connections, l.fault)
		}
		if l.connections < 2 {
			t.Errorf("%s: no connection broke", typeName)
		}
	}
}

// noticeListener is a subscriber that connects again until it has heard of what it
// wants, each time behind the last message.
type noticeListener struct {
	want        int
	objects     map[string]string // by identifier of a message
	added       map[string]bool
	last        string
	connections int
	fault       error
}

func (l *noticeListener) listen(ctx context.Context, receiveFrom string, receive noticeReceiver) {
	for len(l.added) < l.want && l.fault == nil && ctx.Err() == nil {
		l.connections++
		_ = receive(ctx, receiveFrom, l.last, l.hear) // breaks when the server is killed, and cannot begin while it is not there
		time.Sleep(10 * time.Millisecond)
	}
}

// hear takes a message and reports whether more are wanted.
func (l *noticeListener) hear(text []byte) (more bool) {
	var n notification
	if err := json.Unmarshal(text, &n); err != nil || n.ID == "" {
		l.fault = fmt.Errorf("%s: %v", text, err)
		return false
	}
	if before, known := l.objects[n.ID]; known && before != n.Object {
		l.fault = fmt.Errorf("%s is of %s and of %s", n.ID, before, n.Object)
		return false
	}
	l.objects[n.ID], l.last = n.Object, n.ID
	if n.Type == "Add" {
		l.added[n.Object] = true
	}
	return len(l.added) < l.want
}

// noticeReceiver listens to a channel behind a message and hands over what it
// hears while more is wanted.
type noticeReceiver func(ctx context.Context, receiveFrom, after string, hear func([]byte) bool) error

var noticeReceivers = map[string]noticeReceiver{
	"WebSocketChannel2023": func(ctx context.Context, receiveFrom, after string, hear func([]byte) bool) error {
		conn, _, err := websocket.Dial(ctx, behind(receiveFrom, after), nil)
		if err != nil {
			return err
		}
		defer conn.CloseNow()
		for {
			_, text, err := conn.Read(ctx)
			if err != nil || !hear(text) {
				return err
			}
		}
	},
	"EventSourceChannel2023": func(ctx context.Context, receiveFrom, after string, hear func([]byte) bool) error {
		return eachLine(ctx, receiveFrom, after, func(line string) bool {
			text, isData := strings.CutPrefix(line, "data: ")
			return !isData || hear([]byte(text))
		})
	},
	"StreamingHTTPChannel2023": func(ctx context.Context, receiveFrom, after string, hear func([]byte) bool) error {
		return eachLine(ctx, behind(receiveFrom, after), "", func(line string) bool { return line == "" || hear([]byte(line)) })
	},
}

func behind(receiveFrom, after string) string {
	if after == "" {
		return receiveFrom
	}
	return receiveFrom + "?after=" + url.QueryEscape(after)
}

// eachLine reads an answer that lasts, line by line while more is wanted.
func eachLine(ctx context.Context, from, lastEventID string, hear func(string) bool) error {
	request, err := http.NewRequestWithContext(ctx, "GET", from, nil)
	if err != nil {
		return err
	}
	if lastEventID != "" {
		request.Header.Set("Last-Event-ID", lastEventID)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET: %s", response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if !hear(lines.Text()) {
			return nil
		}
	}
	return lines.Err()
}
