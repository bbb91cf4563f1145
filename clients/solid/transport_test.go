package solid

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestNamesBelowLocalhostAreHere(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.invalid:1") // is not asked
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	transport := NewTransport()
	defer transport.CloseIdleConnections()
	for _, host := range []string{"alice.pods.localhost", "Alice.LOCALHOST", "localhost"} {
		response, err := (&http.Client{Transport: transport}).Get("http://" + net.JoinHostPort(host, port) + "/")
		if err != nil {
			t.Error(err)
			continue
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != net.JoinHostPort(host, port) {
			t.Errorf("http://%s was asked as %q, %v", host, body, err)
		}
	}
}
