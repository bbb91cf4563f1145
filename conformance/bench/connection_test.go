package main

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReadAnswer(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		status       int
		length       int64
		last         bool
	}{
		{"with a length", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", 200, 4, false},
		{"in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", 200, 14, false},
		{"until it is closed", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody", 200, 4, true},
		{"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", 304, 0, false},
		{"after an interim answer", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 201, 0, false},
		{"the last", "HTTP/1.1 500 x\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx", 500, 1, true},
	} {
		r := bufio.NewReader(strings.NewReader(c.answer))
		status, length, last, err := readAnswer(r, false)
		if err != nil || status != c.status || length != c.length || last != c.last {
			t.Errorf("%s: %d, %d bytes, last %v, %v", c.name, status, length, last, err)
		}
		if rest, _ := r.Peek(1); len(rest) > 0 {
			t.Errorf("%s: a rest is left", c.name)
		}
	}
	for _, bad := range []string{
		"", "HTTP/1.1 2", "SSH-2.0-x\r\n", "HTTP/1.1 abc x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody5\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n",
	} {
		if status, length, _, err := readAnswer(bufio.NewReader(strings.NewReader(bad)), false); err == nil {
			t.Errorf("%q is %d with %d bytes", bad, status, length)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")
	f.Fuzz(func(t *testing.T, answer string) {
		status, length, _, err := readAnswer(bufio.NewReader(strings.NewReader(answer)), false)
		if err == nil && (status < 200 || length < 0 || length > int64(len(answer))) {
			t.Errorf("%d with %d bytes", status, length)
		}
	})
}

// What is not what a request wants is an error and goes into no figure.
func TestDrive(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bad":
			w.WriteHeader(http.StatusTeapot)
		case "/gone":
			panic(http.ErrAbortHandler)
		default:
			_, _ = w.Write([]byte("four"))
		}
	}))
	defer server.Close()
	var requests []request
	for _, path := range []string{"/", "/bad", "/", "/gone", "/"} {
		requests = append(requests, request{[]byte("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"), read})
	}
	address := server.Listener.Addr().String()
	got, err := drive(t.Context(), address, requests, load{connections: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got.requests != 5 || got.errors != 2 || got.bytes != 12 || len(got.latencies) != 3 ||
		got.statuses[200] != 3 || got.statuses[http.StatusTeapot] != 1 || got.statuses[0] != 1 {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(got.firstError, "GET /bad") && !strings.Contains(got.firstError, "GET /gone") {
		t.Errorf("first error %q", got.firstError)
	}
	again, err := drive(t.Context(), address, requests[:1], load{connections: 2, during: 50 * 1e6, again: true})
	if err != nil || again.errors != 0 || again.requests < 2 {
		t.Errorf("again: %+v, %v", again, err)
	}
	due, err := drive(t.Context(), address, requests[:1], load{connections: 2, during: 100 * 1e6, again: true, rate: 100})
	if err != nil || due.errors != 0 || due.requests > 13 {
		t.Errorf("100 a second for 100 ms: %+v, %v", due, err)
	}
}
