package solid

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// NewTransport returns a transport as [http.DefaultTransport] is, that finds
// names below "localhost" on this machine, as browsers and curl do (RFC 6761
// §6.3): a server on a laptop that gives each storage a host of its own can be
// reached without touching the resolver.
func NewTransport() *http.Transport {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	proxy, dial := transport.Proxy, transport.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	transport.Proxy = func(r *http.Request) (*url.URL, error) {
		if proxy == nil || isBelowLocalhost(r.URL.Hostname()) {
			return nil, nil
		}
		return proxy(r)
	}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(address); err == nil && isBelowLocalhost(host) {
			address = net.JoinHostPort("localhost", port)
		}
		return dial(ctx, network, address)
	}
	return transport
}

func isBelowLocalhost(host string) bool {
	return strings.HasSuffix(strings.ToLower(host), ".localhost")
}

// anonymous sends what is sent without a session. It is shared so that its
// connections are, and never changed.
var anonymous = &http.Client{Transport: NewTransport()}
