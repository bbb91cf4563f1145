package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowded is a guard with one place, in front of a handler that tells when it
// has begun and ends when it is let.
func crowded(t *testing.T, waiting int64, turn time.Duration) (g *guard, begun chan string, end chan struct{}) {
	t.Helper()
	begun, end = make(chan string, 16), make(chan struct{})
	s := newServer(t, nil)
	g = guarded(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		begun <- r.URL.Path
		<-end
	}), patience)
	g.gate = newGate(1)
	g.gate.most, g.gate.turn = waiting, turn
	g.area, g.refuse = s.area, s.answerFault
	return g, begun, end
}

func TestTooManyRequests(t *testing.T) {
	t.Run("security 2.7 nobody may wait", func(t *testing.T) {
		g, begun, end := crowded(t, 0, time.Hour)
		first := make(chan *http.Response)
		go func() { first <- answerOf(g, "/alice/x") }()
		<-begun
		for _, path := range []string{"/alice/x", "/.account/", "/.oidc/token"} {
			answer := answerOf(g, path)
			if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" ||
				answer.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d %v", path, answer.StatusCode, answer.Header)
			}
			wantCORS := map[bool]string{true: "https://app.example"}[path == "/alice/x"]
			if got := answer.Header.Get("Access-Control-Allow-Origin"); got != wantCORS {
				t.Errorf("SP-CORS-01: Access-Control-Allow-Origin %q, want %q", got, wantCORS)
			}
		}
		close(end)
		if answer := <-first; answer.StatusCode != http.StatusOK {
			t.Errorf("the first: %d", answer.StatusCode)
		}
		if answer := answerOf(g, "/alice/x"); answer.StatusCode != http.StatusOK {
			t.Errorf("after the first: %d", answer.StatusCode)
		}
		metrics := httptest.NewRecorder()
		g.ops.handler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if want := `domicile_http_requests_refused_total{reason="busy"} 3`; !strings.Contains(metrics.Body.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	})
	t.Run("security 2.7 one waits for its turn", func(t *testing.T) {
		g, begun, end := crowded(t, 1, time.Hour)
		answers := make(chan int, 2)
		go func() { answers <- answerOf(g, "/alice/first").StatusCode }()
		<-begun
		go func() { answers <- answerOf(g, "/alice/second").StatusCode }()
		for g.gate.waiting.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		if third := answerOf(g, "/alice/third"); third.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("the third: %d", third.StatusCode)
		}
		end <- struct{}{}
		if path := <-begun; path != "/alice/second" {
			t.Errorf("then came %s", path)
		}
		end <- struct{}{}
		if a, b := <-answers, <-answers; a != http.StatusOK || b != http.StatusOK {
			t.Errorf("%d, %d", a, b)
		}
	})
	t.Run("security 2.7 who waits for too long is refused", func(t *testing.T) {
		g, begun, end := crowded(t, 1, time.Millisecond)
		first := make(chan *http.Response)
		go func() { first <- answerOf(g, "/alice/x") }()
		<-begun
		if late := answerOf(g, "/alice/x"); late.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%d", late.StatusCode)
		}
		close(end)
		<-first
	})
	t.Run("what lasts has no place", func(t *testing.T) {
		g, begun, end := crowded(t, 0, time.Hour)
		g.lasts = func(r *http.Request) bool { return r.URL.Path == "/stream" }
		answers := make(chan int, 2)
		for _, path := range []string{"/stream", "/alice/x"} {
			go func() { answers <- answerOf(g, path).StatusCode }()
			<-begun
		}
		close(end)
		if a, b := <-answers, <-answers; a != http.StatusOK || b != http.StatusOK {
			t.Errorf("%d, %d", a, b)
		}
	})
	t.Run("a panic leaves", func(t *testing.T) {
		g := guarded(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }), patience)
		g.gate = newGate(1)
		g.gate.most = 0
		for range 3 {
			if answer := answerOf(g, "/alice/x"); answer.StatusCode != http.StatusInternalServerError {
				t.Errorf("%d", answer.StatusCode)
			}
		}
	})
}

// Of HTTP/2 one connection carries many requests.
func TestTooManyStreams(t *testing.T) {
	g, begun, end := crowded(t, 8, time.Hour)
	g.streams, g.lasts = newTally(8, nil), func(*http.Request) bool { return true }
	send := func(from string) int {
		r := httptest.NewRequest(http.MethodGet, "/alice/x", nil)
		r.RemoteAddr, r.ProtoMajor = from, 2
		recorder := httptest.NewRecorder()
		g.ServeHTTP(recorder, r)
		return recorder.Code
	}
	first := make(chan int)
	go func() { first <- send("192.0.2.1:1") }()
	<-begun
	if status := send("192.0.2.1:2"); status != http.StatusTooManyRequests {
		t.Errorf("security 2.7: the same client again: %d", status)
	}
	other := make(chan int)
	go func() { other <- send("192.0.2.2:1") }()
	<-begun
	close(end)
	if a, b := <-first, <-other; a != http.StatusOK || b != http.StatusOK {
		t.Errorf("%d, %d", a, b)
	}
	if status := send("192.0.2.1:3"); status != http.StatusOK {
		t.Errorf("after the first: %d", status)
	}
}

// Clients that are slow to send or to take do not keep others waiting, though
// there is one place.
func TestSlowClientsHaveNoPlace(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 4<<20) // 64 MB: more than the kernel buffers
	g := guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/upload":
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n, err)
		case "/download":
			_, _ = w.Write(large)
		default:
			fmt.Fprint(w, "fast")
		}
	}), patience)
	g.gate = newGate(1)
	g.gate.turn = time.Minute // the others wait as long as it takes: a guard, no measurement
	server := httptest.NewServer(g)
	t.Cleanup(server.Close) // after the connections
	dial := func(request string) net.Conn {
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		if _, err := io.WriteString(connection, request); err != nil {
			t.Fatal(err)
		}
		return connection
	}
	dial("GET /download HTTP/1.1\r\nHost: x\r\n\r\n") // and never reads
	uploads := dial("PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf")
	for range 3 {
		response, err := http.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(body) != "fast" {
			t.Errorf("security 2.7: %s %q, %v", response.Status, body, err)
		}
	}
	if _, err := io.WriteString(uploads, "half"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(uploads), nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "8 <nil>" {
		t.Errorf("the upload was answered with %q, %v", body, err)
	}
}

// However requests come, wait and leave, there are never more inside than places,
// and in the end all places are free.
func TestPlaces(t *testing.T) {
	const places = 3
	g := newGate(places)
	var working, most atomic.Int64
	work := func() {
		if n := working.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
		working.Add(-1)
	}
	// Around the time after which a place is given away, and well over it.
	wait := func() { time.Sleep(clientTime/2 + time.Duration(rand.Int64N(int64(clientTime)))) }
	var visits sync.WaitGroup
	for range 24 {
		visits.Go(func() {
			for range 4 {
				visit, err := g.enter(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				work()
				visit.outside(wait)
				work()
				var both sync.WaitGroup // an answer that is written while the body is read
				both.Go(func() { visit.outside(wait) })
				visit.outside(wait)
				both.Wait()
				work()
				visit.leave()
			}
		})
	}
	visits.Wait()
	if most.Load() > places {
		t.Errorf("%d worked at a time", most.Load())
	}
	free(t, g, places)

	t.Run("who leaves while something waits", func(t *testing.T) {
		for _, waited := range []time.Duration{0, 3 * clientTime} {
			g := newGate(1)
			visit, err := g.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			out, back, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
			go func() { visit.outside(func() { close(out); <-back }); close(ended) }()
			<-out
			time.Sleep(waited)
			visit.leave()
			free(t, g, 1)
			close(back)
			<-ended
			free(t, g, 1)
		}
	})
	t.Run("who goes while she waits", func(t *testing.T) {
		g := newGate(1)
		inside, err := g.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.enter(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		inside.leave()
		free(t, g, 1)
	})
}

// free fails the test when not all places are.
func free(t *testing.T, g *gate, places int) {
	t.Helper()
	for range places {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a guard against hanging
		visit, err := g.enter(ctx)
		cancel()
		if err != nil {
			t.Fatalf("a place is not free: %v", err)
		}
		defer visit.leave()
	}
	if g.waiting.Load() != 0 || len(g.places) != places {
		t.Errorf("%d wait, %d places of %d are taken", g.waiting.Load(), len(g.places), places)
	}
}

// Half a header is given up, whether it stops or trickles.
func TestHalfOpenConnections(t *testing.T) {
	s := newServer(t, nil)
	s.pace.header = 200 * time.Millisecond
	public, err := s.publicServer()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = serveOn(public, listener) }()
	t.Cleanup(func() { _ = public.Close() })
	for name, sent := range map[string]string{"nothing": "", "half a header": "GET / HTTP/1.1\r\nHost: x\r\nX-Half", "a header that trickles": "GET / HTTP/1.1\r\nX-Slow: "} {
		t.Run("security 2.7 "+name, func(t *testing.T) {
			connection, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			if _, err := io.WriteString(connection, sent); err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, "trickles") {
				go func() {
					for {
						if _, err := io.WriteString(connection, "x"); err != nil {
							return
						}
						time.Sleep(s.pace.header / 8)
					}
				}()
			}
			if err := connection.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, connection); isTimeout(err) {
				t.Error("the connection stays open")
			}
		})
	}
	if patience.header != 10*time.Second {
		t.Errorf("the public listener waits %v for a header", patience.header)
	}
}
