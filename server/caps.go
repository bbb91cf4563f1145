package server

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// connections bounds the open connections, of all clients together and of one
// address, of which an IPv6 client has a /64. What is too many is closed, not
// queued. Trusted proxies speak for many and are bound by the total only.
type connections struct {
	most, mostOfOne int
	trusted         []netip.Prefix

	mu      sync.Mutex
	open    map[net.Conn]netip.Prefix
	clients map[netip.Prefix]int
}

func newConnections(most int, trusted []netip.Prefix) *connections {
	return &connections{
		most: most, mostOfOne: max(1, most/8), trusted: trusted,
		open: map[net.Conn]netip.Prefix{}, clients: map[netip.Prefix]int{},
	}
}

// track is an [http.Server.ConnState]. A hijacked connection is no longer
// counted: whoever took it has bounds of its own.
func (c *connections) track(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !c.admit(conn) {
			_ = conn.Close() // its request is never read
		}
	case http.StateClosed, http.StateHijacked:
		c.release(conn)
	}
}

func (c *connections) admit(conn net.Conn) bool {
	client := clientOf(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= c.most || c.clients[client] >= c.mostOfOne && !contains(c.trusted, client.Addr()) {
		return false
	}
	c.open[conn] = client
	c.clients[client]++
	return true
}

func (c *connections) release(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	client, counted := c.open[conn]
	if !counted {
		return
	}
	delete(c.open, conn)
	if c.clients[client]--; c.clients[client] == 0 {
		delete(c.clients, client)
	}
}

// clientOf returns the addresses that count as one client.
func clientOf(conn net.Conn) netip.Prefix {
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{} // no TCP: all such are one
	}
	address, bits := peer.Addr().Unmap(), 32
	if address.Is6() {
		bits = 64
	}
	prefix, _ := address.WithZone("").Prefix(bits) // both fit
	return prefix
}

// atMost refuses requests while as many are being answered.
func atMost(most int, next http.Handler, refuse http.HandlerFunc) http.Handler {
	slots := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			refuse(w, r)
		}
	})
}
