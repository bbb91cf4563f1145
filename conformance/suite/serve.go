package suite

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Serve answers requests of the server under test with a handler, until the
// case is over, and returns the URL that it finds it at, with a slash at its
// end. The case is untested when the run does not know how the server reaches
// it.
func (t *T) Serve(handler http.Handler) string {
	if t.Target.Reach == "" {
		t.untested("the run was not told how the server reaches it (--reach)")
	}
	address := ":0"
	if t.Target.Reach == "localhost" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.untested(err.Error())
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func(context.Context) { _ = server.Close() })
	return fmt.Sprintf("http://%s:%d/", t.Target.Reach, listener.Addr().(*net.TCPAddr).Port)
}
