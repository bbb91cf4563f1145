package server

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"domicile/ldp"
)

// guarded is a handler behind the guard, with room for eight requests.
func guarded(handler http.Handler, p pace) *guard {
	return &guard{
		next: handler, pace: p, gate: newGate(8), streams: newTally(8, nil), lasts: func(*http.Request) bool { return false },
		area: func(*http.Request) string { return areaStorage }, ops: newOperations(http.NotFoundHandler()),
		refuse: func(kind ldp.Kind) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader((&ldp.Error{Kind: kind}).Status()) }
		},
		logger: slog.New(slog.DiscardHandler),
	}
}

// serveAt serves a handler on a real connection at a pace.
func serveAt(t *testing.T, p pace, handler http.HandlerFunc) net.Conn {
	t.Helper()
	server := httptest.NewServer(guarded(handler, p))
	t.Cleanup(server.Close)
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	// A guard against hanging, no measurement.
	if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return connection
}

// hurried is a pace that ends a test soon.
var hurried = pace{idle: 100 * time.Millisecond, bytesPerSecond: 1 << 20}

// deadlines is a writer that keeps the deadline of the connection it would have.
type deadlines struct {
	http.ResponseWriter
	read time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error { d.read = t; return nil }

// trickle sends an upload a byte at a time.
func trickle(connection net.Conn, length int, every time.Duration) {
	fmt.Fprintf(connection, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", length)
	for range length {
		time.Sleep(every)
		if _, err := connection.Write([]byte("x")); err != nil {
			return
		}
	}
}

// awaited returns how something ended. It has to: a guard, no measurement.
func awaited(t *testing.T, ended <-chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
		return nil
	}
}

func TestSlowUploads(t *testing.T) {
	readAll := func(ended chan<- error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			ended <- err
			if err != nil {
				w.WriteHeader(http.StatusRequestTimeout)
			}
		}
	}
	t.Run("security 2.7 a client that stops sending", func(t *testing.T) {
		ended := make(chan error, 1)
		connection := serveAt(t, hurried, readAll(ended))
		fmt.Fprint(connection, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nsome")
		if err := awaited(t, ended); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the body ended with %v", err)
		}
		if answer, err := http.ReadResponse(bufio.NewReader(connection), nil); err != nil || answer.StatusCode != http.StatusRequestTimeout {
			t.Errorf("answer %v, %v", answer, err)
		}
	})
	t.Run("security 2.7 a client that sends a byte at a time", func(t *testing.T) {
		w := &deadlines{ResponseWriter: httptest.NewRecorder()}
		begun := time.Now().Add(-time.Hour)
		body := &paced{ReadCloser: io.NopCloser(strings.NewReader("x")), started: begun, bytes: 6000,
			answer: &answer{pace: pace{idle: time.Minute, bytesPerSecond: 100}, control: http.NewResponseController(w)}}
		if _, err := body.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if want := begun.Add(2 * time.Minute); !w.read.Equal(want) {
			t.Errorf("after 6000 bytes at 100 a second it has until %v, want %v", w.read, want)
		}
	})
	t.Run("an upload that goes on may take longer than a rest", func(t *testing.T) {
		ended := make(chan error, 1)
		connection := serveAt(t, pace{idle: time.Second, bytesPerSecond: 1}, readAll(ended))
		go trickle(connection, 6, 250*time.Millisecond)
		if err := awaited(t, ended); err != nil {
			t.Error(err)
		}
	})
	t.Run("an upload that has ended may be worked on for longer", func(t *testing.T) {
		ended := make(chan error, 1)
		connection := serveAt(t, hurried, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			select {
			case <-r.Context().Done():
				ended <- r.Context().Err()
			case <-time.After(3 * hurried.idle):
				ended <- nil
			}
		})
		fmt.Fprint(connection, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nsome")
		if err := awaited(t, ended); err != nil {
			t.Error(err)
		}
		if answer, err := http.ReadResponse(bufio.NewReader(connection), nil); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("answer %v, %v", answer, err)
		}
	})
	t.Run("a connection that rested goes on", func(t *testing.T) {
		ended := make(chan error, 2)
		connection := serveAt(t, hurried, readAll(ended))
		answers := bufio.NewReader(connection)
		for range 2 {
			fmt.Fprint(connection, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
			if answer, err := http.ReadResponse(answers, nil); err != nil || answer.StatusCode != http.StatusContinue {
				t.Fatalf("SP-HTTP-15: %v, %v", answer, err)
			}
			fmt.Fprint(connection, "some")
			if answer, err := http.ReadResponse(answers, nil); err != nil || answer.StatusCode != http.StatusOK {
				t.Fatalf("answer %v, %v", answer, err)
			}
			if err := awaited(t, ended); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * hurried.idle)
		}
	})
}

func TestSlowDownloads(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 4<<20) // 64 MB: more than the kernel buffers
	name := t.TempDir() + "/large"
	if err := os.WriteFile(name, large, 0o600); err != nil {
		t.Fatal(err)
	}
	for how, send := range map[string]func(w io.Writer) error{
		"in one write": func(w io.Writer) error { _, err := w.Write(large); return err },
		"from a file": func(w io.Writer) error {
			file, err := os.Open(name)
			if err != nil {
				return err
			}
			defer file.Close()
			_, err = io.CopyN(w, file, int64(len(large)))
			return err
		},
	} {
		t.Run("security 2.7 a client that stops reading, "+how, func(t *testing.T) {
			ended := make(chan error, 1)
			connection := serveAt(t, hurried, func(w http.ResponseWriter, _ *http.Request) { ended <- send(w) })
			fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if err := awaited(t, ended); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("writing ended with %v", err)
			}
		})
		t.Run("a client that reads gets everything, "+how, func(t *testing.T) {
			ended := make(chan error, 1)
			connection := serveAt(t, patience, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(len(large)))
				ended <- send(w)
			})
			fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(answer.Body)
			if err != nil || !bytes.Equal(got, large) {
				t.Errorf("%d bytes of %d, %v", len(got), len(large), err)
			}
			if err := awaited(t, ended); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is measured is what was sent, however it was sent.
func TestAnswersAreCounted(t *testing.T) {
	for _, c := range []struct {
		name   string
		handle http.HandlerFunc
		status int
		bytes  int64
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) {}, 0, 0},
		{"a status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204, 0},
		{"early hints", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(201) }, 201, 0},
		{"a body", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("four")) }, 200, 4},
		{"an empty body", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(nil) }, 200, 0},
		{"more than a slice", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 3*slice+1)) }, 200, 3*slice + 1},
		{"a reader", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader(strings.Repeat("x", 2*slice)))
		}, 200, 2 * slice},
		{"a part of a reader", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.CopyN(w, strings.NewReader("sixteen letters."), 4)
		}, 200, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			counted := make(chan answer, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				a, w := patience.watch(w)
				c.handle(w, r)
				counted <- *a
			}))
			defer server.Close()
			response, err := http.Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			got, err := io.Copy(io.Discard, response.Body)
			if a := <-counted; err != nil || a.status != c.status || a.bytes != c.bytes || got != c.bytes {
				t.Errorf("status %d, %d bytes counted, %d received, %v; want %d, %d", a.status, a.bytes, got, err, c.status, c.bytes)
			}
		})
	}
}

// An error page behind a part of an answer would be taken for its rest.
func TestPanicInTheMiddle(t *testing.T) {
	connection := serveAt(t, patience, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half an answer"))
		_ = http.NewResponseController(w).Flush()
		panic("boom")
	})
	fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("the answer ended well: %s", body)
	}
}

// TestTakenConnections: whoever takes a connection over keeps its time, also
// after the request has been answered.
func TestTakenConnections(t *testing.T) {
	taken := make(chan net.Conn, 1)
	connection := serveAt(t, hurried, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
		}
		taken <- conn
	})
	fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	conn := <-taken
	defer conn.Close()
	time.Sleep(2 * hurried.idle)
	if _, err := conn.Write([]byte("late")); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(io.LimitReader(connection, 4)); string(got) != "late" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
