package server

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// subscribed is what a subscription to a public document answers.
func subscribed(t *testing.T, s *Server, address, typeName string) string {
	t.Helper()
	body := `{"@context": "https://www.w3.org/ns/solid/notifications-context/v1", "type": "` + typeName + `", "topic": "` + s.config.BaseURL + `alice/profile/card"}`
	response, err := http.Post("http://"+address+"/.notifications/"+typeName+"/", "application/ld+json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var channel struct{ ReceiveFrom string }
	if err := json.NewDecoder(response.Body).Decode(&channel); err != nil || channel.ReceiveFrom == "" {
		t.Fatalf("%s, %v", response.Status, err)
	}
	_, path, _ := strings.Cut(channel.ReceiveFrom, "/.notifications/")
	return "//" + address + "/.notifications/" + path
}

// TestStreamsHoldNoRequest: connections that last are bounded by the channels
// there may be, not by the requests that are answered at a time.
func TestStreamsHoldNoRequest(t *testing.T) {
	s, address := listening(t, func(c *Config) { c.MaxRequests = 1 })
	seedAlice(t, s)
	events, err := http.Get("http:" + subscribed(t, s, address, "EventSourceChannel2023"))
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws:"+subscribed(t, s, address, "WebSocketChannel2023"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if response, err := http.Get("http://" + address + "/alice/profile/card"); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("beside streams a read is answered %v, %v", response, err)
	}
	t.Run("SIGTERM closes them properly", func(t *testing.T) {
		closed := make(chan struct{})
		go func() { defer close(closed); s.notices.Close() }()
		if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("the WebSocket ends with %v", err)
		}
		if line, err := bufio.NewReader(events.Body).ReadString('\n'); err == nil {
			t.Errorf("the event source goes on with %q", line)
		}
		<-closed
	})
}

func TestNotificationsAreAtTheBaseURL(t *testing.T) {
	s := newServer(t, func(c *Config) {
		c.BaseURL, c.IdentityURL, c.Subdomains = "https://pods.example/", "https://id.example/", true
	})
	for host, want := range map[string]int{"pods.example": 200, "alice.pods.example": 404, "id.example": 404} {
		response := s.answer("GET", host, "/.notifications/WebSocketChannel2023/")
		if response.StatusCode != want {
			t.Errorf("on %s: %d, want %d", host, response.StatusCode, want)
		}
	}
}
