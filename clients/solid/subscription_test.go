package solid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// notifier is a server with one topic, /topic, whose subscribers it tells what a
// test wants.
type notifier struct {
	*httptest.Server
	resumes bool // identifiers are UUIDs of version 8

	mu          sync.Mutex
	refuse      int             // status for who subscribes; 0: let them
	open        map[string]bool // channels
	opened      int             // of all channels ever
	afters      []string        // of connections, in order
	connections []*websocket.Conn
	history     []string             // messages, in order
	connected   chan *websocket.Conn // each new connection, after its history was sent
}

func newNotifier(t *testing.T, resumes bool) *notifier {
	n := &notifier{resumes: resumes, open: map[string]bool{}, connected: make(chan *websocket.Conn, 10)}
	mux := http.NewServeMux()
	mux.HandleFunc("/topic", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `</description>; rel="`+RelStorageDescription+`"`)
		w.WriteHeader(http.StatusNotFound) // it may come
	})
	mux.HandleFunc("/description", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/turtle")
		fmt.Fprint(w, `@prefix n: <http://www.w3.org/ns/solid/notifications#>. </> n:subscription </hooks>, </sockets>.
			</hooks> n:channelType n:WebhookChannel2023. </sockets> n:channelType n:WebSocketChannel2023.`)
	})
	mux.HandleFunc("POST /sockets", n.subscribe)
	mux.HandleFunc("/channel/{id}", n.channel)
	n.Server = httptest.NewServer(mux)
	t.Cleanup(func() { n.cut(); n.Close() })
	return n
}

func (n *notifier) subscribe(w http.ResponseWriter, r *http.Request) {
	var request struct{ Type, Topic string }
	if json.NewDecoder(r.Body).Decode(&request) != nil || request.Topic != n.URL+"/topic" || request.Type != webSocketType {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuse != 0 {
		w.WriteHeader(n.refuse)
		return
	}
	n.opened++
	id := fmt.Sprint(n.opened)
	n.open[id] = true
	writeJSON(w, http.StatusOK, map[string]any{"id": n.URL + "/channel/" + id, "receiveFrom": "ws" + strings.TrimPrefix(n.URL, "http") + "/channel/" + id})
}

func (n *notifier) channel(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := r.PathValue("id")
	if !n.open[id] {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.Method == http.MethodDelete {
		delete(n.open, id)
		return
	}
	connection, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	after := r.FormValue("after")
	n.afters = append(n.afters, after)
	if after != "" {
		for _, message := range n.history { // from the start: at least once
			_ = connection.Write(r.Context(), websocket.MessageText, []byte(message))
		}
	}
	connection.CloseRead(context.Background()) // answers pings
	n.connections = append(n.connections, connection)
	n.connected <- connection
}

// cut breaks all connections.
func (n *notifier) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, connection := range n.connections {
		connection.CloseNow()
	}
	n.connections = nil
}

// message makes the n-th message.
func (n *notifier) message(number int, activity string) string {
	id := fmt.Sprintf("urn:1700000000%03d:%s/topic", number, n.URL)
	if n.resumes {
		id = fmt.Sprintf("urn:uuid:11111111-0000-8100-8000-%012d", number)
	}
	return fmt.Sprintf(`{"id": %q, "type": [%q], "object": {"id": "%s/topic"}, "published": "2026-01-02T03:04:05Z", "state": "s%d"}`, id, activity, n.URL, number)
}

func tell(t *testing.T, connection *websocket.Conn, message string) {
	t.Helper()
	if err := connection.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
		t.Fatal(err)
	}
}

func TestSubscribe(t *testing.T) {
	for _, resumes := range []bool{true, false} {
		t.Run(fmt.Sprintf("a server that resumes: %t", resumes), func(t *testing.T) {
			server := newNotifier(t, resumes)
			var got []string
			for n, err := range NewClient(nil).Subscribe(t.Context(), server.URL+"/topic", "") {
				if err != nil {
					t.Fatal(err)
				}
				if n.Object != server.URL+"/topic" {
					t.Errorf("got %+v", n)
				}
				got = append(got, string(n.Activity)+n.State)
				switch len(got) {
				case 1: // stands
					connection := <-server.connected
					tell(t, connection, server.message(1, "Create"))
					tell(t, connection, "nonsense")
					tell(t, connection, server.message(1, "Create"))
					tell(t, connection, server.message(2, "https://www.w3.org/ns/activitystreams#Update"))
				case 3: // breaks, with one more change meanwhile
					server.mu.Lock()
					server.history = []string{server.message(1, "Create"), server.message(2, "Update"), server.message(3, "Update")}
					server.mu.Unlock()
					server.cut()
				}
				if len(got) == 4 {
					break
				}
			}
			last := "Updates3"
			if !resumes {
				last = "Resync"
			}
			if want := "Resync Creates1 Updates2 " + last; strings.Join(got, " ") != want {
				t.Errorf("got %v, want %s", got, want)
			}
			after := ""
			if resumes {
				after = "urn:uuid:11111111-0000-8100-8000-000000000002"
			}
			server.mu.Lock()
			defer server.mu.Unlock()
			if len(server.afters) != 2 || server.afters[0] != "" || server.afters[1] != after || server.opened != 1 {
				t.Errorf("connected after %q", server.afters)
			}
			if len(server.open) != 0 {
				t.Error("the channel was left behind")
			}
		})
	}
}

// TestSubscribeGoesOn: after a restart of the program, from the notification it
// dealt with last; and with another channel when the server has dropped it.
func TestSubscribeGoesOn(t *testing.T) {
	server := newNotifier(t, true)
	server.history = []string{server.message(7, "Update"), server.message(8, "Delete")}
	var got []string
	for n, err := range NewClient(nil).Subscribe(t.Context(), server.URL+"/topic", "urn:uuid:11111111-0000-8100-8000-000000000006") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(n.Activity))
		if len(got) == 2 {
			server.mu.Lock()
			clear(server.open)
			server.history = append(server.history, strings.Replace(server.message(9, "Update"), `"state"`, `"summary": "resync", "state"`, 1))
			server.mu.Unlock()
			server.cut()
		}
		if len(got) == 3 {
			break
		}
	}
	if strings.Join(got, " ") != "Update Delete Resync" || server.opened != 2 {
		t.Errorf("got %v over %d channels", got, server.opened)
	}
}

func TestSubscribeEnds(t *testing.T) {
	t.Run("when reading is not allowed any more", func(t *testing.T) {
		server := newNotifier(t, true)
		var last error
		for _, err := range NewClient(nil).Subscribe(t.Context(), server.URL+"/topic", "") {
			if last = err; err != nil {
				continue // it is the last
			}
			server.mu.Lock()
			clear(server.open)
			server.refuse = http.StatusForbidden
			server.mu.Unlock()
			server.cut()
		}
		if !errors.Is(last, ErrForbidden) {
			t.Errorf("got %v", last)
		}
	})
	t.Run("with its context, while it waits to connect again", func(t *testing.T) {
		server := newNotifier(t, true)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, err := range NewClient(nil).Subscribe(ctx, server.URL+"/topic", "") {
			if last = err; err == nil {
				server.mu.Lock()
				clear(server.open)
				server.refuse = http.StatusServiceUnavailable
				server.mu.Unlock()
				server.cut()
				time.AfterFunc(300*time.Millisecond, cancel)
			}
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("got %v", last)
		}
	})
	t.Run("when there is no such service", func(t *testing.T) {
		server := serve(t, func(http.ResponseWriter, *http.Request) {})
		for n, err := range NewClient(nil).Subscribe(t.Context(), server+"/topic", "") {
			if err == nil {
				t.Errorf("got %+v", n)
			}
		}
	})
}

// TestSlowLoop: what a loop has not taken does not fill the memory, and comes
// when it takes it.
func TestSlowLoop(t *testing.T) {
	server := newNotifier(t, true)
	const count = 3 * ahead
	n := 0
	for _, err := range NewClient(nil).Subscribe(t.Context(), server.URL+"/topic", "") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			connection := <-server.connected
			for i := range count {
				tell(t, connection, server.message(i, "Update"))
			}
		}
		if n == count+1 {
			break
		}
	}
}

func FuzzParseNotification(f *testing.F) {
	f.Add(`{"id": "urn:x", "type": ["Update", "Other"], "object": {"id": "https://pod.example/a"}, "target": "https://pod.example/", "published": "2026-01-02T03:04:05Z"}`)
	f.Add(`{"type": "Add", "object": ["a", {"id": 1}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parseNotification([]byte(text)); err == nil && (n.Activity == "" || n.Object == "") {
			t.Errorf("%q became %+v", text, n)
		}
	})
}
